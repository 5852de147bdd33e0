"""Running migrations: all or nothing, once, in order, by one of many. On both databases."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from helpdesk_core.db import App, Database, DatabaseIsNewer, MigrationFailed
from helpdesk_core.db.migrations import Step, migrate, plan
from helpdesk_core.errors import ConfigurationError
from tests.core.db.things import THINGS, Thing

pytestmark = pytest.mark.anyio

Package = Callable[[str], Path]


def write(folder: Path, app: str, migration_id: str, body: str) -> None:
    """Write a migration whose `forwards` does `body` with `manager`."""
    (folder / "migrations").mkdir(exist_ok=True)
    source = f"""\
from piccolo.columns import ForeignKey, Integer, Varchar, OnDelete
from piccolo.table import Table
from helpdesk_core.db import DB
from helpdesk_core.db.migration_files import MigrationManager

async def forwards():
    manager = MigrationManager(migration_id={migration_id!r}, app_name={app!r})
{indent(dedent(body), "    ")}
    return manager
"""
    (folder / "migrations" / f"{migration_id}.py").write_text(source)


def table(name: str, *columns: str) -> str:
    """Return the lines that add a table with an integer column for each name."""
    lines = [f"manager.add_table(class_name={name.title()!r}, tablename={name!r})"]
    lines += [
        f"manager.add_column(table_class_name={name.title()!r}, tablename={name!r}, column_name={column!r}, "
        f"column_class=Integer, params={{'default': 0, 'null': False}})"
        for column in columns
    ]
    return "\n".join(lines)


async def tables(database: Database) -> set[str]:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }[database.dialect]
    return {row["name"] for row in await database.fetch(sql)}


async def recorded(database: Database) -> list[tuple[str, str]]:
    rows = await database.fetch("SELECT app, name FROM helpdesk_core_migration WHERE app <> 'things' ORDER BY 1, 2")
    return [(row["app"], row["name"]) for row in rows]


@pytest.fixture
def alpha(package: Package) -> App:
    folder = package("alpha")
    write(folder, "alpha", "0001_init", table("alpha_one", "a"))
    return App("alpha", "alpha", [])


@pytest.fixture
def beta(package: Package) -> App:
    """Return an app whose first migration has the same file name, and refers to alpha's table."""
    folder = package("beta")
    write(
        folder,
        "beta",
        "0001_init",
        f"""\
        {indent(table("beta_one", "b"), " " * 8).lstrip()}
        class Alpha_One(Table, tablename="alpha_one"):
            pass
        manager.add_column(table_class_name="Beta_One", tablename="beta_one", column_name="alpha",
            column_class=ForeignKey, params={{"references": Alpha_One, "on_delete": OnDelete.restrict, "null": True}})
        """,
    )
    return App("beta", "beta", [], requires=["alpha"])


async def test_apps_run_in_the_order_of_their_needs_though_their_files_have_one_name(
    database: Database, alpha: App, beta: App
):
    assert await plan(database, [beta, alpha]) == {"alpha": ("0001_init",), "beta": ("0001_init",)}
    report = await migrate(database, [beta, alpha])
    assert [(step.app, step.migration) for step in report.steps] == [("alpha", "0001_init"), ("beta", "0001_init")]
    assert {"alpha_one", "beta_one"} <= await tables(database)
    assert await recorded(database) == [("alpha", "0001_init"), ("beta", "0001_init")]


async def test_a_second_run_finds_nothing_to_do(database: Database, alpha: App):
    await migrate(database, [alpha])
    assert (await migrate(database, [alpha])).steps == ()
    assert await plan(database, [alpha]) == {"alpha": ()}


async def test_a_dry_run_says_the_sql_and_changes_nothing(
    database: Database, alpha: App, capsys: pytest.CaptureFixture[str]
):
    folder = alpha.folder.parent
    write(folder, "alpha", "0002_more", 'manager.add_raw(migrate_rows)\nmanager.sql("UPDATE alpha_one SET a = 1")')
    source = folder / "migrations" / "0002_more.py"
    source.write_text("async def migrate_rows():\n    raise RuntimeError\n\n" + source.read_text())
    before = await tables(database)

    report = await migrate(database, [alpha], dry_run=True)

    assert report.dry_run
    assert await tables(database) == before
    assert await recorded(database) == []
    assert "CREATE TABLE" in report.steps[0].sql[0]
    assert report.steps[1] == Step(
        "alpha", "0002_more", ("-- runs migrate_rows() in Python", "UPDATE alpha_one SET a = 1")
    )
    assert "-- alpha 0002_more\n" in report.sql
    assert capsys.readouterr() == ("", "")


async def test_the_report_of_a_real_run_says_the_same_sql_and_nothing_is_printed(
    database: Database, alpha: App, capsys: pytest.CaptureFixture[str]
):
    foreseen = await migrate(database, [alpha], dry_run=True)
    done = await migrate(database, [alpha])
    assert done.steps == foreseen.steps
    assert capsys.readouterr() == ("", "")


async def test_a_migration_that_fails_undoes_the_whole_run_with_its_records(database: Database, alpha: App, beta: App):
    write(beta.folder.parent, "beta", "0002_bad", 'manager.sql("UPDATE nowhere SET a = 1")')
    before = await tables(database)
    with pytest.raises(MigrationFailed, match="0002_bad of beta failed") as caught:
        await migrate(database, [alpha, beta])
    assert "UPDATE nowhere" in str(caught.value)
    assert await tables(database) == before
    assert await recorded(database) == []

    write(beta.folder.parent, "beta", "0002_bad", 'manager.sql("UPDATE beta_one SET b = 1")')
    await migrate(database, [alpha, beta])
    assert await recorded(database) == [("alpha", "0001_init"), ("beta", "0001_init"), ("beta", "0002_bad")]


async def test_python_in_a_migration_runs_in_the_same_transaction(database: Database, alpha: App):
    write(
        alpha.folder.parent,
        "alpha",
        "0002_fill",
        """\
        async def fill():
            await DB.execute("INSERT INTO alpha_one (a) VALUES ({})", 7)
            async with DB.transaction():
                await DB.execute("UPDATE alpha_one SET a = a + 1")
        manager.add_raw(fill)
        """,
    )
    await migrate(database, [alpha])
    assert await database.fetch("SELECT a FROM alpha_one") == [{"a": 8}]


async def test_sql_by_hand_runs_after_the_tables_of_its_migration_and_by_dialect(database: Database, package: Package):
    folder = package("gamma")
    write(
        folder,
        "gamma",
        "0001_init",
        """\
        manager.sql("INSERT INTO gamma_one (a) VALUES (1)")
        manager.sql(sqlite="INSERT INTO gamma_one (a) VALUES (2)", postgres="INSERT INTO gamma_one (a) VALUES (3)")
        manager.sql(postgres="INSERT INTO gamma_one (a) VALUES (4)")
        """
        + table("gamma_one", "a").replace("\n", "\n        "),
    )
    await migrate(database, [App("gamma", "gamma", [])])
    found = [row["a"] for row in await database.fetch("SELECT a FROM gamma_one ORDER BY a")]
    assert found == {"sqlite": [1, 2], "postgres": [1, 3, 4]}[database.dialect]


async def test_four_migrators_at_once_run_everything_once(database: Database, database_url: str, alpha: App, beta: App):
    others = [Database(database_url) for _ in range(4)]
    for other in others:
        await other.start()
    reports = await asyncio.gather(*(migrate(other, [alpha, beta]) for other in others))
    assert sorted(len(report.steps) for report in reports) == [0, 0, 0, 2]
    assert len(await recorded(database)) == 2
    for other in others:
        await other.close()


async def test_four_processes_that_migrate_at_once_run_everything_once(
    database: Database, database_url: str, alpha: App, beta: App
):
    program = (
        "import asyncio, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from helpdesk_core.db import App, Database\n"
        "from helpdesk_core.db.migrations import migrate\n"
        "async def main():\n"
        "    async with Database(sys.argv[1]) as database:\n"
        "        apps = [App('alpha', 'alpha', []), App('beta', 'beta', [], ['alpha'])]\n"
        "        print(len((await migrate(database, apps)).steps))\n"
        "asyncio.run(main())\n"
    )
    assert beta.requires == [alpha.name]
    command = [sys.executable, "-c", program, database_url, str(alpha.folder.parent.parent)]
    processes = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    outputs = [await process.communicate() for process in processes]
    assert sorted(outputs) == [(b"0\n", b"")] * 3 + [(b"2\n", b"")]
    assert len(await recorded(database)) == 2


async def test_a_migrator_waits_for_one_that_takes_longer_than_a_lock_may(
    database: Database, database_url: str, alpha: App
):
    """On SQLite waiting for a lock ends in `DatabaseBusy`; a migrator tries again."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.unit():
            await database.execute("UPDATE things_thing SET amount = 0")
            if database.dialect == "postgres":
                await migrate(database, [])
            entered.set()
            await leave.wait()

    async with Database(database_url) as other:
        if database.dialect == "sqlite":
            await other.engine.fetch("PRAGMA busy_timeout = 50")
        holder = asyncio.create_task(hold())
        await entered.wait()
        migrator = asyncio.create_task(migrate(other, [alpha]))
        await asyncio.sleep(0.3)
        assert not migrator.done()
        leave.set()
        await holder
        assert len((await migrator).steps) == 1


async def test_a_database_with_migrations_that_this_code_does_not_know_is_refused(database: Database, alpha: App):
    write(alpha.folder.parent, "alpha", "0002_newer", table("alpha_two", "a"))
    await migrate(database, [alpha])
    (alpha.folder / "0002_newer.py").unlink()
    for call in (migrate(database, [alpha]), migrate(database, [alpha], dry_run=True), plan(database, [alpha])):
        with pytest.raises(DatabaseIsNewer, match="0002_newer"):
            await call


async def test_the_tables_of_a_plugin_that_is_gone_stay_and_hinder_nobody(database: Database, alpha: App, beta: App):
    await migrate(database, [alpha, beta])
    assert (await migrate(database, [alpha])).steps == ()
    assert "beta_one" in await tables(database)


async def test_apps_that_do_not_fit_together_are_refused_by_name(database: Database, alpha: App, beta: App):
    for apps, words in (
        ([beta], "beta need those of alpha"),
        ([alpha, alpha], "have one name"),
        ([App("a", "alpha", [], ["b"]), App("b", "beta", [], ["a"])], "need each other"),
        ([App("nowhere", "there_is_no_such_package", [])], "cannot be imported"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            await plan(database, apps)


async def test_a_migrated_database_works_and_its_declared_indexes_are_there(database: Database):
    assert await plan(database, [THINGS]) == {"things": ()}
    await Thing.insert(Thing(name="a"))
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'things_thing'",
        "postgres": "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'things_thing'",
    }[database.dialect]
    there = {row["name"] for row in await database.fetch(sql)}
    assert {index.name("things_thing") for index in Thing.INDEXES} <= there
