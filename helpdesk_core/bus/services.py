"""Services: parts that run as long as the site runs, started again when they end.

A `single` service runs in one process of the site at a time, under a lease in the database; when its holder dies or
hangs, another takes over. This module must not know what a service does.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from helpdesk_core.bus.jobs import Service
from helpdesk_core.bus.leases import LEASE, LeaseLost, Leases, LeaseState, cancelled
from helpdesk_core.db import Database, DatabaseError

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two starts of a service that keeps ending."""

logger = logging.getLogger(__name__)


class Services:
    """Runs the services of a site in this process, beside any number of others.

    Args:
        database: Where leases stand.
        services: What to run here; names are unique.
        worker: A name for people, such as host and process.
        lease: A worker that gave no sign of life for so long has lost its single services.
        monotonic: Seconds of a clock that cannot be set.

    Raises:
        ValueError: Two services have one name.
    """

    def __init__(
        self,
        database: Database,
        services: Sequence[Service],
        worker: str,
        *,
        lease: timedelta = LEASE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        names = [service.name for service in services]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two services have one name: {', '.join(twice)}")
        self._database = database
        self._services = tuple(services)
        self._owner = f"{worker[:80]}:{secrets.token_hex(4)}"
        self._lease = lease
        self._monotonic = monotonic

    async def run(self) -> None:
        """Run all services until cancelled; they are then cancelled together, and leases given back."""
        with self._database.use():
            tasks = [
                asyncio.create_task(self._keep_running(service), name=f"service {service.name}")
                for service in self._services
            ]
            try:
                await asyncio.Event().wait()
            finally:
                # Longer than `Leases.hold` waits for a service of its own, so that its lease is given back too.
                await asyncio.gather(*(cancelled(task, grace=7) for task in tasks))

    async def _keep_running(self, service: Service) -> None:
        failures = 0
        leases = Leases(self._database, self._owner, self._lease, self._monotonic)
        while True:
            began = self._monotonic()
            try:
                if service.single:
                    await self._run_alone(service, leases)
                else:
                    await service.run()
                logger.warning("the service %s ended; it is started again", service.name)
            except (LeaseLost, DatabaseError) as error:
                logger.warning("the service %s stopped here: %s", service.name, error)
            except Exception:
                logger.exception("the service %s failed; it is started again", service.name)
            failures = 1 if self._monotonic() - began > LONGEST_PAUSE else failures + 1
            longest = min(FIRST_PAUSE * 2 ** min(failures - 1, 6), LONGEST_PAUSE)
            await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - only to spread the starts

    async def _run_alone(self, service: Service, leases: Leases) -> None:
        row, fence = await self._turn(service, leases)
        failures, reason = 0, None
        try:
            await leases.hold(service.name, fence, service.run)
            failures, reason = row.failures + 1, "it ended by itself"
        except (LeaseLost, DatabaseError):
            raise
        except Exception as error:
            failures, reason = row.failures + 1, f"{type(error).__name__}: {error}"
            raise
        finally:
            await self._give_back(service, leases, fence, failures=failures, reason=reason)

    async def _turn(self, service: Service, leases: Leases) -> tuple[LeaseState, int]:
        """Wait until the service is ours to run."""
        await leases.ensure([service.name])
        while True:
            for row in await leases.look([service.name]):
                if row.owner is None:
                    fence = await leases.take(row, next_due=await self._database.now())
                    if fence is not None:
                        return row, fence
            await asyncio.sleep(self._lease.total_seconds() / 2)

    async def _give_back(
        self, service: Service, leases: Leases, fence: int, *, failures: int, reason: str | None
    ) -> None:
        try:
            async with asyncio.timeout(self._lease.total_seconds() / 3):
                await leases.release(service.name, fence, due_at=None, failures=failures, reason=reason)
        except (DatabaseError, TimeoutError) as error:
            # Its sign of life stands still from now on, so that somebody frees it.
            logger.warning("the service %s could not be given back: %s", service.name, error)
