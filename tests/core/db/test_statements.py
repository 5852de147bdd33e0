"""Statements: what comes back, what is refused, and how the databases' errors are named. On both databases."""

# ruff: noqa: PT012 - what becomes of a batch whose body raises can only be shown with its body inside.

from datetime import UTC, datetime

import pytest

from helpdesk_core.db import Database, UniqueViolation, uuid7
from helpdesk_core.db.errors import ForeignKeyViolation
from tests.core.db.things import Part, Thing

pytestmark = pytest.mark.anyio


class Stop(Exception):
    """Raised by these tests alone."""


async def add(name: str) -> None:
    await Thing.insert(Thing(name=name))


async def names() -> list[str]:
    return [row["name"] for row in await Thing.select(Thing.name).order_by(Thing.name)]


async def test_a_unique_violation_names_table_and_columns(database: Database):
    await add("a")
    with pytest.raises(UniqueViolation) as caught:
        await add("a")
    assert (caught.value.table, caught.value.columns) == ("things_thing", ("name",))
    assert "things_thing (name)" in str(caught.value)
    await database.execute("INSERT INTO things_thing (id, name, kind, amount) VALUES ({}, 'x', 'odd', 1)", uuid7())
    with pytest.raises(UniqueViolation) as caught:
        await database.execute("INSERT INTO things_thing (id, name, kind, amount) VALUES ({}, 'y', 'odd', 1)", uuid7())
    assert caught.value.columns == ("kind", "amount")


async def test_a_foreign_key_violation_has_a_name_of_its_own(database: Database):
    with pytest.raises(ForeignKeyViolation):
        await Part.insert(Part(thing=uuid7()))
    thing = Thing(name="a")
    await Thing.insert(thing)
    await Part.insert(Part(thing=thing.id))
    with pytest.raises(ForeignKeyViolation):
        await Thing.delete().where(Thing.id == thing.id)


async def test_executemany_stores_all_rows_or_none(database: Database):
    rows = [(uuid7(), f"name {number}") for number in range(2000)]
    await database.executemany("INSERT INTO things_thing (id, name) VALUES ({}, {})", rows)
    assert len(await names()) == 2000
    with pytest.raises(UniqueViolation):
        await database.executemany(
            "INSERT INTO things_thing (id, name) VALUES ({}, {})", [(uuid7(), "new"), (uuid7(), "name 7")]
        )
    assert len(await names()) == 2000
    await database.executemany("INSERT INTO things_thing (id, name) VALUES ({}, {})", [])


async def test_execute_tells_how_many_rows_changed(database: Database):
    await add("a")
    await add("b")
    assert await database.execute("UPDATE things_thing SET amount = {}", 5) == 2
    assert await database.execute("UPDATE things_thing SET amount = 6 WHERE name = {}", "nobody") == 0
    async with database.unit():
        assert await database.execute("DELETE FROM things_thing WHERE name = {}", "a") == 1


async def test_rows_come_back_as_python_types_in_and_outside_units(database: Database):
    due = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)
    thing = Thing(name="ä", amount=3, done=True, due=due)
    await Thing.insert(thing)
    sql = "SELECT id, name, amount, done, due FROM things_thing"
    expected = {"id": thing.id, "name": "ä", "amount": 3, "done": True, "due": due}
    assert await database.fetch(sql) == [expected]
    async with database.unit():
        assert await database.fetch(sql) == [expected]
    row = (await Thing.select(Thing.id, Thing.done, Thing.due))[0]
    assert (row["id"], row["done"], row["due"]) == (thing.id, True, due)


async def test_a_statement_with_too_few_values_and_a_datetime_without_zone_are_refused(database: Database):
    with pytest.raises(ValueError, match="has 2 placeholders, but 1 values"):
        await database.fetch("SELECT {} , {}", 1)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
    for refused in (
        database.fetch("SELECT name FROM things_thing WHERE due < {}", naive),
        database.execute("UPDATE things_thing SET due = {}", naive),
        database.executemany("UPDATE things_thing SET due = {}", [[naive]]),
    ):
        with pytest.raises(ValueError, match="no time zone"):
            await refused


async def test_a_batch_reads_everything_in_pieces(database: Database):
    await database.executemany(
        "INSERT INTO things_thing (id, name) VALUES ({}, {})", [(uuid7(), f"{number:04}") for number in range(25)]
    )
    async with await Thing.select(Thing.name).order_by(Thing.name).batch(batch_size=10) as batch:
        pieces = [[row["name"] for row in piece] async for piece in batch]
    assert [len(piece) for piece in pieces] == [10, 10, 5]
    assert [name for piece in pieces for name in piece] == [f"{number:04}" for number in range(25)]
    async with database.unit():
        await add("new")
        async with await Thing.select(Thing.name).order_by(Thing.name).batch(batch_size=20) as batch:
            assert sum([len(piece) async for piece in batch]) == 26


async def test_a_batch_that_is_left_early_gives_everything_back(database: Database):
    await database.executemany(
        "INSERT INTO things_thing (id, name) VALUES ({}, {})", [(uuid7(), f"{number:04}") for number in range(25)]
    )
    for _ in range(15):
        with pytest.raises(Stop):
            async with await Thing.select(Thing.name).batch(batch_size=10) as batch:
                async for _piece in batch:
                    raise Stop
    await add("still alive")
