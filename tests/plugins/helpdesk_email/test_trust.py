"""Whom a mail may become, on a running site: one test a cell of the table, and the breaks it is there for.

Each test says which line it guards: without it the test is red.
"""

import re
from datetime import timedelta

import pytest

from helpdesk_core import Refused
from helpdesk_core.tickets import TicketQuery
from tests.plugins.helpdesk_email.mail_world import SUPPORT, MailDesk, mail
from tests.plugins.helpdesk_email.trust_kit import STRANGER, notes, opened, participate, public

pytestmark = pytest.mark.anyio


# Proven.


@pytest.mark.parametrize("auth", [None, "pass", "none", "temperror"])
async def test_a_proven_sender_joins_by_the_number_in_the_subject(desk: MailDesk, auth: str | None) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    row = await desk.get(
        mail(customer.email, f"AW: [EXTERN] Re: Es druckt nicht [#{done.number}]", "Noch etwas.", auth=auth)
    )
    assert (row.outcome, row.ticket) == ("joined", done.ticket)
    *_, last = await public(desk, done.number)
    assert (last.text.strip(), last.needs_confirmation, last.sender_verified) == ("Noch etwas.", False, auth == "pass")


async def test_a_solved_ticket_of_any_age_opens_again_by_a_reply(desk: MailDesk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    done, _ = await opened(desk, customer)
    await desk.answer(agent, done.ticket, status="solved")
    desk.clock.advance(timedelta(days=500))
    await desk.get(mail(customer.email, f"Re: [#{done.number}]", "Doch nicht."))
    assert (await desk.view(done.number)).head.status == "open"


async def test_b14_the_number_of_somebody_elses_ticket_opens_a_new_one_and_nothing_comes_back(desk: MailDesk) -> None:
    """Guarded by `_participation` in lookup: whoever does not take part is in the column of others."""
    victim, customer = await desk.customer(), await desk.customer("Cem Öztürk")
    done, _ = await opened(desk, victim)
    row = await desk.get(mail(customer.email, f"Re: Geheimes [#{done.number}]", "Was steht da?"))
    assert (row.outcome, row.ticket != done.ticket) == ("named-another-ticket", True)
    assert len(await public(desk, done.number)) == 1
    [*_, new] = await desk.tickets()
    assert new["subject"] == "Re: Geheimes"
    assert done.number in (await notes(desk, new["number"]))[0]
    for out in await desk.sent(to=customer.email):
        assert done.number.encode() not in out.content
        assert b"It does not print" not in out.content


async def test_a_changed_subject_opens_a_new_ticket_even_as_an_answer(desk: MailDesk) -> None:
    """As the vendor's help page promises."""
    customer = await desk.customer()
    _done, receipt = await opened(desk, customer)
    row = await desk.get(mail(customer.email, "Ganz etwas anderes", "Neu.", answers=receipt))
    assert row.outcome == "opened"
    assert len(await desk.tickets()) == 2


async def test_a_number_that_never_was_counts_as_none(desk: MailDesk) -> None:
    customer = await desk.customer()
    row = await desk.get(mail(customer.email, "Unser Vorgang [#2019-999999]"))
    assert row.outcome == "opened"


@pytest.mark.parametrize("written", ["Re: x [#{}]", "x [ # {} ]", "WG: [#{}] x", "x\n [#{}]"])
async def test_the_number_survives_whatever_stands_around_it(desk: MailDesk, written: str) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    raw = mail(customer.email, "HERE", "Ja.").replace(
        b"Subject: HERE", b"Subject: " + written.format(done.number).encode()
    )
    assert (await desk.get(raw)).ticket == done.ticket


async def test_of_several_numbers_the_one_counts_in_which_the_sender_takes_part(desk: MailDesk) -> None:
    victim, customer = await desk.customer(), await desk.customer("Cem Öztürk")
    theirs, _ = await opened(desk, customer)
    foreign, _ = await opened(desk, victim)
    row = await desk.get(mail(customer.email, f"Re: [#{theirs.number}] wie in [#{foreign.number}]"))
    assert row.ticket == theirs.ticket


# Authentication failed.


@pytest.mark.parametrize(("named", "asked"), [("own", True), ("other", False), ("none", True)])
async def test_a_failed_authentication_is_held_and_the_stored_address_asked(
    desk: MailDesk, named: str, *, asked: bool
) -> None:
    """Guarded by the rows for `Auth.FAIL` in route. (Without the web, nobody can be asked.)"""
    customer, other = await desk.customer(), await desk.customer("Cem Öztürk")
    own, _ = await opened(desk, customer)
    foreign, _ = await opened(desk, other)
    subject = {"own": f"[#{own.number}]", "other": f"[#{foreign.number}]", "none": "Neu"}[named]
    row = await desk.get(mail(customer.email, subject, auth="fail"))
    assert (row.state, row.outcome) == ("held", "sender-not-authentic")
    assert ('"tell":"confirm"' in row.evidence) == asked
    assert len(await desk.tickets()) == 2


async def test_a_forged_result_of_another_server_is_not_believed(desk: MailDesk) -> None:
    customer = await desk.customer()
    raw = mail(customer.email, fields={"Authentication-Results": "mx.evil.example; dmarc=pass"})
    row = await desk.get(raw)
    [message] = await public(desk, (await desk.tickets())[0]["number"])
    assert (row.outcome, message.sender_verified) == ("opened", False)


# Registered, not proven.


async def test_an_answer_to_our_mail_proves_the_address_joins_and_is_shown(desk: MailDesk) -> None:
    customer = await desk.customer(proven=False, confirmed=False)
    done, receipt = await opened(desk, customer)
    row = await desk.get(mail(customer.email, f"Re: [#{done.number}]", "Danke!", answers=receipt))
    assert row.outcome == "joined"
    assert (await desk.helpdesk.accounts.get(customer.id)).addresses[0].proven
    seen = await desk.view(done.number, await desk.viewer(customer))
    assert [message.text.strip() for message in seen.messages][-1] == "Danke!"


async def test_anything_else_of_an_unproven_sender_joins_and_waits_to_be_shown(desk: MailDesk) -> None:
    """Guarded by `hidden` in `_by_table`: what only bears a number was perhaps written by somebody else."""
    customer = await desk.customer(proven=False, confirmed=False)
    done, _ = await opened(desk, customer)
    row = await desk.get(mail(customer.email, f"Re: [#{done.number}]", "Wer weiß."))
    assert (row.outcome, row.ticket) == ("joined", done.ticket)
    assert not (await desk.helpdesk.accounts.get(customer.id)).addresses[0].proven
    seen = await desk.view(done.number, await desk.viewer(customer))
    assert "Wer weiß." not in [message.text.strip() for message in seen.messages]
    assert "Wer weiß." in [message.text.strip() for message in await public(desk, done.number)]


async def test_b02_mail_of_a_registered_but_unconfirmed_address_is_not_shown_on_the_web(desk: MailDesk) -> None:
    """The ticket trick: an attacker registers an address of somebody else and waits for what is written from it."""
    attacker = await desk.customer("No Reply", proven=False, confirmed=False)
    row = await desk.get(mail(attacker.email, "Your code", "Your code is 123456"))
    assert row.outcome == "opened"
    [ticket] = await desk.tickets()
    assert ticket["needs_confirmation"]
    viewer = await desk.viewer(attacker)
    page = await desk.helpdesk.tickets.read.list(viewer, TicketQuery())
    assert page.tickets == ()
    for out in await desk.sent(to=attacker.email):
        assert b"123456" not in out.content
        assert b"Your code" not in out.content
    [receipt] = await desk.sent("ticket_received")
    assert receipt.parsed.subject == f"Your ticket [#{ticket['number']}]"
    assert "/confirm/" in receipt.parsed.text


async def test_an_unproven_sender_who_names_another_ticket_opens_one(desk: MailDesk) -> None:
    victim, customer = await desk.customer(), await desk.customer("Cem Öztürk", proven=False, confirmed=False)
    done, _ = await opened(desk, victim)
    row = await desk.get(mail(customer.email, f"[#{done.number}]"))
    assert row.outcome == "named-another-ticket"
    assert len(await public(desk, done.number)) == 1


async def test_somebody_who_was_invited_and_chose_no_password_yet_may_write(desk: MailDesk) -> None:
    customer = await desk.invited("neu@school.example")
    assert (await desk.get(mail(customer.email))).outcome == "opened"
    [ticket] = await desk.tickets()
    assert (await desk.get(mail(customer.email, f"[#{ticket['number']}]", "Mehr."))).outcome == "joined"


# Unknown.


@pytest.mark.parametrize("auth", [None, "pass", "fail"])
@pytest.mark.parametrize("number", [True, False])
async def test_an_unknown_sender_waits_and_is_told_once_how_to_register(
    desk: MailDesk, auth: str | None, *, number: bool
) -> None:
    victim = await desk.customer()
    done, _ = await opened(desk, victim)
    subject = f"Re: [#{done.number}]" if number else "Hallo"
    rows = [await desk.get(mail(STRANGER, subject, f"Text {n}", auth=auth)) for n in range(3)]
    assert {row.state for row in rows} == {"waiting"}
    told = await desk.sent("sender_unknown")
    assert [out.to for out in told] == ([] if auth == "fail" else [STRANGER])
    assert len(await public(desk, done.number)) == 1


# Takes part without an account.


async def test_a_participant_without_an_account_joins(desk: MailDesk) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    await participate(desk, done.ticket, STRANGER)
    row = await desk.get(mail(STRANGER, f"Re: [#{done.number}]", "Ich auch."))
    assert (row.outcome, row.ticket) == ("joined", done.ticket)
    [told] = await desk.sent("ticket_message")
    assert told.to == customer.email


async def test_who_registered_since_still_takes_part_by_their_address(desk: MailDesk) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    await participate(desk, done.ticket, STRANGER)
    await desk.invited(STRANGER)
    row = await desk.get(mail(STRANGER, f"Re: [#{done.number}]", "Ich bin es noch."))
    assert (row.outcome, row.ticket) == ("joined", done.ticket)


async def test_a_participant_whose_authentication_failed_is_held(desk: MailDesk) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    await participate(desk, done.ticket, STRANGER)
    row = await desk.get(mail(STRANGER, f"Re: [#{done.number}]", auth="fail"))
    assert (row.state, row.outcome) == ("held", "sender-not-authentic")


async def test_elsewhere_a_participant_without_an_account_is_unknown(desk: MailDesk) -> None:
    customer = await desk.customer()
    done, _ = await opened(desk, customer)
    await participate(desk, done.ticket, STRANGER)
    assert (await desk.get(mail(STRANGER, "Etwas anderes"))).state == "waiting"


async def test_b05_a_reply_from_a_new_address_changes_nobodys_mail(desk: MailDesk) -> None:
    """A valid Message-ID of somebody else's mail joins nothing: guarded by `_went_to` in lookup."""
    customer, agent = await desk.customer(), await desk.agent()
    done, receipt = await opened(desk, customer)
    row = await desk.get(mail(STRANGER, f"Re: [#{done.number}]", "Ich bin es.", answers=receipt))
    assert row.state == "waiting"
    await desk.answer(agent, done.ticket, "Für Sie allein.")
    assert [out.to for out in await desk.sent("ticket_answered")] == [customer.email]


# What a mail can never do.


async def test_b01_a_cc_is_proposed_and_gets_nothing(desk: MailDesk) -> None:
    """Guarded by `state='proposed'` in proposals: only an agent makes it active."""
    customer, agent = await desk.customer(), await desk.agent()
    done, _ = await opened(desk, customer)
    await desk.get(mail(customer.email, f"Re: [#{done.number}]", "Mit Kopie.", cc=f"Böser <{STRANGER}>, {SUPPORT}"))
    await desk.answer(agent, done.ticket, "Geheime Antwort.")
    assert {out.to for out in await desk.sent()} == {customer.email}
    [proposed] = (await desk.view(done.number)).participants
    assert (proposed.address, proposed.state) == (STRANGER, "proposed")
    assert (await desk.get(mail(STRANGER, f"Re: [#{done.number}]", "Ich darf?"))).state == "waiting"


async def test_b17_our_own_mailbox_is_nobody(desk: MailDesk) -> None:
    assert (await desk.get(mail(SUPPORT, "Hallo"))).outcome == "own-address"
    assert (await desk.get(mail(SUPPORT.replace("@", "+x@"), "Hallo"))).outcome == "own-address"
    assert await desk.sent() == []


@pytest.mark.parametrize("sender", [SUPPORT, SUPPORT.upper(), SUPPORT.replace("@", "+ich@")])
async def test_b17_nobody_registers_with_our_own_mailbox(desk: MailDesk, sender: str) -> None:
    with pytest.raises(Refused, match="address of ours"):
        await desk.invited(sender)


async def test_b07_control_headers_of_strangers_do_nothing(desk: MailDesk) -> None:
    customer = await desk.customer()
    fields = {"X-Helpdesk-Ticket": "1", "Resent-From": SUPPORT, "X-Loop": "x", "X-Helpdesk-Actor": "agent"}
    assert (await desk.get(mail(customer.email, fields=fields))).outcome == "opened"
    for out in await desk.sent():
        assert not {name for name, _ in out.parsed.headers} & {name.lower() for name in fields}


@pytest.mark.parametrize(
    "sender",
    [
        "a@evil.example, karin.krueger@school.example",
        "karin.krueger@school.example <a@evil.example>",
        '"karin.krueger@school.example" <a@evil.example>',
        "a@evil.example <karin.krueger@school.example>",
        "karin.krueger@school.example\r\nFrom: a@evil.example",
        "",
    ],
)
async def test_b09_an_ambiguous_sender_is_nobody(desk: MailDesk, sender: str) -> None:
    customer = await desk.customer()
    raw = re.sub(rb"From: [^\r\n]*", b"From: " + sender.encode(), mail(customer.email), count=1)
    row = await desk.get(raw)
    assert row.state in {"held", "waiting"}
    assert await desk.tickets() == []
    assert customer.email not in {out.to for out in await desk.sent()}


async def test_a_blocked_account_writes_no_more(desk: MailDesk) -> None:
    customer = await desk.customer()
    await desk.helpdesk.database.execute("UPDATE helpdesk_core_person SET state = 'blocked' WHERE id = {}", customer.id)
    assert (await desk.get(mail(customer.email))).outcome == "account-blocked"
