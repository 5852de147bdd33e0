"""The rows of the bus: what happened, who is told, who reacts, what is due.

The bus knows no people and no tickets: `person`, `address` and `subject_id` are plain keys of rooms above it.
"""

from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from helpdesk_core.db import DB, Index, uuid7


class EventRow(Table, tablename="helpdesk_core_event", db=DB):
    """One event; unique by (subject_kind, subject_id, sequence). Never changed, never deleted."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=100, index=True)
    version = Integer(default=1)
    subject_kind = Varchar(length=40)
    subject_id = UUID(default=None)
    sequence = BigInt()
    actor_person = UUID(null=True, default=None, index=True)
    actor_participant = UUID(null=True, default=None)
    actor_system = Varchar(length=100, null=True, default=None)
    on_behalf_of = UUID(null=True, default=None)
    origin = Varchar(length=40)
    facts = JSON()
    at = Timestamptz(default=None, index=True)

    INDEXES = (Index(("subject_kind", "subject_id", "sequence"), unique=True),)


class Delivery(Table, tablename="helpdesk_core_delivery", db=DB):
    """One notice to one addressee on one channel, from queued to its end. Times are database times.

    `marks` counts how often the point of no return was passed without a certain answer; `fence` grows with every
    claim, so that a worker that lost the row cannot write to it; `beats` grows with every sign of life of its worker.
    """

    id = UUID(primary_key=True, default=uuid7)
    event = ForeignKey(references=EventRow, on_delete=OnDelete.restrict, null=True)
    subject_kind = Varchar(length=40)
    subject_id = UUID(default=None, index=True)
    channel = Varchar(length=40)
    person = UUID(null=True, default=None, index=True)
    address = UUID(null=True, default=None, index=True)
    to = Varchar(length=320)
    notice = Varchar(length=100)
    facts = JSON()
    message_id = Varchar(length=255, unique=True)
    reply_token = Varchar(length=64, null=True, default=None, unique=True)
    ordering_key = Varchar(length=120)
    position = BigInt()
    state = Varchar(length=20, default="queued")
    available_at = Timestamptz(default=None)
    attempts = Integer(default=0)
    marks = Integer(default=0)
    fence = Integer(default=0)
    lease_owner = Varchar(length=100, null=True, default=None)
    beats = Integer(default=0)
    content = Bytea(null=True, default=None)
    reference = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    first_failed_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    redacted_at = Timestamptz(null=True, default=None)

    INDEXES = (
        # What is due next on a channel.
        Index(("channel", "available_at", "id"), where="state IN ('queued', 'deferred')"),
        # What blocks the later ones of its ordering key; also what is in flight.
        Index(("ordering_key", "position", "id"), where="state IN ('queued', 'sending')"),
        # What waits for a person.
        Index(("finished_at", "id"), where="state IN ('failed', 'uncertain', 'dead')"),
    )


class ReactionRow(Table, tablename="helpdesk_core_reaction", db=DB):
    """One event for one subscriber, from queued to done or dead.

    It needs no lease: the handler runs inside the unit of work that marks it done, which holds the row.
    """

    id = UUID(primary_key=True, default=uuid7)
    event = ForeignKey(references=EventRow, on_delete=OnDelete.restrict, null=False)
    subscriber = Varchar(length=150)
    ordering_key = Varchar(length=120)
    position = BigInt()
    state = Varchar(length=20, default="queued")
    available_at = Timestamptz(default=None)
    attempts = Integer(default=0)
    reason = Text(null=True, default=None)
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)

    INDEXES = (
        # Whose turn is next.
        Index(("available_at", "id"), where="state = 'queued'"),
        # What blocks the later ones of its subscriber and subject.
        Index(("subscriber", "ordering_key", "position"), where="state = 'queued'"),
        # What waits for a person.
        Index(("finished_at", "id"), where="state = 'dead'"),
    )


class Lease(Table, tablename="helpdesk_core_lease", db=DB):
    """Who runs a job or a single service now, when a job is due next, and when a relay was last seen alive.

    `beats` grows with every sign of life of the owner.
    """

    name = Varchar(length=150, primary_key=True)
    owner = Varchar(length=100, null=True, default=None)
    fence = Integer(default=0)
    beats = Integer(default=0)
    seen_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    reason = Text(null=True, default=None)
