"""The rows of incoming mail: the journal, where each mail came in, and how the mailboxes are."""

from typing import Final

from piccolo.columns import JSON, UUID, BigInt, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.accounts.tables import Person
from helpdesk_core.db import DB, Index, uuid7
from helpdesk_core.files.tables import Blob
from helpdesk_core.tickets.tables import MessageRow, Ticket

RECEIVED: Final = "received"
WAITING: Final = "waiting"
HELD: Final = "held"
REFUSED: Final = "refused"
FAILED: Final = "failed"
DONE: Final = "done"
KEPT: Final = "kept"
DROPPED: Final = "dropped"
EXPIRED: Final = "expired"
"""States of a mail. `received` is to be read; `waiting` waits for its sender to register; `held`, `refused` and
`failed` are shown to agents; `done` became part of a ticket; `kept` needs nobody; `dropped` an agent put away;
`expired` waited too long."""


class Mail(Table, tablename="helpdesk_email_mail", db=DB):
    """One mail, from its safe arrival to its end. Its bytes lie in the file store under `raw`.

    `fingerprint` tells a mail from others however often and wherever it is delivered. `fence` grows with every
    claim, so that a worker that lost the row changes nothing. `evidence` holds what was seen and decided, for "why?".
    `vouched_by` says who answered for a sender that could not be checked: `sender` or `agent`.
    """

    id = UUID(primary_key=True, default=uuid7)
    fingerprint = Varchar(length=64, unique=True)
    raw = ForeignKey(references=Blob, on_delete=OnDelete.restrict, null=True)
    size = BigInt()
    headers_only = Boolean(default=False)
    mailbox = Varchar(length=320)
    message_id = Varchar(length=1000, null=True, default=None, index=True)
    sender = Varchar(length=320, null=True, default=None)
    subject = Varchar(length=300, default="")
    state = Varchar(length=20, default=RECEIVED)
    outcome = Varchar(length=60, default="")
    evidence = JSON(default="{}")
    ticket = ForeignKey(references=Ticket, on_delete=OnDelete.set_null, null=True)
    message = ForeignKey(references=MessageRow, on_delete=OnDelete.set_null, null=True)
    person = ForeignKey(references=Person, on_delete=OnDelete.set_null, null=True)
    vouched_by = Varchar(length=20, null=True, default=None)
    confirm_hash = Varchar(length=64, null=True, default=None, unique=True)
    attempts = Integer(default=0)
    fence = Integer(default=0)
    available_at = Timestamptz(default=None)
    lease_until = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    received_at = Timestamptz(default=None)
    processed_at = Timestamptz(null=True, default=None)
    keep_until = Timestamptz(null=True, default=None)
    redacted_at = Timestamptz(null=True, default=None)

    INDEXES = (
        # What is to be read next.
        Index(("received_at", "id"), where="state = 'received'"),
        # What an agent should look at, and what waits for its sender.
        Index(("state", "received_at", "id"), where="state IN ('waiting', 'held', 'refused', 'failed')"),
        Index(("sender", "state")),
        Index(("ticket", "sender", "received_at")),
        # Whose bytes may go.
        Index(("keep_until", "id"), where="redacted_at IS NULL AND keep_until IS NOT NULL"),
    )


class Arrival(Table, tablename="helpdesk_email_arrival", db=DB):
    """One delivery of a mail to one of our mailboxes, by whichever way; the second one of a mail is a duplicate.

    `raw` is filled where these bytes differ from the mail's, as those of another mailbox do in their trace.
    """

    id = UUID(primary_key=True, default=uuid7)
    mail = ForeignKey(references=Mail, on_delete=OnDelete.cascade, null=False, index=True)
    mailbox = Varchar(length=320)
    folder = Varchar(length=300, default="")
    via = Varchar(length=20)
    uidvalidity = BigInt(null=True, default=None)
    uid = BigInt(null=True, default=None)
    raw = ForeignKey(references=Blob, on_delete=OnDelete.restrict, null=True)
    at = Timestamptz(default=None)

    INDEXES = (Index(("mailbox", "folder", "uidvalidity", "uid"), unique=True, where="uid IS NOT NULL"),)


class Box(Table, tablename="helpdesk_email_box", db=DB):
    """How a mailbox was when it was last looked into."""

    address = Varchar(length=320, primary_key=True)
    looked_at = Timestamptz(default=None)
    arrived_at = Timestamptz(null=True, default=None)
    failing_since = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
