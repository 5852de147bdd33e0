"""A mail's way from its bytes to the ticket and back to its sender."""

from pathlib import Path

import pytest

from helpdesk_core import Helpdesk, Kind, Number, Tickets
from helpdesk_core.testing.clock import SettableClock
from tests.plugins.helpdesk_email.mail_world import MailDesk, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio


async def test_a_mail_of_a_customer_becomes_a_ticket_and_is_acknowledged(desk: MailDesk) -> None:
    customer = await desk.customer()
    row = await desk.get(mail(customer.email))
    assert (row.state, row.outcome) == ("done", "opened")
    [ticket] = await desk.tickets()
    view = await desk.view(ticket["number"])
    assert view.head.subject == "Es druckt nicht"
    assert view.messages[0].text.strip() == "Seit heute Morgen druckt nichts mehr."
    [out] = await desk.sent("ticket_received")
    assert out.to == customer.email
    assert out.parsed.subject == f"Es druckt nicht [#{ticket['number']}]"


async def test_an_answer_to_our_mail_comes_back_to_its_ticket(desk: MailDesk) -> None:
    """As a mail program answers: the subject with Re, the text above, our mail quoted below."""
    customer, agent = await desk.customer(), await desk.agent()
    done = await desk.ticket(customer)
    await desk.answer(agent, done.ticket, "Bitte starten Sie neu.")
    [out] = await desk.sent("ticket_answered")
    quoted = "".join(f"> {line}\n" for line in out.parsed.text.splitlines())
    text = f"Das hat geholfen.\n\nAm 23.11.2026 um 10:05 schrieb Support:\n{quoted}"
    row = await desk.get(mail(customer.email, f"Re: {out.parsed.subject}", text, answers=out.bracketed))
    assert (row.outcome, row.ticket) == ("joined", done.ticket)
    *_, last = (await desk.view(done.number)).messages
    assert last.visible == "Das hat geholfen."


async def test_a_number_with_letters_survives_a_change_of_case(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    email = email_plugin()
    numbered = Tickets(kinds=(Kind("bug", "Fault"),), number=Number("HD-{year}-{seq:04}"))
    site = mail_site(sqlite_url, tmp_path / "files", email, tickets=numbered)
    async with Helpdesk(site, {}, clock=clock, demo=True) as helpdesk:
        with helpdesk.database.use():
            desk = MailDesk(helpdesk, clock, email)
            customer = await desk.customer()
            done = await desk.ticket(customer)
            assert done.number == "HD-2026-0001"
            row = await desk.get(mail(customer.email, "re: [#hd-2026-0001]", "Ja."))
            assert row.ticket == done.ticket
