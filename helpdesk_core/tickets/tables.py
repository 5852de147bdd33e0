"""The rows of tickets: matters, what was said about them, who takes part, and why something was allowed."""

from typing import Any

from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    Boolean,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from helpdesk_core.accounts.tables import Organisation, Person
from helpdesk_core.db import DB, Index, uuid7
from helpdesk_core.files.tables import Blob


class Ticket(Table, tablename="helpdesk_core_ticket", db=DB):
    """One matter of one customer."""

    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=60, unique=True)
    kind = Varchar(length=64)
    subject = Varchar(length=500)
    status = Varchar(length=40)
    priority = Varchar(length=40, default="normal")
    requester = ForeignKey(references=Person, on_delete=OnDelete.restrict, null=False)
    organisation = ForeignKey(references=Organisation, on_delete=OnDelete.set_null, null=True)
    assignee = ForeignKey(references=Person, on_delete=OnDelete.set_null, null=True)
    origin = Varchar(length=40)
    language = Varchar(length=20, null=True, default=None)
    review = Boolean(default=False)
    needs_confirmation = Boolean(default=False)
    opened_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    customer_wrote_at = Timestamptz(null=True, default=None)
    agent_wrote_at = Timestamptz(null=True, default=None)
    first_answered_at = Timestamptz(null=True, default=None)
    status_since = Timestamptz(default=None)
    solved_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    wake_at = Timestamptz(null=True, default=None)
    merged_into: ForeignKey[Any] = ForeignKey(
        references=LazyTableReference("Ticket", module_path="helpdesk_core.tickets.tables"),
        on_delete=OnDelete.restrict,
        null=True,
    )
    sequence = BigInt(default=0)
    version = Integer(default=1)
    redacted_at = Timestamptz(null=True, default=None)
    redaction_reason = Varchar(length=200, null=True, default=None)

    INDEXES = (
        Index(("requester", "updated_at DESC", "id DESC")),
        Index(("status", "updated_at DESC", "id DESC")),
        Index(("assignee", "status", "updated_at DESC", "id DESC")),
        Index(("organisation", "updated_at DESC", "id DESC")),
        Index(("updated_at DESC", "id DESC")),
    )


class Number(Table, tablename="helpdesk_core_number", db=DB):
    """Every number a ticket ever had; none is ever given twice."""

    text = Varchar(length=60, primary_key=True)
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.restrict, null=False)
    reason = Varchar(length=20, default="own")
    created_at = Timestamptz(default=None)


class NumberCounter(Table, tablename="helpdesk_core_number_counter", db=DB):
    """The last sequence given out for a period, such as a year."""

    period = Varchar(length=20, primary_key=True)
    last = BigInt(default=0)


class MessageRow(Table, tablename="helpdesk_core_message", db=DB):
    """What was said: `type` is `public` or `note`, and the two are different types from form to template."""

    id = UUID(primary_key=True, default=uuid7)
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.restrict, null=False)
    type = Varchar(length=10)
    sequence = BigInt()
    author = ForeignKey(references=Person, on_delete=OnDelete.restrict, null=True)
    author_participant = UUID(null=True, default=None)
    author_system = Varchar(length=100, null=True, default=None)
    by_agent = Boolean(default=False)
    origin = Varchar(length=40)
    format = Varchar(length=20, default="plain")
    text = Text()
    folds = JSON(default="[]")
    language = Varchar(length=20, null=True, default=None)
    original = UUID(null=True, default=None, index=True)
    sender_verified = Boolean(null=True, default=None)
    needs_confirmation = Boolean(default=False)
    created_at = Timestamptz(default=None)
    version = Integer(default=1)
    redacted_at = Timestamptz(null=True, default=None)
    redaction_reason = Varchar(length=200, null=True, default=None)

    INDEXES = (Index(("ticket", "sequence"), unique=True),)


class File(Table, tablename="helpdesk_core_file", db=DB):
    """A file on a message."""

    id = UUID(primary_key=True, default=uuid7)
    message = ForeignKey(references=MessageRow, on_delete=OnDelete.restrict, null=False)
    blob = ForeignKey(references=Blob, on_delete=OnDelete.restrict, null=True)
    name = Varchar(length=255)
    media_type = Varchar(length=150)
    size = BigInt()
    content_id = Varchar(length=255, null=True, default=None)
    inline = Boolean(default=False)
    position = Integer(default=0)
    created_at = Timestamptz(default=None)
    redacted_at = Timestamptz(null=True, default=None)
    redaction_reason = Varchar(length=200, null=True, default=None)

    INDEXES = (Index(("message", "position")),)


class ParticipantRow(Table, tablename="helpdesk_core_participant", db=DB):
    """Who takes part in a ticket beside its requester, and from which message on they may see it."""

    id = UUID(primary_key=True, default=uuid7)
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.restrict, null=False)
    person = ForeignKey(references=Person, on_delete=OnDelete.restrict, null=True)
    channel = Varchar(length=40, default="email")
    address = Varchar(length=320, null=True, default=None)
    canonical = Varchar(length=320, null=True, default=None, index=True)
    state = Varchar(length=20, default="proposed")
    since = BigInt(default=0)
    added_by = UUID(null=True, default=None)
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)

    INDEXES = (Index(("ticket", "state")), Index(("person", "state")))


class TicketValue(Table, tablename="helpdesk_core_ticket_value", db=DB):
    """What a site or plugin knows of a ticket beyond the core; unique by (ticket, key)."""

    id = UUID(primary_key=True, default=uuid7)
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.cascade, null=False)
    key = Varchar(length=64)
    text = Text(null=True, default=None)
    number = DoublePrecision(null=True, default=None)
    instant = Timestamptz(null=True, default=None)

    INDEXES = (
        Index(("ticket", "key"), unique=True),
        Index(("key", "text")),
        Index(("key", "number")),
        Index(("key", "instant")),
    )


class Decision(Table, tablename="helpdesk_core_decision", db=DB):
    """Why somebody was allowed or refused: every answer that was given, with its facts."""

    id = UUID(primary_key=True, default=uuid7)
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.restrict, null=True)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=True)
    command = Varchar(length=60)
    origin = Varchar(length=40)
    outcome = Varchar(length=20)
    rule = Varchar(length=150)
    reason = Varchar(length=100)
    answers = JSON()
    until = Timestamptz(null=True, default=None)
    at = Timestamptz(default=None, index=True)

    INDEXES = (Index(("ticket",)), Index(("person", "at DESC")))
