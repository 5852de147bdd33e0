"""Doing a thing once, however often and however simultaneously it is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk_core.db import Database, DatabaseError, KeyReused
from helpdesk_core.db.idempotency import forget, once
from helpdesk_core.db.tables import IdempotencyKey
from helpdesk_core.testing.clock import SettableClock
from tests.core.db.things import Thing

pytestmark = pytest.mark.anyio


class Maker:
    """Writes a row and counts how often it was asked to."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self) -> dict[str, Any]:
        self.calls += 1
        await Thing.insert(Thing(name=f"made {self.calls}"))
        return {"number": "2026-000001", "calls": self.calls, "at": datetime(2026, 1, 1, tzinfo=UTC)}


async def test_a_repeat_returns_what_came_out_first(database: Database):
    make = Maker()
    results = []
    for _ in range(3):
        async with database.unit():
            results.append(await once("form", "k1", "hash", make))
    assert make.calls == 1
    # As JSON has it, the first time too.
    assert results == [{"number": "2026-000001", "calls": 1, "at": "2026-01-01T00:00:00Z"}] * 3
    assert await Thing.count() == 1


async def test_twenty_at_once_do_it_once(database: Database):
    make = Maker()

    async def ask() -> Any:
        async with database.unit():
            return await once("form", "k1", "hash", make)

    results = await asyncio.gather(*(ask() for _ in range(20)))
    assert make.calls == 1
    assert all(result == results[0] for result in results)
    assert (await Thing.count(), await IdempotencyKey.count()) == (1, 1)


async def test_the_same_key_with_another_request_is_refused(database: Database):
    async with database.unit():
        await once("form", "k1", "hash", Maker())
    with pytest.raises(KeyReused):
        async with database.unit():
            await once("form", "k1", "other hash", Maker())


async def test_other_keys_and_scopes_are_other_requests(database: Database):
    make = Maker()
    async with database.unit():
        for scope, key in (("form", "k1"), ("form", "k2"), ("mail", "k1")):
            await once(scope, key, "hash", make)
    assert make.calls == 3


async def test_what_failed_is_done_again(database: Database):
    async def fail() -> None:
        await Thing.insert(Thing(name="lost"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        async with database.unit():
            await once("form", "k1", "hash", fail)
    make = Maker()
    async with database.unit():
        # Caught inside the unit, too: neither key nor row stays.
        with pytest.raises(RuntimeError):
            await once("form", "k2", "hash", fail)
        await once("form", "k1", "hash", make)
    assert make.calls == 1
    assert [row["key"] for row in await IdempotencyKey.select(IdempotencyKey.key)] == ["k1"]
    assert await Thing.count() == 1


async def test_when_the_first_of_two_fails_the_second_does_it(database: Database):
    started, go = asyncio.Event(), asyncio.Event()
    make = Maker()

    async def fail() -> None:
        started.set()
        await go.wait()
        raise RuntimeError

    async def ask(maker: Any) -> Any:
        async with database.unit():
            return await once("form", "k1", "hash", maker)

    first = asyncio.create_task(ask(fail))
    await started.wait()
    second = asyncio.create_task(ask(make))
    await asyncio.sleep(0.05)
    go.set()
    with pytest.raises(RuntimeError):
        await first
    assert (await second)["calls"] == 1


async def test_outside_a_unit_it_is_refused(database: Database):
    with pytest.raises(DatabaseError, match="inside a unit"):
        await once("form", "k1", "hash", Maker())
    assert await IdempotencyKey.count() == 0


async def test_asking_for_a_key_while_doing_it_is_an_error(database: Database):
    async def again() -> Any:
        return await once("form", "k1", "hash", Maker())

    with pytest.raises(DatabaseError, match="while doing it"):
        async with database.unit():
            await once("form", "k1", "hash", again)


async def test_old_keys_are_forgotten(database_url: str):
    clock = SettableClock(datetime(2026, 1, 1, tzinfo=UTC))
    make = Maker()
    async with Database(database_url, clock=clock) as database:
        with database.use():
            for key in ("old", "new"):
                async with database.unit():
                    await once("form", key, "hash", make)
                clock.advance(timedelta(days=2))
            assert await forget(datetime(2026, 1, 2, tzinfo=UTC)) == 1
            assert [row["key"] for row in await IdempotencyKey.select(IdempotencyKey.key)] == ["new"]
