"""What tests of trust share: tickets, those who take part in them, and what stands at them."""

from typing import Any
from uuid import UUID

from helpdesk_core.accounts import Account
from helpdesk_core.db import uuid7
from helpdesk_core.tickets import Done, InternalNote, PublicMessage
from helpdesk_core.tickets.tables import ParticipantRow
from tests.plugins.helpdesk_email.mail_world import MailDesk

STRANGER = "fremd@anderswo.example"


async def participate(desk: MailDesk, ticket: UUID, address: str, person: Account | None = None) -> UUID:
    """Let somebody take part in a ticket, as an agent agreed to."""
    row = ParticipantRow(
        id=uuid7(),
        ticket=ticket,
        person=person.id if person else None,
        address=address,
        canonical=address.lower(),
        state="active",
        since=1,
        created_at=desk.clock.now(),
    )
    await ParticipantRow.insert(row)
    found: UUID = row.id
    return found


async def opened(desk: MailDesk, customer: Account) -> tuple[Done, str]:
    """Return a ticket of a customer, and the Message-ID of its receipt."""
    done = await desk.ticket(customer)
    [*_, receipt] = await desk.sent("ticket_received", customer.email)
    return done, receipt.bracketed


async def public(desk: MailDesk, number: str) -> list[Any]:
    return [message for message in (await desk.view(number)).messages if isinstance(message, PublicMessage)]


async def notes(desk: MailDesk, number: str) -> list[str]:
    return [message.text for message in (await desk.view(number)).messages if isinstance(message, InternalNote)]
