"""Mails as a worker takes them: claimed by one, fenced, and settled by whoever still holds them.

The time of leases is the database's. A row whose times lie too far ahead was written while the clock was wrong, and
is due. Nothing here knows what a mail says.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from helpdesk_core.db import Database, Unit
from helpdesk_email.tables import FAILED, RECEIVED

LEASE: Final = timedelta(seconds=45)
"""Longer than a mail may take; a worker that died is missed after it."""

ATTEMPTS: Final = 3
"""A mail that broke its worker so often is set aside."""

LONGEST_PAUSE: Final = timedelta(hours=1)

_DUE: Final = """
SELECT id FROM helpdesk_email_mail
WHERE state = 'received' AND (available_at <= {{}} OR available_at > {{}})
AND (lease_until IS NULL OR lease_until <= {{}} OR lease_until > {{}}) {one}
ORDER BY received_at, id LIMIT 1 {skip_locked}
"""

_CLAIM: Final = """
UPDATE helpdesk_email_mail SET attempts = attempts + 1, fence = fence + 1, lease_until = {}
WHERE id = {} RETURNING id, raw, size, headers_only, mailbox, attempts, fence, vouched_by, received_at, sender
"""


class Overtaken(Exception):
    """Another worker has the mail now; nothing is written."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that this worker holds."""

    id: UUID
    raw: str | None
    size: int
    headers_only: bool
    mailbox: str
    attempts: int
    fence: int
    vouched_by: str | None
    received_at: datetime
    sender: str | None


class Claims:
    """The mails of one site that are to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        skip = "FOR UPDATE SKIP LOCKED" if database.dialect == "postgres" else ""
        self._next = _DUE.format(one="", skip_locked=skip)
        self._one = _DUE.format(one="AND id = {}", skip_locked=skip)
        self._look = _DUE.format(one="", skip_locked="")

    async def take(self, only: UUID | None = None) -> Claimed | None:
        """Claim the mail that is longest due, or the given one if it is due; None when there is none."""
        now = await self._database.now()
        times = (now, now + LONGEST_PAUSE, now, now + LEASE)
        # A look without the lock first: on SQLite an idle worker must not ask for the only writer.
        if only is None and not await self._database.fetch(self._look, *times):
            return None
        async with self._database.unit():
            if only is None:
                rows = await self._database.fetch(self._next, *times)
            else:
                rows = await self._database.fetch(self._one, *times, only)
            if not rows:
                return None
            claimed = await self._database.fetch(_CLAIM, now + LEASE, rows[0]["id"])
            return msgspec.convert(claimed[0], Claimed, strict=False)

    async def hold(self, unit: Unit, claimed: Claimed) -> None:
        """Make sure, inside the unit that settles a mail, that it is still ours.

        Raises:
            Overtaken: It is not.
        """
        del unit
        held = await self._database.fetch(
            "UPDATE helpdesk_email_mail SET lease_until = NULL WHERE id = {} AND fence = {} AND state = {} "
            "RETURNING id",
            claimed.id,
            claimed.fence,
            RECEIVED,
        )
        if not held:
            raise Overtaken

    async def put_off(self, claimed: Claimed, reason: str, *, counts: bool) -> None:
        """Let a mail be tried again after a pause that grows; `counts` says whether the try was one of three."""
        attempts = claimed.attempts if counts else claimed.attempts - 1
        pause = min(timedelta(seconds=30 * 2 ** min(claimed.fence - 1, 10)), LONGEST_PAUSE)
        await self._change(
            claimed,
            "attempts = {}, available_at = {}, reason = {}",
            attempts,
            await self._database.now() + pause,
            reason[:2000],
        )

    async def fail(self, claimed: Claimed, outcome: str, reason: str, *, now: datetime, keep_until: datetime) -> None:
        """Set a mail aside for a person: it cannot be read, or broke us too often."""
        await self._change(
            claimed,
            "state = {}, outcome = {}, reason = {}, processed_at = {}, keep_until = {}",
            *(FAILED, outcome, reason[:2000], now, keep_until),
        )

    async def _change(self, claimed: Claimed, columns: str, *values: Any) -> None:
        await self._database.execute(
            f"UPDATE helpdesk_email_mail SET {columns}, lease_until = NULL WHERE id = {{}} AND fence = {{}} "
            "AND state = 'received'",
            *values,
            claimed.id,
            claimed.fence,
        )
