"""Leases: who runs something alone, and how the others notice that they fell silent.

A holder raises a count with every sign of life. Others take over when the count stood still for a whole lease while
they looked on, measured by a clock that cannot be set. So neither a jump of the time nor a difference between two
machines takes a lease from a living holder. This module must not know what is done under a lease.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from helpdesk_core.db import Database, DatabaseError
from helpdesk_core.errors import HelpdeskError

K = TypeVar("K", bound=Hashable)

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A worker that gave no sign of life for so long has lost what it held. Signs are given every third of it."""


class LeaseLost(HelpdeskError):
    """Somebody else has it now: this worker was silent for too long. It must write nothing and send nothing."""

    code = "lease-lost"


class Watch(Generic[K]):
    """Remembers since when a stamp has stood still.

    Args:
        patience: A stamp that stood still for so long belongs to somebody silent.
        monotonic: Seconds of a clock that cannot be set.
    """

    def __init__(self, patience: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience.total_seconds()
        self._monotonic = monotonic
        self._seen: dict[K, tuple[object, float]] = {}
        self._looked = float("-inf")

    def look(self, stamps: Mapping[K, object]) -> set[K]:
        """Take in what is to be seen now; return what stood still all the time.

        A watch that did not look for longer than its patience slept itself, perhaps together with those it watches
        (a paused machine, a database that was away): it begins anew.
        """
        now = self._monotonic()
        if now - self._looked > self._patience:
            self._seen.clear()
        self._looked = now
        before, self._seen = self._seen, {}
        for key, stamp in stamps.items():
            known = before.get(key)
            self._seen[key] = known if known is not None and known[0] == stamp else (stamp, now)
        return {key for key, (_, since) in self._seen.items() if now - since >= self._patience}


_ENSURE = """
INSERT INTO helpdesk_core_lease (name, fence, beats, failures, due_at) VALUES ({}, 0, 0, 0, {})
ON CONFLICT (name) DO NOTHING
"""
_READ = """
SELECT name, owner, fence, beats, seen_at, due_at, started_at, finished_at, failures, reason FROM helpdesk_core_lease
"""
_TAKE = """
UPDATE helpdesk_core_lease SET owner = {}, fence = fence + 1, seen_at = {}, started_at = {}, due_at = {}
WHERE name = {} AND fence = {} AND owner IS NULL RETURNING fence
"""
_BEAT = """
UPDATE helpdesk_core_lease SET beats = beats + 1, seen_at = {}
WHERE name = {} AND fence = {} AND owner = {} RETURNING name
"""
_RELEASE = """
UPDATE helpdesk_core_lease
SET owner = NULL, finished_at = {}, failures = {}, reason = {}, due_at = coalesce({}, due_at)
WHERE name = {} AND fence = {} AND owner = {}
"""
_FREE = """
UPDATE helpdesk_core_lease SET owner = NULL, due_at = {}, failures = failures + 1, reason = {}
WHERE name = {} AND fence = {} AND beats = {} AND owner IS NOT NULL
"""


class LeaseState(msgspec.Struct, frozen=True, kw_only=True):
    """A job or single service as it stands in the database.

    Attributes:
        name: Its name.
        owner: The worker that has it now, or None.
        fence: Grows with every taking.
        beats: Grows with every sign of life of the owner.
        seen_at: When it gave the last one.
        due_at: When it may be started next.
        started_at: The last start.
        finished_at: The last end.
        failures: Failed runs since the last good one.
        reason: What the last failure said.
    """

    name: str
    owner: str | None
    fence: int
    beats: int
    seen_at: datetime | None
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    failures: int
    reason: str | None

    def waits(self, now: datetime) -> timedelta:
        """Return how long until it may start; nothing when it may now.

        A last start in the future says that the clock was set back: the due time then means nothing.
        """
        if self.due_at is None or (self.started_at is not None and self.started_at > now):
            return timedelta()
        return max(self.due_at - now, timedelta())


class Leases:
    """The leases as one worker takes and holds them.

    Args:
        database: Where they stand.
        owner: Name of the worker in the rows, unique among all that run.
        lease: How long silence means death.
        monotonic: Seconds of a clock that cannot be set.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        lease: timedelta = LEASE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._owner = owner
        self._lease = lease
        self._monotonic = monotonic
        self._watch: Watch[str] = Watch(lease, monotonic)

    async def ensure(self, names: Sequence[str]) -> None:
        """Make rows for names that have none, due now."""
        now = await self._database.now()
        for name in names:
            await self._database.execute(_ENSURE, name, now)

    async def look(self, names: Sequence[str], *, held: Sequence[str] = ()) -> list[LeaseState]:
        """Return the rows of these names, after freeing those whose owner fell silent.

        Call it at least every half lease. `held` are those that this worker holds itself.
        """
        rows = [row for row in await read(self._database) if row.name in names]
        owned = {row.name: (row.fence, row.beats) for row in rows if row.owner is not None and row.name not in held}
        silent = self._watch.look(owned)
        if not silent:
            return rows
        for row in rows:
            if row.name in silent:
                now = await self._database.now()
                due = now + pause(row.failures) if row.failures else now
                reason = f"its worker {row.owner} fell silent"
                await self._database.execute(_FREE, due, reason, row.name, row.fence, row.beats)
                logger.warning("%s is free again: %s", row.name, reason)
        return [row for row in await read(self._database) if row.name in names]

    async def take(self, row: LeaseState, *, next_due: datetime) -> int | None:
        """Take a free lease; return its fence, or None when somebody else was quicker."""
        now = await self._database.now()
        taken = await self._database.fetch(_TAKE, self._owner, now, now, next_due, row.name, row.fence)
        return int(taken[0]["fence"]) if taken else None

    async def hold(self, name: str, fence: int, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work under the lease, giving signs of life; pass on what it raises.

        Raises:
            LeaseLost: The lease was lost, or no sign could be given for so long that it soon will be. The work has
                been cancelled.
        """
        task = asyncio.create_task(_awaited(work), name=name)
        try:
            await self._accompany(name, fence, task)
            task.result()
        finally:
            await cancelled(task)

    async def release(
        self, name: str, fence: int, *, due_at: datetime | None, failures: int, reason: str | None
    ) -> None:
        """Give the lease back with what became of the run.

        Args:
            name: What was held.
            fence: What `take` returned.
            due_at: When it may be started next; None leaves what `take` was told.
            failures: Failed runs since the last good one.
            reason: What the failure said.
        """
        now = await self._database.now()
        await self._database.execute(_RELEASE, now, failures, reason, due_at, name, fence, self._owner)

    async def _accompany(self, name: str, fence: int, task: "asyncio.Task[None]") -> None:
        interval = self._lease.total_seconds() / 3
        # Others wait a whole lease from the last sign they saw; we give up before that.
        bound = self._lease.total_seconds() * 0.7
        last = self._monotonic()
        while True:
            remaining = last + bound - self._monotonic()
            done, _ = await asyncio.wait((task,), timeout=max(min(interval, remaining), 0))
            if done:
                return
            began = self._monotonic()
            try:
                async with asyncio.timeout(interval):
                    alive = await self._beat(name, fence)
            except (DatabaseError, TimeoutError) as error:
                logger.warning("no sign of life could be given for %s: %s", name, error)
                if self._monotonic() - last >= bound:
                    raise LeaseLost("no sign of life could be given for %(name)s in time", name=name) from error
                continue
            if not alive:
                raise LeaseLost("%(name)s has another worker now", name=name)
            last = began

    async def _beat(self, name: str, fence: int) -> bool:
        now = await self._database.now()
        return bool(await self._database.fetch(_BEAT, now, name, fence, self._owner))


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def read(database: Database) -> list[LeaseState]:
    """Return all leases by name."""
    rows = [msgspec.convert(row, LeaseState, strict=False) for row in await database.fetch(_READ)]
    return sorted(rows, key=lambda row: row.name)


def pause(failures: int) -> timedelta:
    """Return how long to wait after the given number of failures in a row: doubling from a minute to an hour."""
    return timedelta(minutes=min(2 ** (min(failures, 7) - 1), 60))


async def cancelled(task: "asyncio.Task[Any]", grace: float = 5) -> None:
    """Cancel the task and wait for its end, for `grace` seconds at most: what does not end is left behind."""
    task.cancel()
    done, _ = await asyncio.wait((task,), timeout=grace)
    if not done:
        logger.error("%s does not end though it was cancelled; it is left behind", task.get_name())
    elif not task.cancelled() and (error := task.exception()) is not None:
        logger.debug("%s ended with %r when it was cancelled", task.get_name(), error)
