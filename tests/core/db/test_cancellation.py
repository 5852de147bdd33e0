"""Tasks that are cancelled anywhere leave neither half-done work nor a lost connection. On both databases."""

import asyncio
import random
from typing import Any

import pytest

from helpdesk_core.db import DB, Database
from tests.core.db.things import Thing

pytestmark = pytest.mark.anyio

TASKS = 700


async def count() -> int:
    return int((await Thing.select(Thing.amount).where(Thing.name == "counter"))[0]["amount"])


async def rows() -> int:
    return int(await Thing.count())


async def test_hundreds_of_tasks_cancelled_at_random_leave_exact_figures(database: Database):
    """Red when BEGIN, COMMIT or the release of a connection in `transactions` is not awaited `to_the_end`."""
    chance = random.Random(7)
    await Thing.insert(Thing(name="counter"))
    committed: list[int] = []

    def cancel_soon(within: float) -> None:
        """Cancel the present task at random, and once more while it is still busy with that."""
        task, loop, delay = asyncio.current_task(), asyncio.get_running_loop(), chance.random() * within
        assert task is not None
        loop.call_later(delay, task.cancel)
        loop.call_later(delay + chance.random() * 0.001, task.cancel)

    async def work(number: int) -> None:
        if chance.random() < 0.2:
            cancel_soon(0.5)
        async with database.unit() as unit:
            # Half of them inside: most of the time is spent waiting for the turn, and that is the harmless part.
            if chance.random() < 0.5:
                cancel_soon(0.004)
            unit.after_commit(lambda: committed.append(number))
            await database.execute("UPDATE things_thing SET amount = amount + 1 WHERE name = 'counter'")
            async with database.unit():
                await Thing.insert(Thing(name=f"row {number}"))
            await database.fetch("SELECT amount FROM things_thing WHERE name = 'counter'")

    async def read() -> None:
        cancel_soon(0.2)
        await rows()
        await database.fetch("SELECT name FROM things_thing ORDER BY name")

    tasks: list[asyncio.Task[Any]] = []
    for number in range(TASKS):
        tasks.append(asyncio.create_task(read() if number % 4 == 0 else work(number)))
        if number % 20 == 0:
            await asyncio.sleep(0.005)
    results = await asyncio.gather(*tasks, return_exceptions=True)

    kinds = {type(result) for result in results}
    assert kinds <= {type(None), asyncio.CancelledError}, kinds
    cancelled = sum(isinstance(result, asyncio.CancelledError) for result in results)
    assert 50 < cancelled < TASKS - 50
    assert await count() == len(committed) == await rows() - 1
    await everything_is_whole(database)


async def everything_is_whole(database: Database) -> None:
    """As many tasks as there are connections, and more, can write and read at once."""

    async def use(number: int) -> None:
        async with database.unit():
            await Thing.insert(Thing(name=f"whole {number}"))
        await rows()

    before = await rows()
    async with asyncio.timeout(10):
        await asyncio.gather(*(use(number) for number in range(30)))
    assert await rows() == before + 30
    if database.dialect == "postgres":
        pool: Any = database.engine
        assert pool._pool.get_idle_size() == pool._pool.get_size() > 1


async def test_a_task_cancelled_while_it_waits_for_its_turn_holds_nothing(database: Database):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.unit():
            await Thing.insert(Thing(name="held"))
            entered.set()
            await leave.wait()

    async def wait() -> None:
        async with database.unit():
            await database.execute("UPDATE things_thing SET amount = 1 WHERE name = 'held'")

    holder = asyncio.create_task(hold())
    await entered.wait()
    waiters = [asyncio.create_task(wait()) for _ in range(5)]
    await asyncio.sleep(0.05)
    for waiter in waiters:
        waiter.cancel()
    leave.set()
    await holder
    await asyncio.gather(*waiters, return_exceptions=True)
    await everything_is_whole(database)


async def test_a_slow_read_that_is_cancelled_stops_where_it_runs(database: Database):
    slow = {
        "sqlite": "SELECT count(*) AS n FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT x FROM c LIMIT 2000000000)",
        "postgres": "SELECT pg_sleep(600)",
    }[database.dialect]
    loop = asyncio.get_running_loop()
    # More often than there are readers: each of them has to come back.
    for _ in range(8):
        before = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await database.fetch(slow)
        assert loop.time() - before < 2
    assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]


async def test_a_unit_that_is_cancelled_is_undone_before_the_cancellation_goes_on(database: Database):
    async def work() -> None:
        async with database.unit():
            await Thing.insert(Thing(name="a"))
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await rows() == 0
    async with database.unit():
        await Thing.insert(Thing(name="a"))
    assert DB.transaction_exists() is False
