"""Databases with the tables of `things`, on both dialects; the migrations are generated for each session."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from helpdesk_core.db import App
from helpdesk_core.db.generation import new_migration
from helpdesk_core.testing.databases import run_apart
from tests.core.db.things import THINGS


@pytest.fixture(scope="session")
def database_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[App]]:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "things").mkdir()
    (folder / "things" / "__init__.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        assert run_apart(lambda: new_migration(THINGS, [THINGS], "init")) is not None
        yield [THINGS]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a maker of importable packages for apps of one test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name: str) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        return tmp_path / name

    return make
