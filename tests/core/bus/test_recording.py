import asyncio
from typing import Any, ClassVar

import msgspec
import pytest

from helpdesk_core.bus import Actor, Bus, Code, Event, EventTypes, Recorded, Subject, Subscriber, UnknownEvent, on
from helpdesk_core.db import uuid7
from helpdesk_core.testing.channels import RecordingChannel
from tests.core.bus.world import Ended, Happened, World, new_subject

pytestmark = pytest.mark.anyio


class Coded(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "thing.coded"
    status: Code


class Renamed(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "thing.happened"
    version: ClassVar[int] = 2
    amount: int

    @classmethod
    def upgrade(cls, facts: dict[str, Any], version: int) -> dict[str, Any]:
        return {"amount": facts["number"]} if version == 1 else facts


async def ignore(recorded: Recorded[Any]) -> None:
    """React by doing nothing."""


async def reactions(world: World) -> list[tuple[str, int]]:
    rows = await world.database.fetch("SELECT subscriber, position FROM helpdesk_core_reaction ORDER BY id")
    return [(row["subscriber"], row["position"]) for row in rows]


async def test_events_of_a_subject_are_numbered_from_one_and_read_back_as_they_were(world: World) -> None:
    subject, other = new_subject(), new_subject()
    actor = Actor.of(uuid7(), on_behalf_of=uuid7())
    async with world.database.unit() as unit:
        first = await world.bus.record(unit, subject, Happened(number=7), actor=actor, origin="web")
        await world.bus.record(unit, other, Happened(), actor=Actor.system("tests"), origin="cli")
        second = await world.bus.record(unit, subject, Ended(), actor=Actor.participant(uuid7()), origin="email")
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.at == world.clock.now()
    assert await world.bus.history(subject) == [first, second]


async def test_an_event_that_is_rolled_back_leaves_no_gap(world: World) -> None:
    subject = new_subject()
    await world.record(subject)
    with pytest.raises(ZeroDivisionError):
        await world.undone(subject)
    await world.record(subject)
    assert [recorded.sequence for recorded in await world.bus.history(subject)] == [1, 2]


async def test_events_recorded_at_once_get_different_numbers_without_a_gap(world: World) -> None:
    subject = new_subject()
    await asyncio.gather(*(world.record(subject, Happened(number=number)) for number in range(20)))
    history = await world.bus.history(subject)
    assert [recorded.sequence for recorded in history] == list(range(1, 21))
    assert {recorded.event for recorded in history} == {Happened(number=number) for number in range(20)}


async def test_an_undeclared_event_is_refused_before_anything_is_stored(world: World) -> None:
    subject = new_subject()
    with pytest.raises(ValueError, match=r"Coded is not declared.*helpdesk_events"):
        await world.record(subject, Coded(status="new"))
    assert await world.bus.history(subject) == []


def test_an_event_holds_codes_and_no_texts() -> None:
    types = EventTypes((Coded,))
    assert msgspec.json.decode(types.encode(Coded(status="in_progress"))) == {"status": "in_progress"}
    with pytest.raises(msgspec.ValidationError):
        types.encode(Coded(status="Frau Krüger is angry"))


def test_an_event_of_a_removed_plugin_stays_readable_as_what_it_was() -> None:
    unknown = EventTypes(()).decode("plugin.gone", 3, {"a": 1})
    assert unknown == UnknownEvent(original_name="plugin.gone", original_version=3, facts={"a": 1})


def test_an_event_of_an_older_version_is_read_as_the_type_of_today() -> None:
    assert EventTypes((Renamed,)).decode("thing.happened", 1, {"number": 4}) == Renamed(amount=4)


def test_an_event_of_a_newer_version_is_not_read_as_an_older_one() -> None:
    decoded = EventTypes((Happened,)).decode("thing.happened", 2, {"amount": 4})
    assert isinstance(decoded, UnknownEvent)


def test_two_event_types_of_one_name_are_refused_by_both_names() -> None:
    with pytest.raises(ValueError, match=r"two event types.*Happened.*Renamed"):
        EventTypes((Happened, Renamed))


async def test_each_subscriber_that_reacts_gets_one_reaction_and_the_others_none(world: World) -> None:
    world.wire(
        Subscriber(name="one", reactions=(on(Happened, ignore), on(Happened, ignore))),
        Subscriber(name="all", reactions=(on(Event, ignore),)),
        Subscriber(name="ended", reactions=(on(Ended, ignore),)),
    )
    subject = new_subject()
    await world.record(subject, Happened())
    await world.record(subject, Ended())
    assert await reactions(world) == [("one", 1), ("all", 1), ("all", 2), ("ended", 2)]


async def test_a_unit_that_fails_leaves_neither_event_nor_reaction(world: World) -> None:
    world.wire(Subscriber(name="one", reactions=(on(Happened, ignore),)))
    subject = new_subject()
    with pytest.raises(ZeroDivisionError):
        await world.undone(subject)
    assert await reactions(world) == []
    assert await world.bus.history(subject) == []


async def test_two_channels_of_one_name_are_refused_by_the_names_of_both(world: World) -> None:
    class OtherChannel(RecordingChannel):
        pass

    bus: Bus = world.new_bus()
    with pytest.raises(ValueError, match=r"two channels are called 'email'.*\.RecordingChannel and .*\.OtherChannel"):
        bus.wire(channels=[RecordingChannel(), OtherChannel()], subscribers=[])


async def test_two_subscribers_of_one_name_are_refused_by_the_handlers_of_both(world: World) -> None:
    async def other(recorded: Recorded[Any]) -> None:
        pass

    twice = [Subscriber(name="sla", reactions=(on(Happened, handler),)) for handler in (ignore, other)]
    with pytest.raises(ValueError, match=r"two subscribers are called 'sla'.*ignore.*other"):
        world.new_bus().wire(channels=[], subscribers=twice)


def test_a_subject_has_a_key_that_names_its_kind() -> None:
    key = uuid7()
    assert Subject("ticket", key).key == f"ticket:{key}"
