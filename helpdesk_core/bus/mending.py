"""Mending: what waits for a moment that the clock has gone back from comes due when it was meant to.

A row is written with the time of its change. When that lies in the future, the clock was ahead then and has been set
back since; all times of the row that count from it move by the same distance. Without this an hour set back would
make the bus an hour late, and a year set back a year.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from helpdesk_core.db import Database

TOLERANCE = timedelta(seconds=10)
"""Servers that replace each other differ a little; that is no clock set back."""

_LATE_DELIVERIES = """
SELECT id, available_at, created_at, changed_at, expires_at FROM helpdesk_core_delivery
WHERE state IN ('queued', 'deferred') AND available_at > {} AND changed_at > {}
"""
_MEND_DELIVERY = """
UPDATE helpdesk_core_delivery SET available_at = {}, created_at = {}, expires_at = {}, changed_at = {}
WHERE id = {} AND changed_at = {} AND state IN ('queued', 'deferred')
"""
_LATE_REACTIONS = """
SELECT id, available_at, created_at, changed_at, created_at AS expires_at FROM helpdesk_core_reaction
WHERE state = 'queued' AND available_at > {} AND changed_at > {}
"""
_MEND_REACTION = """
UPDATE helpdesk_core_reaction SET available_at = {}, changed_at = {}
WHERE id = {} AND changed_at = {} AND state = 'queued'
"""


class _Late(msgspec.Struct, frozen=True):
    id: UUID
    available_at: datetime
    created_at: datetime
    changed_at: datetime
    expires_at: datetime


async def mend(database: Database) -> int:
    """Move the times of rows that were written while the clock was ahead; return how many."""
    now = await database.now()
    deliveries = await _late(database, _LATE_DELIVERIES, now)
    if deliveries:
        await database.executemany(_MEND_DELIVERY, [_delivery(row, now) for row in deliveries])
    reactions = await _late(database, _LATE_REACTIONS, now)
    if reactions:
        rows = [(row.available_at - (row.changed_at - now), now, row.id, row.changed_at) for row in reactions]
        await database.executemany(_MEND_REACTION, rows)
    return len(deliveries) + len(reactions)


async def _late(database: Database, sql: str, now: datetime) -> list[_Late]:
    rows = await database.fetch(sql, now, now + TOLERANCE)
    return [msgspec.convert(row, _Late, strict=False) for row in rows]


def _delivery(row: _Late, now: datetime) -> tuple[object, ...]:
    ahead = row.changed_at - now
    # What was made before the clock jumped has its lifetime from then.
    made = ahead if row.created_at > now else timedelta()
    return (
        *(row.available_at - ahead, row.created_at - made, row.expires_at - made, now),
        *(row.id, row.changed_at),
    )
