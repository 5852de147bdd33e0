"""Deliveries under anything that can happen to them, against an oracle that only counts.

Two workers made of the real courier and the real statements on SQLite; the other side, the clock, the crashes and the
people are played. A crash is an exception that nothing in the courier may catch.
"""

import asyncio
import os
import tempfile
from collections import Counter
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from helpdesk_core.bus import (
    State,
    requeue,
)
from helpdesk_core.bus.courier import Courier, Journey
from helpdesk_core.bus.leases import Watch
from helpdesk_core.bus.mending import mend
from helpdesk_core.bus.verdicts import LONGEST_WAIT, SHORTEST_WAIT, TRANSITIONS, TROUBLED
from helpdesk_core.db import Database
from helpdesk_core.db.migrations import migrate
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from tests.core.bus.other_side import FATES, Crash, Frozen, OtherSide
from tests.core.bus.world import START, Row, ShortLived, Told, World, new_subject

ADDRESSES = ("a@x.example", "b@x.example", "c@x.example")
LIVING_ON = frozenset({State.QUEUED, State.SENDING, State.DEFERRED})
FULL = os.environ.get("HELPDESK_TEST_LANE") == "full"


async def migrated(url: str) -> None:
    async with Database(url) as database:
        await migrate(database, [CORE])


@lru_cache
def template() -> bytes:
    """An empty database with the tables of the bus, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        asyncio.run(migrated(f"sqlite:///{path}"))
        return path.read_bytes()


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.clock = SettableClock(START)
        self.frozen: list[Frozen] = []
        self.requeued: Counter[UUID] = Counter()
        self.before: dict[UUID, State] = {}
        (Path(self.folder.name) / "bus.db").write_bytes(template())
        self.runner.run(self.open())

    async def open(self) -> None:
        self.database = Database(f"sqlite:///{self.folder.name}/bus.db", clock=self.clock)
        await self.database.start()
        self.world = World(self.database, self.clock)
        self.other = OtherSide(self.world)
        self.couriers = [self.courier(name) for name in ("one", "two")]
        self.subjects = [new_subject(), new_subject()]

    def courier(self, name: str) -> Courier:
        return Courier(
            self.database,
            self.world.deliveries(name),
            channels={"email": self.other},
            notices=self.world.bus.notices,
            compose=self.other.compose,
            may_still_receive=self.other.may_still_receive,
        )

    # What happens.

    @rule(
        to=st.sets(st.sampled_from(ADDRESSES), min_size=1),
        subject=st.integers(0, 1),
        short=st.booleans(),
        later=st.sampled_from([0, 0, 600]),
    )
    def announce(self, to: set[str], subject: int, *, short: bool, later: int) -> None:
        self.runner.run(
            self.world.announce(
                *sorted(to),
                subject=self.subjects[subject],
                notice=ShortLived() if short else Told(),
                available_at=self.clock.now() + timedelta(seconds=later) if later else None,
            )
        )

    @rule(worker=st.integers(0, 1), fate=st.sampled_from(FATES))
    def work(self, worker: int, fate: str) -> None:
        self.other.fate = fate
        self.runner.run(self.carry_one(worker))
        self.other.fate = "sent"

    async def carry_one(self, worker: int, *, frozen: bool = False) -> None:
        before = {row.id: row for row in await self.world.rows()}
        for claimed in await self.world.deliveries(f"worker {worker}").claim("email", 1):
            self.nothing_is_overtaken(before, claimed.id, claimed.position, await self.keys())
            journey = Journey(claimed)
            try:
                await self.couriers[worker].carry(journey)
            except Crash:
                return
            if frozen:
                # It stood still, perhaps for days, and somebody else may have gone on with it.
                return
            row = await self.world.row(claimed.id)
            if row.state is State.DEFERRED:
                pause = row.available_at - self.clock.now()
                assert SHORTEST_WAIT <= pause <= LONGEST_WAIT
                assert self.clock.now() < row.expires_at
            if claimed.notice == "short_lived" and self.clock.now() >= claimed.expires_at:
                assert row.state in (State.DEAD, State.UNCERTAIN), "sent after its time"

    async def keys(self) -> dict[UUID, str]:
        rows = await self.database.fetch("SELECT id, ordering_key FROM helpdesk_core_delivery")
        return {row["id"]: row["ordering_key"] for row in rows}

    def nothing_is_overtaken(self, rows: dict[UUID, Row], key: UUID, position: int, keys: dict[UUID, str]) -> None:
        for row in rows.values():
            if keys[row.id] == keys[key] and (row.position, row.id) < (position, key):
                assert row.state not in (State.QUEUED, State.SENDING), "overtaken"

    @precondition(lambda self: len(self.frozen) < 2)
    @rule(worker=st.integers(0, 1), marked=st.booleans())
    def freeze(self, worker: int, *, marked: bool) -> None:
        self.runner.run(self.freeze_one(worker, marked=marked))

    async def freeze_one(self, worker: int, *, marked: bool) -> None:
        self.other.freezing = frozen = Frozen(marked=marked)
        frozen.task = asyncio.create_task(self.carry_one(worker, frozen=True))
        standing = asyncio.create_task(frozen.standing.wait())
        await asyncio.wait({frozen.task, standing}, return_when=asyncio.FIRST_COMPLETED)
        self.other.freezing = None
        standing.cancel()
        if frozen.task.done():
            frozen.task.result()
        else:
            self.frozen.append(frozen)

    @precondition(lambda self: self.frozen)
    @rule(which=st.integers(0, 1))
    def thaw(self, which: int) -> None:
        frozen = self.frozen.pop(which % len(self.frozen))
        self.runner.run(self.go_on(frozen))

    async def go_on(self, frozen: Frozen) -> None:
        frozen.go.set()
        assert frozen.task is not None
        await frozen.task

    @rule()
    def leases_end(self) -> None:
        # Whoever is not standing still in the middle of something has finished: all that is held belongs to the dead
        # and the frozen.
        self.runner.run(self.world.deliveries("rescuer").rescue(Watch(timedelta()), ()))

    @rule(by=st.sampled_from([timedelta(minutes=2), timedelta(hours=2), timedelta(days=1), timedelta(days=6)]))
    def time_passes(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule(by=st.sampled_from([timedelta(hours=-1), timedelta(hours=1), timedelta(days=-3653), timedelta(days=3653)]))
    def the_clock_is_set(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.runner.run(mend(self.database))

    @rule(address=st.sampled_from(ADDRESSES))
    def rights_end(self, address: str) -> None:
        self.world.forbidden.add(address)

    @rule()
    def rights_begin(self) -> None:
        self.world.forbidden.clear()

    @rule(which=st.integers(0, 20))
    def somebody_takes_it_back(self, which: int) -> None:
        async def undo() -> None:
            rows = await self.world.rows()
            if rows:
                row = rows[which % len(rows)]
                undone = await self.world.bus.undo([row.id])
                assert not undone or row.id not in {parcel.delivery_id for parcel in self.other.taken}, (
                    "undone, yet taken"
                )

        self.runner.run(undo())

    @rule()
    def somebody_sends_troubles_again(self) -> None:
        async def again() -> None:
            troubled = [row.id for row in await self.world.rows() if row.state in TROUBLED]
            self.requeued.update(await requeue(self.database, troubled))

        self.runner.run(again())

    # What must hold.

    @property
    def arrived(self) -> set[UUID]:
        return {parcel.delivery_id for parcel in self.other.taken}

    @initialize()
    def begin(self) -> None:
        self.announce({"a@x.example"}, 0, short=False, later=0)

    @invariant()
    def nobody_gets_too_much(self) -> None:
        copies = Counter(parcel.delivery_id for parcel in self.other.taken)
        for key, number in copies.items():
            assert number <= 2 + self.requeued[key], "too many copies"
            assert number <= 1 + self.other.doubts[key] + self.requeued[key], "a second copy without a reason"
        assert len({(parcel.delivery_id, parcel.message_id, parcel.content) for parcel in self.other.taken}) == len(
            copies
        )

    @invariant()
    def every_step_is_one_that_the_table_knows(self) -> None:
        rows = {row.id: row for row in self.runner.run(self.world.rows())}
        assert set(self.before) <= set(rows), "a delivery vanished"
        for key, row in rows.items():
            before = self.before.get(key, State.QUEUED)
            direct = TRANSITIONS[before]
            assert row.state in {before, *direct, *(step for each in direct for step in TRANSITIONS[each])}
            assert row.state is not State.SENT or key in {parcel.delivery_id for parcel in self.other.taken}, (
                "sent to nobody"
            )
            assert row.state in (*LIVING_ON, State.SENT) or row.reason, "an end without a reason"
            assert row.marks <= 2
        self.before = {key: row.state for key, row in rows.items()}

    def teardown(self) -> None:
        """Let everything come to its end with workers that work: nothing may be left over."""
        try:
            for frozen in self.frozen:
                self.runner.run(self.go_on(frozen))
            self.frozen.clear()
            for _ in range(200):
                if not LIVING_ON & set(self.runner.run(self.world.states())):
                    break
                self.leases_end()
                self.work(0, "sent")
                self.clock.advance(timedelta(minutes=20))
            assert not LIVING_ON & set(self.runner.run(self.world.states())), "something never ends"
            self.nobody_gets_too_much()
            self.every_step_is_one_that_the_table_knows()
        finally:
            self.runner.run(self.database.close())
            self.runner.close()
            self.folder.cleanup()


OutboxMachine.TestCase.settings = settings(
    max_examples=1000 if FULL else 100,
    stateful_step_count=50 if FULL else 30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class TestOutbox(OutboxMachine.TestCase):  # type: ignore[misc,valid-type]
    """Whatever happens: nothing lost, nothing overtaken, two copies at the most, nobody told who may not be."""
