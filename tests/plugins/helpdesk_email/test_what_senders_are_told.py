"""Mails that cannot become tickets at once: nothing is lost, and their senders hear what they can do, but not often."""

import io
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from helpdesk_core import Abstain, Check, Entitlement, Helpdesk, OpenTicket, Plugin, Refuse, hookimpl
from helpdesk_core.accounts import Register
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.desks import PASSWORD
from helpdesk_email.plugin import Limits
from helpdesk_email.retention import Retention
from tests.plugins.helpdesk_email.mail_world import SUPPORT, MailDesk, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio
STRANGER = "karin@neu.example"


class Contracts(Plugin):
    """Entitles nobody."""

    @property
    def name(self) -> str:
        return "contracts"

    @hookimpl
    def helpdesk_entitlements(self, helpdesk: Helpdesk) -> Sequence[Entitlement]:
        async def ask(command: OpenTicket) -> Abstain:
            return Abstain(
                reason="contract-ended",
                text="Your support contract ended on %(until)s.",
                values={"until": date(2026, 9, 30), "offers": "office@stueber.example"},
                next_step="You can request an offer at %(offers)s.",
            )

        return [Entitlement(name="contracts.rule", ask=ask)]


class Rules(Plugin):
    """A check whose answer a test sets by the subject of the mail."""

    @property
    def name(self) -> str:
        return "rules"

    @hookimpl
    def helpdesk_checks(self, helpdesk: Helpdesk) -> Sequence[Check]:
        broken: list[bool] = [True]

        async def ask(command: OpenTicket) -> Refuse | None:
            if "kaputt" in command.subject and broken:
                broken.clear()
                raise RuntimeError("the rule is broken today")
            if "verboten" in command.subject:
                return Refuse(reason="Not on Mondays.")
            return None

        return [Check(name="rules.check", command=OpenTicket, ask=ask)]


async def running(
    database: str, tmp_path: Path, clock: SettableClock, *plugins: Plugin, **email: object
) -> AsyncIterator[MailDesk]:
    channel = email_plugin(**email)
    site = mail_site(database, tmp_path / "files", channel, *plugins)
    async with Helpdesk(site, {}, clock=clock, demo=True) as helpdesk:
        with helpdesk.database.use():
            yield MailDesk(helpdesk, clock, channel)


@pytest.fixture
async def contracts(sqlite_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[MailDesk]:
    async for desk in running(sqlite_url, tmp_path, clock, Contracts()):
        yield desk


@pytest.fixture
async def rules(sqlite_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[MailDesk]:
    async for desk in running(sqlite_url, tmp_path, clock, Rules()):
        yield desk


async def register(desk: MailDesk, email: str) -> None:
    await desk.helpdesk.accounts.register(
        Register(email=email, password=PASSWORD, origin="web", once=desk.once(), source="192.0.2.0/24")
    )


# M8: unknown senders.


async def test_m8_a_mail_of_somebody_unknown_becomes_a_ticket_once_they_registered(desk: MailDesk) -> None:
    first = await desk.get(mail(STRANGER, "Hilfe", "Bitte helfen Sie mir."))
    assert first.state == "waiting"
    [hint] = await desk.sent("sender_unknown")
    assert hint.to == STRANGER
    assert "/register" in hint.parsed.text
    # Nothing that was typed goes to an address that nobody has proven.
    assert "Hilfe" not in hint.content.decode()
    await register(desk, STRANGER)
    await desk.deliver()
    assert await desk.handle() == 1
    assert (await desk.row(first.id)).state == "done"
    [ticket] = await desk.tickets()
    assert (ticket["subject"], bool(ticket["needs_confirmation"])) == ("Hilfe", True)


async def test_waiting_mails_become_tickets_in_their_order(desk: MailDesk) -> None:
    for word in ("eins", "zwei", "drei"):
        await desk.get(mail(STRANGER, word, f"Das ist {word}."))
        desk.clock.advance(timedelta(minutes=1))
    await register(desk, STRANGER)
    await desk.deliver()
    await desk.handle()
    assert [ticket["subject"] for ticket in await desk.tickets()] == ["eins", "zwei", "drei"]


async def test_what_no_reaction_let_go_is_let_go_by_the_job(desk: MailDesk) -> None:
    await desk.get(mail(STRANGER))
    await desk.helpdesk.database.execute("DELETE FROM helpdesk_core_reaction")
    await register(desk, STRANGER)
    await desk.helpdesk.database.execute("DELETE FROM helpdesk_core_reaction")
    assert await desk.intake.releasing.of_everybody() == 1
    await desk.handle()
    assert len(await desk.tickets()) == 1


async def test_m8_is_sent_once_a_day_for_each_address(desk: MailDesk) -> None:
    for number in range(3):
        await desk.get(mail(STRANGER, text=f"Brief {'abc'[number]}"))
    assert len(await desk.sent("sender_unknown")) == 1
    desk.clock.advance(timedelta(hours=27))
    await desk.get(mail(STRANGER, text="Noch einer"))
    assert len(await desk.sent("sender_unknown")) == 2


async def test_b21_a_hundred_forged_senders_do_not_make_a_hundred_mails(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    async for desk in running(sqlite_url, tmp_path, clock, limits=Limits(hints_per_hour=5)):
        for number in range(20):
            await desk.get(mail(f"opfer{number}@fremd.example"))
        assert len(await desk.sent("sender_unknown")) == 5
        assert {row.state for row in await desk.rows()} == {"waiting"}


async def test_a_site_may_do_without_the_hint(sqlite_url: str, tmp_path: Path, clock: SettableClock) -> None:
    async for desk in running(sqlite_url, tmp_path, clock, register_hint=False):
        assert (await desk.get(mail(STRANGER))).state == "waiting"
        assert await desk.sent() == []


# M9: not entitled.


async def test_m9_who_is_not_entitled_hears_why_and_what_to_do(contracts: MailDesk) -> None:
    customer = await contracts.customer()
    row = await contracts.get(mail(customer.email, "Es druckt nicht"))
    assert (row.state, row.outcome, row.raw is not None) == ("refused", "contract-ended", True)
    [told] = await contracts.sent("ticket_refused", customer.email)
    assert "Your support contract ended on Sep 30, 2026." in told.parsed.text
    assert "You can request an offer at office@stueber.example." in told.parsed.text
    assert "answer this e-mail" in told.parsed.text
    decisions = await contracts.helpdesk.database.fetch("SELECT outcome, reason FROM helpdesk_core_decision")
    assert [(each["outcome"], each["reason"]) for each in decisions] == [("refuse", "contract-ended")]


async def test_m9_an_answer_to_the_refusal_is_looked_at_by_a_person(contracts: MailDesk) -> None:
    customer = await contracts.customer()
    await contracts.get(mail(customer.email, "Es druckt nicht"))
    [told] = await contracts.sent("ticket_refused")
    row = await contracts.get(
        mail(customer.email, f"Re: {told.parsed.subject}", "Doch, hier ist der Vertrag.", answers=told.bracketed)
    )
    assert (row.state, row.outcome) == ("held", "objection")
    assert len(await contracts.sent("ticket_refused")) == 1


async def test_answering_an_existing_ticket_is_never_refused_for_a_contract(
    contracts: MailDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await contracts.customer()
    monkeypatch.setattr(contracts.helpdesk.tickets, "_entitlements", ())
    done = await contracts.ticket(customer)
    monkeypatch.undo()
    assert (await contracts.get(mail(customer.email, f"Re: [#{done.number}]", "Noch etwas."))).outcome == "joined"


async def test_a_rule_that_says_no_is_told_and_the_mail_kept(rules: MailDesk) -> None:
    customer = await rules.customer()
    row = await rules.get(mail(customer.email, "verboten"))
    assert (row.state, row.outcome) == ("refused", "refused-by-rule")
    [told] = await rules.sent("ticket_refused")
    assert "Not on Mondays." in told.parsed.text


async def test_a_rule_that_cannot_answer_puts_the_mail_off(rules: MailDesk) -> None:
    customer = await rules.customer()
    row = await rules.get(mail(customer.email, "kaputt"))
    assert (row.state, row.attempts) == ("received", 0)
    assert await rules.tickets() == []
    rules.clock.advance(timedelta(minutes=5))
    await rules.handle()
    assert (await rules.row(row.id)).state == "done"
    assert len(await rules.tickets()) == 1


# M10: files and mails that are too large.


async def test_m10_files_above_the_limit_are_named_and_stay_in_the_raw_mail(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    async for desk in running(sqlite_url, tmp_path, clock, limits=Limits(file_bytes=1000, files=2)):
        customer = await desk.customer()
        files = [("klein.bin", b"a"), ("gross.bin", b"b" * 2000), ("auch.bin", b"c"), ("zuviel.bin", b"d")]
        row = await desk.get(mail(customer.email, files=files))
        [ticket] = await desk.tickets()
        [message] = (await desk.view(ticket["number"])).messages
        assert [file.name for file in message.files] == ["klein.bin", "auch.bin"]
        [told] = await desk.sent("files_dropped", customer.email)
        assert "gross.bin" in told.parsed.text
        assert "zuviel.bin" in told.parsed.text
        assert f"/tickets/{ticket['number']}" in told.parsed.text
        raw = await desk.intake.raw(row.id)
        assert raw is not None
        assert b"gross.bin" in raw


async def test_m10_too_large_a_mail_of_a_customer_is_held_and_told(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    async for desk in running(sqlite_url, tmp_path, clock, limits=Limits(mail_bytes=20_000)):
        customer = await desk.customer()
        kept = await desk.intake.from_pipe(io.BytesIO(mail(customer.email, "Riesig", "x\r\n" * 20_000)), SUPPORT)
        await desk.handle()
        row = await desk.row(kept.mail)
        assert (row.state, row.outcome, row.headers_only, row.size > 60_000) == ("held", "too-large", True, True)
        [told] = await desk.sent("files_dropped", customer.email)
        assert told.parsed.subject == "Your e-mail was too large"


async def test_b21_too_large_a_mail_of_a_stranger_is_not_answered(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    async for desk in running(sqlite_url, tmp_path, clock, limits=Limits(mail_bytes=20_000)):
        for number in range(5):
            raw = mail(f"opfer{number}@fremd.example", "Riesig", "x\r\n" * 20_000, auth="fail")
            await desk.intake.from_pipe(io.BytesIO(raw), SUPPORT)
        await desk.handle()
        assert await desk.sent() == []


# How long mails are kept.


async def test_mails_are_erased_in_their_time_and_that_they_came_is_kept(desk: MailDesk) -> None:
    customer = await desk.customer()
    done = await desk.get(mail(customer.email, "Fertig"))
    waiting = await desk.get(mail(STRANGER, "Wartet"))
    retention = Retention(desk.helpdesk)
    desk.clock.advance(timedelta(days=15))
    await retention.sweep()
    assert (await desk.row(waiting.id)).state == "expired"
    assert (await desk.row(waiting.id)).raw is None
    assert (await desk.row(done.id)).raw is not None
    desk.clock.advance(timedelta(days=16))
    await retention.sweep()
    row = await desk.row(done.id)
    assert (row.state, row.raw, row.sender, row.subject, row.evidence) == ("done", None, None, "", "{}")
    assert row.redacted_at is not None
    assert {blob["uses"] for blob in await desk.helpdesk.database.fetch("SELECT uses FROM helpdesk_core_blob")} == {0}
    assert not await desk.intake.releasing.again(waiting.id, vouched=False)
