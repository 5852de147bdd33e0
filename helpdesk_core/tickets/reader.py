"""Questions about tickets, answered for a viewer: pages, lists, counts, files. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus import Bus, Event, PendingDelivery, Recorded, Subject
from helpdesk_core.db import DB
from helpdesk_core.errors import NotFound
from helpdesk_core.fields import Values
from helpdesk_core.text import N_
from helpdesk_core.tickets.access import (
    Action,
    MessageFacts,
    Predicate,
    TicketFacts,
    Viewer,
    allowed,
    sees_message,
    visible_tickets,
)
from helpdesk_core.tickets.events import (
    AgentAnswered,
    CustomerReplied,
    ParticipantJoined,
    ParticipantLeft,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
    ValueChanged,
)
from helpdesk_core.tickets.fields import TicketField
from helpdesk_core.tickets.notices import TicketNotice
from helpdesk_core.tickets.reading import (
    HEAD_COLUMNS,
    HEAD_TABLES,
    Attachment,
    TicketHead,
    TicketPage,
    TicketView,
    facts_of,
    head_of,
    load_by_number,
    load_head,
    load_messages,
    load_participants,
    load_values,
    message_facts,
)


class TicketQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which tickets a list shows, beside what the viewer may see.

    Attributes:
        statuses: Codes; empty for all.
        assignee: The agent in charge.
        unassigned: Only those nobody is in charge of.
        requester: The customer.
        organisation: Their organisation.
        review: Only those whose entitlement an agent should look at.
    """

    statuses: tuple[str, ...] = ()
    assignee: UUID | None = None
    unassigned: bool = False
    requester: UUID | None = None
    organisation: UUID | None = None
    review: bool = False

    def predicate(self) -> Predicate:
        """Return the condition over `helpdesk_core_ticket AS t`."""
        parts, args = ["t.merged_into IS NULL"], list[Any]()
        if self.statuses:
            parts.append(f"t.status IN ({', '.join('{}' for _ in self.statuses)})")
            args += self.statuses
        for column in ("assignee", "requester", "organisation"):
            if (value := getattr(self, column)) is not None:
                parts.append(f"t.{column} = {{}}")
                args.append(value)
        if self.unassigned:
            parts.append("t.assignee IS NULL")
        if self.review:
            parts.append("t.review")
        return Predicate(" AND ".join(parts), tuple(args))


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a ticket was opened, or refused."""

    outcome: str
    rule: str
    reason: str
    until: datetime | None
    at: datetime
    answers: tuple[dict[str, Any], ...]


class TicketReader:
    """Answers questions about tickets.

    Attributes:
        fields: The fields of site and plugins, which say who may see their values.
    """

    def __init__(self, bus: Bus, fields: Sequence[TicketField]) -> None:
        self._bus = bus
        self.fields = fields

    async def view(self, viewer: Viewer, number: str) -> TicketView:
        """Return a ticket by any of its numbers, with what the viewer may see of it.

        Raises:
            NotFound: There is none, or the viewer may not know of it: the two look the same.
        """
        head = await load_by_number(number)
        if head is None:
            raise NotFound(N_("There is no such ticket."))
        participants = await load_participants(head.id)
        facts = facts_of(head, participants)
        actions = frozenset(allowed(viewer, facts))
        if Action.SEE not in actions:
            raise NotFound(N_("There is no such ticket."))
        messages = await load_messages(head.id)
        seen = tuple(one for one in messages if sees_message(viewer, facts, message_facts(one)))
        told = {one.id for one in seen}
        return TicketView(
            head=head,
            messages=seen,
            history=tuple(
                each
                for each in await self._bus.history(Subject("ticket", head.id))
                if viewer.agent or self._tells(viewer, facts, each, told)
            ),
            participants=tuple(one for one in participants if viewer.agent or one.state == "active"),
            values=self._shown(viewer, await load_values(head.id)),
            actions=actions,
        )

    def _tells(self, viewer: Viewer, facts: TicketFacts, recorded: Recorded[Event], told: Collection[UUID]) -> bool:
        """Tell whether a customer may know of an event: what they may read of, and since they take part."""
        match recorded.event:
            case TicketOpened(message=message) | CustomerReplied(message=message) | AgentAnswered(message=message):
                return message in told
            case StatusChanged() | TicketAssigned() | ParticipantJoined() | ParticipantLeft():
                public = True
            case ValueChanged(key=key):
                public = any(field.key.name == key and field.see == "customer" for field in self.fields)
            case _:
                public = False
        return public and sees_message(viewer, facts, MessageFacts(note=False, sequence=recorded.sequence))

    def _shown(self, viewer: Viewer, values: Values) -> Values:
        """Return the values without those that the viewer may not see; of unknown ones only agents see something."""
        see = {field.key.name: field.see for field in self.fields}
        may = {"customer", "agent"} if viewer.agent else {"customer"}
        otherwise = "agent"
        return Values({name: each for name, each in values.columns.items() if see.get(name, otherwise) in may})

    async def list(
        self, viewer: Viewer, query: TicketQuery, *, after: str | None = None, limit: int = 25
    ) -> TicketPage:
        """Return a page of tickets, last changed first."""
        where, args = _both(visible_tickets(viewer), query.predicate())
        if (place := _place(after)) is not None:
            where += " AND (t.updated_at < {} OR (t.updated_at = {} AND t.id < {}))"
            args += (place[0], place[0], place[1])
        rows = await DB.fetch(
            f"SELECT {HEAD_COLUMNS} FROM {HEAD_TABLES} WHERE {where} "
            f"ORDER BY t.updated_at DESC, t.id DESC LIMIT {int(limit) + 1}",
            *args,
        )
        heads = tuple(head_of(row) for row in rows[:limit])
        more = len(rows) > limit
        return TicketPage(tickets=heads, after=_after(heads[-1]) if more else None)

    async def count(self, viewer: Viewer, query: TicketQuery) -> int:
        """Return how many tickets the list would show."""
        where, args = _both(visible_tickets(viewer), query.predicate())
        rows = await DB.fetch(f"SELECT COUNT(*) AS n FROM helpdesk_core_ticket t WHERE {where}", *args)
        return int(rows[0]["n"])

    async def find(self, number: str) -> TicketHead | None:
        """Return a ticket by any of its numbers, for the system itself: no viewer is asked."""
        return await load_by_number(number)

    async def attachment(self, viewer: Viewer, file: UUID) -> Attachment:
        """Return a file the viewer may see.

        Raises:
            NotFound: There is none, it was erased, or the viewer may not know of it.
        """
        rows = await DB.fetch(
            "SELECT m.ticket FROM helpdesk_core_file f JOIN helpdesk_core_message m ON m.id = f.message "
            "WHERE f.id = {}",
            file,
        )
        head = await load_head("t.id = {}", rows[0]["ticket"]) if rows else None
        if head is not None:
            facts = facts_of(head, await load_participants(head.id))
            for message in await load_messages(head.id):
                if sees_message(viewer, facts, message_facts(message)):
                    for attachment in message.files:
                        if attachment.id == file and attachment.blob is not None:
                            return attachment
        raise NotFound(N_("There is no such file."))

    async def decisions(self, ticket: UUID) -> Sequence[DecisionView]:
        """Return why the ticket was allowed, newest first; for agents."""
        rows = await DB.fetch(
            "SELECT outcome, rule, reason, until, at, answers FROM helpdesk_core_decision "
            "WHERE ticket = {} ORDER BY at DESC",
            ticket,
        )
        return [
            DecisionView(
                outcome=row["outcome"],
                rule=row["rule"],
                reason=row["reason"],
                until=row["until"],
                at=row["at"],
                answers=tuple(msgspec.json.decode(row["answers"])),
            )
            for row in rows
        ]


def _both(one: Predicate, other: Predicate) -> tuple[str, tuple[Any, ...]]:
    return f"{one.sql} AND {other.sql}", (*one.args, *other.args)


def _after(head: TicketHead) -> str:
    return f"{head.updated_at.isoformat()}_{head.id}"


def _place(after: str | None) -> tuple[datetime, UUID] | None:
    """Return where a list goes on; a mark that makes no sense starts at the top."""
    if not after:
        return None
    instant, _, key = after.partition("_")
    try:
        place = datetime.fromisoformat(instant), UUID(key)
    except ValueError:
        return None
    return place if place[0].tzinfo is not None else None


async def still_concerns(pending: PendingDelivery, *, agent: bool) -> bool:
    """Tell, right before sending, whether a delivery about a ticket may still go to its addressee.

    Args:
        pending: The delivery; one that is not about a ticket always may.
        agent: Whether the addressee works for the vendor now.
    """
    if pending.subject.kind != "ticket":
        return True
    head = await load_head("t.id = {}", pending.subject.id)
    if head is None:
        return False
    to, notice = pending.addressee, pending.notice
    if isinstance(notice, TicketNotice) and notice.for_agents:
        return agent
    if to.person_id is not None and to.person_id == head.requester:
        return True
    if agent and not isinstance(notice, TicketNotice):
        return True
    return any(
        one.state == "active"
        and one.since <= pending.sequence
        and (one.person_id == to.person_id if to.person_id is not None else one.address == to.address)
        for one in await load_participants(head.id)
    )
