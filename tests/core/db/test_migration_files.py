"""Files that are no migrations are refused by name, and nothing is stored."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdesk_core.db import App, Database, MigrationFailed
from helpdesk_core.db.migrations import migrate

pytestmark = pytest.mark.anyio


@pytest.fixture
def alpha(package: Callable[[str], Path]) -> App:
    (package("alpha") / "migrations").mkdir()
    return App("alpha", "alpha", [])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("this is not python", "cannot be read"),
        ("ID = 'x'", "cannot be read"),
        ("async def forwards():\n    return None", "has to return the MigrationManager"),
        (
            (
                "from piccolo.apps.migrations.auto.migration_manager import MigrationManager\n"
                "async def forwards():\n    return MigrationManager(migration_id='0002_odd', app_name='alpha')"
            ),
            "has to return the MigrationManager",
        ),
        (
            (
                "from helpdesk_core.db.migration_files import MigrationManager\n"
                "async def forwards():\n    return MigrationManager(migration_id='0007_other', app_name='alpha')"
            ),
            "calls itself 0007_other of alpha",
        ),
    ],
)
async def test_a_file_that_is_no_migration_is_named(database: Database, alpha: App, source: str, words: str):
    (alpha.folder / "0002_odd.py").write_text(source)
    with pytest.raises(MigrationFailed, match=words) as caught:
        await migrate(database, [alpha])
    assert "0002_odd.py" in str(caught.value)
    assert await database.fetch("SELECT name FROM helpdesk_core_migration WHERE app = 'alpha'") == []
