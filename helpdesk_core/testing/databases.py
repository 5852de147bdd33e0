"""Real databases for tests: SQLite files, and a private PostgreSQL server that lives as long as the test session.

Each test gets a database of its own, copied from one that was migrated once. For a site's own tests, override the
fixture `database_apps`; everything else follows:

    @pytest.fixture(scope="session")
    def database_apps() -> Sequence[App]:
        return [CORE, *my_apps]

`HELPDESK_TEST_DATABASES` is `sqlite`, `postgres` or `both` (which it is when unset). Each worker of a parallel run
has its own server and its own templates.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, TypeVar

import pytest

from helpdesk_core.db import App, Database
from helpdesk_core.db.engine import Dialect
from helpdesk_core.db.migrations import migrate
from helpdesk_core.testing.postgres import PostgresServer, find_programs, make_folder

T = TypeVar("T")

VARIABLE: Final = "HELPDESK_TEST_DATABASES"
MISSING: Final = (
    "PostgreSQL is not installed. Run `make setup-system` (Debian, root), "
    f"or leave these tests out with {VARIABLE}=sqlite."
)


def selected_dialects() -> tuple[Dialect, ...]:
    """Return the dialects that the environment asks for.

    Raises:
        ValueError: `HELPDESK_TEST_DATABASES` is none of the three words.
    """
    chosen: dict[str, tuple[Dialect, ...]] = {
        "sqlite": ("sqlite",),
        "postgres": ("postgres",),
        "both": ("sqlite", "postgres"),
    }
    word = os.environ.get(VARIABLE, "both")
    if word not in chosen:
        raise ValueError(f"{VARIABLE} is {word!r}; it may be sqlite, postgres or both")
    return chosen[word]


def need_postgres() -> Path:
    """Return the folder of PostgreSQL's programs; skip the test without them, or fail it when `CI` is `true`."""
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return programs


def run_apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a loop of its own in a thread of its own: a fixture may be asked for inside a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


# One server serves all templates of a session.
_NUMBERS: Final = count(1)


class Templates:
    """Migrated databases to copy from, each made when it is first asked for."""

    def __init__(self, folder: Path, apps: Sequence[App]) -> None:
        self._folder = folder
        self._apps = apps
        self._names = (f"test_{number}" for number in _NUMBERS)
        self._file: Path | None = None
        self._database: str | None = None

    def sqlite(self, path: Path) -> str:
        """Copy the migrated file to a path and return its URL."""
        if self._file is None:
            file = self._folder / "template.db"
            self._migrate(f"sqlite:///{file}")
            # Everything into the file itself, so that copying the one file is enough.
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file = file
        shutil.copyfile(self._file, path)
        return f"sqlite:///{path}"

    def postgres(self, server: PostgresServer) -> str:
        """Copy the migrated database of a server and return the URL of the copy."""
        if self._database is None:
            # Folders of tests have templates of their own on the one server.
            template = f"template_{token_hex(8)}"
            server.command(f"CREATE DATABASE {template}")
            self._migrate(server.url(template))
            self._database = template
        name = next(self._names)
        server.copy(self._database, name)
        return server.url(name)

    def _migrate(self, url: str) -> None:
        async def work() -> None:
            async with Database(url) as database:
                await migrate(database, self._apps)

        run_apart(work)


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    """Return the apps whose tables a test's database has: none, until overridden."""
    return []


@pytest.fixture(scope="session")
def all_database_templates() -> dict[int, Templates]:
    """Return the templates of this session so far, by the identity of the apps they are made of."""
    return {}


@pytest.fixture
def database_templates(
    tmp_path_factory: pytest.TempPathFactory,
    database_apps: Sequence[App],
    all_database_templates: dict[int, Templates],
) -> Templates:
    """Return the templates for the apps of this test; a folder of tests may override `database_apps`."""
    key = id(database_apps)
    if key not in all_database_templates:
        all_database_templates[key] = Templates(tmp_path_factory.mktemp("templates"), database_apps)
    return all_database_templates[key]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a running PostgreSQL server of this session; tests that need one are skipped where there is none."""
    programs = need_postgres()
    folder = make_folder()
    server = PostgresServer(programs, folder)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=selected_dialects())
def database_dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return the dialect of this test; a test that asks for a database runs once for each."""
    dialect: Dialect = request.param
    return dialect


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, database_dialect: Dialect, database_templates: Templates, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of a migrated database for this test alone."""
    if database_dialect == "sqlite":
        yield database_templates.sqlite(tmp_path / "test.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = database_templates.postgres(server)
    yield url
    server.command(f"DROP DATABASE {url.partition('?')[0].rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a started database for this test alone, used by all tables."""
    async with Database(database_url) as database:
        with database.use():
            yield database
