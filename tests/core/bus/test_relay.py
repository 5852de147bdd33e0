"""What becomes of one delivery: every answer of a channel, every reason not to send."""

from datetime import timedelta

import pytest

from helpdesk_core.bus import (
    Failed,
    Outcome,
    Parcel,
    PendingDelivery,
    Relay,
    Retry,
    Sent,
    State,
    Uncertain,
)
from helpdesk_core.testing.channels import Mark
from tests.core.bus.world import ShortLived, World, addresses, new_subject

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def test_what_was_announced_is_sent_and_says_who_took_it(world: World) -> None:
    await world.announce("a@x.example")
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reference, row.attempts) == (State.SENT, "250 taken", 1)
    assert row.finished_at == world.clock.now()
    (parcel,) = world.channel.taken
    assert parcel.message_id == row.message_id
    assert parcel.content == row.content
    assert parcel.attempt == 1


async def test_deliveries_of_one_subject_to_one_addressee_arrive_in_order(world: World) -> None:
    subject = new_subject()
    for _ in range(5):
        await world.announce("a@x.example", "b@x.example", subject=subject)
    await world.relay().drain(5)
    positions = {row.message_id: row.position for row in await world.rows()}
    for address in ("a@x.example", "b@x.example"):
        arrived = [
            positions[parcel.message_id] for parcel in world.channel.taken if parcel.addressee.address == address
        ]
        assert arrived == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("outcome", [Retry("450 later"), Failed("550 no"), Uncertain("no answer")])
async def test_what_could_not_be_sent_does_not_hold_back_what_follows(world: World, outcome: Outcome) -> None:
    subject = new_subject()
    await world.announce("a@x.example", subject=subject)
    await world.announce("a@x.example", subject=subject)
    world.channel.script(outcome)
    await world.relay().drain(5)
    first, second = await world.rows()
    assert first.state is not State.SENT
    assert second.state is State.SENT


async def test_a_temporary_refusal_is_tried_again_after_a_pause_with_the_same_bytes_and_message_id(
    world: World,
) -> None:
    await world.announce("a@x.example")
    world.channel.script(Retry("450 greylisted"), Retry("451 still"))
    relay = world.relay()
    await relay.drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reason) == (State.DEFERRED, "450 greylisted")
    assert row.first_failed_at == world.clock.now()
    world.advance(timedelta(seconds=59))
    await relay.drain(5)
    assert len(world.channel.tries) == 1
    world.advance(timedelta(seconds=32))
    await relay.drain(5)
    world.advance(timedelta(seconds=181))
    await relay.drain(5)
    assert await world.states() == [State.SENT]
    assert [parcel.attempt for parcel in world.channel.tries] == [1, 2, 3]
    assert len({parcel.content for parcel in world.channel.tries}) == 1
    assert len({parcel.message_id for parcel in world.channel.tries}) == 1
    assert len(world.channel.rendered) == 1


async def test_a_refusal_for_good_is_not_tried_again(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(Failed("550 no such user"))
    relay = world.relay()
    await relay.drain(5)
    world.advance(timedelta(days=1))
    await relay.drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reason, row.marks) == (State.FAILED, "550 no such user", 0)
    assert len(world.channel.tries) == 1


async def test_twice_without_an_answer_ends_with_two_copies_of_one_message_and_a_question(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(*[Uncertain("no answer after the dot")] * 5)
    relay = world.relay()
    for _ in range(10):
        await relay.drain(5)
        world.advance(2 * HOUR)
    (row,) = await world.rows()
    assert (row.state, row.marks) == (State.UNCERTAIN, 2)
    assert len(world.channel.taken) == 2
    assert len({(parcel.message_id, parcel.content) for parcel in world.channel.taken}) == 1


async def test_who_may_not_receive_it_any_more_does_not(world: World) -> None:
    await world.announce("a@x.example", "b@x.example")
    world.forbidden.add("a@x.example")
    await world.relay().drain(5)
    assert addresses(world.channel.tries) == ["b@x.example"]
    first, second = await world.rows()
    assert (first.state, second.state) == (State.WITHDRAWN, State.SENT)
    assert first.reason == "the person may not receive it any more"


async def test_whether_somebody_may_receive_it_is_asked_again_at_every_try(world: World) -> None:
    await world.announce("a@x.example")
    world.channel.script(Retry("450 later"))
    relay = world.relay()
    await relay.drain(5)
    world.forbidden.add("a@x.example")
    world.advance(HOUR)
    await relay.drain(5)
    assert len(world.channel.tries) == 1
    assert await world.states() == [State.WITHDRAWN]


async def test_a_notice_with_nothing_to_tell_any_more_is_withdrawn(world: World) -> None:
    await world.announce("a@x.example")
    world.nothing_to_tell = True
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reason) == (State.WITHDRAWN, "there was nothing to tell any more")
    assert world.channel.rendered == []


async def test_a_notice_with_a_lifetime_is_not_sent_after_it(world: World) -> None:
    await world.announce("a@x.example", notice=ShortLived())
    world.advance(HOUR)
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reason) == (State.DEAD, "its time was over before it could be sent")
    assert world.channel.tries == []


async def test_a_notice_without_a_lifetime_is_tried_once_however_late_the_worker_is(world: World) -> None:
    await world.announce("a@x.example", "b@x.example")
    world.advance(timedelta(days=30))
    world.channel.script(Retry("450 later"))
    await world.relay(concurrency=1).drain(5)
    first, second = await world.rows()
    assert first.state is State.DEAD
    assert first.reason == "given up after 1 tries, the last of which said: 450 later"
    assert second.state is State.SENT


async def test_a_channel_that_raises_before_the_mark_is_tried_again(world: World) -> None:
    async def broken(parcel: Parcel, mark: Mark) -> Outcome:
        raise ConnectionResetError("the line broke")

    await world.announce("a@x.example")
    world.channel.script(broken)
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.marks) == (State.DEFERRED, 0)
    assert row.reason == "the channel failed: ConnectionResetError: the line broke"


async def test_a_channel_that_raises_after_the_mark_is_tried_once_more_only(world: World) -> None:
    async def broken(parcel: Parcel, mark: Mark) -> Outcome:
        await mark()
        raise ConnectionResetError("the line broke")

    await world.announce("a@x.example")
    world.channel.script(broken, broken, broken)
    relay = world.relay()
    for _ in range(4):
        await relay.drain(5)
        world.advance(2 * HOUR)
    assert await world.states() == [State.UNCERTAIN]
    assert len(world.channel.tries) == 2


async def test_a_refusal_after_the_mark_takes_the_mark_back(world: World) -> None:
    async def refused(parcel: Parcel, mark: Mark) -> Outcome:
        await mark()
        return Retry("452 no room, after the dot")

    await world.announce("a@x.example")
    world.channel.script(refused, refused, refused, refused)
    relay = world.relay()
    for _ in range(5):
        await relay.drain(5)
        world.advance(2 * HOUR)
    assert await world.states() == [State.SENT]
    assert len(world.channel.tries) == 5
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("marked", [False, True])
async def test_a_channel_that_answers_nonsense_is_believed_nothing(world: World, *, marked: bool) -> None:
    async def nonsense(parcel: Parcel, mark: Mark) -> Outcome:
        if marked:
            await mark()
        return None  # type: ignore[return-value]

    await world.announce("a@x.example")
    world.channel.script(nonsense)
    await world.relay().drain(5)
    (row,) = await world.rows()
    assert (row.state, row.marks) == (State.DEFERRED, int(marked))
    assert row.reason == "the channel answered with NoneType, which is no outcome"


async def test_a_text_that_cannot_be_made_is_tried_again_and_harms_nobody_else(world: World) -> None:
    async def compose(delivery: PendingDelivery) -> None:
        raise KeyError("ticket")

    await world.announce("a@x.example")
    relay = Relay(world.bus, worker="w", compose=compose, may_still_receive=world.may_still_receive)
    await relay.drain(5)
    (row,) = await world.rows()
    assert (row.state, row.reason) == (State.DEFERRED, "it could not be prepared: KeyError: 'ticket'")


async def test_a_gate_that_fails_stays_closed(world: World) -> None:
    async def may_still_receive(delivery: PendingDelivery) -> bool:
        raise RuntimeError

    await world.announce("a@x.example")
    relay = Relay(world.bus, worker="w", compose=world.compose, may_still_receive=may_still_receive)
    await relay.drain(5)
    assert world.channel.tries == []
    assert await world.states() == [State.DEFERRED]


async def test_a_notice_of_a_removed_plugin_waits_and_is_given_up_in_the_end(world: World) -> None:
    await world.announce("a@x.example")
    await world.database.execute("UPDATE helpdesk_core_delivery SET notice = 'gone'")
    relay = world.relay()
    await relay.drain(5)
    (row,) = await world.rows()
    assert row.state is State.DEFERRED
    assert "no installed plugin knows the notice gone" in (row.reason or "")
    world.advance(timedelta(days=6))
    await relay.drain(5)
    assert await world.states() == [State.DEAD]


async def test_sent_needs_no_mark_of_a_channel_that_cannot_lose_its_answer(world: World) -> None:
    async def at_once(parcel: Parcel, mark: Mark) -> Outcome:
        return Sent("stored")

    await world.announce("a@x.example")
    world.channel.script(at_once)
    await world.relay().drain(5)
    assert await world.states() == [State.SENT]
