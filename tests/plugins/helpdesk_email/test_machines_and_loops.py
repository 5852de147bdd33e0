"""Mail of machines: never answered, attached to what it is about, and no loop goes on."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk_core import Helpdesk
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_core.tickets import InternalNote
from helpdesk_email.plugin import Mailbox
from tests.plugins.helpdesk_email.mail_world import SUPPORT, MailDesk, Out, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio


def bounce(of: Out, status: str = "5.1.1", *, recipient: str = "", with_copy: bool = True, to: str = SUPPORT) -> bytes:
    """Return the report of a mail server about one of our mails."""
    copy = of.content.partition(b"\r\n\r\n")[0] if with_copy else b"Subject: x"
    action = "delayed" if status.startswith("4") else "failed"
    return (
        b"Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.school.example>\r\n"
        b"To: " + to.encode() + b"\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        b"Message-ID: <bounce." + of.message_id.encode() + status.encode() + b">\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver your mail.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.school.example\r\n\r\n"
        b"Final-Recipient: rfc822; " + (recipient or of.to).encode() + b"\r\n"
        b"Action: " + action.encode() + b"\r\nStatus: " + status.encode() + b"\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + copy + b"\r\n--b--\r\n"
    )


async def notes(desk: MailDesk, number: str) -> list[str]:
    return [message.text for message in (await desk.view(number)).messages if isinstance(message, InternalNote)]


async def answered(desk: MailDesk) -> tuple[str, Out]:
    """Return the number of a ticket and the agent's answer to its customer."""
    customer, agent = await desk.customer(), await desk.agent()
    done = await desk.ticket(customer)
    await desk.answer(agent, done.ticket)
    [out] = await desk.sent("ticket_answered")
    return done.number, out


async def test_b16_a_bounce_is_noted_at_its_ticket_and_the_dead_address_gets_no_more(desk: MailDesk) -> None:
    number, out = await answered(desk)
    before = len(await desk.sent())
    row = await desk.get(bounce(out))
    assert (row.state, row.outcome) == ("done", "bounce")
    [note] = await notes(desk, number)
    assert out.to in note
    assert "5.1.1" in note
    account = await desk.helpdesk.accounts.find_by_address(out.to)
    assert account is not None
    assert account.addresses[0].bounced
    assert len(await desk.sent()) == before
    assert (await desk.view(number)).head.status == "open"


@pytest.mark.parametrize("status", ["4.4.1", "5.2.2", "5.7.1"])
async def test_what_passes_by_itself_does_not_silence_an_address(desk: MailDesk, status: str) -> None:
    number, out = await answered(desk)
    await desk.get(bounce(out, status))
    assert len(await notes(desk, number)) == 1
    account = await desk.helpdesk.accounts.find_by_address(out.to)
    assert account is not None
    assert not account.addresses[0].bounced


async def test_an_invented_bounce_silences_nobody(desk: MailDesk) -> None:
    """Guarded by the Message-ID, which only the mail itself tells, and by the address that it went to."""
    victim = await desk.customer("Cem Öztürk")
    number, out = await answered(desk)
    assert (await desk.get(bounce(out, with_copy=False, recipient=victim.email))).state == "kept"
    await desk.get(bounce(out, recipient=victim.email))
    for address in (victim.email, out.to):
        account = await desk.helpdesk.accounts.find_by_address(address)
        assert account is not None
        assert not account.addresses[0].bounced
    assert len(await notes(desk, number)) == 1


async def test_who_answers_from_a_dead_address_is_told_things_again(desk: MailDesk) -> None:
    number, out = await answered(desk)
    await desk.get(bounce(out))
    await desk.get(mail(out.to, f"Re: [#{number}]", "Doch, ich lese das.", answers=out.bracketed))
    account = await desk.helpdesk.accounts.find_by_address(out.to)
    assert account is not None
    assert not account.addresses[0].bounced


async def test_a_bounce_that_came_to_the_address_of_its_mail_needs_no_copy(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    email = email_plugin(mailboxes=(Mailbox(address=SUPPORT, plus=True),))
    async with Helpdesk(mail_site(sqlite_url, tmp_path / "files", email), {}, clock=clock, demo=True) as helpdesk:
        with helpdesk.database.use():
            desk = MailDesk(helpdesk, clock, email)
            number, out = await answered(desk)
            tagged = SUPPORT.replace("@", f"+b-{out.message_id.partition('.')[0]}@")
            assert (await desk.get(bounce(out, with_copy=False, to=tagged))).outcome == "bounce"
            assert len(await notes(desk, number)) == 1
            # A reply token in the address finds the ticket where the site wants that.
            assert out.reply_token is not None
            assert [box.address for box in out.parsed.reply_to] == [SUPPORT.replace("@", f"+{out.reply_token}@")]


MACHINES = {
    "absence": {"Auto-Submitted": "auto-replied"},
    "exchange": {"X-Auto-Response-Suppress": "All", "Auto-Submitted": "auto-generated"},
    "vacation": {"X-Autoreply": "yes"},
    "list": {"List-Id": "<all.school.example>", "Precedence": "list"},
    "bulk": {"Precedence": "bulk"},
    "null sender": {"Return-Path": "<>"},
}


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("named", [True, False])
async def test_r13_a_machine_is_never_answered(desk: MailDesk, kind: str, *, named: bool) -> None:
    number, out = await answered(desk)
    before = len(await desk.sent())
    subject = f"Abwesend: Re: [#{number}]" if named else "Abwesend"
    row = await desk.get(mail(out.to, subject, "Ich bin im Urlaub.", fields=MACHINES[kind], answers=out.bracketed))
    assert len(await desk.sent()) == before
    assert len(await desk.tickets()) == 1
    assert row.state in {"done", "held"}
    if row.state == "done":
        assert "Ich bin im Urlaub." in (await notes(desk, number))[0]


async def test_mass_mail_about_nothing_of_ours_is_kept_and_bothers_nobody(desk: MailDesk) -> None:
    row = await desk.get(mail("news@firma.example", "Angebote", fields={"List-Id": "<x.y>", "Precedence": "bulk"}))
    assert (row.state, row.outcome) == ("kept", "list")


async def test_what_we_sent_comes_back_and_is_known(desk: MailDesk) -> None:
    number, out = await answered(desk)
    returned = re.sub(rb"^From: [^\r]*", b"From: forwarder@school.example", out.content, count=1)
    assert (await desk.get(returned)).outcome == "loop"
    assert (await desk.view(number)).head.status == "open"


async def test_a_person_may_write_several_tickets_in_a_row(desk: MailDesk) -> None:
    """As the vendor's help page asks for."""
    customer = await desk.customer()
    texts = ["Es druckt nicht.", "Der Plan fehlt.", "Wie geht der Export?", "Das Zeugnis ist leer.", "Danke, und noch:"]
    rows = [await desk.get(mail(customer.email, "Frage", text)) for text in texts]
    assert {row.outcome for row in rows} == {"opened"}


async def test_r13_a_machine_without_any_sign_is_stopped_by_the_limit(desk: MailDesk) -> None:
    """A responder that answers each receipt with a new subject: only the count stops it. Guarded by `Caps.over`."""
    customer = await desk.customer()
    raw = mail(customer.email, "Anfrage", "Wir haben Ihre Anfrage unter Nummer 4711 erhalten.")
    for number in range(30):
        await desk.get(raw)
        sent = len(await desk.sent())
        raw = mail(
            customer.email, f"Vorgang {number}", f"Wir haben Ihre Anfrage unter Nummer {4711 + number} erhalten."
        )
    assert sent <= 2
    assert len([row for row in await desk.rows() if row.outcome == "repeats-itself"]) >= 27


async def test_what_is_over_a_limit_is_kept_and_can_be_run_again(desk: MailDesk) -> None:
    customer = await desk.customer()
    rows = [await desk.get(mail(customer.email, f"Sache {number}", "Immer gleich.")) for number in range(4)]
    assert [row.outcome for row in rows] == ["opened", "opened", "repeats-itself", "repeats-itself"]
    desk.clock.advance(timedelta(hours=2))
    assert await desk.intake.releasing.again(rows[-1].id, vouched=False)
    await desk.handle()
    assert (await desk.row(rows[-1].id)).outcome == "opened"


@pytest.fixture
async def other(database_templates: Templates, tmp_path: Path, clock: SettableClock) -> AsyncIterator[MailDesk]:
    """Another helpdesk of this kind, whose mailbox is a customer of ours, and ours of theirs."""
    email = email_plugin(mailboxes=(Mailbox(address="hilfe@andere.example"),))
    url = database_templates.sqlite(tmp_path / "other.db")
    async with Helpdesk(mail_site(url, tmp_path / "other", email), {}, clock=clock, demo=True) as helpdesk:
        yield MailDesk(helpdesk, clock, email)


async def test_b15_two_helpdesks_that_are_each_others_customers_fall_silent(desk: MailDesk, other: MailDesk) -> None:
    """Each mail that one sends is delivered to the other, for as long as there is one."""

    async def customer_of(of: MailDesk, email: str) -> None:
        with of.helpdesk.database.use():
            account = await of.invited(email)
            async with of.helpdesk.database.unit() as unit:
                from helpdesk_core import Actor

                await of.helpdesk.accounts.prove_address(
                    unit, account.addresses[0].id, "answer", actor=Actor.of(account.id), origin="email"
                )

    await customer_of(desk, "hilfe@andere.example")
    await customer_of(other, SUPPORT)
    with desk.helpdesk.database.use():
        await desk.get(mail("hilfe@andere.example", "Am Anfang war ein Mensch", "Hallo."))
    seen = {desk: 0, other: 0}
    for _ in range(10):
        for one, another in ((desk, other), (other, desk)):
            with one.helpdesk.database.use():
                out = await one.sent()
            fresh, seen[one] = out[seen[one] :], len(out)
            for each in fresh:
                with another.helpdesk.database.use():
                    await another.get(each.content)
        desk.clock.advance(timedelta(minutes=1))
    assert seen[desk] <= 2
    assert seen[other] <= 2
