"""Troubles: deliveries and reactions from which only a person leads on, and the two ways they have.

Send again, or let it be. Nothing here happens by itself; whoever calls writes down who decided.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from helpdesk_core.bus.bus import DELIVERIES, REACTIONS
from helpdesk_core.bus.events import Subject
from helpdesk_core.bus.verdicts import TROUBLED, State
from helpdesk_core.db import Database

_DELIVERIES = """
SELECT id, state, channel, "to", notice, subject_kind, subject_id, message_id, reason, attempts, marks, created_at,
    finished_at
FROM helpdesk_core_delivery
WHERE state IN ('failed', 'uncertain', 'dead') AND state IN ({states})
ORDER BY finished_at DESC, id DESC LIMIT {{}}
"""

# With a mark left, one more try is what a second crash allows too; without the reduction it would be none.
_REQUEUE = """
UPDATE helpdesk_core_delivery
SET state = 'queued', attempts = 0, marks = CASE WHEN marks > 1 THEN 1 ELSE marks END, available_at = {},
    expires_at = {}, first_failed_at = NULL, finished_at = NULL, changed_at = {}
WHERE id = {} AND state IN ('failed', 'uncertain', 'dead') RETURNING id
"""

_LIFETIME = "SELECT created_at, expires_at FROM helpdesk_core_delivery WHERE id = {}"

_DISCARD = """
UPDATE helpdesk_core_delivery SET state = 'withdrawn', reason = {}, finished_at = {}, changed_at = {}
WHERE id = {} AND state IN ('queued', 'deferred', 'failed', 'uncertain', 'dead') RETURNING id
"""

_REACTIONS = """
SELECT r.id, r.subscriber, e.name AS event, e.subject_kind, e.subject_id, r.reason, r.attempts, r.created_at,
    r.finished_at
FROM helpdesk_core_reaction r JOIN helpdesk_core_event e ON e.id = r.event
WHERE r.state = 'dead' ORDER BY r.finished_at DESC, r.id DESC LIMIT {}
"""

_REQUEUE_REACTION = """
UPDATE helpdesk_core_reaction SET state = 'queued', attempts = 0, available_at = {}, finished_at = NULL, changed_at = {}
WHERE id = {} AND state = 'dead' RETURNING id
"""

_DISCARD_REACTION = """
UPDATE helpdesk_core_reaction SET state = 'discarded', reason = {}, finished_at = {}, changed_at = {}
WHERE id = {} AND state IN ('queued', 'dead') RETURNING id
"""


class TroubledDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that waits for a person.

    Attributes:
        id: Its key.
        state: `FAILED` (refused for good), `UNCERTAIN` (may have arrived) or `DEAD` (given up).
        channel: Its channel.
        to: The address.
        notice: Name of the notice.
        subject: What it is about.
        message_id: Of every copy of it.
        reason: What was seen last. It may hold words of a foreign server: escape it.
        attempts: How often it was tried.
        marks: How many copies may have arrived.
        created_at: When it was queued.
        finished_at: When it came to this state.
    """

    id: UUID
    state: State
    channel: str
    to: str
    notice: str
    subject: Subject
    message_id: str
    reason: str | None
    attempts: int
    marks: int
    created_at: datetime
    finished_at: datetime


class DeadReaction(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction that was given up.

    Attributes:
        id: Its key.
        subscriber: Who failed.
        event: Name of the event.
        subject: What the event is about.
        reason: What the last failure said.
        attempts: How often it was tried.
        created_at: When it was queued.
        finished_at: When it was given up.
    """

    id: UUID
    subscriber: str
    event: str
    subject: Subject
    reason: str | None
    attempts: int
    created_at: datetime
    finished_at: datetime


async def troubled_deliveries(
    database: Database, states: Sequence[State] = TROUBLED, *, limit: int = 100
) -> list[TroubledDelivery]:
    """Return deliveries that wait for a person, the newest trouble first."""
    sql = _DELIVERIES.format(states=", ".join("{}" for _ in states))
    rows = await database.fetch(sql, *(state.value for state in states), limit)
    return [msgspec.convert(_about(row), TroubledDelivery, strict=False) for row in rows]


async def requeue(database: Database, delivery_ids: Collection[UUID]) -> list[UUID]:
    """Send again; return which of them could be queued.

    Each gets its whole lifetime anew. Of one that may have arrived, at most one more copy goes out.
    """
    queued = []
    async with database.unit() as unit:
        for key in delivery_ids:
            now = await database.now()
            for row in await database.fetch(_LIFETIME, key):
                until = now + (row["expires_at"] - row["created_at"])
                if await database.fetch(_REQUEUE, now, until, now, key):
                    queued.append(key)
        unit.wake(DELIVERIES)
    return queued


async def discard(database: Database, delivery_ids: Collection[UUID], *, reason: str) -> list[UUID]:
    """Let be what waits or is in trouble; return which of them could be."""
    now = await database.now()
    return await _each(database, _DISCARD, delivery_ids, reason, now, now)


async def dead_reactions(database: Database, *, limit: int = 100) -> list[DeadReaction]:
    """Return reactions that were given up, the newest first."""
    rows = await database.fetch(_REACTIONS, limit)
    return [msgspec.convert(_about(row), DeadReaction, strict=False) for row in rows]


async def requeue_reactions(database: Database, reaction_ids: Collection[UUID]) -> list[UUID]:
    """Let them happen again; return which of them could be queued."""
    now = await database.now()
    async with database.unit() as unit:
        unit.wake(REACTIONS)
        return await _each(database, _REQUEUE_REACTION, reaction_ids, now, now)


async def discard_reactions(database: Database, reaction_ids: Collection[UUID], *, reason: str) -> list[UUID]:
    """Let be what waits or was given up, for example of a plugin that is gone; return which of them could be."""
    now = await database.now()
    return await _each(database, _DISCARD_REACTION, reaction_ids, reason, now, now)


async def _each(database: Database, sql: str, keys: Collection[UUID], *values: object) -> list[UUID]:
    return [key for key in keys if await database.fetch(sql, *values, key)]


def _about(row: dict[str, object]) -> dict[str, object]:
    return row | {"subject": {"kind": row["subject_kind"], "id": row["subject_id"]}}
