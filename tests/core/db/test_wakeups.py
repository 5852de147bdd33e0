"""Wake-ups: heard in this process, in others, and on other machines; never between looking and waiting."""

# ruff: noqa: PT012 - what becomes of a unit whose body raises can only be shown with its body inside.

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpdesk_core.db import Database, uuid7
from helpdesk_core.testing.databases import Templates
from helpdesk_core.testing.postgres import PostgresServer

pytestmark = pytest.mark.anyio

# Waits on standard input for a topic, wakes it in a unit that writes, and says so.
OTHER_PROCESS = """
import asyncio, sys
from helpdesk_core.db import Database, uuid7

async def main():
    async with Database(sys.argv[1]) as database:
        print("ready", flush=True)
        for topic in sys.stdin:
            async with database.unit() as unit:
                await database.execute("INSERT INTO things_thing (id, name) VALUES ({}, {})", uuid7(), str(uuid7()))
                unit.wake(topic.strip())
            print("committed", flush=True)

asyncio.run(main())
"""


@contextmanager
def another_process(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()


def tell(process: subprocess.Popen[str], topic: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{topic}\n")
    process.stdin.flush()


async def settle(database: Database) -> None:
    """Let the ear begin: it wakes everybody once."""
    with database.wakeups.subscribe({"settle"}) as woken:
        if database.dialect == "postgres":
            assert await woken.wait(10)
        await woken.wait(0.1)


async def test_a_waiter_hears_a_unit_of_this_process_after_its_commit(database: Database):
    await settle(database)
    with database.wakeups.subscribe({"mail", "outbox"}) as woken:
        async with database.unit() as unit:
            unit.wake("outbox")
            assert not await woken.wait(0.02)
        assert await woken.wait(5)
        assert not await woken.wait(0.02)


async def test_a_wake_up_between_looking_and_waiting_is_not_missed(database: Database):
    await settle(database)
    with database.wakeups.subscribe({"outbox"}) as woken:
        # Here somebody looks and finds nothing, and now it is committed, before the wait.
        async with database.unit() as unit:
            unit.wake("outbox")
        assert await woken.wait(0)


async def test_other_topics_and_units_that_were_undone_wake_nobody(database: Database):
    await settle(database)
    with database.wakeups.subscribe({"outbox"}) as woken:
        async with database.unit() as unit:
            unit.wake("tickets")
            with pytest.raises(RuntimeError):
                async with database.unit() as inner:
                    inner.wake("outbox")
                    raise RuntimeError
        with pytest.raises(RuntimeError):
            async with database.unit() as unit:
                unit.wake("outbox")
                raise RuntimeError
        assert not await woken.wait(0.15)


async def test_a_nested_unit_wakes_when_the_outermost_is_stored(database: Database):
    await settle(database)
    with database.wakeups.subscribe({"outbox"}) as woken:
        async with database.unit():
            async with database.unit() as inner:
                inner.wake("outbox")
            assert not await woken.wait(0.02)
        assert await woken.wait(1)


async def test_the_short_form_waits_once(database: Database):
    await settle(database)
    waiter = asyncio.create_task(database.wakeups.wait({"outbox"}, timeout=5))
    await asyncio.sleep(0)
    async with database.unit() as unit:
        unit.wake("outbox")
    assert await waiter
    assert not await database.wakeups.wait({"outbox"}, timeout=0.02)


async def test_a_unit_of_another_process_is_heard_soon(database: Database, database_url: str):
    with another_process(database_url) as process:
        await settle(database)
        loop = asyncio.get_running_loop()
        with database.wakeups.subscribe({"outbox"}) as woken:
            for _ in range(3):
                before = loop.time()
                tell(process, "outbox")
                assert await woken.wait(10)
                assert loop.time() - before < 2
                while await woken.wait(0.15):
                    pass


async def test_a_unit_of_another_process_that_was_committed_before_the_wait_is_heard(
    database: Database, database_url: str
):
    with another_process(database_url) as process:
        await settle(database)
        with database.wakeups.subscribe({"outbox"}) as woken:
            tell(process, "outbox")
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == "committed\n"
            assert await woken.wait(10)


async def test_on_sqlite_what_others_commit_while_nobody_waits_is_heard_by_the_next_waiter(
    database_templates: Templates, tmp_path: Path
):
    """Once too often is allowed, never too rarely: the last look may lie long before."""
    url = database_templates.sqlite(tmp_path / "test.db")
    async with Database(url) as database, Database(url) as other:
        await settle(database)
        await other.execute("INSERT INTO things_thing (id, name) VALUES ({}, 'a')", uuid7())
        assert await database.wakeups.wait({"outbox"}, timeout=5)


async def test_what_this_process_writes_itself_does_not_wake_the_waiters_of_other_topics(database: Database):
    await settle(database)
    with database.wakeups.subscribe({"outbox"}) as woken:
        for number in range(3):
            await database.execute("INSERT INTO things_thing (id, name) VALUES ({}, {})", uuid7(), str(number))
        assert not await woken.wait(0.2)


async def test_an_ear_that_was_opened_inside_a_unit_does_not_use_it(database: Database):
    async with database.unit(), asyncio.timeout(10):
        with database.wakeups.subscribe({"outbox"}) as woken:
            await woken.wait(0.1)
        await database.execute("INSERT INTO things_thing (id, name) VALUES ({}, 'a')", uuid7())
    assert await database.fetch("SELECT name FROM things_thing") == [{"name": "a"}]


class TestAnEarOnPostgreSQL:
    @pytest.fixture
    async def pair(
        self, database_templates: Templates, postgres_server: PostgresServer
    ) -> AsyncIterator[tuple[Database, Database]]:
        url = database_templates.postgres(postgres_server)
        async with Database(url) as here, Database(url) as there:
            yield here, there

    async def test_hears_other_machines_by_topic(self, pair: tuple[Database, Database]):
        here, there = pair
        await settle(here)
        with here.wakeups.subscribe({"outbox"}) as woken:
            async with there.unit() as unit:
                unit.wake("tickets")
            assert not await woken.wait(0.1)
            async with there.unit() as unit:
                unit.wake("outbox")
                unit.wake("tickets")
            assert await woken.wait(5)

    async def test_hears_again_after_its_connection_was_cut(
        self, pair: tuple[Database, Database], caplog: pytest.LogCaptureFixture
    ):
        here, there = pair
        await settle(here)
        with here.wakeups.subscribe({"outbox"}) as woken:
            await there.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            # What was announced meanwhile is lost, so the new ear wakes everybody.
            assert await woken.wait(10)
            while await woken.wait(0.1):
                pass
            async with there.unit() as unit:
                unit.wake("outbox")
            assert await woken.wait(5)
        assert "trying again" in caplog.text

    async def test_hears_again_after_the_server_was_away(
        self, pair: tuple[Database, Database], postgres_server: PostgresServer
    ):
        here, there = pair
        await settle(here)
        with here.wakeups.subscribe({"outbox"}) as woken:
            await asyncio.to_thread(postgres_server.stop, at_once=True)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres_server.start)
            assert await woken.wait(15)
            while await woken.wait(0.1):
                pass
            async with there.unit() as unit:
                unit.wake("outbox")
            assert await woken.wait(5)
