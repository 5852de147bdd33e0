"""What is particular to SQLite: who reads, who writes, what waits, what survives."""

# ruff: noqa: PT012 - what becomes of a unit whose body raises can only be shown with its body inside.

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from helpdesk_core.db import (
    DB,
    Database,
    DatabaseBusy,
    DatabaseError,
    DatabaseFull,
    DatabaseUnavailable,
    uuid7,
)
from helpdesk_core.db.sqlite import SQLiteEngine
from helpdesk_core.testing.databases import Templates
from tests.core.db.things import Thing

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(database_templates: Templates, tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    database_templates.sqlite(path)
    return path


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[SQLiteEngine]:
    engine = SQLiteEngine(file, busy_seconds=0.2)
    await engine.start()
    with DB.use(engine):
        yield engine
    await engine.close()


async def pragma(engine: SQLiteEngine, name: str) -> object:
    return next(iter((await engine.fetch(f"PRAGMA {name}"))[0].values()))


async def test_every_commit_is_synced_and_foreign_keys_bind(engine: SQLiteEngine):
    assert await pragma(engine, "journal_mode") == "wal"
    assert await pragma(engine, "synchronous") == 2
    assert await pragma(engine, "foreign_keys") == 1
    assert await pragma(engine, "mmap_size") == 0


async def test_reads_do_not_wait_for_a_unit_that_writes(engine: SQLiteEngine):
    held, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with engine.transaction():
            await Thing.insert(Thing(name="a"))
            held.set()
            await leave.wait()

    holder = asyncio.create_task(hold())
    await held.wait()
    async with asyncio.timeout(1):
        assert await Thing.count() == 0
    leave.set()
    await holder
    assert await Thing.count() == 1


async def test_slow_reads_do_not_hold_up_the_others(engine: SQLiteEngine):
    endless = "SELECT count(*) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c)"
    slow = [asyncio.create_task(engine.fetch(endless)) for _ in range(2)]
    async with asyncio.timeout(2):
        for _ in range(20):
            await Thing.count()
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_the_readers_cannot_write(engine: SQLiteEngine):
    with pytest.raises(DatabaseError, match="readonly"):
        await engine._readers.send(lambda connection: connection.execute("DELETE FROM things_thing")).future


async def test_what_only_looks_like_a_read_goes_to_the_writer(engine: SQLiteEngine):
    rows = await engine.fetch(
        "  WITH fresh(name) AS (SELECT 'a') INSERT INTO things_thing (id, name) "
        "SELECT {}, name FROM fresh WHERE true RETURNING name",
        str(uuid7()),
    )
    assert rows == [{"name": "a"}]
    assert await engine.fetch("  select name FROM things_thing") == [{"name": "a"}]


async def test_a_write_that_another_process_blocks_is_busy_and_works_afterwards(engine: SQLiteEngine, file: Path):
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            await Thing.insert(Thing(name="a"))
        with pytest.raises(DatabaseBusy):
            async with engine.transaction():
                pass
        # Not the readers: they never wait for a writer.
        assert await Thing.count() == 0
        other.execute("ROLLBACK")
    async with engine.transaction():
        await Thing.insert(Thing(name="a"))
    assert await Thing.count() == 1


async def test_units_that_read_first_and_write_later_never_fall_over_each_other(file: Path):
    """Red when transactions begin DEFERRED: then the second writer fails whatever the timeout."""
    others = [Database(f"sqlite:///{file}") for _ in range(3)]
    for other in others:
        await other.start()
    await others[0].execute("INSERT INTO things_thing (id, name, amount) VALUES ({}, 'counter', 0)", uuid7())

    async def work(database: Database) -> None:
        for _ in range(40):
            async with database.unit():
                amount = (await database.fetch("SELECT amount FROM things_thing"))[0]["amount"]
                await database.execute("UPDATE things_thing SET amount = {}", amount + 1)

    await asyncio.gather(*(work(other) for other in others))
    assert (await others[0].fetch("SELECT amount FROM things_thing"))[0]["amount"] == 120
    for other in others:
        await other.close()


async def test_a_full_disk_undoes_the_unit_and_the_database_works_on(engine: SQLiteEngine):
    pages = int(str(await pragma(engine, "page_count")))
    await engine.fetch(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseFull):
        async with engine.transaction():
            await Thing.insert(Thing(name="a"))
            for number in range(1000):
                await Thing.insert(Thing(name=f"{number:0100}"))
    assert await Thing.count() == 0
    await engine.fetch("PRAGMA max_page_count = 1000000")
    await Thing.insert(Thing(name="a"))
    assert await Thing.count() == 1


async def test_nothing_is_written_past_a_transaction_that_sqlite_ended_itself(engine: SQLiteEngine):
    """Red without the look at `in_transaction` before each statement."""

    async def end_it() -> None:
        await engine.writer.send(lambda connection: connection.execute("ROLLBACK")).future

    with pytest.raises(DatabaseError, match="ended this transaction"):
        async with engine.transaction():
            await Thing.insert(Thing(name="a"))
            await end_it()
            await Thing.insert(Thing(name="b"))
    assert await Thing.count() == 0


async def test_values_survive_the_way_through_the_file(engine: SQLiteEngine):
    due = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    thing = Thing(name="a", price=Decimal("12.5"), due=due, done=True)
    await Thing.insert(thing)
    row = (await Thing.select())[0]
    assert row == {
        "id": thing.id,
        "name": "a",
        "kind": "plain",
        "amount": 0,
        "price": Decimal("12.5"),
        "done": True,
        "due": due,
    }
    assert row["due"].tzinfo is UTC
    written = (await engine.fetch("SELECT CAST(due AS TEXT) AS due FROM things_thing"))[0]["due"]
    assert written == "2026-07-01 12:00:00+00:00"


async def test_moments_sort_as_text_with_and_without_fractions(engine: SQLiteEngine):
    moments = [datetime(2026, 7, 1, 12, 0, second, micro, UTC) for second in (0, 1) for micro in (0, 1, 500_000)]
    for moment in reversed(moments):
        await Thing.insert(Thing(name=str(moment), due=moment))
    found = [row["due"] for row in await Thing.select(Thing.due).order_by(Thing.due)]
    assert found == moments
    assert await Thing.count().where(Thing.due < moments[3]) == 3


async def test_threads_end_when_the_database_is_closed_and_it_can_be_opened_again(file: Path):
    def ours() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("sqlite-")]

    before = len(ours())
    database = Database(f"sqlite:///{file}")
    for _ in range(2):
        await database.start()
        assert len(ours()) == before + 4
        assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]
        await database.close()
        assert len(ours()) == before
    # The last to leave has put everything into the file itself.
    assert [path.name for path in file.parent.glob("test.db*")] == ["test.db"]


async def test_a_closed_database_says_so_and_what_was_open_is_undone(file: Path):
    database = Database(f"sqlite:///{file}")
    await database.start()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        async with database.unit():
            await database.execute("INSERT INTO things_thing (id, name) VALUES ({}, 'a')", uuid7())
            await database.close()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await database.fetch("SELECT 1")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM things_thing").fetchone() == (0,)


async def test_the_folder_is_made_and_a_place_that_cannot_be_is_a_clear_error(tmp_path: Path):
    async with Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'site.db'}") as database:
        await database.fetch("SELECT 1")
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file" / "site.db", tmp_path / "a" / "b"):
        with pytest.raises(DatabaseUnavailable, match="cannot be opened or made"):
            await Database(f"sqlite:///{place}").start()
    (tmp_path / "text.db").write_text("this is no database, but long enough to be looked at" * 20)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await Database(f"sqlite:///{tmp_path / 'text.db'}").start()


async def test_a_new_file_and_its_log_are_for_their_owner_alone(tmp_path: Path):
    async with Database(f"sqlite:///{tmp_path / 'site.db'}") as database:
        await database.execute("CREATE TABLE a (b INTEGER)")
        modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    assert modes == {"site.db": 0o600, "site.db-wal": 0o600, "site.db-shm": 0o600}


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path):
    program = (
        "import asyncio, sys\n"
        "from helpdesk_core.db import Database\n"
        "async def main():\n"
        "    sys.stdin.readline()\n"
        "    async with Database(sys.argv[1]) as database:\n"
        "        await database.fetch('SELECT 1')\n"
        "asyncio.run(main())\n"
    )
    url = f"sqlite:///{tmp_path / 'new.db'}"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, b"")


def test_a_database_left_open_does_not_keep_the_process_alive(tmp_path: Path):
    program = (
        "import asyncio, sys\n"
        "from helpdesk_core.db import Database\n"
        "async def main():\n"
        "    database = Database(sys.argv[1])\n"
        "    await database.start()\n"
        "    print(await database.fetch('SELECT 1 AS one'))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'new.db'}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[{'one': 1}]\n", "")
