"""The bus on real databases of both kinds, with its tables."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from helpdesk_core.db import App, Database
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from tests.core.bus.world import START, World


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    return [CORE]


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
    async with Database(database_templates.sqlite(tmp_path / "bus.db"), clock=clock) as database:
        with database.use():
            yield database


@pytest.fixture
def world(database: Database, clock: SettableClock) -> World:
    return World(database, clock)
