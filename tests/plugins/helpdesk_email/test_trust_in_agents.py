"""Agents who answer by mail: only with the token of a mail that they got, and never by their address alone."""

import pytest

from helpdesk_core.accounts import Account
from helpdesk_core.tickets import Done
from tests.plugins.helpdesk_email.mail_world import MailDesk, mail
from tests.plugins.helpdesk_email.trust_kit import notes, opened, public

pytestmark = pytest.mark.anyio


async def told_agent(desk: MailDesk) -> tuple[Account, Done, str]:
    """Return an agent, a ticket of which they were told, and the Message-ID of that mail."""
    customer, agent = await desk.customer(), await desk.agent()
    done, _ = await opened(desk, customer)
    await desk.answer(agent, done.ticket)
    await desk.get(mail(customer.email, f"Re: [#{done.number}]", "Hilft nicht."))
    [told] = await desk.sent("customer_wrote", agent.email)
    return agent, done, told.bracketed


async def test_an_agent_answers_by_mail_with_the_token(desk: MailDesk) -> None:
    agent, done, told = await told_agent(desk)
    row = await desk.get(mail(agent.email, f"Re: [#{done.number}]", "Dann so.", answers=told))
    assert (row.outcome, row.ticket) == ("answered", done.ticket)
    *_, last = await public(desk, done.number)
    assert (last.author.agent, last.text.strip()) == (True, "Dann so.")
    assert len(await desk.sent("ticket_answered")) == 2


@pytest.mark.parametrize("mark", ["#notiz", "#Note"])
async def test_an_agent_writes_a_note_by_mail(desk: MailDesk, mark: str) -> None:
    agent, done, told = await told_agent(desk)
    await desk.get(mail(agent.email, f"Re: [#{done.number}]", f"{mark}\nDer Kunde irrt.", answers=told))
    assert [text.strip() for text in await notes(desk, done.number)] == ["Der Kunde irrt."]
    assert all(b"irrt" not in out.content for out in await desk.sent())


async def test_b03_a_forged_agent_without_the_token_is_held(desk: MailDesk) -> None:
    """Guarded by `theirs` in lookup and again by `needs_token` in route: address and number are no secret."""
    agent, done, _ = await told_agent(desk)
    [receipt, *_] = await desk.sent("ticket_received")
    for answers in (None, receipt.bracketed, "<notify-1-2@support.example.org>"):
        row = await desk.get(mail(agent.email, f"Re: [#{done.number}]", "Gefälscht.", answers=answers))
        assert (row.state, row.outcome) == ("held", "agent-without-token")
    assert all(b"Gef=C3=A4lscht" not in out.content for out in await desk.sent())


async def test_a_token_with_a_failed_authentication_does_not_make_an_agent(desk: MailDesk) -> None:
    agent, done, told = await told_agent(desk)
    row = await desk.get(mail(agent.email, f"Re: [#{done.number}]", answers=told, auth="fail"))
    assert row.state == "held"


async def test_a_token_of_another_ticket_does_not_make_an_agent(desk: MailDesk) -> None:
    agent, _done, told = await told_agent(desk)
    other, _ = await opened(desk, await desk.customer("Cem Öztürk"))
    row = await desk.get(mail(agent.email, f"Re: [#{other.number}]", answers=told))
    assert (row.state, row.outcome) == ("held", "agent-without-token")


async def test_b06_who_is_no_agent_any_more_does_not_answer(desk: MailDesk) -> None:
    agent, done, told = await told_agent(desk)
    await desk.helpdesk.database.execute("UPDATE helpdesk_core_person SET role = 'customer' WHERE id = {}", agent.id)
    row = await desk.get(mail(agent.email, f"Re: [#{done.number}]", "Doch noch.", answers=told))
    assert row.outcome == "named-another-ticket"
    assert len(await desk.sent("ticket_answered")) == 1


async def test_an_agents_own_matter_is_that_of_a_customer(desk: MailDesk) -> None:
    agent = await desk.agent()
    assert (await desk.get(mail(agent.email, "Mein Drucker"))).outcome == "opened"
    [ticket] = await desk.tickets()
    row = await desk.get(mail(agent.email, f"Re: [#{ticket['number']}]", "Noch etwas."))
    assert row.outcome == "joined"
