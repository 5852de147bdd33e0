"""Reading tickets: rows become small typed values, in few statements, and only what the viewer may see."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus import Recorded
from helpdesk_core.db import DB
from helpdesk_core.fields import Stored, Values
from helpdesk_core.tickets.access import Action, MessageFacts, TakesPart, TicketFacts


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file on a message; `blob` is None when it was erased."""

    id: UUID
    name: str
    media_type: str
    size: int
    inline: bool
    content_id: str | None
    blob: str | None


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a message.

    Attributes:
        person_id: The person, where it is one.
        name: What to show; empty when nothing is known.
        agent: Whether they wrote as the vendor.
    """

    person_id: UUID | None
    name: str
    agent: bool


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What public messages and notes have in common.

    Attributes:
        id: Key of the message.
        sequence: Its place in the ticket.
        at: When.
        author: Who.
        text: What.
        format: `plain` or `markdown`.
        folds: Character ranges that are shown folded.
        files: Files with it.
        origin: The channel it came through.
        redacted: Whether it was erased.
    """

    id: UUID
    sequence: int
    at: datetime
    author: Author
    text: str
    format: str
    folds: tuple[tuple[int, int], ...]
    files: tuple[Attachment, ...]
    origin: str
    redacted: bool

    @property
    def visible(self) -> str:
        """The text without what is folded."""
        kept, end = [], 0
        for start, stop in self.folds:
            kept.append(self.text[end:start])
            end = stop
        kept.append(self.text[end:])
        return "".join(kept).strip()


class PublicMessage(Said, frozen=True, kw_only=True):
    """A message that customers see.

    Attributes:
        original: The stored mail it came from.
        sender_verified: Whether the mail's sender was checked; None for other channels.
        needs_confirmation: Whether it is hidden from unconfirmed accounts.
    """

    original: UUID | None
    sender_verified: bool | None
    needs_confirmation: bool


class InternalNote(Said, frozen=True, kw_only=True):
    """A note that customers never see."""


class TicketHead(msgspec.Struct, frozen=True, kw_only=True):
    """What lists and headers show of a ticket."""

    id: UUID
    number: str
    kind: str
    subject: str
    status: str
    requester: UUID
    requester_name: str
    organisation: UUID | None
    organisation_name: str
    assignee: UUID | None
    assignee_name: str
    origin: str
    review: bool
    needs_confirmation: bool
    opened_at: datetime
    updated_at: datetime
    customer_wrote_at: datetime | None
    agent_wrote_at: datetime | None
    sequence: int
    version: int
    redacted: bool


class ParticipantView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who takes part beside the requester, or is proposed to."""

    id: UUID
    person_id: UUID | None
    name: str
    address: str
    state: str
    since: int


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as one viewer may see it.

    Attributes:
        head: Number, subject, status, people.
        messages: Public messages, and notes only for agents, in order.
        history: Events in order.
        participants: Those who take part, and for agents those who are proposed.
        values: Fields of site and plugins.
        actions: What the viewer may do.
    """

    head: TicketHead
    messages: tuple[PublicMessage | InternalNote, ...]
    history: tuple[Recorded[Any], ...]
    participants: tuple[ParticipantView, ...]
    values: Values
    actions: frozenset[Action]


class TicketPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list; `after` continues it, None at its end."""

    tickets: tuple[TicketHead, ...]
    after: str | None


class ForNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What the text of a notice needs: the ticket, the message it is about, and what its reader wrote before that."""

    head: TicketHead
    message: PublicMessage | None
    quoted: PublicMessage | None


_NAME = "TRIM({0}.given_name || ' ' || {0}.family_name)"
HEAD_COLUMNS = (
    "t.id, t.number, t.kind, t.subject, t.status, t.requester, t.organisation, t.assignee, t.origin, t.review, "
    "t.needs_confirmation, t.opened_at, t.updated_at, t.customer_wrote_at, t.agent_wrote_at, t.sequence, t.version, "
    f"t.redacted_at, {_NAME.format('r')} AS requester_name, o.name AS organisation_name, "
    f"{_NAME.format('a')} AS assignee_name"
)
HEAD_TABLES = (
    "helpdesk_core_ticket t JOIN helpdesk_core_person r ON r.id = t.requester "
    "LEFT JOIN helpdesk_core_organisation o ON o.id = t.organisation "
    "LEFT JOIN helpdesk_core_person a ON a.id = t.assignee"
)


def head_of(row: Mapping[str, Any]) -> TicketHead:
    """Turn a row of `HEAD_COLUMNS` into a value."""
    fields = {name: row[name] for name in TicketHead.__struct_fields__ if name != "redacted"}
    for name in ("organisation_name", "assignee_name"):
        fields[name] = fields[name] or ""
    for name in ("review", "needs_confirmation"):
        fields[name] = bool(fields[name])
    return TicketHead(**fields, redacted=row["redacted_at"] is not None)


async def load_messages(ticket: UUID) -> tuple[PublicMessage | InternalNote, ...]:
    """Return everything that was said, in order; the caller leaves out what the viewer may not see."""
    rows = await DB.fetch(f"{_MESSAGES} WHERE m.ticket = {{}} ORDER BY m.sequence", ticket)
    return await _messages_of(rows)


async def load_participants(ticket: UUID) -> tuple[ParticipantView, ...]:
    """Return those who take part and those who are proposed."""
    rows = await DB.fetch(
        f"SELECT c.id, c.person, c.address, c.state, c.since, {_NAME.format('p')} AS name "
        "FROM helpdesk_core_participant c LEFT JOIN helpdesk_core_person p ON p.id = c.person "
        "WHERE c.ticket = {} AND c.state IN ('active', 'proposed') ORDER BY c.created_at, c.id",
        ticket,
    )
    return tuple(
        ParticipantView(
            id=row["id"],
            person_id=row["person"],
            name=row["name"] or "",
            address=row["address"] or "",
            state=row["state"],
            since=row["since"],
        )
        for row in rows
    )


def facts_of(head: TicketHead, participants: Sequence[ParticipantView]) -> TicketFacts:
    """Return what the access policy needs to know."""
    return TicketFacts(
        requester=head.requester,
        participants=tuple(
            TakesPart(id=one.id, person_id=one.person_id, since=one.since)
            for one in participants
            if one.state == "active"
        ),
        needs_confirmation=head.needs_confirmation,
    )


def message_facts(message: PublicMessage | InternalNote) -> MessageFacts:
    """Return what the access policy needs to know."""
    if isinstance(message, InternalNote):
        return MessageFacts(note=True, sequence=message.sequence)
    return MessageFacts(note=False, sequence=message.sequence, needs_confirmation=message.needs_confirmation)


async def load_values(ticket: UUID) -> Values:
    """Return the fields of site and plugins."""
    rows = await DB.fetch("SELECT key, text, number, instant FROM helpdesk_core_ticket_value WHERE ticket = {}", ticket)
    return Values({row["key"]: Stored(row["text"], row["number"], row["instant"]) for row in rows})


async def load_head(where: str, *args: Any) -> TicketHead | None:
    """Return one ticket by a condition over `t`."""
    rows = await DB.fetch(f"SELECT {HEAD_COLUMNS} FROM {HEAD_TABLES} WHERE {where}", *args)
    return head_of(rows[0]) if rows else None


async def load_by_number(number: str) -> TicketHead | None:
    """Return the ticket that has, or ever had, this number; a merged ticket leads to the one it went into."""
    rows = await DB.fetch(
        "SELECT COALESCE(t.merged_into, t.id) AS found FROM helpdesk_core_number n "
        "JOIN helpdesk_core_ticket t ON t.id = n.ticket WHERE n.text = {}",
        number,
    )
    return await load_head("t.id = {}", rows[0]["found"]) if rows else None


async def load_for_notice(ticket: UUID, message: UUID | None, *, reader: UUID | None) -> ForNotice | None:
    """Return what the text of a notice about the ticket needs; notes never get here.

    Only the reader's own words are quoted: who takes part from a later message on sees nothing of what was before.
    """
    head = await load_head("t.id = {}", ticket)
    if head is None:
        return None
    if message is None:
        return ForNotice(head=head, message=None, quoted=None)
    rows = await DB.fetch(
        f"{_MESSAGES} WHERE m.ticket = {{}} AND m.type = 'public' AND m.redacted_at IS NULL "
        "AND m.sequence <= (SELECT sequence FROM helpdesk_core_message WHERE id = {}) "
        "ORDER BY m.sequence DESC LIMIT 20",
        ticket,
        message,
    )
    said = [one for one in await _messages_of(rows) if isinstance(one, PublicMessage)]
    about = next((one for one in said if one.id == message), None)
    own = (one for one in said if one is not about and not one.author.agent and one.author.person_id == reader)
    return ForNotice(head=head, message=about, quoted=next(own, None) if reader is not None else None)


_MESSAGES = (
    f"SELECT m.*, {_NAME.format('p')} AS author_name, c.address AS participant_address "
    "FROM helpdesk_core_message m LEFT JOIN helpdesk_core_person p ON p.id = m.author "
    "LEFT JOIN helpdesk_core_participant c ON c.id = m.author_participant"
)


async def _messages_of(rows: Sequence[Mapping[str, Any]]) -> tuple[PublicMessage | InternalNote, ...]:
    files = await _files([row["id"] for row in rows])
    return tuple(_message_of(row, files.get(row["id"], ())) for row in rows)


async def _files(messages: Sequence[UUID]) -> dict[UUID, tuple[Attachment, ...]]:
    if not messages:
        return {}
    holders = ", ".join("{}" for _ in messages)
    rows = await DB.fetch(
        "SELECT id, message, blob, name, media_type, size, content_id, inline, redacted_at FROM helpdesk_core_file "
        f"WHERE message IN ({holders}) ORDER BY position, id",
        *messages,
    )
    found: dict[UUID, tuple[Attachment, ...]] = {}
    for row in rows:
        attachment = Attachment(
            id=row["id"],
            name=row["name"],
            media_type=row["media_type"],
            size=row["size"],
            inline=bool(row["inline"]),
            content_id=row["content_id"],
            blob=None if row["redacted_at"] is not None else row["blob"],
        )
        found[row["message"]] = (*found.get(row["message"], ()), attachment)
    return found


def _message_of(row: Mapping[str, Any], files: tuple[Attachment, ...]) -> PublicMessage | InternalNote:
    author = Author(
        person_id=row["author"],
        name=row["author_name"] or row["participant_address"] or row["author_system"] or "",
        agent=bool(row["by_agent"]),
    )
    common: dict[str, Any] = {
        "id": row["id"],
        "sequence": row["sequence"],
        "at": row["created_at"],
        "author": author,
        "text": row["text"],
        "format": row["format"],
        "folds": tuple((start, stop) for start, stop in json.loads(row["folds"] or "[]")),
        "files": files,
        "origin": row["origin"],
        "redacted": row["redacted_at"] is not None,
    }
    if row["type"] == "note":
        return InternalNote(**common)
    verified = row["sender_verified"]
    return PublicMessage(
        **common,
        original=row["original"],
        sender_verified=None if verified is None else bool(verified),
        needs_confirmation=bool(row["needs_confirmation"]),
    )
