"""People that a mail names in To and Cc, proposed as participants. An agent agrees or not; till then they get nothing.

A proposal opens nothing: it is not active, and whoever becomes active later sees only what comes after.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from helpdesk_core import Actor, Helpdesk
from helpdesk_core.accounts import EMAIL
from helpdesk_core.bus import Subject
from helpdesk_core.db import Unit, uuid7
from helpdesk_core.tickets import ParticipantProposed
from helpdesk_core.tickets.tables import ParticipantRow, Ticket
from helpdesk_email.inbound.identify import Claim, canonical
from helpdesk_email.inbound.parsed import ParsedMail


class Proposals:
    """Proposes participants on one site."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk

    async def propose(
        self, unit: Unit, mail: ParsedMail, claim: Claim, ticket: UUID, mailboxes: Collection[str], *, most: int
    ) -> int:
        """Propose whom the mail names and who does not take part yet; return how many.

        Args:
            unit: The unit in which the mail became part of the ticket.
            mail: The mail.
            claim: Who sent it.
            ticket: The ticket.
            mailboxes: Canonical addresses of the site, which take part in nothing.
            most: At most so many.
        """
        named: dict[str, str] = {}
        for mailbox in (*mail.cc, *mail.to):
            address = canonical(mailbox.address)
            if address is not None and address != claim.sender and address not in mailboxes:
                named.setdefault(address, mailbox.address)
        proposed = 0
        for address, typed in named.items():
            if proposed == most:
                break
            account = await self._helpdesk.accounts.find_by_address(address)
            person = account.id if account else None
            if (account and account.is_agent) or await self._takes_part(ticket, address, person):
                continue
            await self._insert(unit, ticket, address, typed, person)
            proposed += 1
        return proposed

    async def _takes_part(self, ticket: UUID, address: str, person: UUID | None) -> bool:
        """Tell whether somebody takes part already, was proposed, or was turned away before."""
        known: Any = ParticipantRow.canonical == address
        if person is not None:
            requester = await Ticket.exists().where((Ticket.id == ticket) & (Ticket.requester == person))
            if requester:
                return True
            known = known | (ParticipantRow.person == person)
        return bool(await ParticipantRow.exists().where((ParticipantRow.ticket == ticket) & known))

    async def _insert(self, unit: Unit, ticket: UUID, address: str, typed: str, person: UUID | None) -> None:
        participant = uuid7()
        recorded = await self._helpdesk.bus.record(
            unit,
            Subject("ticket", ticket),
            ParticipantProposed(participant=participant),
            actor=Actor.system("helpdesk_email"),
            origin=EMAIL,
        )
        await ParticipantRow.insert(
            ParticipantRow(
                id=participant,
                ticket=ticket,
                person=person,
                channel=EMAIL,
                address=typed,
                canonical=address,
                state="proposed",
                since=recorded.sequence,
                created_at=recorded.at,
            )
        )
