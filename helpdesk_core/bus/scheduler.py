"""The scheduler: jobs when they are due, each by one worker of the site at a time.

A job is claimed by a lease in the database. Its next start counts from its last, so that runs do not drift apart; a
missed one is not caught up. This module must not know what a job does.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from helpdesk_core.bus.jobs import Job
from helpdesk_core.bus.leases import LEASE, LeaseLost, Leases, LeaseState, cancelled, pause
from helpdesk_core.db import Database, DatabaseError

logger = logging.getLogger(__name__)


class Scheduler:
    """Runs the jobs of a site in this process, beside any number of others.

    Args:
        database: Where leases stand.
        jobs: All jobs of the site; names are unique.
        worker: A name for people, such as host and process.
        lease: A worker that gave no sign of life for so long has lost its jobs.
        monotonic: Seconds of a clock that cannot be set.

    Raises:
        ValueError: Two jobs have one name.
    """

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        worker: str,
        *,
        lease: timedelta = LEASE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._jobs = {job.name: job for job in jobs}
        if len(self._jobs) < len(jobs):
            names = [job.name for job in jobs]
            raise ValueError(f"two jobs have one name: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
        self._lease = lease
        self._leases = Leases(database, f"{worker[:80]}:{secrets.token_hex(4)}", lease, monotonic)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled; jobs that run then are cut and given back."""
        wait = 0.1
        with self._database.use():
            try:
                while True:
                    try:
                        rest = await self._start_due()
                    except DatabaseError as error:
                        logger.warning("the scheduler waits for the database: %s", error)
                        await asyncio.sleep(wait)
                        wait = min(wait * 2, 5.0)
                    else:
                        wait = 0.1
                        await self._rest(rest)
            finally:
                # Longer than `Leases.hold` waits for a job of its own, so that its lease is given back too.
                await asyncio.gather(*(cancelled(task, grace=7) for task in self._running.values()))

    async def run_due(self) -> list[str]:
        """Run every job that is due now, one round, and return their names; for tests and the command line."""
        with self._database.use():
            await self._start_due()
            names = sorted(self._running)
            while self._running:
                await asyncio.wait(self._running.values())
            return names

    async def _start_due(self) -> float:
        """Start what is due; return the seconds until there may be something to do again."""
        names = tuple(self._jobs)
        rows = await self._leases.look(names, held=tuple(self._running))
        if len(rows) < len(names):
            await self._leases.ensure(names)
            rows = await self._leases.look(names, held=tuple(self._running))
        rest = self._lease.total_seconds() / 2
        for row in rows:
            now = await self._database.now()
            if row.owner is not None or row.name in self._running:
                continue
            if waits := row.waits(now).total_seconds():
                rest = min(rest, waits)
                continue
            job = self._jobs[row.name]
            fence = await self._leases.take(row, next_due=now + job.every)
            if fence is not None:
                self._running[job.name] = asyncio.create_task(self._run(job, row, fence), name=f"job {job.name}")
        return rest

    async def _rest(self, seconds: float) -> None:
        """Wait until the time is over or a job has ended, which may be due again."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def _run(self, job: Job, row: LeaseState, fence: int) -> None:
        """Run the job under its lease and write down what became of it."""
        try:
            reason = await self._reason_of_failure(job, fence)
        except LeaseLost as lost:
            logger.warning("the job was cut: %s", lost)
        except asyncio.CancelledError:
            # Given back as it was: it is due at once, for anybody.
            await self._release(job, fence, wait=timedelta(), failures=row.failures, reason=row.reason)
            raise
        else:
            failures = 0 if reason is None else row.failures + 1
            wait = pause(failures) if failures else None
            await self._release(job, fence, wait=wait, failures=failures, reason=reason)
        finally:
            del self._running[job.name]

    async def _reason_of_failure(self, job: Job, fence: int) -> str | None:
        try:
            async with asyncio.timeout(job.budget.total_seconds()) as budget:
                await self._leases.hold(job.name, fence, job.run)
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("the job %s failed", job.name)
            return f"it took longer than {job.budget}" if budget.expired() else f"{type(error).__name__}: {error}"
        return None

    async def _release(
        self, job: Job, fence: int, *, wait: timedelta | None, failures: int, reason: str | None
    ) -> None:
        try:
            async with asyncio.timeout(self._lease.total_seconds() / 3):
                due = None if wait is None else await self._database.now() + wait
                await self._leases.release(job.name, fence, due_at=due, failures=failures, reason=reason)
        except (DatabaseError, TimeoutError) as error:
            # Its sign of life stands still from now on, so that somebody frees it.
            logger.warning("the job %s could not be given back: %s", job.name, error)
