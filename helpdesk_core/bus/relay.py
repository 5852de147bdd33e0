"""The relay: the worker of the bus. It keeps deliveries and reactions moving until it is stopped.

What to send and what it means is decided elsewhere; the relay decides when, how many at once, who is still alive, and
how to stop without cutting a delivery that is about to arrive. It must not touch the network itself.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from helpdesk_core.bus.bus import DELIVERIES, REACTIONS, Bus
from helpdesk_core.bus.courier import Compose, Courier, Journey, MayStillReceive
from helpdesk_core.bus.deliveries import Deliveries
from helpdesk_core.bus.figures import give_sign
from helpdesk_core.bus.gates import Gate
from helpdesk_core.bus.leases import LEASE, Watch
from helpdesk_core.bus.mending import mend
from helpdesk_core.bus.reactions import Reactions
from helpdesk_core.db import DatabaseError
from helpdesk_core.db.waiting import to_the_end
from helpdesk_core.db.wakeups import Subscription

LONGEST_SLEEP = 30.0
"""Seconds. Wake-ups come as they happen; this is the net below a wake-up that was not heard."""

GRACE = timedelta(seconds=8)
"""What deliveries in flight get to finish when the worker is stopped."""

logger = logging.getLogger(__name__)


class Relay:
    """One worker of the bus. Any number may run, in any number of processes and machines.

    Args:
        bus: The wired bus.
        worker: A name for people, such as host and process.
        compose: Puts a delivery into words; None when there is nothing to tell any more.
        may_still_receive: Tells whether the addressee may have it at this moment.
        concurrency: Deliveries in flight at once on each channel.
        lease: A worker that gave no sign of life for so long has lost what it held.
        grace: How long deliveries in flight may take to finish when the relay is stopped.
        monotonic: Seconds of a clock that cannot be set.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        worker: str,
        compose: Compose,
        may_still_receive: MayStillReceive,
        concurrency: int = 10,
        lease: timedelta = LEASE,
        grace: timedelta = GRACE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = bus.database
        # Two workers of one name are two workers.
        self._owner = f"{worker[:80]}:{secrets.token_hex(4)}"
        self._deliveries = Deliveries(bus.database, self._owner)
        self._courier = Courier(
            bus.database,
            self._deliveries,
            channels=bus.channels,
            notices=bus.notices,
            compose=compose,
            may_still_receive=may_still_receive,
        )
        self._reactions = Reactions(bus.database, bus.events, bus.subscribers)
        self._lease = lease
        self._grace = grace.total_seconds()
        self._watch: Watch[UUID] = Watch(lease, monotonic)
        self._gates = {name: Gate(concurrency, monotonic) for name in bus.channels}
        self._journeys: dict[UUID, Journey] = {}
        self._stopping = False
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled.

        Then nothing new is begun; deliveries in flight get their grace to finish, and what does not is given back. A
        second cancellation cuts them at once.
        """
        with (
            self._database.use(),
            self._database.wakeups.subscribe({DELIVERIES}) as deliveries,
            self._database.wakeups.subscribe({REACTIONS}) as reactions,
        ):
            third = self._lease.total_seconds() / 3
            begin = [
                asyncio.create_task(self._forever(lambda: self._send_or_rest(deliveries)), name="bus deliveries"),
                asyncio.create_task(self._forever(lambda: self._react_or_rest(reactions)), name="bus reactions"),
                asyncio.create_task(self._forever(self._tend, third * 1.5), name="bus tending"),
            ]
            beating = asyncio.create_task(self._forever(self._beat, third), name="bus heartbeat")
            try:
                await asyncio.wait(begin)
            finally:
                await self._stop(begin, beating)

    async def drain(self, timeout: float) -> None:  # noqa: ASYNC109 - part of what is asked for, like the work itself
        """Work until nothing is due that this worker could do, for tests and the command line.

        What waits for its time, for another worker or for a channel that is down is left.

        Raises:
            TimeoutError: After `timeout` seconds there was still something to do; it has been given back.
        """
        with self._database.use(), self._database.wakeups.subscribe({DELIVERIES}) as woken:
            beating = asyncio.create_task(
                self._forever(self._beat, self._lease.total_seconds() / 3), name="bus heartbeat"
            )
            try:
                async with asyncio.timeout(timeout):
                    while await self._reactions.run_next() or await self._send(woken) or self._journeys:
                        await self._one_arrives()
            finally:
                await self._stop([], beating)

    # What the loops do, step by step.

    async def _send_or_rest(self, woken: Subscription) -> None:
        if not await self._send(woken):
            due = await self._deliveries.next_due(tuple(self._gates))
            opens = [gate.opens_in() for gate in self._gates.values() if gate.opens_in() > 0]
            await woken.wait(_rest(due, *opens))

    async def _react_or_rest(self, woken: Subscription) -> None:
        if not await self._reactions.run_next():
            await woken.wait(_rest(await self._reactions.next_due()))

    async def _send(self, woken: Subscription) -> int:
        """Begin what may begin; return how many."""
        begun = 0
        for channel, gate in self._gates.items():
            if free := gate.free():
                # To the end, so that a claim that happened is known here even when we are stopped meanwhile.
                before = gate.in_flight
                await to_the_end(self._claim(channel, free, woken))
                begun += gate.in_flight - before
        return begun

    async def _claim(self, channel: str, free: int, woken: Subscription) -> None:
        for delivery in await self._deliveries.claim(channel, free):
            journey = Journey(delivery)
            if self._stopping:
                # The claim was on its way when we were stopped.
                await self._courier.settle(journey)
                continue
            gate = self._gates[channel]
            gate.in_flight += 1
            self._journeys[delivery.id] = journey
            journey.task = asyncio.create_task(self._carry(journey, gate, woken), name=f"delivery {delivery.id}")

    async def _carry(self, journey: Journey, gate: Gate, woken: Subscription) -> None:
        try:
            await self._courier.carry(journey)
        except Exception:
            # A mistake of ours. Nobody beats for it any more, so it is taken up like the work of a dead worker.
            logger.exception("the delivery %s was dropped", journey.delivery.id)
        finally:
            gate.in_flight -= 1
            if self._journeys.get(journey.delivery.id) is journey:
                del self._journeys[journey.delivery.id]
            if journey.answer is not None:
                gate.heard(journey.answer)
            woken.hear(None)

    async def _one_arrives(self) -> None:
        tasks = [journey.task for journey in self._journeys.values() if journey.task is not None]
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _beat(self) -> None:
        await self._deliveries.beat([journey.delivery for journey in self._journeys.values()])

    async def _tend(self) -> None:
        await give_sign(self._database, self._owner)
        await mend(self._database)
        rescued = await self._deliveries.rescue(self._watch, self._journeys.keys())
        if rescued:
            logger.warning("took up %d deliveries of workers that fell silent", rescued)
            async with self._database.unit() as unit:
                unit.wake(DELIVERIES)

    async def _forever(self, step: Callable[[], Awaitable[None]], interval: float = 0.0) -> None:
        """Repeat a step; a database that is away is waited for, and a mistake in one step does not end the others."""
        pause = 0.1
        while True:
            try:
                await step()
            except Exception as error:
                if isinstance(error, DatabaseError):
                    logger.warning("the bus waits for the database: %s", error)
                else:
                    logger.exception("a step of the bus failed")
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                pause = 0.1
                await asyncio.sleep(interval)

    # Stopping.

    async def _stop(self, begin: "list[asyncio.Task[None]]", beating: "asyncio.Task[None]") -> None:
        self._stopping = True
        stopping = asyncio.create_task(self._wind_down(begin), name="bus stopping")
        while not stopping.done():
            try:
                await asyncio.wait((stopping,))
            except asyncio.CancelledError:
                self._hurry.set()
        beating.cancel()
        await asyncio.wait((beating,))
        self._stopping = False
        stopping.result()

    async def _wind_down(self, begin: "list[asyncio.Task[None]]") -> None:
        self._hurry.clear()
        deadline = time.monotonic() + self._grace
        for task in begin:
            task.cancel()
        if begin:
            # A claim on its way is awaited to its end, but not for ever: the database may be away.
            await asyncio.wait(begin, timeout=self._grace)
        tasks = {journey.task for journey in self._journeys.values() if journey.task is not None}
        if not tasks:
            return
        hurry = asyncio.create_task(self._hurry.wait())
        while tasks and not hurry.done() and (left := deadline - time.monotonic()) > 0:
            done, _ = await asyncio.wait({*tasks, hurry}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            tasks -= done
        hurry.cancel()
        journeys = list(self._journeys.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=0.5)
        await self._give_back(journeys)

    async def _give_back(self, journeys: list[Journey]) -> None:
        try:
            async with asyncio.timeout(1):
                for journey in journeys:
                    await self._courier.settle(journey)
                async with self._database.unit() as unit:
                    unit.wake(DELIVERIES)
        except (DatabaseError, TimeoutError) as error:
            # Their leases stand still from now on, so that others take them up.
            logger.warning("deliveries in flight could not be given back: %s", error)


def _rest(due: timedelta | None, *others: float) -> float:
    seconds = [LONGEST_SLEEP, *others]
    if due is not None:
        seconds.append(due.total_seconds())
    return max(min(seconds), 0.0)
