from datetime import timedelta
from typing import ClassVar

import msgspec
import pytest

from helpdesk_core.bus import Actor, Addressee, Notice, NoticeTypes, Retry, State, UnknownNotice
from helpdesk_core.db import uuid7
from tests.core.bus.world import Happened, ShortLived, Told, World, new_subject

pytestmark = pytest.mark.anyio


class Undeclared(Notice, frozen=True, kw_only=True):
    name: ClassVar[str] = "undeclared"


class AlsoTold(Notice, frozen=True, kw_only=True):
    name: ClassVar[str] = "told"


async def test_everybody_named_gets_one_delivery_and_twice_named_gets_one_too(world: World) -> None:
    async with world.database.unit() as unit:
        recorded = await world.bus.record(unit, new_subject(), Happened(), actor=Actor.system("tests"), origin="system")
        person = uuid7()
        keys = await world.bus.announce(
            unit,
            recorded,
            Told(),
            [
                Addressee(channel="email", address="Krueger@schule.example", person_id=person),
                Addressee(channel="email", address="krueger@schule.example"),
                Addressee(channel="sms", address="krueger@schule.example"),
                Addressee(channel="email", address="office@schule.example"),
            ],
        )
    rows = await world.rows()
    assert [row.id for row in rows] == keys
    assert [row.to for row in rows] == ["Krueger@schule.example", "krueger@schule.example", "office@schule.example"]
    assert {row.position for row in rows} == {recorded.sequence}


async def test_a_message_id_is_random_and_names_the_installation(world: World) -> None:
    await world.announce("a@x.example", "b@x.example")
    first, second = [row.message_id for row in await world.rows()]
    assert first != second
    random, _, rest = first.partition(".")
    assert rest == "i1@mail.example"
    assert len(random) * 4 >= 128


async def test_only_an_answerable_notice_has_a_reply_token_of_128_bits_or_more(world: World) -> None:
    await world.announce("a@x.example", notice=Told())
    await world.announce("a@x.example", notice=ShortLived())
    answerable, not_answerable = await world.rows()
    assert answerable.reply_token is not None
    assert len(bytes.fromhex(answerable.reply_token)) * 8 >= 128
    assert answerable.reply_token == answerable.reply_token.lower()
    assert not_answerable.reply_token is None


async def test_a_delivery_expires_with_its_notice_or_after_five_days(world: World) -> None:
    await world.announce("a@x.example", notice=Told())
    await world.announce("a@x.example", notice=ShortLived())
    lasting, short = await world.rows()
    assert lasting.expires_at - lasting.created_at == timedelta(days=5)
    assert short.expires_at - short.created_at == timedelta(hours=1)


async def test_a_unit_that_fails_leaves_nobody_told(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        await world.undone(new_subject())
    assert await world.rows() == []


async def test_an_undeclared_notice_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match=r"Undeclared is not declared.*helpdesk_notices"):
        await world.announce("a@x.example", notice=Undeclared())


def test_two_notice_types_of_one_name_are_refused_by_both_names() -> None:
    with pytest.raises(ValueError, match=r"two notice types.*Told.*AlsoTold"):
        NoticeTypes((Told, AlsoTold))


def test_a_notice_that_nobody_knows_or_that_changed_says_so() -> None:
    types = NoticeTypes((Told,))
    assert types.decode("told", {"number": 3}) == Told(number=3)
    with pytest.raises(UnknownNotice, match="knows the notice gone"):
        types.decode("gone", {})
    with pytest.raises(UnknownNotice, match="do not fit"):
        types.decode("told", {"number": "three"})


def test_a_notice_whose_facts_do_not_fit_is_refused_when_it_is_announced() -> None:
    with pytest.raises(msgspec.ValidationError):
        NoticeTypes((Told,)).encode(Told(number="three"))  # type: ignore[arg-type]


async def test_what_is_undone_in_time_never_leaves(world: World) -> None:
    later = world.clock.now() + timedelta(seconds=10)
    keys = await world.announce("a@x.example", "b@x.example", available_at=later)
    await world.relay().drain(5)
    assert world.channel.tries == []
    assert await world.bus.undo(keys) == keys
    world.advance(timedelta(seconds=11))
    await world.relay().drain(5)
    assert world.channel.tries == []
    assert await world.states() == [State.WITHDRAWN, State.WITHDRAWN]


async def test_what_was_sent_or_may_have_been_is_not_undone(world: World) -> None:
    (sent,) = await world.announce("sent@x.example")
    await world.relay().drain(5)
    (in_flight,) = await world.announce("flying@x.example")
    (claimed,) = await world.claim("w")
    await world.deliveries("w").mark(claimed)
    assert await world.bus.undo([sent, in_flight]) == []
    assert await world.states() == [State.SENT, State.SENDING]


async def test_a_deferred_delivery_that_was_certainly_not_taken_can_be_undone(world: World) -> None:
    keys = await world.announce("a@x.example")
    world.channel.script(Retry("450 later"))
    await world.relay().drain(5)
    assert await world.bus.undo(keys, reason="the answer was taken back") == keys
    assert (await world.row(keys[0])).reason == "the answer was taken back"


async def test_a_suppressed_delivery_is_never_sent_and_says_why(world: World) -> None:
    keys = await world.announce("a@x.example")
    assert await world.bus.suppress(keys, reason="three mails an hour are enough") == keys
    await world.relay().drain(5)
    assert world.channel.tries == []
    row = await world.row(keys[0])
    assert (row.state, row.reason) == (State.SUPPRESSED, "three mails an hour are enough")


async def test_a_message_names_those_that_went_before_to_the_same_addressee_about_the_same_subject(
    world: World,
) -> None:
    subject = new_subject()
    await world.announce("a@x.example", "b@x.example", subject=subject)
    await world.announce("a@x.example")
    await world.announce("A@x.example", subject=subject)
    await world.announce("a@x.example", subject=subject)
    await world.relay().drain(5)
    about = [message for message in world.channel.rendered if message.addressee.address.lower() == "a@x.example"]
    threads = {message.message_id: message.thread for message in about}
    rows = await world.rows()
    ids = [row.message_id for row in rows if row.to.lower() == "a@x.example"]
    assert threads[ids[0]] == ()
    assert threads[ids[1]] == ()
    assert threads[ids[2]] == (ids[0],)
    assert threads[ids[3]] == (ids[0], ids[2])
