"""The stages of a mail that is safely kept: read, identify, look up, route, apply. Each ending has a name on the row.

A mail that breaks a stage is tried three times and then set aside for a person; no mail stops the next one. Any mail
that did not become part of a ticket can be run again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from helpdesk_core import Helpdesk, Refused
from helpdesk_core.db import DatabaseError
from helpdesk_core.files import FileDamaged, FileMissing
from helpdesk_email.inbound.apply import Applier
from helpdesk_email.inbound.claims import ATTEMPTS, Claimed, Claims, Overtaken
from helpdesk_email.inbound.identify import identify
from helpdesk_email.inbound.journal import TOPIC
from helpdesk_email.inbound.letters import Letter, Result
from helpdesk_email.inbound.lookup import Lookup
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.inbound.pool import ParserPool, Unreadable
from helpdesk_email.inbound.route import route
from helpdesk_email.settings import Keep, Mailbox

LONGEST_SLEEP: Final = 15.0
"""Seconds. Wake-ups come as they happen; this is the net below one that was not heard."""

BUDGET: Final = 40.0
"""Seconds for one mail, below the lease of its worker."""

Read = Callable[[bytes], Awaitable[ParsedMail | Unreadable]]

logger = logging.getLogger(__name__)


class Processor:
    """Turns kept mails into what they are, one after the other.

    Args:
        helpdesk: The site.
        mailboxes: Its addresses.
        lookup: Knows the site.
        applier: Does what was decided.
        keep: How long mail is kept.
    """

    def __init__(
        self, helpdesk: Helpdesk, mailboxes: Sequence[Mailbox], lookup: Lookup, applier: Applier, keep: Keep
    ) -> None:
        self._helpdesk = helpdesk
        self._mailboxes = {mailbox.canonical: mailbox for mailbox in mailboxes}
        self._lookup = lookup
        self._applier = applier
        self._keep = keep
        self._claims = Claims(helpdesk.database)
        self._installation = ""

    async def run(self) -> None:
        """Work until cancelled."""
        with self._helpdesk.database.wakeups.subscribe({TOPIC}) as woken:
            async with ParserPool() as pool:
                while True:
                    if not await self.one(pool.parse):
                        await woken.wait(LONGEST_SLEEP)

    async def drain(self, only: UUID | None = None) -> int:
        """Work until nothing is due, or the given mail is not; return how many mails were handled."""
        handled = 0
        async with ParserPool() as pool:
            while await self.one(pool.parse, only):
                handled += 1
        return handled

    async def one(self, read: Read, only: UUID | None = None) -> bool:
        """Take one mail as far as it goes; False when none is due.

        Raises:
            DatabaseError: The database is away; the mail is taken up again later.
        """
        claimed = await self._claims.take(only)
        if claimed is None:
            return False
        try:
            async with asyncio.timeout(BUDGET):
                await self._handle(claimed, read)
        except Overtaken:
            logger.warning("the mail %s has another worker now; nothing is written", claimed.id)
        except Refused as refused:
            await self._claims.put_off(claimed, str(refused), counts=False)
        except DatabaseError:
            raise
        except Exception as error:
            # Whatever a mail breaks, the next one is read as if nothing had happened.
            logger.exception("the mail %s could not be handled", claimed.id)
            await self._broken(claimed, error)
        return True

    async def _handle(self, claimed: Claimed, read: Read) -> None:
        if claimed.attempts > ATTEMPTS:
            await self._set_aside(claimed, "broke-its-worker", "a worker ended in the middle of it, three times")
            return
        try:
            raw = await self._helpdesk.files.get(claimed.raw) if claimed.raw else None
        except (FileMissing, FileDamaged) as error:
            await self._set_aside(claimed, error.code, str(error))
            return
        if raw is None:
            await self._set_aside(claimed, "erased", "its bytes were removed after their time")
            return
        mail = await read(raw)
        if isinstance(mail, Unreadable):
            await self._set_aside(claimed, f"unreadable-{mail.reason.value}", mail.detail)
            return
        result = await self._settle(claimed, mail)
        logger.info("mail settled", extra={"mail": str(claimed.id), "state": result.state, "outcome": result.outcome})

    async def _settle(self, claimed: Claimed, mail: ParsedMail) -> Result:
        mailbox = self._mailboxes.get(claimed.mailbox)
        site = self._helpdesk.site
        claim = identify(
            mail,
            number=site.tickets.number.pattern(),
            mailboxes=self._mailboxes.keys(),
            authserv_id=mailbox.authserv_id if mailbox else None,
            installation=await self._identified(),
            message_domain=site.host,
        )
        known = await self._lookup.look_up(
            claim, too_large=claimed.headers_only or mail.oversize, vouched=claimed.vouched_by is not None
        )
        letter = Letter(row=claimed, mail=mail, claim=claim, known=known, route=route(known.facts))
        return await self._applier.apply(letter, frozenset(self._mailboxes))

    async def _identified(self) -> str:
        """Return our own id in loop headers and Message-IDs."""
        if not self._installation:
            self._installation = (await self._helpdesk.identify()).hex[-12:]
        return self._installation

    async def _broken(self, claimed: Claimed, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if claimed.attempts >= ATTEMPTS:
            await self._set_aside(claimed, "gave-up", reason)
        else:
            await self._claims.put_off(claimed, reason, counts=True)

    async def _set_aside(self, claimed: Claimed, outcome: str, reason: str) -> None:
        now = self._helpdesk.clock.now()
        until = now + timedelta(days=self._keep.raw_days)
        await self._claims.fail(claimed, outcome, reason, now=now, keep_until=until)
