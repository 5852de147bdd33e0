"""What a mail of ours answers, and from which of the site's addresses it goes. Reads rows; writes nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.accounts import addresses
from helpdesk_core.bus import OutgoingMessage
from helpdesk_core.db import Database
from helpdesk_core.errors import Invalid
from helpdesk_email.settings import Mailbox

OWN_MAILS = 5
"""So many of the addressee's own mails are referred to, the newest."""


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mail belongs.

    Attributes:
        mailbox: The address it comes from: the one that its addressee wrote to, else the site's first.
        answers: The Message-ID of the addressee's mail that it answers, in brackets, None for none.
        references: Message-IDs of earlier mails, in brackets; the last one is what it follows.
    """

    mailbox: Mailbox
    answers: str | None
    references: tuple[str, ...]


async def thread_of(database: Database, message: OutgoingMessage, mailboxes: Sequence[Mailbox]) -> Thread:
    """Return where a message belongs among the mails that its addressee sent and got."""
    subject = await database.fetch(
        "SELECT subject_kind, subject_id FROM helpdesk_core_delivery WHERE id = {}", message.delivery_id
    )
    rows = await _own_mails(database, message, subject[0]["subject_kind"], subject[0]["subject_id"]) if subject else []
    own = [row["message_id"] for row in reversed(rows) if row["message_id"]]
    written_to = next((row["mailbox"] for row in rows), None)
    ours = [f"<{identifier}>" for identifier in message.thread]
    # The newest thing that the addressee wrote stands last: that is what a mail program shows the answer below.
    known = dict.fromkeys(identifier for identifier in (*own[:-1], *ours) if identifier not in own[-1:])
    return Thread(
        mailbox=next((box for box in mailboxes if box.canonical == written_to), mailboxes[0]),
        answers=own[-1] if own else None,
        references=(*known, *own[-1:]),
    )


async def _own_mails(database: Database, message: OutgoingMessage, kind: str, subject: UUID) -> list[dict[str, Any]]:
    """Return the mails that the addressee sent about the subject, the newest first."""
    try:
        sender = addresses.canonical(message.addressee.address)
    except Invalid:
        return []
    column = {"ticket": "ticket", "mail": "id"}.get(kind)
    if column is None:
        return []
    return await database.fetch(
        f"SELECT message_id, mailbox FROM helpdesk_email_mail WHERE {column} = {{}} AND sender = {{}} "
        "ORDER BY received_at DESC, id DESC LIMIT {}",
        subject,
        sender,
        OWN_MAILS,
    )
