"""What people are told about their mails. A notice holds the key of the mail; all else is read when it is due.

To an address that nobody has proven goes nothing that somebody typed: no subject, no text, no name of a file.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from helpdesk_core import Notice
from helpdesk_core.bus import Code, Composed, Composing
from helpdesk_email.evidence import Evidence
from helpdesk_email.tables import HELD, WAITING, Mail

CONFIRM_PATH: Final = "/mail"
"""Where the web channel, if there is one, shows the question whether a mail is from its sender."""


class AboutMail(Notice, frozen=True, kw_only=True):
    """Base of the notices about one mail.

    Attributes:
        mail: The mail.
    """

    mail: UUID

    async def _row(self) -> dict[str, Any] | None:
        return (
            await Mail.select(Mail.received_at, Mail.state, Mail.evidence, Mail.redacted_at)
            .where(Mail.id == self.mail)
            .first()
        )


class SenderUnknown(AboutMail, frozen=True, kw_only=True):
    """To an unknown sender: register, and your mail becomes a ticket.

    Attributes:
        days: How long the mail is kept.
    """

    name: ClassVar[Code] = "sender_unknown"
    lifetime: ClassVar[timedelta | None] = timedelta(days=2)
    days: int

    async def context(self, composing: Composing) -> Composed | None:
        """Say where to register; nothing is told once the mail waits no longer, or on a site without web."""
        row = await self._row()
        if row is None or row["state"] != WAITING or composing.links is None:
            return None
        return Composed(
            values={
                "at": row["received_at"],
                "register": composing.links.register(""),
                "days": self.days,
            }
        )


class ConfirmSender(AboutMail, frozen=True, kw_only=True):
    """To the owner of an address: a mail says it is from you, and could not be checked. Was it you?

    Attributes:
        url: The address of the site.
    """

    name: ClassVar[Code] = "confirm_sender"
    confidential: ClassVar[bool] = True
    lifetime: ClassVar[timedelta | None] = timedelta(days=7)
    url: str

    async def context(self, composing: Composing) -> Composed | None:
        """Make the token of the link; its hash is stored and the plain text exists in the mail alone."""
        row = await self._row()
        if row is None or row["state"] != HELD or composing.links is None:
            return None
        token = secrets.token_urlsafe(32)
        await Mail.update({Mail.confirm_hash: hash_of(token)}).where(Mail.id == self.mail)
        return Composed(values={"at": row["received_at"], "confirm": f"{self.url}{CONFIRM_PATH}/{token}"})


class TicketRefused(AboutMail, frozen=True, kw_only=True):
    """To a customer: no ticket was opened, for this reason, and this you can do. An answer is looked at by a person."""

    name: ClassVar[Code] = "ticket_refused"

    async def context(self, composing: Composing) -> Composed | None:
        """Put the reason into words; nothing is told once the mail was erased."""
        row = await self._row()
        refusal = Evidence.of(row["evidence"]).refusal if row else None
        if row is None or refusal is None or row["redacted_at"] is not None:
            return None
        links = composing.links
        return Composed(
            values={
                "at": row["received_at"],
                "reason": refusal.sentence(composing.words, refusal.text),
                "next_step": refusal.sentence(composing.words, refusal.next_step),
                "start": links.start if links else None,
            }
        )


class FilesDropped(AboutMail, frozen=True, kw_only=True):
    """To a customer: files of your mail, or all of it, could not be taken. Here is another way."""

    name: ClassVar[Code] = "files_dropped"

    async def context(self, composing: Composing) -> Composed | None:
        """Name the files to an address that is proven; nothing is told once the mail was erased."""
        row = await self._row()
        if row is None or row["redacted_at"] is not None:
            return None
        evidence = Evidence.of(row["evidence"])
        links, number = composing.links, evidence.number
        return Composed(
            values={
                "at": row["received_at"],
                "files": evidence.dropped if composing.recipient.proven else (),
                "whole": evidence.too_large,
                "number": number,
                "link": (links.ticket(number) if number else links.start) if links else None,
            }
        )


NOTICES: Final[tuple[type[Notice], ...]] = (SenderUnknown, ConfirmSender, TicketRefused, FilesDropped)


def hash_of(token: str) -> str:
    """Return what is stored of a one-time token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
