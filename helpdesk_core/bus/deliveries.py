"""Deliveries on their way: claimed by one worker, fenced, kept alive by heartbeats, and settled.

The SQL is the same on both databases but for `SKIP LOCKED`. Every write of a worker names the fence of its claim, so
that one which lost the row changes nothing. This module must not decide what a delivery deserves: `verdicts` does.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus.leases import LeaseLost, Watch
from helpdesk_core.bus.verdicts import Standing, State, Verdict, after_crash
from helpdesk_core.db import Database

# `position` is the sequence of the event, `id` grows in the order in which the deliveries of one event were made.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT d.id FROM helpdesk_core_delivery d
    WHERE d.channel = {{}} AND d.state IN ('queued', 'deferred') AND d.available_at <= {{}}
    AND NOT EXISTS (
        SELECT 1 FROM helpdesk_core_delivery b
        WHERE b.ordering_key = d.ordering_key AND b.state IN ('queued', 'sending')
        AND (b.position, b.id) < (d.position, d.id)
    )
    ORDER BY d.available_at, d.id LIMIT {{}} {skip_locked}
)
UPDATE helpdesk_core_delivery
SET state = 'sending', attempts = attempts + 1, fence = fence + 1, lease_owner = {{}}, changed_at = {{}}
WHERE id IN (SELECT id FROM due)
RETURNING id, event, subject_kind, subject_id, channel, person, address, "to", notice, facts, message_id,
    reply_token, position, attempts, marks, fence, content, available_at, created_at, expires_at, first_failed_at
"""

_MARK = """
UPDATE helpdesk_core_delivery SET marks = {}, changed_at = {}
WHERE id = {} AND fence = {} AND state = 'sending' RETURNING id
"""

_KEEP = """
UPDATE helpdesk_core_delivery SET content = {}, changed_at = {}
WHERE id = {} AND fence = {} AND state = 'sending' RETURNING id
"""

_SETTLE = """
UPDATE helpdesk_core_delivery
SET state = {}, attempts = {}, marks = {}, reason = {}, reference = {}, available_at = {}, first_failed_at = {},
    finished_at = {}, lease_owner = NULL, changed_at = {}
WHERE id = {} AND fence = {} AND state = 'sending'
"""

_BEAT = """
UPDATE helpdesk_core_delivery SET beats = beats + 1, changed_at = {}
WHERE id = {} AND fence = {} AND state = 'sending'
"""

# `queued` stands in the condition so that the partial index over both serves this too.
_IN_FLIGHT = """
SELECT id, fence, beats, attempts, marks, available_at, expires_at, first_failed_at
FROM helpdesk_core_delivery WHERE state IN ('queued', 'sending') AND state = 'sending'
"""

_NEXT_DUE = """
SELECT min(available_at) AS due FROM helpdesk_core_delivery
WHERE channel = {} AND state IN ('queued', 'deferred') AND available_at > {}
"""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a row in flight to settle it."""

    id: UUID
    fence: int
    attempts: int
    marks: int
    available_at: datetime
    expires_at: datetime
    first_failed_at: datetime | None

    @property
    def standing(self) -> Standing:
        """What verdicts look at."""
        return Standing(attempts=self.attempts, marks=self.marks, expires_at=self.expires_at)


class Claimed(Held, frozen=True, kw_only=True):
    """A delivery that this worker holds, with all that is needed to send it."""

    event: UUID | None
    subject_kind: str
    subject_id: UUID
    channel: str
    person: UUID | None
    address: UUID | None
    to: str
    notice: str
    facts: str
    message_id: str
    reply_token: str | None
    position: int
    content: bytes | None
    created_at: datetime


class InFlight(Held, frozen=True, kw_only=True):
    """A delivery that some worker holds, or held when it fell silent."""

    beats: int


class Deliveries:
    """The deliveries as one worker handles them.

    Args:
        database: Where they stand.
        owner: Name of the worker in the rows, unique among all that run.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._claim = _CLAIM.format(skip_locked="FOR UPDATE SKIP LOCKED" if database.dialect == "postgres" else "")

    async def claim(self, channel: str, limit: int) -> list[Claimed]:
        """Take the deliveries of a channel that are longest due, at most one of each ordering key."""
        now = await self._database.now()
        rows = await self._database.fetch(self._claim, channel, now, limit, self._owner, now)
        claimed = [msgspec.convert(row, Claimed, strict=False) for row in rows]
        return sorted(claimed, key=lambda delivery: (delivery.available_at, delivery.id))

    async def mark(self, held: Held) -> None:
        """Commit that the point of no return is being passed.

        Raises:
            LeaseLost: Somebody else has the delivery now.
        """
        now = await self._database.now()
        await self._write(held, _MARK, held.marks + 1, now)

    async def keep(self, held: Held, content: bytes) -> None:
        """Store what the channel rendered.

        Raises:
            LeaseLost: Somebody else has the delivery now.
        """
        now = await self._database.now()
        await self._write(held, _KEEP, content, now)

    async def settle(self, held: Held, verdict: Verdict) -> bool:
        """Write the verdict; False when somebody else has the delivery now, and nothing was written."""
        return await self._settle(_SETTLE + "RETURNING id", held, verdict, held.id, held.fence)

    async def beat(self, held: Collection[Held]) -> None:
        """Give a sign of life for every delivery in flight."""
        now = await self._database.now()
        for delivery in held:
            await self._database.execute(_BEAT, now, delivery.id, delivery.fence)

    async def rescue(self, watch: Watch[UUID], mine: Collection[UUID]) -> int:
        """Take up what silent workers left; return how many.

        Silence is a count of beats that stood still while `watch` looked on for a whole lease by a clock that cannot
        be set: a jump of the time takes nothing from anybody.

        Args:
            watch: Remembers what was seen when.
            mine: What this worker has in flight, which is never taken from it here.
        """
        rows = [msgspec.convert(row, InFlight, strict=False) for row in await self._database.fetch(_IN_FLIGHT)]
        silent = watch.look({row.id: (row.fence, row.beats) for row in rows if row.id not in mine})
        rescued = 0
        for row in rows:
            if row.id in silent:
                verdict = after_crash(row.standing, now=await self._database.now(), spread=random.random())  # noqa: S311 - it spreads the load
                sql = _SETTLE + "AND beats = {} RETURNING id"
                rescued += await self._settle(sql, row, verdict, row.id, row.fence, row.beats)
        return rescued

    async def next_due(self, channels: Sequence[str]) -> timedelta | None:
        """Return how long until the next delivery comes due; None when none waits for its time."""
        now = await self._database.now()
        dues: list[datetime] = []
        for channel in channels:
            row: Mapping[str, Any] = (await self._database.fetch(_NEXT_DUE, channel, now))[0]
            if row["due"] is not None:
                dues.append(msgspec.convert(row["due"], datetime))
        return min(dues) - now if dues else None

    async def _write(self, held: Held, sql: str, value: object, now: datetime) -> None:
        if not await self._database.fetch(sql, value, now, held.id, held.fence):
            raise LeaseLost("the delivery %(id)s has another worker now", id=held.id)

    async def _settle(self, sql: str, held: Held, verdict: Verdict, *where: object) -> bool:
        now = await self._database.now()
        over = verdict.state not in (State.QUEUED, State.DEFERRED)
        troubled = verdict.state in (State.DEFERRED, State.FAILED, State.UNCERTAIN, State.DEAD)
        rows = await self._database.fetch(
            sql,
            verdict.state.value,
            verdict.attempts,
            verdict.marks,
            verdict.reason,
            verdict.reference,
            verdict.available_at or held.available_at,
            held.first_failed_at or (now if troubled else None),
            now if over else None,
            now,
            *where,
        )
        return bool(rows)
