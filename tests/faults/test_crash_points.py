"""A real worker is killed at the Nth system call of a kind, for every N; then another one finishes the work.

Whatever the point: nothing that was announced is lost, nobody gets more than two copies, all copies of a mail are the
same bytes under the same Message-ID, and what had not been marked when the worker died arrives exactly once.
The kinds are those at which something leaves the process: into the database (`pwrite64`), onto the disk (`fdatasync`,
the commit), to the other side or, with PostgreSQL, to the server (`sendto`).
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from helpdesk_core.bus import State
from helpdesk_core.db import Database
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates, run_apart
from helpdesk_core.testing.postgres import PostgresServer
from tests.core.bus.world import START, Row, World, eventually
from tests.faults.peer import Peer, PeerChannel

pytestmark = [pytest.mark.anyio, pytest.mark.needs("strace"), pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
MAILS = 3
LEASE = timedelta(seconds=0.15)

Fresh = Callable[[], str]


class MailsWaiting(Templates):
    """Databases in which three mails wait to be sent."""

    def _migrate(self, url: str) -> None:
        super()._migrate(url)

        async def announce() -> None:
            async with Database(url) as database:
                with database.use():
                    await World(database, SettableClock(START)).announce(*(f"{n}@x.example" for n in range(MAILS)))

        run_apart(announce)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return MailsWaiting(tmp_path_factory.mktemp("mails-waiting"), [CORE])


@pytest.fixture
def fresh_sqlite(templates: Templates, tmp_path: Path) -> Fresh:
    numbers = count()
    return lambda: templates.sqlite(tmp_path / f"{next(numbers)}.db")


@pytest.fixture
def fresh_postgres(templates: Templates, postgres_server: PostgresServer) -> Fresh:
    return lambda: templates.postgres(postgres_server)


async def killed_at(url: str, peer: Peer, call: str, number: int, mode: str = "drain") -> bool:
    """Run a worker that dies at its Nth call; False when it ended by itself, because there are not so many."""
    process = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"),
        *("-e", f"inject={call}:signal=KILL:when={number}"),
        *(sys.executable, "-m", "tests.faults.worker", url, str(peer.port), str(LEASE.total_seconds()), mode),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
    )
    code = await process.wait()
    assert code in (0, -9), f"the worker ended with {code}: neither killed nor well"
    return code != 0


async def recover(world: World, peer: Peer) -> list[Row]:
    """Let another worker finish; return what became of the mails."""
    world.wire(channels=[PeerChannel(peer.port)])
    relay = asyncio.create_task(world.relay("rescuer", lease=LEASE).run())

    async def finished() -> bool:
        return {State.SENT, State.UNCERTAIN}.issuperset(await world.states())

    await eventually(finished)
    relay.cancel()
    await asyncio.wait([relay])
    return await world.rows()


def check(rows: list[Row], peer: Peer) -> None:
    copies = peer.copies()
    assert len(rows) == MAILS, "a mail is lost"
    assert max(copies.values(), default=0) <= 2, "a third copy"
    assert len(set(peer.ledger)) == len(copies), "two copies of one mail differ"
    for row in rows:
        assert row.state is State.UNCERTAIN or row.message_id in copies, "sent to nobody"
        assert row.state is State.SENT or row.marks == 2, "a person is asked too early"


async def crash_and_recover(fresh: Fresh, call: str, number: int) -> str | None:
    """Kill at one point and finish; return a line about it, or None when the worker never got there."""
    url = fresh()
    async with Peer() as peer, Database(url) as database:
        with database.use():
            world = World(database, SettableClock(START))
            if not await killed_at(url, peer, call, number):
                return None
            left, taken = await world.rows(), len(peer.ledger)
            rows = await recover(world, peer)
            check(rows, peer)
            assert {row.state for row in rows} == {State.SENT}
            for row in left:
                if row.state is State.SENT or row.marks == 0:
                    assert peer.copies()[row.message_id] == 1, "a second copy without a reason"
            states = " ".join(f"{row.state}+{row.marks}" for row in left)
            return f"{call:>10} {number:>3}: left {states}; {taken} taken before, {len(peer.ledger)} in all"


async def sweep(fresh: Fresh, call: str, numbers: Iterable[int]) -> list[str]:
    lines = []
    for number in numbers:
        line = await crash_and_recover(fresh, call, number)
        if line is None:
            break
        lines.append(line)
    print(f"\n{len(lines)} points at {call}:", *lines, sep="\n")  # noqa: T201 - the list is asked for
    return lines


async def test_a_worker_may_die_at_any_commit_or_any_word_to_the_other_side(fresh_sqlite: Fresh) -> None:
    # The first calls of each kind open the database: nothing of the bus has begun by then.
    points = await sweep(fresh_sqlite, "fdatasync", range(3, 100))
    points += await sweep(fresh_sqlite, "sendto", range(3, 100, 2))
    points += await sweep(fresh_sqlite, "pwrite64", range(12, 1000, 8))
    assert len(points) >= 20
    assert any("sending+1" in point for point in points), "no point fell between a mark and its record"
    assert any("sending+0" in point for point in points), "no point fell between a claim and its mark"


@pytest.mark.needs("postgresql")
async def test_on_postgresql_too(fresh_postgres: Fresh) -> None:
    points = await sweep(fresh_postgres, "sendto", range(8, 1000, 9))
    assert len(points) >= 5


@pytest.mark.full
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "sendto", "recvfrom"])
async def test_at_every_single_call_on_sqlite(fresh_sqlite: Fresh, call: str) -> None:
    assert len(await sweep(fresh_sqlite, call, count(1))) >= 10


@pytest.mark.full
@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("call", ["sendto", "recvfrom"])
async def test_at_every_single_call_on_postgresql(fresh_postgres: Fresh, call: str) -> None:
    assert len(await sweep(fresh_postgres, call, count(1))) >= 40


@pytest.mark.full
@pytest.mark.parametrize("call", ["fdatasync", "sendto"])
async def test_three_workers_die_one_after_the_other_at_the_same_call(fresh_sqlite: Fresh, call: str) -> None:
    asked = 0
    for number in range(5, 40, 3):
        url = fresh_sqlite()
        async with Peer() as peer, Database(url) as database:
            with database.use():
                world = World(database, SettableClock(START))
                for _ in range(3):
                    # These run on and take up what the one before left; sooner or later each comes to its last call.
                    assert await killed_at(url, peer, call, number, mode="run")
                rows = await recover(world, peer)
                check(rows, peer)
                asked += sum(row.state is State.UNCERTAIN for row in rows)
    print(f"{asked} mails ended as a question to a person")  # noqa: T201 - worth knowing
