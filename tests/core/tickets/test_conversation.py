"""Replies, answers, notes and statuses: what happens to the ticket, and who hears of it."""

import asyncio

import msgspec
import pytest

from helpdesk_core.accounts import Account
from helpdesk_core.bus import Actor
from helpdesk_core.db import uuid7
from helpdesk_core.errors import Changed, Forbidden, Invalid, NotFound, Refused
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Assign, ChangeState, Done, Note, Reply, Writing
from helpdesk_core.tickets.tables import ParticipantRow

pytestmark = pytest.mark.anyio


async def write(desk: Desk, who: Account, ticket: Done, text: str, **changes) -> Done:
    origin = "desk" if who.is_agent else "web"
    command = Reply(
        actor=Actor.of(who.id), origin=origin, once=desk.once(), ticket=ticket.ticket, writing=Writing(text=text)
    )
    return await desk.helpdesk.tickets.reply(msgspec.structs.replace(command, **changes))


async def set_status(desk: Desk, who: Account, ticket: Done, status: str) -> Done:
    origin = "desk" if who.is_agent else "web"
    return await desk.helpdesk.tickets.change_state(
        ChangeState(actor=Actor.of(who.id), origin=origin, once=desk.once(), ticket=ticket.ticket, status=status)
    )


async def note(desk: Desk, who: Account, ticket: Done, text: str) -> Done:
    return await desk.helpdesk.tickets.note(
        Note(actor=Actor.of(who.id), origin="desk", once=desk.once(), ticket=ticket.ticket, writing=Writing(text=text))
    )


@pytest.fixture
async def karin(desk: Desk) -> Account:
    return await desk.person("Karin Krüger")


@pytest.fixture
async def anna(desk: Desk) -> Account:
    return await desk.agent()


@pytest.fixture
async def ticket(desk: Desk, karin: Account) -> Done:
    done = await desk.ticket(karin)
    await desk.deliver()
    desk.channel.rendered.clear()
    return done


async def test_a_first_answer_puts_the_ticket_in_progress_in_the_same_mail(desk: Desk, karin, anna, ticket):
    assert (await write(desk, anna, ticket, "Please restart.")).status == "open"
    await desk.deliver()
    ((name, subject, text),) = desk.mails(karin)
    assert (name, subject) == ("ticket_answered", "Re: It does not print [#2026-000001]")
    assert "Please restart." in text
    assert "Status: In progress" in text


async def test_who_answers_an_unassigned_ticket_is_in_charge_of_it(desk: Desk, anna, ticket):
    await write(desk, anna, ticket, "Please restart.")
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)
    assert view.head.assignee == anna.id


async def test_a_customers_reply_opens_what_waited_and_the_agent_in_charge_hears_of_it(desk: Desk, karin, anna, ticket):
    await write(desk, anna, ticket, "Which version?", status="waiting")
    assert (await write(desk, karin, ticket, "Version 7")).status == "open"
    await desk.deliver()
    assert [name for name, _, _ in desk.mails(anna)] == ["customer_wrote"]
    assert [name for name, _, _ in desk.mails(karin)] == ["ticket_answered", "ticket_status_changed"]


@pytest.mark.parametrize("status", ["solved", "closed"])
async def test_a_reply_opens_a_ticket_that_was_over_at_any_age(desk: Desk, karin, anna, ticket, status):
    from datetime import timedelta

    await set_status(desk, anna, ticket, status)
    desk.clock.advance(timedelta(days=900))
    assert (await write(desk, karin, ticket, "It is back")).status == "open"


async def test_every_change_of_status_is_told_once(desk: Desk, karin, anna, ticket):
    for status in ("open", "waiting", "waiting", "solved", "closed"):
        await set_status(desk, anna, ticket, status)
    await desk.deliver()
    assert [name for name, _, _ in desk.mails(karin)] == [
        "ticket_status_changed",
        "ticket_status_changed",
        "ticket_solved",
        "ticket_status_changed",
    ]


async def test_a_customer_may_say_that_it_is_solved_and_that_it_is_not(desk: Desk, karin, ticket):
    assert (await set_status(desk, karin, ticket, "solved")).status == "solved"
    assert (await set_status(desk, karin, ticket, "open")).status == "open"
    for status in ("waiting", "closed", "new"):
        with pytest.raises(Refused):
            await set_status(desk, karin, ticket, status)


async def test_a_note_is_in_no_mail_and_on_no_page_of_a_customer(desk: Desk, karin, anna, ticket):
    canary = "kanarienvogel-4711"
    await note(desk, anna, ticket, canary)
    await write(desk, anna, ticket, "Please restart.")
    await desk.deliver()
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), ticket.number)
    assert canary not in repr(view)
    assert all(canary not in text for _, _, text in desk.mails())
    agents = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)
    assert canary in repr(agents)


async def test_a_customer_can_neither_note_nor_assign(desk: Desk, karin, ticket):
    with pytest.raises(Forbidden):
        await note(desk, karin, ticket, "Hello")
    with pytest.raises(Forbidden):
        await desk.helpdesk.tickets.assign(
            Assign(actor=Actor.of(karin.id), origin="web", once="x", ticket=ticket.ticket, assignee=None)
        )


async def test_a_strangers_ticket_and_one_that_is_not_look_the_same(desk: Desk, karin, ticket):
    emre = await desk.person("Emre Weber")
    viewer = await desk.viewer(emre)
    errors = []
    for number in (ticket.number, "2026-999999"):
        with pytest.raises(NotFound) as error:
            await desk.helpdesk.tickets.read.view(viewer, number)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    with pytest.raises(NotFound):
        await write(desk, emre, ticket, "Let me in")


async def test_an_agent_who_writes_past_a_new_message_is_asked_first(desk: Desk, karin, anna, ticket):
    seen = (await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)).head.sequence
    await write(desk, karin, ticket, "Wait, it is the other printer")
    with pytest.raises(Changed):
        await write(desk, anna, ticket, "Restart the printer", seen=seen)
    await write(desk, anna, ticket, "Restart the printer")


async def test_only_an_agent_can_be_in_charge(desk: Desk, karin, anna, ticket):
    with pytest.raises(Invalid):
        await desk.helpdesk.tickets.assign(
            Assign(actor=Actor.of(anna.id), origin="desk", once="x", ticket=ticket.ticket, assignee=karin.id)
        )


async def test_an_agent_hears_that_a_ticket_is_theirs_now_unless_they_took_it(desk: Desk, anna, ticket):
    paul = await desk.agent("Paul Nowak")
    for at, assignee in enumerate((paul, anna)):
        await desk.helpdesk.tickets.assign(
            Assign(actor=Actor.of(anna.id), origin="desk", once=f"a{at}", ticket=ticket.ticket, assignee=assignee.id)
        )
    await desk.deliver()
    assert [name for name, _, _ in desk.mails(paul)] == ["ticket_assigned_to_you"]
    assert desk.mails(anna) == []


async def test_twenty_at_once_leave_no_gap_and_lose_nothing(desk: Desk, karin, anna, ticket):
    people = [karin, anna] * 10
    await asyncio.gather(*(write(desk, who, ticket, f"message {at}") for at, who in enumerate(people)))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)
    assert len(view.messages) == 21
    sequences = [recorded.sequence for recorded in view.history]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_a_notice_is_not_sent_to_an_agent_who_left(desk: Desk, karin, anna, ticket):
    from helpdesk_core.accounts import Role

    await write(desk, anna, ticket, "Which version?")
    await desk.deliver()
    desk.channel.rendered.clear()
    await write(desk, karin, ticket, "Version 7")
    chief = await desk.person("Chief Boss", Role.ADMINISTRATOR)
    account = await desk.helpdesk.accounts.get(anna.id)
    await desk.helpdesk.accounts.change_role(Actor.of(chief.id), anna.id, account.version, Role.CUSTOMER, origin="desk")
    await desk.deliver()
    assert desk.mails(anna) == []


async def test_a_note_since_a_customer_looked_is_no_news_to_them(desk: Desk, karin, anna, ticket):
    """Red when `_newer` counts notes for customers: they would learn that there is one."""
    seen = (await desk.helpdesk.tickets.read.view(await desk.viewer(karin), ticket.number)).head.sequence
    await note(desk, anna, ticket, "Between us")
    await write(desk, karin, ticket, "One more thing", seen=seen)
    with pytest.raises(Changed):
        await write(desk, await desk.agent("Paul Nowak"), ticket, "An answer", seen=seen)


async def test_what_one_wrote_oneself_is_no_news_also_without_an_account(desk: Desk, karin, anna, ticket):
    bare = Actor.participant(uuid7())
    await ParticipantRow.insert(
        ParticipantRow(
            id=bare.participant_id,
            ticket=ticket.ticket,
            address="guest@else.example",
            state="active",
            since=2,
            created_at=desk.clock.now(),
        )
    )
    seen = 1
    for who, actor in ((karin, Actor.of(karin.id)), (karin, bare)):
        await write(desk, who, ticket, "Hello", actor=actor, origin="email")
        done = await write(desk, who, ticket, "And one more thing", actor=actor, origin="email", seen=seen)
        view = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), done.number)
        seen = view.head.sequence
    with pytest.raises(Changed):
        await write(desk, karin, ticket, "Late", seen=seen - 1)


@pytest.mark.parametrize("status", ["open", "waiting", "closed", "new", "nonsense"])
async def test_a_customer_sets_nothing_but_solved_with_a_reply(desk: Desk, karin, anna, ticket, status):
    """B42."""
    with pytest.raises(Refused) as refused:
        await write(desk, karin, ticket, "Hello", status=status)
    assert refused.value.field == "status"
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)
    assert (view.head.status, len(view.messages)) == ("new", 1)


async def test_thanks_for_a_closed_ticket_leave_it_closed_when_the_customer_says_so(desk: Desk, karin, anna, ticket):
    await set_status(desk, anna, ticket, "closed")
    assert (await write(desk, karin, ticket, "Thank you!", status="solved")).status == "closed"


async def test_an_agent_who_answers_their_own_ticket_gets_no_copy_of_it(desk: Desk, anna):
    own = await desk.ticket(anna)
    await desk.deliver()
    desk.channel.rendered.clear()
    await write(desk, anna, own, "I found it myself", status="solved")
    await desk.deliver()
    assert [name for name, _, _ in desk.mails()] == ["ticket_solved"]


async def test_two_who_send_one_form_at_once_get_one_message(desk: Desk, karin, ticket):
    command = Reply(
        actor=Actor.of(karin.id), origin="web", once="k", ticket=ticket.ticket, writing=Writing(text="Once only")
    )
    done = await asyncio.gather(*(desk.helpdesk.tickets.reply(command) for _ in range(5)))
    assert len(set(map(repr, done))) == 1
    rows = await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_message WHERE text = 'Once only'")
    assert len(rows) == 1


async def test_the_same_key_of_another_person_or_for_another_command_is_another_key(desk: Desk, karin, anna, ticket):
    for who in (karin, anna):
        await write(desk, who, ticket, "Hello", once="one-key")
    await note(desk, anna, ticket, "Hello")
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(anna), ticket.number)
    assert len(view.messages) == 4
