import asyncio
from datetime import timedelta

import pytest

from helpdesk_core.bus import (
    Failed,
    Recorded,
    Retry,
    State,
    Subscriber,
    Uncertain,
    dead_reactions,
    discard,
    discard_reactions,
    health,
    on,
    requeue,
    troubled_deliveries,
)
from helpdesk_core.bus.leases import Leases, read
from tests.core.bus.world import Happened, ShortLived, World, eventually, new_subject

pytestmark = pytest.mark.anyio


async def make_trouble(world: World) -> None:
    """One delivery of each trouble: dead, failed and uncertain."""
    relay = world.relay(concurrency=1)
    await world.announce("dead@x.example", notice=ShortLived())
    world.advance(timedelta(hours=2))
    await relay.drain(5)
    await world.announce("failed@x.example")
    world.channel.script(Failed("550 <b>no</b>"))
    await relay.drain(5)
    await world.announce("uncertain@x.example")
    world.channel.script(Uncertain("silence"), Uncertain("silence again"))
    await relay.drain(5)
    world.advance(timedelta(hours=2))
    await relay.drain(5)


async def test_troubles_are_listed_with_their_reasons_the_newest_first(world: World) -> None:
    await make_trouble(world)
    troubles = await troubled_deliveries(world.database)
    assert [(trouble.to, trouble.state) for trouble in troubles] == [
        ("uncertain@x.example", State.UNCERTAIN),
        ("failed@x.example", State.FAILED),
        ("dead@x.example", State.DEAD),
    ]
    assert [trouble.reason for trouble in troubles][:2] == ["silence again", "550 <b>no</b>"]
    assert [trouble.marks for trouble in troubles] == [2, 0, 0]
    only = await troubled_deliveries(world.database, [State.FAILED], limit=10)
    assert [trouble.to for trouble in only] == ["failed@x.example"]


async def test_what_is_queued_again_is_sent_again_with_its_whole_time(world: World) -> None:
    await make_trouble(world)
    keys = [trouble.id for trouble in await troubled_deliveries(world.database)]
    assert await requeue(world.database, keys) == keys
    assert await troubled_deliveries(world.database) == []
    await world.relay().drain(5)
    assert await world.states() == [State.SENT] * 3
    assert await requeue(world.database, keys) == []


async def test_sending_an_uncertain_one_again_risks_one_more_copy_and_not_two(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(*[Uncertain("silence")] * 9)
    relay = world.relay()
    for _ in range(5):
        await relay.drain(5)
        world.advance(timedelta(hours=2))
    assert len(world.channel.taken) == 2
    (trouble,) = await troubled_deliveries(world.database)
    await requeue(world.database, [trouble.id])
    for _ in range(5):
        await relay.drain(5)
        world.advance(timedelta(hours=2))
    assert len(world.channel.taken) == 3
    assert await world.states() == [State.UNCERTAIN]


async def test_what_is_discarded_is_never_sent(world: World) -> None:
    await make_trouble(world)
    await world.announce("waiting@x.example", available_at=world.clock.now() + timedelta(days=1))
    keys = [row.id for row in await world.rows()]
    assert sorted(await discard(world.database, keys, reason="by hand")) == sorted(keys)
    world.advance(timedelta(days=2))
    tries = len(world.channel.tries)
    await world.relay().drain(5)
    assert len(world.channel.tries) == tries
    assert {row.state for row in await world.rows()} == {State.WITHDRAWN}
    assert {row.reason for row in await world.rows()} == {"by hand"}


async def test_a_sent_delivery_is_neither_queued_again_nor_discarded(world: World) -> None:
    keys = await world.announce("a@x.example")
    await world.relay().drain(5)
    assert await requeue(world.database, keys) == []
    assert await discard(world.database, keys, reason="by hand") == []


async def fail(recorded: Recorded[Happened]) -> None:
    raise ValueError("broken")


async def test_a_dead_reaction_can_be_let_be(world: World) -> None:
    world.wire(Subscriber(name="bad", reactions=(on(Happened, fail),)))
    await world.record(new_subject())
    relay = world.relay()
    for _ in range(10):
        await relay.drain(5)
        world.advance(timedelta(hours=1))
    (dead,) = await dead_reactions(world.database)
    assert await discard_reactions(world.database, [dead.id], reason="the plugin is gone") == [dead.id]
    assert await dead_reactions(world.database) == []
    assert (await health(world.database)).reactions == {"queued": 0, "dead": 0}


async def test_health_counts_what_is_not_over_and_well(world: World) -> None:
    await make_trouble(world)
    await world.announce("sent@x.example")
    await world.announce("deferred@x.example")
    world.channel.script(world.channel.take, Retry("450 later"))
    await world.relay(concurrency=1).drain(5)
    await world.announce("flying@x.example")
    await world.claim("worker")
    await world.announce("queued@x.example")
    world.advance(timedelta(seconds=30))
    figures = await health(world.database)
    assert figures.deliveries == {
        State.QUEUED: 1,
        State.SENDING: 1,
        State.DEFERRED: 1,
        State.FAILED: 1,
        State.UNCERTAIN: 1,
        State.DEAD: 1,
    }
    assert figures.oldest_due == timedelta(seconds=30)


async def test_health_of_an_empty_bus_shows_nothing_and_nobody(world: World) -> None:
    figures = await health(world.database)
    assert set(figures.deliveries.values()) == {0}
    assert (figures.oldest_due, figures.last_sign, figures.jobs) == (None, None, ())


async def test_health_shows_waiting_and_dead_reactions(world: World) -> None:
    world.wire(Subscriber(name="bad", reactions=(on(Happened, fail),)))
    await world.record(new_subject())
    world.advance(timedelta(seconds=5))
    figures = await health(world.database)
    assert (figures.reactions, figures.oldest_due) == ({"queued": 1, "dead": 0}, timedelta(seconds=5))


async def test_health_shows_when_a_relay_last_gave_a_sign_of_life(world: World) -> None:
    relay = asyncio.create_task(world.relay().run())

    async def signed_on() -> bool:
        return (await health(world.database)).last_sign is not None

    await eventually(signed_on)
    relay.cancel()
    await asyncio.wait([relay])
    signed = world.clock.now()
    world.advance(timedelta(minutes=5))
    assert (await health(world.database)).last_sign == signed


async def test_health_shows_jobs_with_their_failures(world: World) -> None:
    leases = Leases(world.database, "worker")
    await leases.ensure(["plugin.job"])
    (row,) = await read(world.database)
    fence = await leases.take(row, next_due=world.clock.now())
    assert fence is not None
    await leases.release("plugin.job", fence, due_at=None, failures=3, reason="no connection")
    (job,) = (await health(world.database)).jobs
    assert (job.name, job.failures, job.reason) == ("plugin.job", 3, "no connection")
