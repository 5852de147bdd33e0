import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk_core.bus import Actor, Addressee, Recorded, State, Subscriber, dead_reactions, on, requeue_reactions
from helpdesk_core.bus.reactions import ATTEMPTS, LONGEST_PAUSE, pause
from tests.core.bus.world import Ended, Happened, Told, World, new_subject

pytestmark = pytest.mark.anyio

Handler = Callable[[Recorded[Any]], Awaitable[None]]


async def states(world: World) -> list[tuple[str, int]]:
    rows = await world.database.fetch("SELECT state, attempts FROM helpdesk_core_reaction ORDER BY id")
    return [(row["state"], row["attempts"]) for row in rows]


class Notebook:
    """A subscriber that writes into the database what it sees, and does what it is told."""

    def __init__(self, world: World, name: str = "notebook") -> None:
        self._world = world
        self.seen: list[Recorded[Any]] = []
        self.before: Handler | None = None
        self.after: Handler | None = None
        self.subscriber = Subscriber(name=name, reactions=(on(Happened, self.note), on(Ended, self.note)))

    async def note(self, recorded: Recorded[Any]) -> None:
        self.seen.append(recorded)
        if self.before is not None:
            await self.before(recorded)
        # Its own database effect: a line in a table that is otherwise not used here.
        await self._world.database.execute(
            "INSERT INTO helpdesk_core_lease (name, fence, beats, failures) VALUES ({}, 0, 0, 0)", str(recorded.id)
        )
        if self.after is not None:
            await self.after(recorded)

    async def lines(self) -> list[str]:
        rows = await self._world.database.fetch("SELECT name FROM helpdesk_core_lease WHERE name <> 'bus.relay'")
        return [row["name"] for row in rows]


async def fail(recorded: Recorded[Any]) -> None:
    raise ValueError("no such contract")


async def test_a_subscriber_sees_the_event_as_it_was_recorded(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    recorded = await world.record(new_subject(), Happened(number=5))
    await world.relay().drain(5)
    assert notebook.seen == [recorded]
    assert await states(world) == [("done", 1)]


async def test_events_of_a_subject_are_handled_in_their_order(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    subject = new_subject()
    events = [Happened(number=1), Happened(number=2), Ended()]
    for event in events:
        await world.record(subject, event)
    await world.relay().drain(5)
    assert [recorded.event for recorded in notebook.seen] == events


async def test_what_a_handler_wrote_before_it_failed_is_undone_and_done_once_in_the_end(world: World) -> None:
    """Goes red when the handler does not run in a unit of its own inside the unit that marks it done."""
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    notebook.after = fail
    recorded = await world.record(new_subject())
    relay = world.relay()
    for expected in (1, 2, 3):
        await relay.drain(5)
        assert await states(world) == [("queued", expected)]
        assert await notebook.lines() == []
        world.advance(timedelta(hours=1))
    notebook.after = None
    await relay.drain(5)
    await relay.drain(5)
    assert await states(world) == [("done", 4)]
    assert await notebook.lines() == [str(recorded.id)]


async def test_a_failing_reaction_holds_back_later_events_of_its_subject_only(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    subject, other = new_subject(), new_subject()

    async def fail_once(recorded: Recorded[Any]) -> None:
        if recorded.subject == subject and len(notebook.seen) == 1:
            raise ValueError

    notebook.after = fail_once
    await world.record(subject, Happened(number=1))
    await world.record(subject, Happened(number=2))
    await world.record(other, Happened(number=3))
    relay = world.relay()
    await relay.drain(5)
    assert [recorded.event.number for recorded in notebook.seen] == [1, 3]
    world.advance(timedelta(seconds=1))
    await relay.drain(5)
    assert [recorded.event.number for recorded in notebook.seen] == [1, 3, 1, 2]


async def test_one_failing_subscriber_does_not_repeat_another(world: World) -> None:
    good, bad = Notebook(world, "good"), Notebook(world, "bad")
    bad.before = fail
    world.wire(good.subscriber, bad.subscriber)
    await world.record(new_subject())
    relay = world.relay()
    for _ in range(5):
        await relay.drain(5)
        world.advance(timedelta(hours=1))
    assert len(good.seen) == 1
    assert len(bad.seen) == 5


async def test_after_so_many_failures_a_reaction_is_dead_and_lets_the_next_one_pass(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    subject = new_subject()

    async def fail_first(recorded: Recorded[Any]) -> None:
        if recorded.sequence == 1:
            raise ValueError("no such contract")

    notebook.before = fail_first
    await world.record(subject)
    await world.record(subject)
    relay = world.relay()
    for _ in range(ATTEMPTS):
        await relay.drain(5)
        world.advance(timedelta(hours=1))
    assert await states(world) == [("dead", ATTEMPTS), ("done", 1)]
    (dead,) = await dead_reactions(world.database)
    assert (dead.subscriber, dead.event, dead.reason) == (
        "notebook",
        "thing.happened",
        "ValueError: no such contract",
    )
    assert dead.subject == subject

    notebook.before = None
    assert await requeue_reactions(world.database, [dead.id]) == [dead.id]
    await relay.drain(5)
    assert await states(world) == [("done", 1), ("done", 1)]


async def test_a_handler_over_its_budget_is_cut_and_tried_again(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)

    async def hang(recorded: Recorded[Any]) -> None:
        await asyncio.Event().wait()

    notebook.after = hang
    await world.record(new_subject())
    began = time.monotonic()
    await world.relay().drain(5)
    assert time.monotonic() - began < 3
    assert await states(world) == [("queued", 1)]
    assert await notebook.lines() == []
    notebook.after = None
    world.advance(timedelta(seconds=1))
    await world.relay().drain(5)
    assert await states(world) == [("done", 2)]


async def test_a_handler_that_hangs_in_a_statement_is_cut_too(world: World) -> None:
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4000000) "
        "SELECT max(i) FROM n",
        "postgres": "SELECT pg_sleep(60)",
    }

    async def count(recorded: Recorded[Any]) -> None:
        while True:
            await world.database.fetch(endless[world.database.dialect])

    world.wire(Subscriber(name="counter", reactions=(on(Happened, count),)))
    await world.record(new_subject())
    began = time.monotonic()
    await world.relay().drain(10)
    # SQLite ends the statement it is in; that one takes a second or two.
    assert time.monotonic() - began < 8
    assert await states(world) == [("queued", 1)]


async def test_a_handler_whose_statement_fails_spoils_nothing_around_it(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)

    async def break_the_transaction(recorded: Recorded[Any]) -> None:
        await world.database.execute("INSERT INTO no_such_table VALUES (1)")

    notebook.after = break_the_transaction
    await world.record(new_subject())
    await world.relay().drain(5)
    assert await states(world) == [("queued", 1)]


async def test_what_a_handler_records_and_announces_is_part_of_its_unit(world: World) -> None:
    first, second = new_subject(), new_subject()
    failing = True

    async def tell(recorded: Recorded[Any]) -> None:
        async with world.database.unit() as unit:
            ended = await world.bus.record(unit, second, Ended(), actor=Actor.system("tests"), origin="system")
            await world.bus.announce(unit, ended, Told(), [Addressee(channel="email", address="a@x.example")])
        if failing:
            raise ValueError

    world.wire(Subscriber(name="teller", reactions=(on(Happened, tell),)))
    await world.record(first)
    relay = world.relay()
    await relay.drain(5)
    assert await world.bus.history(second) == []
    assert await world.rows() == []
    failing = False
    world.advance(timedelta(seconds=1))
    await relay.drain(5)
    assert len(await world.bus.history(second)) == 1
    assert await world.states() == [State.SENT]


async def test_reactions_of_a_subscriber_that_is_not_installed_wait_for_it(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    await world.record(new_subject())
    world.wire()
    await world.relay().drain(5)
    assert await states(world) == [("queued", 0)]
    world.wire(notebook.subscriber)
    await world.relay().drain(5)
    assert await states(world) == [("done", 1)]


async def test_several_workers_let_each_reaction_happen_once_and_in_order(world: World) -> None:
    notebook = Notebook(world)
    world.wire(notebook.subscriber)
    subjects = [new_subject() for _ in range(5)]
    for number in range(4):
        for subject in subjects:
            await world.record(subject, Happened(number=number))
    await asyncio.gather(*(world.relay(f"worker {number}").drain(20) for number in range(4)))
    # Those who found a reaction in the hands of another worker left it; nothing is due now.
    await world.relay().drain(5)
    assert await states(world) == [("done", 1)] * 20
    for subject in subjects:
        assert [each.event.number for each in notebook.seen if each.subject == subject] == [0, 1, 2, 3]


async def test_a_running_relay_hears_of_a_new_event_at_once(world: World) -> None:
    heard = asyncio.Event()

    async def hear(recorded: Recorded[Any]) -> None:
        heard.set()

    world.wire(Subscriber(name="ear", reactions=(on(Happened, hear),)))
    relay = asyncio.create_task(world.relay().run())
    await world.record(new_subject())
    async with asyncio.timeout(5):
        await heard.wait()
        heard.clear()
        await world.record(new_subject())
        await heard.wait()
    relay.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relay


def test_the_pauses_grow_from_a_second_to_an_hour() -> None:
    pauses = [pause(attempt) for attempt in range(1, ATTEMPTS)]
    assert pauses[0] == timedelta(seconds=1)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert timedelta(hours=3) < sum(pauses, timedelta()) < timedelta(hours=5)
