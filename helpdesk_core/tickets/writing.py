"""Writing the rows of tickets, always inside the unit of work of a command."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus import Actor
from helpdesk_core.db import Database, Unit, uuid7
from helpdesk_core.errors import NotFound
from helpdesk_core.fields import Put, to_columns
from helpdesk_core.files import FileStore
from helpdesk_core.text import N_
from helpdesk_core.tickets.commands import OpenTicket, Writing
from helpdesk_core.tickets.entitlement import Verdict
from helpdesk_core.tickets.tables import Decision, File, MessageRow, Ticket, TicketValue

LONGEST_CONTENT_ID = 255
"""Characters of a Content-ID that is kept; a longer one is no name that any mail program made."""


class Locked(msgspec.Struct, frozen=True):
    """What a command must know of the ticket it has locked."""

    number: str
    status: str
    assignee: UUID | None
    answered: bool


async def lock(database: Database, unit: Unit, ticket: UUID, now: datetime) -> Locked:
    """Take the ticket for this unit of work, so that what happens to it happens in one order.

    Raises:
        NotFound: It does not exist.
    """
    del unit
    rows = await database.fetch(
        "UPDATE helpdesk_core_ticket SET version = version + 1, updated_at = {} WHERE id = {} "
        "RETURNING number, status, assignee, first_answered_at",
        now,
        ticket,
    )
    if not rows:
        raise NotFound(N_("There is no such ticket."))
    row = rows[0]
    return Locked(row["number"], row["status"], row["assignee"], row["first_answered_at"] is not None)


async def insert_ticket(
    unit: Unit, command: OpenTicket, *, ticket: UUID, number: str, kind: str, status: str, review: bool, now: datetime
) -> None:
    """Write the row of a new ticket."""
    del unit
    await Ticket.insert(
        Ticket(
            id=ticket,
            number=number,
            kind=kind,
            subject=command.subject,
            status=status,
            requester=command.requester,
            organisation=command.organisation,
            origin=command.origin,
            language=command.writing.language,
            review=review,
            needs_confirmation=command.needs_confirmation,
            opened_at=now,
            updated_at=now,
            customer_wrote_at=now,
            status_since=now,
        )
    )


async def insert_message(
    unit: Unit,
    files: FileStore,
    writing: Writing,
    *,
    message: UUID,
    ticket: UUID,
    type: str,  # noqa: A002 - the column's own name
    sequence: int,
    actor: Actor,
    origin: str,
    by_agent: bool,
    now: datetime,
) -> None:
    """Write a message or a note with its files."""
    await MessageRow.insert(
        MessageRow(
            id=message,
            ticket=ticket,
            type=type,
            sequence=sequence,
            author=actor.on_behalf_of or actor.person_id,
            author_participant=actor.participant_id,
            author_system=actor.system_name,
            by_agent=by_agent,
            origin=origin,
            format=writing.format,
            text=writing.text,
            folds=json.dumps(writing.folds),
            language=writing.language,
            original=writing.original,
            sender_verified=writing.sender_verified,
            needs_confirmation=writing.needs_confirmation,
            created_at=now,
        )
    )
    for position, file in enumerate(writing.files):
        await files.refer(unit, file.stored, now)
        await File.insert(
            File(
                id=uuid7(),
                message=message,
                blob=file.stored.blob,
                name=file.name,
                media_type=file.media_type,
                size=file.stored.size,
                content_id=file.content_id if len(file.content_id or "") <= LONGEST_CONTENT_ID else None,
                inline=file.inline,
                position=position,
                created_at=now,
            )
        )


async def update_ticket(unit: Unit, ticket: UUID, changes: dict[Any, Any]) -> None:
    """Write columns of a locked ticket."""
    del unit
    await Ticket.update(changes).where(Ticket.id == ticket)


async def set_value(unit: Unit, ticket: UUID, given: Put[Any]) -> None:
    """Write, or empty, one field of a locked ticket."""
    del unit
    await TicketValue.delete().where((TicketValue.ticket == ticket) & (TicketValue.key == given.key.name))
    if given.value is not None:
        await TicketValue.insert(
            TicketValue(
                id=uuid7(), ticket=ticket, key=given.key.name, **msgspec.structs.asdict(to_columns(given.value))
            )
        )


async def insert_verdict(
    unit: Unit, verdict: Verdict, command: OpenTicket, *, ticket: UUID | None, now: datetime
) -> None:
    """Keep why somebody was allowed or refused."""
    del unit
    answers: Sequence[dict[str, Any]] = [
        {
            "rule": given.rule,
            "outcome": given.answer.outcome,
            "reason": given.answer.reason,
            "until": given.answer.until,
            "facts": given.answer.facts,
        }
        for given in verdict.answers
    ]
    await Decision.insert(
        Decision(
            id=uuid7(),
            ticket=ticket,
            person=command.requester,
            command="open",
            origin=command.origin,
            outcome=verdict.outcome,
            rule=verdict.rule,
            reason=verdict.answer.reason,
            answers=msgspec.json.encode(answers).decode(),
            until=verdict.answer.until,
            at=now,
        )
    )
