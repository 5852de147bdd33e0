"""The stages of a mail: what breaks one breaks no other mail, and everything can be explained and run again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk_core import Helpdesk, Level
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_email.evidence import Evidence
from helpdesk_email.inbound.apply import Applier
from helpdesk_email.inbound.claims import LEASE
from helpdesk_email.inbound.pool import Reason, Unreadable
from tests.plugins.helpdesk_email.mail_world import START, SUPPORT, MailDesk, email_plugin, mail, mail_site, read

pytestmark = pytest.mark.anyio


async def unreadable(raw: bytes) -> Unreadable:
    del raw
    return Unreadable(reason=Reason.TIMEOUT, detail="no answer")


async def broken(raw: bytes) -> Any:
    raise RuntimeError("a mistake of ours")


async def health(desk: MailDesk, name: str) -> list[Any]:
    check = next(check for check in desk.helpdesk.health_checks if check.name == f"helpdesk_email.{name}")
    return list(await check.ask())


async def test_r11_a_mail_that_cannot_be_read_is_set_aside_and_the_next_one_is_a_ticket(desk: MailDesk) -> None:
    customer = await desk.customer()
    poison = await desk.intake.take(mail(customer.email, "Gift"), via="pipe")
    assert await desk.intake.processor.one(unreadable)
    row = await desk.row(poison.mail)
    assert (row.state, row.outcome, row.raw is not None) == ("failed", "unreadable-timeout", True)
    assert (await desk.get(mail(customer.email, "Gut"))).state == "done"
    [finding] = await health(desk, "waiting")
    assert finding.level is Level.WARNING


async def test_a_mistake_is_tried_three_times_and_then_waits_for_a_person(desk: MailDesk) -> None:
    customer = await desk.customer()
    kept = await desk.intake.take(mail(customer.email), via="pipe")
    for attempt in (1, 2, 3):
        assert await desk.intake.processor.one(broken)
        assert (await desk.row(kept.mail)).attempts == attempt
        desk.clock.advance(timedelta(hours=1))
    row = await desk.row(kept.mail)
    assert (row.state, row.outcome) == ("failed", "gave-up")
    assert "a mistake of ours" in (row.reason or "")
    assert not await desk.intake.processor.one(broken)


async def test_a_mail_that_kills_its_worker_is_tried_three_times(desk: MailDesk) -> None:
    customer = await desk.customer()
    kept = await desk.intake.take(mail(customer.email), via="pipe")
    for _ in range(3):
        assert await desk.intake.processor._claims.take() is not None
        assert await desk.intake.processor._claims.take() is None
        desk.clock.advance(LEASE + timedelta(seconds=1))
    assert await desk.intake.processor.one(read)
    assert (await desk.row(kept.mail)).outcome == "broke-its-worker"


async def test_f27_a_clock_that_went_back_does_not_hide_a_mail(desk: MailDesk) -> None:
    customer = await desk.customer()
    desk.clock.advance(timedelta(days=3650))
    kept = await desk.intake.take(mail(customer.email), via="pipe")
    assert await desk.intake.processor._claims.take() is not None
    desk.clock.advance(timedelta(days=-3650))
    await desk.handle()
    assert (await desk.row(kept.mail)).state == "done"


async def test_f35_a_worker_that_comes_back_late_writes_nothing(
    desk: MailDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guarded by `Claims.hold` inside the unit of work."""
    customer = await desk.customer()
    apply = Applier.apply

    async def late(self: Applier, *args: Any) -> Any:
        # While this worker stood still, another took the mail up and finished it.
        monkeypatch.setattr(Applier, "apply", apply)
        desk.clock.advance(LEASE + timedelta(seconds=1))
        assert await desk.intake.processor.one(read)
        return await apply(self, *args)

    monkeypatch.setattr(Applier, "apply", late)
    await desk.intake.take(mail(customer.email), via="pipe")
    await desk.handle()
    assert len(await desk.tickets()) == 1
    assert len(await desk.sent("ticket_received")) == 1
    settled = await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_event WHERE name = 'mail.settled'")
    assert len(settled) == 1


async def test_b68_a_mail_whose_bytes_are_gone_is_set_aside(desk: MailDesk) -> None:
    kept = await desk.intake.take(mail(), via="pipe")
    row = await desk.row(kept.mail)
    assert row.raw is not None
    (desk.helpdesk.files.root / row.raw[:2] / row.raw[2:4] / row.raw).unlink()
    await desk.handle()
    assert (await desk.row(kept.mail)).outcome == "file-missing"


async def test_every_ending_says_why(desk: MailDesk) -> None:
    customer = await desk.customer()
    row = await desk.get(mail(customer.email, "Es druckt nicht", auth="pass"))
    evidence = Evidence.of(row.evidence)
    assert evidence.claim["sender"] == customer.email
    assert evidence.facts["sender"] == "proven"
    assert evidence.facts["auth"] == "pass"
    assert evidence.route["step"] == "open"
    assert evidence.number == (await desk.tickets())[0]["number"]
    history = await desk.helpdesk.database.fetch(
        "SELECT name, facts FROM helpdesk_core_event WHERE subject_kind = 'mail' AND subject_id = {}", row.id
    )
    assert [event["name"] for event in history] == ["mail.settled"]
    assert msgspec.json.decode(history[0]["facts"])["outcome"] == "opened"


async def test_an_agent_lets_a_held_mail_pass(desk: MailDesk) -> None:
    customer = await desk.customer()
    row = await desk.get(mail(customer.email, auth="fail"))
    assert row.state == "held"
    assert await desk.intake.releasing.again(row.id, vouched=False)
    await desk.handle()
    assert (await desk.row(row.id)).state == "held"
    assert await desk.intake.releasing.again(row.id, vouched=True)
    await desk.handle()
    assert (await desk.row(row.id)).state == "done"
    assert not await desk.intake.releasing.again(row.id, vouched=True)
    assert len(await desk.tickets()) == 1


async def test_a_mail_that_nobody_needs_is_put_away_and_can_be_had_again(desk: MailDesk) -> None:
    row = await desk.get(mail("spam@firma.example"))
    assert await desk.intake.releasing.drop(row.id, "Werbung")
    assert (await desk.row(row.id)).state == "dropped"
    assert not await desk.intake.releasing.drop(row.id, "noch einmal")
    assert await desk.intake.releasing.again(row.id, vouched=False)
    await desk.handle()
    assert (await desk.row(row.id)).state == "waiting"


async def test_the_demonstrations_intake_handles_a_mail_at_once(desk: MailDesk) -> None:
    """With the real parser process, as on a running site."""
    customer = await desk.customer()
    assert desk.helpdesk.intake is not None
    await desk.helpdesk.intake(mail(customer.email))
    assert len(await desk.tickets()) == 1


async def test_a_mail_without_text_or_subject_still_becomes_something(desk: MailDesk) -> None:
    customer = await desk.customer()
    assert (await desk.get(mail(customer.email, "Nur ein Betreff", ""))).outcome == "opened"
    assert (await desk.get(mail(customer.email, "", "Nur ein Text."))).outcome == "opened"
    assert (await desk.get(mail(customer.email, "", "", files=[("bild.png", b"x")]))).outcome == "opened"
    assert (await desk.get(mail(customer.email, "", ""))).outcome == "empty"
    subjects = [ticket["subject"] for ticket in await desk.tickets()]
    assert subjects == ["Nur ein Betreff", "Nur ein Text.", "(no subject)"]


async def test_what_is_quoted_is_folded_and_kept(desk: MailDesk) -> None:
    customer = await desk.customer()
    done = await desk.ticket(customer)
    text = "Meine Antwort.\n\nAm 23.11.2026 schrieb Support:\n> Ihre Frage?\n"
    await desk.get(mail(customer.email, f"Re: [#{done.number}]", text))
    *_, last = (await desk.view(done.number)).messages
    assert "Ihre Frage?" in last.text
    assert last.visible == "Meine Antwort."


async def test_a_very_long_text_is_cut_and_kept_whole_as_a_file(desk: MailDesk) -> None:
    customer = await desk.customer()
    await desk.get(mail(customer.email, text="Zeile\n" * 90_000))
    [ticket] = await desk.tickets()
    [message] = (await desk.view(ticket["number"])).messages
    assert len(message.text) <= 400_000
    assert [file.name for file in message.files] == ["message.txt"]


async def test_files_come_along(desk: MailDesk) -> None:
    customer = await desk.customer()
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
    await desk.get(mail(customer.email, files=[("../../etc/bild.png", png), ("x.html", b"<script>")]))
    [ticket] = await desk.tickets()
    [message] = (await desk.view(ticket["number"])).messages
    assert [(file.name, file.media_type) for file in message.files] == [
        ("bild.png", "image/png"),
        ("x.html", "application/octet-stream"),
    ]
    assert message.files[0].blob is not None
    assert await desk.helpdesk.files.get(message.files[0].blob) == png


async def test_two_mailboxes_have_their_own_mail_servers_word(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    from helpdesk_email.plugin import Mailbox

    boxes = (Mailbox(address=SUPPORT, authserv_id="a.example"), Mailbox(address="b@stueber.example"))
    async for desk in opened(sqlite_url, tmp_path, clock, mailboxes=boxes):
        customer = await desk.customer()
        raw = mail(customer.email, fields={"Authentication-Results": "a.example; dmarc=fail"})
        assert (await desk.get(raw, SUPPORT)).state == "held"
        again = mail(customer.email, text="Anders.", fields={"Authentication-Results": "a.example; dmarc=fail"})
        assert (await desk.get(again, "b@stueber.example")).state == "done"


async def opened(url: str, folder: Path, clock: SettableClock, **email: Any) -> AsyncIterator[MailDesk]:
    channel = email_plugin(**email)
    async with Helpdesk(mail_site(url, folder / "files", channel), {}, clock=clock, demo=True) as helpdesk:
        with helpdesk.database.use():
            yield MailDesk(helpdesk, clock, channel)


@pytest.mark.parametrize(("threading", "joins"), [(("subject",), False), (("subject", "references"), True)])
async def test_a_site_may_thread_by_what_a_mail_answers(
    sqlite_url: str, tmp_path: Path, clock: SettableClock, threading: Any, *, joins: bool
) -> None:
    async for desk in opened(sqlite_url, tmp_path, clock, threading=threading):
        customer, stranger = await desk.customer(), await desk.customer("Cem Öztürk")
        await desk.ticket(customer)
        [receipt] = await desk.sent("ticket_received")
        row = await desk.get(mail(customer.email, "Ohne Nummer", answers=receipt.bracketed))
        assert row.outcome == ("joined" if joins else "opened")
        # Whoever else got hold of the Message-ID joins nothing.
        row = await desk.get(mail(stranger.email, "Ohne Nummer", answers=receipt.bracketed))
        assert row.outcome == ("named-another-ticket" if joins else "opened")


async def test_a_site_may_thread_by_the_token_in_our_address(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    from helpdesk_email.plugin import Mailbox

    boxes = (Mailbox(address=SUPPORT, plus=True),)
    async for desk in opened(sqlite_url, tmp_path, clock, mailboxes=boxes, threading=("address",)):
        customer, stranger = await desk.customer(), await desk.customer("Cem Öztürk")
        await desk.ticket(customer)
        [receipt] = await desk.sent("ticket_received")
        [back] = receipt.parsed.reply_to
        assert (await desk.get(mail(customer.email, "Ohne Nummer", to=back.address))).outcome == "joined"
        assert (await desk.get(mail(stranger.email, "Ohne", to=back.address))).outcome == "named-another-ticket"


LETTERS = ("to the first", "to the second", "new", "stranger", "foreign", "agent")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=4)
@given(order=st.permutations(LETTERS))
async def test_the_order_of_arrival_does_not_change_what_belongs_together(
    database_templates: Templates, tmp_path: Path, order: list[str]
) -> None:
    folder = Path(mkdtemp(dir=tmp_path))
    clock = SettableClock(START)
    async for desk in opened(database_templates.sqlite(folder / "x.db"), folder, clock):
        karin, cem, agent = await desk.customer(), await desk.customer("Cem Öztürk"), await desk.agent()
        first, second = await desk.ticket(karin, "Eins"), await desk.ticket(karin, "Zwei")
        mails = {
            "to the first": mail(karin.email, f"Re: Eins [#{first.number}]", "Zum ersten."),
            "to the second": mail(karin.email, f"AW: Zwei [#{second.number}]", "Zum zweiten."),
            "new": mail(karin.email, "Drei", "Zum dritten."),
            "stranger": mail("x@fremd.example", f"Re: [#{first.number}]", "Ich."),
            "foreign": mail(cem.email, f"Re: [#{first.number}]", "Auch ich."),
            "agent": mail(agent.email, f"Re: [#{first.number}]", "Gefälscht."),
        }
        outcomes = {name: (await desk.get(mails[name])).outcome for name in order}
        assert outcomes == {
            "to the first": "joined",
            "to the second": "joined",
            "new": "opened",
            "stranger": "sender-unknown",
            "foreign": "named-another-ticket",
            "agent": "agent-without-token",
        }
        texts = [message.text.strip() for message in (await desk.view(first.number)).messages]
        assert texts == ["Help, please", "Zum ersten."]
        # Nobody but those who took part before was told anything about it.
        for out in await desk.sent():
            assert out.to in {karin.email, cem.email, "x@fremd.example"}
            assert out.to == karin.email or first.number.encode() not in out.content
