"""Accounts on real databases of both kinds, with the tables of the core."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk_core.db import Database
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates, run_apart
from helpdesk_core.text import Texts
from tests.core.accounts.world import START, World, make_texts


async def create_tables(url: str) -> None:
    """Make the tables of the core with their indexes, as a migration does."""
    async with Database(url) as database, database.unit():
        for table in CORE.tables:
            await table.create_table().run()
            for index in getattr(table, "INDEXES", ()):
                await database.execute(index.sql(table._meta.tablename))


class CoreTemplates(Templates):
    """Databases with the tables of the core."""

    def _migrate(self, url: str) -> None:
        run_apart(lambda: create_tables(url))


@pytest.fixture(scope="session")
def database_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return CoreTemplates(tmp_path_factory.mktemp("accounts-templates"), [])


@pytest.fixture(scope="session")
def texts() -> Texts:
    return make_texts()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
async def database(database_url: str, clock: SettableClock) -> AsyncIterator[Database]:
    async with Database(database_url, clock=clock) as database:
        with database.use():
            yield database


@pytest.fixture
async def sqlite(tmp_path: Path, database_templates: Templates, clock: SettableClock) -> AsyncIterator[Database]:
    """For what does not touch the dialect."""
    async with Database(database_templates.sqlite(tmp_path / "accounts.db"), clock=clock) as database:
        with database.use():
            yield database


@pytest.fixture
async def world(database: Database, clock: SettableClock, texts: Texts) -> AsyncIterator[World]:
    world = World(database, clock, texts)
    yield world
    world.accounts.close()


@pytest.fixture
def other_world(database: Database, clock: SettableClock, texts: Texts) -> Callable[..., World]:
    """Make another process of the same site, with other settings."""

    def make(**more: Any) -> World:
        return World(database, clock, texts, **more)

    return make
