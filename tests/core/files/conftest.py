"""The file store on a real disk, with its rows in real databases of both kinds."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from helpdesk_core.db import App, Database
from helpdesk_core.files import FileStore
from helpdesk_core.tables import CORE

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    return [CORE]


@pytest.fixture
def store(tmp_path: Path, database: Database) -> FileStore:
    return FileStore(tmp_path / "files", database)
