"""What the site knows of a mail's claims: people, tickets, participants, and the mails of ours that it answers.

Reads and never writes. What it returns is all that routing gets to see, and is kept as evidence.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core import Helpdesk
from helpdesk_core.accounts import Account, AccountState, AddressView
from helpdesk_core.tickets import TicketHead
from helpdesk_core.tickets.tables import ParticipantRow
from helpdesk_email.inbound.identify import Auth, Claim, canonical
from helpdesk_email.inbound.route import Facts, Place, Sender
from helpdesk_email.settings import Method


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of ours that an incoming one says it answers or reports about.

    Attributes:
        delivery: Its delivery.
        notice: What it told.
        ticket: The ticket it was about, None for anything else.
        person: Whom it went to.
        address: The stored address it went to.
        to: That address in canonical form.
    """

    delivery: UUID
    notice: str
    ticket: UUID | None
    person: UUID | None
    address: UUID | None
    to: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the site knows of a mail's claims.

    Attributes:
        facts: What routing gets to see.
        account: Whose address it says it is from.
        address: That address.
        participant: The sender's participation by a bare address, where they take part in no other way.
        told: The mails of ours that it answers or reports about.
    """

    facts: Facts
    account: Account | None = None
    address: AddressView | None = None
    participant: UUID | None = None
    told: tuple[Told, ...] = ()


class Lookup:
    """Looks claims up on one site.

    Args:
        helpdesk: The site.
        threading: How a mail finds its ticket, the first way that names one counts.
    """

    def __init__(self, helpdesk: Helpdesk, threading: Sequence[Method]) -> None:
        self._helpdesk = helpdesk
        self._threading = tuple(threading)

    async def look_up(self, claim: Claim, *, too_large: bool, vouched: bool) -> Known:
        """Return what is known of a claim.

        Args:
            claim: What the mail says about itself.
            too_large: Whether only its headers were taken.
            vouched: Whether somebody answered for its sender since.
        """
        account = await self._helpdesk.accounts.find_by_address(claim.sender) if claim.sender else None
        address = _address_of(account, claim.sender)
        told = await self._told(claim)
        mine = [each for each in told if _went_to(each, account, claim.sender)]
        head = await self._named(claim, told)
        takes_part, participant = await self._participation(head, account, claim.sender)
        customer = Sender.PROVEN if address is not None and address.proven else Sender.REGISTERED
        is_agent = account is not None and account.is_agent
        if is_agent and not takes_part:
            sender, theirs = Sender.AGENT, head is not None and any(each.ticket == head.id for each in mine)
        else:
            sender = customer if account else Sender.PARTICIPANT if participant else Sender.UNKNOWN
            theirs = takes_part
        about_ticket = is_agent and head is not None
        facts = Facts(
            auth=Auth.NONE if vouched else claim.auth,
            automatic=claim.automatic,
            loop=claim.loop,
            from_us=claim.from_us,
            readable_sender=claim.sender is not None,
            too_large=too_large,
            has_text=claim.has_text,
            has_subject=claim.has_subject,
            sender=sender,
            customer=customer,
            blocked=account is not None and account.state is AccountState.BLOCKED,
            confirmed=account is not None and account.confirmed,
            place=Place.NONE if head is None else Place.THEIRS if theirs else Place.OTHERS,
            ticket=head.id if head else None,
            number=head.number if head else None,
            answers_us=any(each.ticket == head.id for each in mine) if about_ticket and head else bool(mine),
            about=next((each.ticket for each in told if each.ticket is not None), None),
            objects=any(each.notice == "ticket_refused" for each in mine),
        )
        return Known(facts=facts, account=account, address=address, participant=participant, told=tuple(told))

    async def _named(self, claim: Claim, told: Sequence[Told]) -> TicketHead | None:
        """Return the ticket a mail names, by the first way of the site that names one."""
        for method in self._threading:
            found = None
            if method == "subject":
                found = await self._by_number(claim)
            elif method == "references":
                found = await self._by_told([each for each in told if each.ticket is not None])
            elif claim.tokens:
                found = await self._by_told(await self._by_tokens(claim.tokens))
            if found is not None:
                return found
        return None

    async def _by_number(self, claim: Claim) -> TicketHead | None:
        """Return the ticket of the last number in the subject; of several, one in which the sender takes part."""
        heads: list[TicketHead] = []
        for number in claim.numbers[:5]:
            # Mail programs keep digits and letters, but not always their case.
            for spelling in dict.fromkeys((number, number.upper(), number.lower())):
                if head := await self._helpdesk.tickets.read.find(spelling):
                    heads.append(head)
                    break
        if len(heads) < 2:
            return heads[0] if heads else None
        account = await self._helpdesk.accounts.find_by_address(claim.sender) if claim.sender else None
        for head in heads:
            takes_part, _ = await self._participation(head, account, claim.sender)
            if takes_part:
                return head
        return heads[0]

    async def _by_told(self, told: Sequence[Told]) -> TicketHead | None:
        for each in told:
            rows = await self._helpdesk.database.fetch(
                "SELECT number FROM helpdesk_core_ticket WHERE id = {}", each.ticket
            )
            if rows:
                return await self._helpdesk.tickets.read.find(rows[0]["number"])
        return None

    async def _participation(
        self, head: TicketHead | None, account: Account | None, sender: str | None
    ) -> tuple[bool, UUID | None]:
        """Tell whether the sender takes part in a ticket, and the key of a participation without an account."""
        if head is None or sender is None:
            return False, None
        if account is not None and account.id == head.requester:
            return True, None
        active: Any = (ParticipantRow.ticket == head.id) & (ParticipantRow.state == "active")
        if account is not None and await ParticipantRow.exists().where(active & (ParticipantRow.person == account.id)):
            return True, None
        # Somebody who took part before they had an account takes part by their address.
        row = (
            await ParticipantRow.select(ParticipantRow.id)
            .where(active & ParticipantRow.person.is_null() & (ParticipantRow.canonical == sender))
            .first()
        )
        return row is not None, row["id"] if row else None

    async def _told(self, claim: Claim) -> list[Told]:
        """Return the mails of ours that a mail names, the nearest first; only what left the house can be answered."""
        named = (*claim.bounced, *claim.answers)
        return [*await self._deliveries("message_id", named), *await self._by_tokens(claim.tokens)]

    async def _by_tokens(self, tokens: Sequence[str]) -> list[Told]:
        return await self._deliveries("reply_token", tokens[:5])

    async def _deliveries(self, column: str, values: Sequence[str]) -> list[Told]:
        if not values:
            return []
        holders = ", ".join("{}" for _ in values)
        rows = await self._helpdesk.database.fetch(
            f'SELECT {column} AS named, id, subject_kind, subject_id, notice, person, address, "to" '
            f"FROM helpdesk_core_delivery WHERE channel = 'email' AND (state = 'sent' OR marks > 0) "
            f"AND {column} IN ({holders})",
            *values,
        )
        return [_told_of(row) for row in sorted(rows, key=lambda row: values.index(row["named"]))]


def _told_of(row: Mapping[str, Any]) -> Told:
    return Told(
        delivery=row["id"],
        notice=row["notice"],
        ticket=row["subject_id"] if row["subject_kind"] == "ticket" else None,
        person=row["person"],
        address=row["address"],
        to=canonical(row["to"]),
    )


def _address_of(account: Account | None, sender: str | None) -> AddressView | None:
    if account is None:
        return None
    return next((each for each in account.addresses if canonical(each.value) == sender), None)


def _went_to(told: Told, account: Account | None, sender: str | None) -> bool:
    """Tell whether a mail of ours went to exactly the address that an answer comes from."""
    return told.to is not None and told.to == sender and (account is None or told.person in {None, account.id})
