"""Reactions: every event once to every subscriber that reacts to it, in the order of its subject.

A handler runs inside the unit of work that marks its reaction done, as a savepoint of its own: what it wrote is
there exactly when the reaction is done. This module must not let a handler live longer than its budget, nor let its
failure touch anything but itself.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus import history
from helpdesk_core.bus.events import EventTypes
from helpdesk_core.bus.subscribers import Subscriber
from helpdesk_core.db import Database

BUDGET = timedelta(seconds=1)
"""For all handlers of one subscriber for one event, inside the unit of work."""

ATTEMPTS = 10
"""So often a reaction is tried before it is dead; with the pauses that is a little over four hours."""

LONGEST_PAUSE = timedelta(hours=1)

logger = logging.getLogger(__name__)

# A reaction that is done or dead blocks nothing; one that waits for its next try keeps its place. `coalesce` keeps
# SQLite from choosing the index by subscriber and sorting all that waits for each one that is taken.
_NEXT = """
SELECT r.id, r.event, r.subscriber, r.attempts FROM helpdesk_core_reaction r
WHERE r.state = 'queued' AND r.available_at <= {{}} AND coalesce(r.subscriber, '') IN ({names})
AND NOT EXISTS (
    SELECT 1 FROM helpdesk_core_reaction b
    WHERE b.state = 'queued' AND b.subscriber = r.subscriber AND b.ordering_key = r.ordering_key
    AND b.position < r.position
)
ORDER BY r.available_at, r.id LIMIT 1
"""

_NEXT_DUE = """
SELECT min(available_at) AS due FROM helpdesk_core_reaction WHERE state = 'queued' AND available_at > {}
"""

_FINISH = """
UPDATE helpdesk_core_reaction
SET state = {}, attempts = {}, available_at = {}, reason = {}, finished_at = {}, changed_at = {} WHERE id = {}
"""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction whose turn it is."""

    id: UUID
    event: UUID
    subscriber: str
    attempts: int


class Reactions:
    """The reactions as one worker handles them, one after the other."""

    def __init__(self, database: Database, types: EventTypes, subscribers: Mapping[str, Subscriber]) -> None:
        self._database = database
        self._types = types
        self._subscribers = subscribers
        self._next = _NEXT.format(names=", ".join("{}" for _ in subscribers))

    async def run_next(self) -> bool:
        """Let the reaction whose turn it is happen; False when none is due."""
        # A look without the lock first: on SQLite an idle worker must not ask for the only writer.
        if not self._subscribers or await self._look() is None:
            return False
        async with self._database.unit():
            lock = " FOR UPDATE SKIP LOCKED" if self._database.dialect == "postgres" else ""
            waiting = await self._look(lock)
            if waiting is None:
                return False
            try:
                async with self._database.unit(), asyncio.timeout(BUDGET.total_seconds()):
                    await self._handle(waiting)
            except Exception as error:
                logger.exception("the subscriber %s failed", waiting.subscriber)
                await self._failed(waiting, error)
            else:
                await self._done(waiting)
        return True

    async def next_due(self) -> timedelta | None:
        """Return how long until the next reaction comes due; None when none waits for its time."""
        now = await self._database.now()
        due = (await self._database.fetch(_NEXT_DUE, now))[0]["due"]
        return None if due is None else msgspec.convert(due, datetime) - now

    async def _look(self, lock: str = "") -> Waiting | None:
        now = await self._database.now()
        rows: list[dict[str, Any]] = await self._database.fetch(self._next + lock, now, *self._subscribers)
        return msgspec.convert(rows[0], Waiting, strict=False) if rows else None

    async def _handle(self, waiting: Waiting) -> None:
        recorded = await history.read_one(self._database, self._types, waiting.event)
        for reaction in self._subscribers[waiting.subscriber].reactions:
            if isinstance(recorded.event, reaction.event_type):
                await reaction.handle(recorded)

    async def _done(self, waiting: Waiting) -> None:
        now = await self._database.now()
        await self._database.execute(_FINISH, "done", waiting.attempts + 1, now, None, now, now, waiting.id)

    async def _failed(self, waiting: Waiting, error: Exception) -> None:
        now = await self._database.now()
        attempts = waiting.attempts + 1
        dead = attempts >= ATTEMPTS
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        await self._database.execute(
            _FINISH,
            "dead" if dead else "queued",
            attempts,
            now + pause(attempts),
            reason,
            now if dead else None,
            now,
            waiting.id,
        )


def pause(attempts: int) -> timedelta:
    """Return the pause after the given number of failures: 1 s, 4 s, 16 s and so on to an hour."""
    return min(timedelta(seconds=4 ** min(attempts - 1, 6)), LONGEST_PAUSE)
