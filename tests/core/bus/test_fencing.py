"""What happens when a worker dies, freezes or comes back: copies, order and writes of those who lost their lease."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from helpdesk_core.bus import LeaseLost, Retry, Sent, State
from helpdesk_core.bus.deliveries import Deliveries
from helpdesk_core.bus.leases import LEASE, Watch
from helpdesk_core.bus.verdicts import after_try
from helpdesk_core.testing.channels import Hold
from tests.core.bus.world import Steady, World, new_subject

pytestmark = pytest.mark.anyio

LOOK = timedelta(seconds=15)


def watch(world: World) -> Watch[UUID]:
    return Watch(LEASE, world.steady)


async def look(world: World, deliveries: Deliveries, seen: Watch[UUID], times: int = 3) -> int:
    """Look every fifteen seconds, as a relay does; return how many deliveries were taken up."""
    rescued = 0
    for number in range(times):
        if number:
            world.advance(LOOK)
        rescued += await deliveries.rescue(seen, ())
    return rescued


async def test_the_work_of_a_dead_worker_is_taken_up_within_a_minute(world: World) -> None:
    await world.announce("a@x.example")
    other, seen = world.deliveries("other"), watch(world)
    await other.rescue(seen, ())
    await world.claim("dead")
    died = world.clock.now()
    while not await other.rescue(seen, ()):
        world.advance(LOOK)
    assert world.clock.now() - died <= timedelta(seconds=60)
    (row,) = await world.rows()
    assert (row.state, row.marks, row.reason) == (State.QUEUED, 0, "a worker stopped in the middle of it")


async def test_a_worker_that_beats_keeps_what_it_has(world: World) -> None:
    await world.announce("a@x.example")
    (claimed,) = await world.claim("alive")
    alive, other, seen = world.deliveries("alive"), world.deliveries("other"), watch(world)
    for _ in range(20):
        assert await other.rescue(seen, ()) == 0
        world.advance(timedelta(seconds=10))
        await alive.beat([claimed])
    await alive.mark(claimed)


async def test_a_frozen_worker_that_comes_back_can_neither_mark_nor_record_nor_beat(world: World) -> None:
    await world.announce("a@x.example")
    frozen, other = world.deliveries("frozen"), world.deliveries("other")
    (before,) = await world.claim("frozen")
    assert await look(world, other, watch(world)) == 1
    (taken,) = await world.claim("other")
    assert taken.id == before.id

    with pytest.raises(LeaseLost, match="another worker"):
        await frozen.mark(before)
    with pytest.raises(LeaseLost, match="another worker"):
        await frozen.keep(before, b"text")
    now = world.clock.now()
    assert not await frozen.settle(before, after_try(Sent("250"), before.standing, now=now, spread=0))
    stamp = (await world.row(before.id)).lease_owner
    await frozen.beat([before])
    row = await world.row(before.id)
    assert (row.state, row.marks, row.content, row.lease_owner) == (State.SENDING, 0, None, stamp)


async def test_a_frozen_worker_cannot_send_what_was_put_back_and_not_yet_taken_again(world: World) -> None:
    await world.announce("a@x.example")
    frozen, other = world.deliveries("frozen"), world.deliveries("other")
    (before,) = await world.claim("frozen")
    await look(world, other, watch(world))
    with pytest.raises(LeaseLost):
        await frozen.mark(before)
    assert await world.states() == [State.QUEUED]


async def test_a_relay_frozen_before_the_mark_sends_nothing_when_it_comes_back(world: World) -> None:
    """Goes red when `_MARK` does not name the fence."""
    await world.announce("a@x.example")
    hold = Hold(world.channel, taken=False)
    world.channel.script(hold)
    frozen = asyncio.create_task(world.relay("frozen", lease=timedelta(hours=1)).run())
    await hold.reached.wait()
    assert await look(world, world.deliveries("other"), watch(world)) == 1
    await world.relay("other").drain(5)
    assert len(world.channel.taken) == 1

    hold.go.set()
    frozen.cancel()
    with pytest.raises(asyncio.CancelledError):
        await frozen
    assert len(world.channel.taken) == 1
    assert await world.states() == [State.SENT]


async def test_a_relay_frozen_after_the_mark_records_nothing_and_there_are_two_copies(world: World) -> None:
    await world.announce("a@x.example")
    hold = Hold(world.channel, taken=True)
    world.channel.script(hold)
    frozen = asyncio.create_task(world.relay("frozen", lease=timedelta(hours=1)).run())
    await hold.reached.wait()
    assert await look(world, world.deliveries("other"), watch(world)) == 1
    world.channel.script(Retry("450 later"))
    await world.relay("other").drain(5)

    hold.go.set()
    frozen.cancel()
    with pytest.raises(asyncio.CancelledError):
        await frozen
    (row,) = await world.rows()
    assert (row.state, row.marks) == (State.DEFERRED, 1)
    world.advance(timedelta(hours=1))
    await world.relay("other").drain(5)
    assert await world.states() == [State.SENT]
    assert len(world.channel.taken) == 2
    assert len({(parcel.message_id, parcel.content) for parcel in world.channel.taken}) == 1


async def test_however_often_we_crash_after_the_mark_there_are_two_copies_and_then_a_question(world: World) -> None:
    await world.announce("a@x.example")
    copies = 0
    for _ in range(5):
        for claimed in await world.claim("crashing"):
            await world.deliveries("crashing").mark(claimed)
            copies += 1
        await look(world, world.deliveries("other"), watch(world))
        world.advance(timedelta(hours=2))
    (row,) = await world.rows()
    assert copies == 2
    assert (row.state, row.marks) == (State.UNCERTAIN, 2)
    assert row.reason == "twice a worker stopped after the other side may have taken it"


async def test_crashes_before_the_mark_cost_no_copy_and_never_end_it(world: World) -> None:
    await world.announce("a@x.example")
    for _ in range(10):
        await world.claim("crashing")
        await look(world, world.deliveries("other"), watch(world))
        world.advance(timedelta(hours=2))
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.attempts) == (State.SENT, 11)


async def test_what_a_dead_worker_had_keeps_its_place_in_the_order(world: World) -> None:
    subject = new_subject()
    await world.announce("a@x.example", subject=subject)
    await world.announce("a@x.example", subject=subject)
    await world.claim("dead")
    await look(world, world.deliveries("other"), watch(world))
    await world.relay().drain(5)
    rows = {row.message_id: row.position for row in await world.rows()}
    assert [rows[parcel.message_id] for parcel in world.channel.taken] == [1, 2]


async def test_two_workers_never_take_the_same_delivery(world: World) -> None:
    for number in range(40):
        await world.announce(f"{number}@x.example")
    relays = [world.relay(f"worker {number}", concurrency=3) for number in range(4)]
    await asyncio.gather(*(relay.drain(20) for relay in relays))
    assert len(world.channel.taken) == 40
    assert len({parcel.delivery_id for parcel in world.channel.tries}) == 40
    assert await world.states() == [State.SENT] * 40


async def test_two_workers_keep_the_order_of_one_addressee(world: World) -> None:
    subjects = [new_subject() for _ in range(4)]
    for _ in range(6):
        for subject in subjects:
            await world.announce("a@x.example", subject=subject)
    relays = [asyncio.create_task(world.relay(f"worker {number}", concurrency=3).run()) for number in range(3)]
    await world.channel.until(taken=24)
    for relay in relays:
        relay.cancel()
    await asyncio.wait(relays)
    rows = {row.id: row for row in await world.rows()}
    keys = {
        row["id"]: row["ordering_key"]
        for row in await world.database.fetch("SELECT id, ordering_key FROM helpdesk_core_delivery")
    }
    arrived: dict[str, list[int]] = {}
    for parcel in world.channel.taken:
        arrived.setdefault(keys[parcel.delivery_id], []).append(rows[parcel.delivery_id].position)
    assert list(arrived.values()) == [[1, 2, 3, 4, 5, 6]] * 4


def test_a_watch_reports_what_stood_still_for_its_whole_patience() -> None:
    steady = Steady()
    seen: Watch[str] = Watch(LEASE, steady)
    reports = []
    for _ in range(4):
        reports.append(seen.look({"still": 1, "moves": steady.seconds}))
        steady.seconds += 15
    assert reports == [set(), set(), {"still"}, {"still"}]


def test_a_watch_that_slept_itself_begins_anew() -> None:
    steady = Steady()
    seen: Watch[str] = Watch(LEASE, steady)
    for _ in range(2):
        seen.look({"still": 1})
        steady.seconds += 15
    steady.seconds += 120
    assert seen.look({"still": 1}) == set()


def test_a_watch_forgets_what_was_away_in_between() -> None:
    steady = Steady()
    seen: Watch[str] = Watch(LEASE, steady)
    for stamps in ({"a": 1}, {}, {"a": 1}):
        assert seen.look(stamps) == set()
        steady.seconds += 15
