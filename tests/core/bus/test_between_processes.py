"""Real processes on one database: woken, stopped, frozen and killed from outside."""

import asyncio
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk_core.bus import State
from helpdesk_core.db import Database
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from tests.core.bus.world import START, World, eventually
from tests.faults.peer import Peer, PeerChannel, Point

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def real(database_url: str) -> AsyncIterator[World]:
    """A world whose database goes by its own time."""
    async with Database(database_url) as database:
        with database.use():
            yield World(database, SettableClock(START))


@asynccontextmanager
async def worker(url: str, peer: Peer, lease: float = 0.6) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.worker", url, str(peer.port), str(lease), "run"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"running\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_worker_in_another_process_is_woken_by_the_commit(real: World, database_url: str) -> None:
    latencies = []
    async with Peer() as peer, worker(database_url, peer):
        for number in range(1, 11):
            await real.announce(f"{number}@x.example")
            began = time.monotonic()
            await peer.until(number)
            latencies.append(time.monotonic() - began)
        await real.settled(*[State.SENT] * 10)
    # Far below the poll of 30 s; on SQLite the other process looks 20 times a second.
    assert statistics.median(latencies) < 1


async def test_sigterm_ends_a_worker_within_ten_seconds_while_the_other_side_hangs(
    database_templates: Templates, tmp_path: Path
) -> None:
    url = database_templates.sqlite(tmp_path / "bus.db")
    async with Database(url) as database, Peer() as peer, worker(url, peer) as process:
        with database.use():
            world = World(database, SettableClock(START))
            peer.hold(Point.DOT)
            await world.announce("a@x.example")
            await peer.holding.wait()
            began = time.monotonic()
            process.terminate()
            assert await process.wait() == 0
            assert 7 < time.monotonic() - began < 10
            (row,) = await world.rows()
    # It may have been taken: tried once more later, and nobody has to wait for a lease.
    assert (row.state, row.marks, row.lease_owner) == (State.DEFERRED, 1, None)


async def test_sigterm_lets_a_mail_that_is_being_taken_arrive(real: World, database_url: str) -> None:
    async with Peer() as peer, worker(database_url, peer) as process:
        await real.announce(*(f"{number}@x.example" for number in range(20)))
        await peer.until(1)
        process.terminate()
        assert await process.wait() == 0
    rows = await real.rows()
    assert sum(row.state is State.SENT for row in rows) == len(peer.ledger)
    assert {row.state for row in rows} <= {State.SENT, State.QUEUED}
    assert {row.marks for row in rows if row.state is State.QUEUED} <= {0}


async def test_a_worker_that_was_frozen_past_its_lease_sends_nothing_when_it_wakes(
    real: World, database_url: str
) -> None:
    async with Peer() as peer, worker(database_url, peer) as process:
        peer.hold(Point.HELLO)
        await real.announce("a@x.example")
        await peer.holding.wait()
        os.kill(process.pid, signal.SIGSTOP)
        real.wire(channels=[PeerChannel(peer.port)])
        other = asyncio.create_task(real.relay("other", lease=timedelta(seconds=0.6)).run())
        await peer.until(1)
        await real.settled(State.SENT)
        os.kill(process.pid, signal.SIGCONT)
        # It is asked for the data now, wants to mark, and learns that the delivery is not its own any more.
        peer.released.set()
        process.terminate()
        assert await process.wait() == 0
        other.cancel()
        await asyncio.wait([other])
    assert len(peer.ledger) == 1
    (row,) = await real.rows()
    assert (row.state, row.marks) == (State.SENT, 1)


@pytest.mark.parametrize("point", [Point.HELLO, Point.MIDDLE, Point.DOT, Point.TAKEN], ids=lambda point: point.name)
async def test_what_a_killed_worker_left_is_sent_by_another(real: World, database_url: str, point: Point) -> None:
    async with Peer() as peer:
        async with worker(database_url, peer) as process:
            peer.hold(point)
            await real.announce("a@x.example")
            await peer.holding.wait()
            process.kill()
        real.wire(channels=[PeerChannel(peer.port)])
        other = asyncio.create_task(real.relay("other", lease=timedelta(seconds=0.3)).run())
        await real.settled(State.SENT)
        other.cancel()
        await asyncio.wait([other])
    assert len(peer.ledger) == (2 if point is Point.TAKEN else 1)
    assert len(set(peer.ledger)) == 1


async def test_five_kills_after_the_other_side_took_it_make_two_copies_and_a_question(
    real: World, database_url: str
) -> None:
    """Goes red when `after_crash` does not count marks."""
    await real.announce("a@x.example")
    real.wire(channels=[PeerChannel(0)])
    async with Peer() as peer:

        async def held_or_asked() -> bool:
            return peer.holding.is_set() or await real.states() == [State.UNCERTAIN]

        peer.hold(*[Point.TAKEN] * 5)
        for _ in range(5):
            peer.holding.clear()
            async with worker(database_url, peer, lease=0.3) as process:
                await eventually(held_or_asked)
                process.kill()
    (row,) = await real.rows()
    assert (row.state, row.marks) == (State.UNCERTAIN, 2)
    assert len(peer.ledger) == 2
    assert len(set(peer.ledger)) == 1
