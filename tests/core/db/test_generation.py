"""Generating migrations: what changed becomes a file that brings a database there, and then nothing is left."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table, create_table_class

from helpdesk_core.db import DB, App, Database, Index, UniqueViolation, uuid7
from helpdesk_core.db.generation import difference, new_migration
from helpdesk_core.db.migration_files import managers_of
from helpdesk_core.db.migrations import migrate
from helpdesk_core.errors import ConfigurationError
from tests.core.db.things import THINGS

pytestmark = pytest.mark.anyio

Package = Callable[[str], Path]


def first_tables() -> list[type[Table]]:
    class Shelf(Table, tablename="store_shelf", db=DB):
        id = UUID(primary_key=True, default=uuid7)
        name = Varchar(length=50, unique=True)

        INDEXES = (Index(("name", "id")),)

    class Book(Table, tablename="store_book", db=DB):
        id = UUID(primary_key=True, default=uuid7)
        shelf = ForeignKey(references=Shelf, on_delete=OnDelete.cascade, null=False)
        title = Varchar(length=100, index=True)

    return [Book, Shelf]


def second_tables() -> list[type[Table]]:
    class Shelf(Table, tablename="store_shelf", db=DB):
        id = UUID(primary_key=True, default=uuid7)
        name = Varchar(length=50, unique=True)
        room = Varchar(length=20, null=True, default=None)
        place = Integer(default=0)

        INDEXES = (Index(("room", "place"), unique=True, where="room IS NOT NULL"),)

    class Book(Table, tablename="store_book", db=DB):
        id = UUID(primary_key=True, default=uuid7)
        shelf = ForeignKey(references=Shelf, on_delete=OnDelete.cascade, null=False)
        title = Varchar(length=100, index=True)
        lent_at = Timestamptz(null=True, default=None, index=True)

    class Reader(Table, tablename="store_reader", db=DB):
        id = UUID(primary_key=True, default=uuid7)
        book = ForeignKey(references=Book, on_delete=OnDelete.restrict, null=True)

    return [Book, Reader, Shelf]


def store(tables: Sequence[type[Table]]) -> App:
    return App("store", "store", tables)


async def test_nothing_is_left_to_generate_after_generating(database_apps: Sequence[App]):
    assert database_apps == [THINGS]
    assert (await difference(THINGS)).statements == ()
    assert await new_migration(THINGS, [THINGS], "again") is None
    assert len(await managers_of(THINGS)) == 1


async def test_generated_files_are_numbered_named_and_the_same_each_time(package: Package):
    folder = package("store")
    app = store(first_tables())
    path = await new_migration(app, [app], "First tables!")
    assert path == folder / "migrations" / "0001_first_tables.py"
    source = path.read_text()
    path.unlink()
    assert await new_migration(app, [app], "First tables!") == path
    assert path.read_text() == source
    assert "print" not in source
    app = store(second_tables())
    assert await new_migration(app, [app], "lend") == folder / "migrations" / "0002_lend.py"
    assert await new_migration(app, [app], "by hand", auto=False) == folder / "migrations" / "0003_by_hand.py"
    assert await new_migration(app, [app], "nothing") is None


async def test_a_database_follows_its_tables_step_by_step(database: Database, package: Package):
    package("store")
    app = store(first_tables())
    await new_migration(app, [app], "init")
    await migrate(database, [app])
    shelf = uuid7()
    await database.execute("INSERT INTO store_shelf (id, name) VALUES ({}, 'a')", shelf)
    await database.execute("INSERT INTO store_book (id, shelf, title) VALUES ({}, {}, 'x')", uuid7(), shelf)

    tables = second_tables()
    app = store(tables)
    await new_migration(app, [app], "lend")
    report = await migrate(database, [app])
    assert [step.migration for step in report.steps] == ["0002_lend"]

    book, reader, place = tables
    row = (await book.select())[0]
    assert (row["title"], row["lent_at"]) == ("x", None)
    await reader.insert(reader(book=row["id"]))
    await place.insert(place(name="b", room="r", place=1), place(name="c", room=None), place(name="d", room=None))
    with pytest.raises(UniqueViolation):
        await place.insert(place(name="e", room="r", place=1))
    assert (await difference(app)).statements == ()


async def test_both_ways_to_the_newest_tables_end_with_the_same_indexes(
    database: Database, database_url: str, package: Package, tmp_path: Path
):
    async def indexes(of: Database) -> list[str]:
        sql = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name LIKE 'store%'",
            "postgres": "SELECT indexname AS name FROM pg_indexes WHERE tablename LIKE 'store%'",
        }[of.dialect]
        return sorted(row["name"] for row in await of.fetch(sql))

    package("store")
    for tables in (first_tables(), second_tables()):
        app = store(tables)
        await new_migration(app, [app], "step")
        await migrate(database, [app])
    by_steps = await indexes(database)
    for path in app.folder.glob("*.py"):
        path.unlink()
    for name in ("store_reader", "store_book", "store_shelf"):
        await database.execute(f"DROP TABLE {name}")
    await database.execute("DELETE FROM helpdesk_core_migration WHERE app = 'store'")
    await new_migration(app, [app], "at once")
    await migrate(database, [app])
    assert await indexes(database) == by_steps
    assert Index(("room", "place"), unique=True, where="room IS NOT NULL").name("store_shelf") in by_steps


async def test_a_table_that_is_gone_is_dropped_with_its_indexes(database: Database, package: Package):
    package("store")
    app = store(first_tables())
    await new_migration(app, [app], "init")
    await migrate(database, [app])
    gone = store([])
    await new_migration(gone, [gone], "clear")
    report = await migrate(database, [gone])
    assert all(line.startswith("ALTER TABLE") or "DROP" in line for line in report.steps[0].sql)
    assert (await difference(gone)).statements == ()


async def test_a_migration_finds_its_tables_as_they_were(database: Database, package: Package):
    package("store")
    app = store(first_tables())
    await new_migration(app, [app], "init")
    path = await new_migration(app, [app], "fill", auto=False)
    assert path is not None
    lines = path.read_text().replace(
        "    return manager",
        "    async def fill():\n"
        "        Shelf = await manager.get_table_from_snapshot('Shelf', app_name=None)\n"
        "        await Shelf.insert(Shelf(name='filled'))\n"
        "    manager.add_raw(fill)\n"
        "    return manager",
    )
    path.write_text(lines)
    await migrate(database, [app])
    assert await database.fetch("SELECT name FROM store_shelf") == [{"name": "filled"}]


async def test_an_index_on_a_column_that_is_not_there_is_refused(package: Package):
    package("store")

    class Shelf(Table, tablename="store_shelf", db=DB):
        name = Varchar(length=50)
        INDEXES = (Index(("name", "colour DESC")),)

    with pytest.raises(ConfigurationError, match="Shelf names columns that it does not have: colour"):
        await difference(store([Shelf]))


async def test_a_table_may_be_named_like_a_column_type_unless_the_migration_needs_both(package: Package):
    package("store")

    def app_with(class_name: str) -> App:
        named = create_table_class(
            class_name,
            class_kwargs={"tablename": "store_named", "db": DB},
            class_members={"id": UUID(primary_key=True, default=uuid7)},
        )

        class Use(Table, tablename="store_use", db=DB):
            text = Text()
            other = ForeignKey(references=named, on_delete=OnDelete.restrict)

        return store([named, Use])

    assert (await difference(app_with("Blob"))).statements
    with pytest.raises(ConfigurationError, match="two different things called Text"):
        await difference(app_with("Text"))


async def test_two_tables_of_one_class_name_and_a_migration_without_name_are_refused(package: Package):
    package("store")
    with pytest.raises(ConfigurationError, match="one class name"):
        await difference(store([*first_tables(), *first_tables()]))
    with pytest.raises(ValueError, match="give the migration a name"):
        await new_migration(store([]), [store([])], "!?")


def test_names_of_indexes_differ_with_their_definition_and_fit_into_postgresql():
    plain = Index(("a", "b"))
    assert plain.name("t") == "t_a_b_index"
    assert plain.sql("t") == 'CREATE INDEX "t_a_b_index" ON "t" ("a", "b")'
    assert Index(("a", "b"), unique=True).name("t") == "t_a_b_key"
    part = Index(("a", "b DESC"), where="NOT done")
    assert part.name("t") != Index(("a", "b DESC"), where="done").name("t")
    assert part.sql("t").endswith('ON "t" ("a", "b" DESC) WHERE NOT done')
    long = Index(tuple(f"column_number_{number}" for number in range(9)))
    assert len(long.name("helpdesk_core_something_long")) == 63
