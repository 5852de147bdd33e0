"""What is particular to PostgreSQL: servers that stop, several hosts, sockets, conflicts."""

# ruff: noqa: PT012 - what becomes of a unit whose body raises can only be shown with its body inside.

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from helpdesk_core.db import Conflict, Database, DatabaseBusy, DatabaseUnavailable, uuid7
from helpdesk_core.db import postgres as postgres_module
from helpdesk_core.db.database import _engine
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.testing.databases import VARIABLE, Templates, selected_dialects
from helpdesk_core.testing.postgres import PostgresServer
from tests.core.db.things import Thing

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif("postgres" not in selected_dialects(), reason=f"{VARIABLE} leaves PostgreSQL out"),
]


@pytest.fixture
async def url(database_templates: Templates, postgres_server: PostgresServer) -> str:
    return database_templates.postgres(postgres_server)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        with database.use():
            yield database


async def test_a_server_that_crashes_and_comes_back_is_used_again_and_lost_nothing(
    database: Database, postgres_server: PostgresServer
):
    """Every unit that was acknowledged is there, also after `pg_ctl stop -m immediate`; nothing has to restart."""
    acknowledged: list[str] = []
    refused: list[Exception] = []
    over, again = asyncio.Event(), asyncio.Event()

    async def work(worker: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            name = f"{worker} {number}"
            try:
                async with database.unit():
                    await Thing.insert(Thing(name=name))
            except DatabaseUnavailable as error:
                refused.append(error)
                await asyncio.sleep(0.02)
            else:
                acknowledged.append(name)
                if refused:
                    again.set()

    workers = [asyncio.create_task(work(worker)) for worker in range(15)]
    await asyncio.sleep(0.3)
    await asyncio.to_thread(postgres_server.stop, at_once=True)
    before = len(acknowledged)
    await asyncio.sleep(0.1)
    await asyncio.to_thread(postgres_server.start)
    async with asyncio.timeout(10):
        await again.wait()
    over.set()
    await asyncio.gather(*workers)

    assert before > 15
    assert refused
    there = {row["name"] for row in await Thing.select(Thing.name)}
    assert set(acknowledged) <= there
    pool: Any = database.engine
    assert pool._pool.get_idle_size() == pool._pool.get_size()


async def test_a_server_that_is_away_is_unavailable_and_not_waited_for(
    database: Database, postgres_server: PostgresServer
):
    await asyncio.to_thread(postgres_server.stop)
    try:
        async with asyncio.timeout(5):
            with pytest.raises(DatabaseUnavailable):
                await database.fetch("SELECT 1")
            with pytest.raises(DatabaseUnavailable):
                async with database.unit():
                    pass
            with pytest.raises(DatabaseUnavailable):
                await Database(postgres_server.url("postgres")).start()
    finally:
        await asyncio.to_thread(postgres_server.start)
    assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]


async def test_a_connection_lost_inside_a_unit_undoes_it(database: Database, postgres_server: PostgresServer):
    with pytest.raises(DatabaseUnavailable):
        async with database.unit():
            await Thing.insert(Thing(name="a"))
            pid = (await database.fetch("SELECT pg_backend_pid() AS pid"))[0]["pid"]
            await asyncio.to_thread(postgres_server.command, f"SELECT pg_terminate_backend({pid})")
            await Thing.insert(Thing(name="b"))
    assert await Thing.count() == 0


async def test_the_first_host_that_is_a_primary_is_taken(url: str, postgres_server: PostgresServer):
    name = url.rpartition("/")[2]
    several = f"postgres://helpdesk@127.0.0.1:1,127.0.0.1:{postgres_server.port}/{name}?target_session_attrs=primary"
    async with Database(several) as database:
        assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]


async def test_without_a_primary_the_database_is_unavailable(url: str):
    with pytest.raises(DatabaseUnavailable):
        await Database(f"{url}?target_session_attrs=standby").start()


async def test_a_server_that_is_no_primary_any_more_is_left_for_another(database: Database):
    # As on an old primary: what was the session of a writer takes only reads now.
    await database.fetch("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable, match="takes no changes"):
        await Thing.insert(Thing(name="a"))
    await Thing.insert(Thing(name="a"))
    assert await Thing.count() == 1


async def test_a_unix_socket_is_given_as_host(url: str, postgres_server: PostgresServer):
    async with Database(postgres_server.socket_url(url.rpartition("/")[2])) as database:
        assert (await database.fetch("SELECT inet_client_addr() AS address"))[0]["address"] is None


async def test_a_missing_database_is_unavailable_and_names_itself(postgres_server: PostgresServer):
    with pytest.raises(DatabaseUnavailable, match="nowhere"):
        await Database(postgres_server.url("nowhere")).start()


async def test_a_deadlock_is_a_conflict_for_one_of_the_two(database: Database):
    await Thing.insert(Thing(name="a"), Thing(name="b"))
    barrier = asyncio.Barrier(2)

    async def work(first: str, second: str) -> None:
        async with database.unit():
            await database.execute("UPDATE things_thing SET amount = amount + 1 WHERE name = {}", first)
            await barrier.wait()
            await database.execute("UPDATE things_thing SET amount = amount + 1 WHERE name = {}", second)

    results = await asyncio.gather(work("a", "b"), work("b", "a"), return_exceptions=True)
    assert sorted(map(repr, map(type, results))) == sorted(map(repr, (type(None), Conflict)))
    assert [row["amount"] for row in await Thing.select(Thing.amount)] == [1, 1]


async def test_a_serialisation_failure_is_a_conflict(database: Database):
    await Thing.insert(Thing(name="a"))
    barrier = asyncio.Barrier(2)

    async def work() -> None:
        async with database.unit():
            await database.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            amount = (await database.fetch("SELECT amount FROM things_thing"))[0]["amount"]
            await barrier.wait()
            await database.execute("UPDATE things_thing SET amount = {}", amount + 1)

    results = await asyncio.gather(work(), work(), return_exceptions=True)
    assert {type(result) for result in results} == {type(None), Conflict}


async def test_a_pool_that_is_used_up_is_busy_and_not_waited_for_for_ever(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres_module, "WAIT_SECONDS", 0.1)
    engine = postgres_module.PostgresEngine(url, connections=1)
    await engine.start()
    async with engine.transaction():
        with pytest.raises(DatabaseBusy, match="in use"):
            await engine.acquire()
    assert await engine.fetch("SELECT 1 AS one") == [{"one": 1}]
    await engine.close()


async def test_a_table_changed_under_a_prepared_statement_is_no_lasting_harm(
    database: Database, postgres_server: PostgresServer, url: str
):
    name = url.rpartition("/")[2]
    for _ in range(3):
        await database.fetch("SELECT * FROM things_thing")
    async with Database(postgres_server.url(name)) as other:
        await other.execute("ALTER TABLE things_thing ADD COLUMN extra INTEGER DEFAULT 1")
    assert await database.fetch("SELECT * FROM things_thing") == []
    await Thing.insert(Thing(name="a"))
    async with database.unit():
        assert (await database.fetch("SELECT * FROM things_thing"))[0]["extra"] == 1


async def test_closing_takes_connections_away_from_who_does_not_give_them_back(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_module, "CLOSE_SECONDS", 0.1)
    database = Database(url)
    await database.start()
    with pytest.raises(DatabaseUnavailable):
        async with database.unit():
            await database.execute("INSERT INTO things_thing (id, name) VALUES ({}, 'a')", uuid7())
            await database.close()
            await database.fetch("SELECT 1")
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await database.fetch("SELECT 1")


def test_without_the_driver_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    for name in ("helpdesk_core.db.postgres", "helpdesk_core.db.postgres_errors"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    # None in its place makes `import asyncpg` fail as if it were not installed.
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigurationError, match=r'pip install "helpdesk\[postgres\]"'):
        _engine("postgres://localhost/site", None)
