"""Reads one mailbox as long as the site runs: told of new mail where the server can, and looking again and again.

A mail is fetched, safely kept, and only then moved; whatever breaks in between, the next look goes on where this one
stopped. What was kept is known by our own journal, never by flags that people and programs set.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final, Self, TypeVar

from helpdesk_core import Helpdesk
from helpdesk_core.db import DatabaseError
from helpdesk_email.inbound.box import TROUBLES, Box, Look, Refusal
from helpdesk_email.inbound.journal import Journal, Place
from helpdesk_email.outbound.lines import described
from helpdesk_email.settings import Imap

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries to reach a server that is away."""

T = TypeVar("T")

logger = logging.getLogger(__name__)

_NOTE: Final = """
INSERT INTO helpdesk_email_box (address, looked_at, arrived_at, failing_since, reason) VALUES ({}, {}, {}, {}, {})
ON CONFLICT (address) DO UPDATE SET
    looked_at = CASE WHEN excluded.reason IS NULL THEN excluded.looked_at ELSE helpdesk_email_box.looked_at END,
    arrived_at = COALESCE(excluded.arrived_at, helpdesk_email_box.arrived_at),
    failing_since = CASE WHEN excluded.reason IS NULL THEN NULL
        ELSE COALESCE(helpdesk_email_box.failing_since, excluded.failing_since) END,
    reason = excluded.reason
"""


class Poller:
    """Reads one mailbox.

    Args:
        helpdesk: The site.
        journal: Where mails go.
        address: Canonical address of the mailbox.
        settings: Where it is read.
        largest: Of a mail with more bytes only the headers are fetched.
        box: Makes the connection; for tests.
    """

    def __init__(
        self,
        helpdesk: Helpdesk,
        journal: Journal,
        address: str,
        settings: Imap,
        *,
        largest: int,
        box: Callable[[Imap], Box] = Box,
    ) -> None:
        self._helpdesk = helpdesk
        self._journal = journal
        self._address = address
        self._settings = settings
        self._largest = largest
        self._box = box

    async def run(self) -> None:
        """Read until cancelled."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with _Session(self._box(self._settings)) as session:
                    while True:
                        await self._look_once(session)
                        pause = FIRST_PAUSE
                        await session.rest(self._settings.poll_seconds)
            except (*TROUBLES, DatabaseError) as error:
                logger.warning("the mailbox %s: %s", self._address, described(error))
                await self._note(reason=described(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def once(self) -> int:
        """Read what is there and return how many mails were kept, for tests and the command line."""
        async with _Session(self._box(self._settings)) as session:
            return await self._look_once(session)

    async def _look_once(self, session: "_Session") -> int:
        """Keep every mail that lies there and is not kept yet; return how many."""
        box = session.box
        look = await session.call(box.look)
        refused: list[str] = []
        kept = 0
        # A mail that comes while we work is announced, or found by the next look.
        if look.uids and session.worth_looking(look):
            known = await self._journal.known(
                self._address, self._settings.folder, look.uidvalidity, first=look.uids[0]
            )
            fresh = [uid for uid in look.uids if uid not in known]
            sizes = await session.call(box.sizes, fresh) if fresh else {}
            for uid in fresh:
                if uid in sizes:
                    kept += await self._keep(session, look, uid, sizes[uid], refused)
            left = [uid for uid in look.uids if uid in known]
            if left and self._settings.processed:
                # Kept before, but a crash or the server came between that and the move.
                await self._put_away(session, left, refused)
        session.looked(look, complete=not refused)
        now = self._helpdesk.clock.now()
        await self._note(reason="; ".join(refused)[:500] or None, arrived_at=now if kept else None)
        return kept

    async def _keep(self, session: "_Session", look: Look, uid: int, size: int, refused: list[str]) -> int:
        """Fetch a mail, keep it, and only then move it."""
        box, whole = session.box, size <= self._largest
        try:
            raw = await session.call(box.fetch, uid, size) if whole else await session.call(box.fetch_headers, uid)
        except Refusal as refusal:
            logger.warning("the mailbox %s: %s", self._address, refusal)
            refused.append(str(refusal))
            return 0
        if raw is None:
            return 0
        place = Place(
            mailbox=self._address,
            via="imap",
            folder=self._settings.folder,
            uidvalidity=look.uidvalidity,
            uid=uid,
        )
        await self._journal.receive(raw, place, whole_size=None if whole else size)
        await self._put_away(session, [uid], refused)
        return 1

    async def _put_away(self, session: "_Session", uids: list[int], refused: list[str]) -> None:
        try:
            await session.call(session.box.put_away, uids)
        except Refusal as refusal:
            # The mails are safe and known; only the folder fills up.
            logger.warning("the mailbox %s: %s", self._address, refusal)
            refused.append(str(refusal))

    async def _note(self, *, reason: str | None, arrived_at: datetime | None = None) -> None:
        """Write down how the mailbox is, for those who look after the site."""
        now = self._helpdesk.clock.now()
        failing = now if reason is not None else None
        try:
            await self._helpdesk.database.execute(_NOTE, self._address, now, arrived_at, failing, reason)
        except DatabaseError as error:
            logger.warning("how the mailbox %s is could not be written down: %s", self._address, error)


class _Session:
    """A connection with a thread of its own, in which its calls happen one after the other."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._seen: tuple[int, int | None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.call(self.box.open)
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                await self.call(self.box.close)
        except TROUBLES as error:
            # Everything is safe; a server that does not say goodbye is no matter.
            logger.debug("the server did not end the connection as it should: %s", described(error))
        finally:
            self._end()

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call in the thread; a cancellation cuts the connection, so that the thread comes free."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self.box.cut()
            # What the cut call raises is no news to anybody.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    def worth_looking(self, look: Look) -> bool:
        """Tell whether anything can have come since everything that lay there was kept."""
        return look.uidnext is None or self._seen != (look.uidvalidity, look.uidnext)

    def looked(self, look: Look, *, complete: bool) -> None:
        """Remember how far everything is kept."""
        self._seen = (look.uidvalidity, look.uidnext) if complete else None

    async def rest(self, seconds: float) -> None:
        """Wait until new mail is announced, or so long."""
        if not self.box.can_idle():
            await asyncio.sleep(seconds)
            return
        descriptor = await self.call(self.box.begin_idle)
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(descriptor, told.set)
        try:
            async with asyncio.timeout(seconds):
                await told.wait()
        except TimeoutError:
            # Nothing was announced: we look all the same.
            pass
        finally:
            loop.remove_reader(descriptor)
        await self.call(self.box.end_idle)

    def _end(self) -> None:
        self.box.cut()
        self._thread.submit(self.box.dispose)
        self._thread.shutdown(wait=False)
