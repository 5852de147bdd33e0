"""Tickets are tested through a whole small helpdesk, on databases that have the core's tables already."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from helpdesk_core.db import App
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import run_apart
from helpdesk_core.testing.desks import Desk, Told, small_site
from helpdesk_core.testing.postgres import PostgresServer
from tests.core.tickets.promise import Somebody
from tests.core.tickets.scene import Scene
from tests.core.tickets.world import START, World, make_people

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _asyncio(anyio_backend: str) -> None:
    """Every test here runs in an event loop."""


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    return [CORE]


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    """Return a ticket with everything on it."""
    return await Scene(desk).play()


@pytest.fixture
def new_world(
    request: pytest.FixtureRequest, database_dialect: str, database_url: str, tmp_path: Path
) -> Callable[[], World]:
    """Return what makes a new world, each with the same people and a database of its own."""

    async def settle() -> dict[str, Somebody]:
        clock = SettableClock(START)
        async with Helpdesk(small_site(database_url, tmp_path, Told()), {}, clock=clock) as helpdesk:
            with helpdesk.database.use():
                return await make_people(Desk(helpdesk, clock))

    people, numbers = run_apart(settle), count(1)

    def copy_of_file() -> str:
        original, copy = Path(database_url.removeprefix("sqlite:///")), tmp_path / f"world_{next(numbers)}.db"
        with closing(sqlite3.connect(original)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(original, copy)
        return f"sqlite:///{copy}"

    def copy_on_server() -> str:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        original = database_url.partition("?")[0].rpartition("/")[2]
        server.copy(original, copy := f"{original}_world_{next(numbers)}")
        return server.url(copy)

    copy = copy_of_file if database_dialect == "sqlite" else copy_on_server
    return lambda: World(copy(), tmp_path / "files", people)
