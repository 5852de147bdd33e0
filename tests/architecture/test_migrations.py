"""The migrations that ship are what the tables need: from empty to all of them, with nothing left to generate."""

import pytest

from helpdesk_core.db import App, Database
from helpdesk_core.db.generation import difference
from helpdesk_core.db.migration_files import files_of
from helpdesk_core.db.migrations import migrate, plan
from tests.architecture.test_tables import APPS, TABLES

pytestmark = pytest.mark.anyio

each_app = pytest.mark.parametrize("app", APPS, ids=[app.name for app in APPS])


@each_app
async def test_an_app_with_tables_has_migrations(app: App) -> None:
    assert files_of(app)


@each_app
async def test_nothing_is_left_to_generate(app: App) -> None:
    left = await difference(app)
    assert left.statements == (), f"run `helpdesk --site stueber migrations new {app.name} NAME`"


async def test_an_empty_database_gets_every_table_and_then_nothing_more(database: Database) -> None:
    report = await migrate(database, APPS)
    assert {step.app for step in report.steps} == {app.name for app in APPS}
    assert [await table.count() for table in TABLES] == [0] * len(TABLES)
    assert set((await plan(database, APPS)).values()) == {()}
    assert (await migrate(database, APPS)).steps == ()
