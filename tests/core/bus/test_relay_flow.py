"""How deliveries flow: in which order, how many at once, when a channel is down, and when the relay is stopped."""

import asyncio
import time
from datetime import timedelta

import pytest

from helpdesk_core.bus import (
    Addressee,
    Bus,
    Outcome,
    Parcel,
    Retry,
    State,
)
from helpdesk_core.db import Database
from helpdesk_core.testing.channels import Hold, Mark, RecordingChannel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_core.testing.postgres import PostgresServer
from tests.core.bus.world import Told, World, addresses, eventually, new_subject

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def stopped(relay: "asyncio.Task[None]") -> float:
    """Stop a relay and return the seconds that took."""
    began = time.monotonic()
    relay.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relay
    return time.monotonic() - began


async def test_what_is_being_sent_holds_back_what_follows_and_nothing_else(world: World) -> None:
    subject = new_subject()
    await world.announce("slow@x.example", subject=subject)
    hold = Hold(world.channel, taken=False)
    world.channel.script(hold)
    relay = asyncio.create_task(world.relay().run())
    await hold.reached.wait()
    await world.announce("slow@x.example", subject=subject)
    await world.announce("other@x.example", subject=subject)
    await world.channel.until(taken=1)
    assert addresses(world.channel.taken) == ["other@x.example"]
    hold.go.set()
    await world.channel.until(taken=3)
    assert addresses(world.channel.taken) == ["other@x.example", "slow@x.example", "slow@x.example"]
    await stopped(relay)


async def test_while_a_channel_is_down_it_is_only_probed_and_then_everything_flows(world: World) -> None:
    for number in range(30):
        await world.announce(f"{number}@x.example")
    world.channel.script(*[Retry("no connection", whole_channel=True)] * 3)
    relay = world.relay(concurrency=1, monotonic=world.steady)
    for tries in (1, 2, 3):
        await relay.drain(5)
        assert len(world.channel.tries) == tries
        world.advance(timedelta(seconds=30))
    await relay.drain(5)
    assert len(world.channel.taken) >= 27
    world.advance(timedelta(seconds=90))
    await relay.drain(5)
    assert len(world.channel.taken) == 30
    assert await world.states() == [State.SENT] * 30


async def test_a_channel_that_hangs_does_not_hold_up_another(world: World) -> None:
    other = RecordingChannel("webhook")
    bus: Bus = world.new_bus()
    bus.wire(channels=[world.channel, other], subscribers=[])
    world.bus = bus
    holds = [Hold(world.channel, taken=False) for _ in range(3)]
    world.channel.script(*holds)
    await world.announce("a@x.example", "b@x.example", "c@x.example")
    recorded = await world.record(new_subject())
    async with world.database.unit() as unit:
        await bus.announce(unit, recorded, Told(), [Addressee(channel="webhook", address="https://x.example/")])
    relay = asyncio.create_task(world.relay(concurrency=3).run())
    await other.until(taken=1)
    assert world.channel.taken == []
    for hold in holds:
        hold.go.set()
    await world.channel.until(taken=3)
    await stopped(relay)


async def test_several_deliveries_are_in_flight_at_once_but_no_more_than_allowed(world: World) -> None:
    holds = [Hold(world.channel, taken=False) for _ in range(3)]
    world.channel.script(*holds)
    for number in range(4):
        await world.announce(f"{number}@x.example")
    relay = asyncio.create_task(world.relay(concurrency=3).run())
    for hold in holds:
        await hold.reached.wait()
    assert len(world.channel.tries) == 3
    holds[0].go.set()
    await world.channel.until(tries=4)
    for hold in holds:
        hold.go.set()
    await world.channel.until(taken=4)
    await stopped(relay)


async def test_a_new_delivery_wakes_a_resting_relay_at_once(world: World) -> None:
    relay = asyncio.create_task(world.relay().run())
    await world.announce("first@x.example")
    await world.channel.until(taken=1)
    began = time.monotonic()
    await world.announce("second@x.example")
    await world.channel.until(taken=2)
    assert time.monotonic() - began < 2
    await stopped(relay)


async def test_a_stopping_relay_lets_what_is_on_its_way_arrive(world: World) -> None:
    await world.announce("a@x.example")
    hold = Hold(world.channel, taken=True)
    world.channel.script(hold)
    relay = asyncio.create_task(world.relay().run())
    await hold.reached.wait()
    relay.cancel()
    await asyncio.sleep(0)
    hold.go.set()
    with pytest.raises(asyncio.CancelledError):
        await relay
    assert await world.states() == [State.SENT]


async def test_a_stopping_relay_begins_nothing_new(world: World) -> None:
    subject = new_subject()
    await world.announce("a@x.example", subject=subject)
    await world.announce("a@x.example", subject=subject)
    hold = Hold(world.channel, taken=False)
    world.channel.script(hold)
    relay = asyncio.create_task(world.relay().run())
    await hold.reached.wait()
    relay.cancel()
    await asyncio.sleep(0)
    hold.go.set()
    with pytest.raises(asyncio.CancelledError):
        await relay
    assert await world.states() == [State.SENT, State.QUEUED]


async def test_a_stopping_relay_ends_though_the_channel_hangs_and_does_not_listen(world: World) -> None:
    released, begun = asyncio.Event(), asyncio.Event()

    async def hang(parcel: Parcel, mark: Mark) -> Outcome:
        if parcel.addressee.address == "not-begun@x.example":
            begun.set()
            await asyncio.Event().wait()
        await mark()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if parcel.addressee.address != "deaf@x.example" or released.is_set():
                    raise

    await world.announce("hangs@x.example")
    await world.announce("deaf@x.example")
    await world.announce("not-begun@x.example")
    world.channel.script(hang, hang, hang)
    relay = asyncio.create_task(world.relay(grace=timedelta(seconds=0.3)).run())
    await begun.wait()

    async def both_marked() -> bool:
        return sorted(row.marks for row in await world.rows()) == [0, 1, 1]

    await eventually(both_marked)
    seconds = await stopped(relay)
    released.set()
    left = {task for task in asyncio.all_tasks() if task.get_name().startswith("delivery")}
    for task in left:
        task.cancel()
    await asyncio.wait(left)
    assert seconds < 3
    assert len(left) == 1
    rows = {row.to: row for row in await world.rows()}
    assert (rows["hangs@x.example"].state, rows["hangs@x.example"].marks) == (State.DEFERRED, 1)
    assert (rows["deaf@x.example"].state, rows["deaf@x.example"].marks) == (State.DEFERRED, 1)
    given_back = rows["not-begun@x.example"]
    assert (given_back.state, given_back.attempts, given_back.lease_owner) == (State.QUEUED, 0, None)


async def test_a_second_cancellation_does_not_wait_for_what_hangs(world: World) -> None:
    await world.announce("a@x.example")
    hold = Hold(world.channel, taken=True)
    world.channel.script(hold)
    relay = asyncio.create_task(world.relay().run())
    await hold.reached.wait()
    relay.cancel()
    await asyncio.sleep(0)
    assert await stopped(relay) < 3
    (row,) = await world.rows()
    assert (row.state, row.marks) == (State.DEFERRED, 1)


async def test_a_drain_that_takes_too_long_says_so_and_gives_back(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(Hold(world.channel, taken=False))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await world.relay(grace=timedelta(seconds=0.1)).drain(0.2)
    assert time.monotonic() - began < 3
    assert await world.states() == [State.QUEUED]


async def test_a_drain_leaves_what_is_not_due_yet(world: World) -> None:
    await world.announce("a@x.example", available_at=world.clock.now() + HOUR)
    await world.relay().drain(5)
    assert await world.states() == [State.QUEUED]


async def test_an_outcome_is_written_down_when_a_database_that_was_away_is_back(
    database_templates: Templates, postgres_server: PostgresServer, clock: SettableClock
) -> None:
    async with Database(database_templates.postgres(postgres_server), clock=clock) as database:
        with database.use():
            world = World(database, clock)

            gone = asyncio.Event()

            async def taken_while_the_database_dies(parcel: Parcel, mark: Mark) -> Outcome:
                outcome = await world.channel.take(parcel, mark)
                await asyncio.to_thread(postgres_server.stop, at_once=True)
                gone.set()
                return outcome

            await world.announce("a@x.example")
            world.channel.script(taken_while_the_database_dies)
            relay = asyncio.create_task(world.relay().run())
            await gone.wait()
            await asyncio.to_thread(postgres_server.start)

            await world.settled(State.SENT)
            await stopped(relay)
            assert len(world.channel.tries) == 1
