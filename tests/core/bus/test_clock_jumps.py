"""The clock is set forward and back: nothing is lost, nothing is sent twice, nobody sleeps long past the time."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from helpdesk_core.bus import Job, Recorded, Retry, Scheduler, State, Subscriber, on
from helpdesk_core.bus.leases import LEASE, Watch
from helpdesk_core.bus.mending import mend
from helpdesk_core.testing.channels import Hold
from tests.core.bus.world import Happened, ShortLived, World, eventually, new_subject

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
DECADE = timedelta(days=3653)
JUMPS = [HOUR, -HOUR, DECADE, -DECADE]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_jump_while_a_delivery_is_on_its_way_takes_it_from_nobody(world: World, jump: timedelta) -> None:
    """Goes red when a lease expires by the time of day."""
    await world.announce("a@x.example")
    hold = Hold(world.channel, taken=True)
    world.channel.script(hold)
    holder = asyncio.create_task(world.relay("holder", lease=timedelta(seconds=0.1)).run())
    await hold.reached.wait()
    other: Watch[UUID] = Watch(LEASE, world.steady)
    for number in range(5):
        if number == 2:
            world.clock.advance(jump)
        beats = (await world.rows())[0].beats
        assert await world.deliveries("other").rescue(other, ()) == 0
        world.steady.seconds += 15
        await eventually(partial(another_beat, world, beats))
    hold.go.set()
    await world.settled(State.SENT)
    holder.cancel()
    await asyncio.wait([holder])
    assert len(world.channel.tries) == 1


async def another_beat(world: World, before: int) -> bool:
    return (await world.rows())[0].beats > before


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_what_was_queued_before_a_jump_is_sent_once_after_it(world: World, jump: timedelta) -> None:
    await world.announce("a@x.example")
    world.clock.advance(jump)
    await mend(world.database)
    relay = world.relay()
    await relay.drain(5)
    await relay.drain(5)
    assert await world.states() == [State.SENT]
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_what_was_deferred_before_a_jump_is_tried_again_hardly_later_than_planned(
    world: World, jump: timedelta
) -> None:
    await world.announce("a@x.example")
    world.channel.script(Retry("450 later"))
    await world.relay().drain(5)
    planned = (await world.rows())[0].available_at - world.clock.now()
    world.clock.advance(jump)
    await mend(world.database)
    world.clock.advance(planned + timedelta(seconds=1))
    await world.relay().drain(5)
    assert await world.states() == [State.SENT]


async def test_what_was_made_while_the_clock_was_ahead_keeps_its_lifetime_and_no_more(world: World) -> None:
    world.clock.advance(DECADE)
    await world.announce("a@x.example", notice=ShortLived(), available_at=world.clock.now() + timedelta(seconds=10))
    world.clock.advance(-DECADE)
    assert await mend(world.database) == 1
    assert await mend(world.database) == 0
    (row,) = await world.rows()
    assert row.available_at - world.clock.now() == timedelta(seconds=10)
    assert row.expires_at - world.clock.now() == HOUR
    assert row.created_at == world.clock.now()


async def test_a_moment_chosen_on_purpose_stays_what_it_was(world: World) -> None:
    tomorrow = world.clock.now() + timedelta(days=1)
    await world.announce("a@x.example", available_at=tomorrow)
    assert await mend(world.database) == 0
    assert (await world.rows())[0].available_at == tomorrow


async def test_a_running_relay_mends_by_itself_within_a_look(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(Retry("450 later"))
    relay = asyncio.create_task(world.relay(lease=timedelta(seconds=0.3)).run())
    await world.channel.until(tries=1)
    await world.settled(State.DEFERRED)
    world.clock.advance(-DECADE)

    async def mended() -> bool:
        return (await world.rows())[0].available_at < world.clock.now() + HOUR

    await eventually(mended)
    relay.cancel()
    await asyncio.wait([relay])


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_reaction_that_waits_for_its_next_try_happens_hardly_later_than_planned(
    world: World, jump: timedelta
) -> None:
    seen = []

    async def fail_once(recorded: Recorded[Happened]) -> None:
        seen.append(recorded.sequence)
        if len(seen) == 1:
            raise ValueError

    world.wire(Subscriber(name="once", reactions=(on(Happened, fail_once),)))
    await world.record(new_subject())
    await world.relay().drain(5)
    world.clock.advance(jump)
    await mend(world.database)
    world.clock.advance(timedelta(seconds=2))
    await world.relay().drain(5)
    assert seen == [1, 1]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_job_is_not_forgotten_when_the_clock_jumps(world: World, jump: timedelta) -> None:
    ran = []

    async def run() -> None:
        ran.append(world.clock.now())

    scheduler = Scheduler(world.database, [Job(name="tests.job", every=HOUR, run=run)], "worker")
    await scheduler.run_due()
    world.clock.advance(jump)
    # A scheduler that runs looks every few seconds.
    await scheduler.run_due()
    world.clock.advance(HOUR)
    await scheduler.run_due()
    assert 2 <= len(ran) <= 3
