"""How mail gets into the site by whichever door, and what can be done with what was set aside."""

import logging
from typing import BinaryIO
from uuid import UUID

from helpdesk_core import Helpdesk
from helpdesk_email.inbound import limits
from helpdesk_email.inbound.apply import Applier
from helpdesk_email.inbound.identify import canonical
from helpdesk_email.inbound.journal import Journal, Kept, Place
from helpdesk_email.inbound.lookup import Lookup
from helpdesk_email.inbound.process import Processor
from helpdesk_email.inbound.releasing import Releasing
from helpdesk_email.settings import Keep, Limits, Mailbox, Method

_PIECE = 1 << 16

logger = logging.getLogger(__name__)


class Intake:
    """The incoming half of the channel, put together for one site.

    Attributes:
        helpdesk: The site.
        journal: Keeps mails.
        processor: Turns them into what they are.
        releasing: Lets go again what was set aside.
    """

    def __init__(
        self,
        helpdesk: Helpdesk,
        mailboxes: tuple[Mailbox, ...],
        *,
        threading: tuple[Method, ...],
        limits: Limits,
        keep: Keep,
        register_hint: bool,
        asks: bool,
    ) -> None:
        self.helpdesk = helpdesk
        self.journal = Journal(helpdesk.database, helpdesk.clock, helpdesk.files)
        self.releasing = Releasing(helpdesk)
        applier = Applier(helpdesk, limits, keep, register_hint=register_hint, asks=asks)
        self.processor = Processor(helpdesk, mailboxes, Lookup(helpdesk, threading), applier, keep)
        self._mailboxes = mailboxes
        self._largest = limits.mail_bytes

    async def take(self, raw: bytes, *, via: str, mailbox: str = "", whole_size: int | None = None) -> Kept:
        """Keep one raw mail; see `Journal.receive`."""
        place = Place(mailbox=canonical(mailbox) or self._mailboxes[0].canonical, via=via)
        return await self.journal.receive(raw, place, whole_size=whole_size)

    async def deliver(self, raw: bytes) -> None:
        """Take one raw mail as if it had just arrived, and handle it at once."""
        kept = await self.take(raw, via="demo")
        await self.processor.drain(kept.mail)

    async def from_pipe(self, source: BinaryIO, mailbox: str) -> Kept:
        """Take the raw mail that a mail server hands us; of too large a one the headers.

        Raises:
            DatabaseError, OSError: It is not safe; the server must keep it and try again.
        """
        raw, size = _read(source, self._largest)
        return await self.take(raw, via="pipe", mailbox=mailbox, whole_size=size)

    async def handle(self, mail: UUID) -> None:
        """Handle a mail that is safe; whatever goes wrong now, nobody needs to send it again."""
        try:
            await self.processor.drain(mail)
        except Exception:
            logger.exception("the mail %s is safe and will be handled later", mail)

    async def again(self, mail: UUID, *, vouched: bool) -> str | None:
        """Run a mail again that was set aside; return its state then, None when it is not to be had."""
        if not await self.releasing.again(mail, vouched=vouched):
            return None
        await self.processor.drain(mail)
        rows = await self.helpdesk.database.fetch("SELECT state FROM helpdesk_email_mail WHERE id = {}", mail)
        state: str = rows[0]["state"]
        return state

    async def raw(self, mail: UUID) -> bytes | None:
        """Return the bytes of a mail; None when there is no such mail, or they were erased.

        Raises:
            FileMissing, FileDamaged: They are not what they should be.
        """
        rows = await self.helpdesk.database.fetch("SELECT raw FROM helpdesk_email_mail WHERE id = {}", mail)
        if not rows or rows[0]["raw"] is None:
            return None
        return await self.helpdesk.files.get(rows[0]["raw"])


def _read(source: BinaryIO, largest: int) -> tuple[bytes, int | None]:
    """Read a mail to its end; of one above the limit keep the headers, and tell how large it was."""
    raw = source.read(largest + 1)
    if len(raw) <= largest:
        return raw, None
    size = len(raw)
    while piece := source.read(_PIECE):
        size += len(piece)
    return headers_of(raw), size


def headers_of(raw: bytes) -> bytes:
    """Return the header block of a mail with the blank line that ends it, cut where no honest one ends."""
    beginning = raw[: 2 * limits.HEADER_BLOCK_BYTES]
    ends = [at + len(end) for end in (b"\r\n\r\n", b"\n\n") if (at := beginning.find(end)) >= 0]
    return beginning[: min(ends, default=len(beginning))]
