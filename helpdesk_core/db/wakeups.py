"""Being woken when something was committed, wherever that was, instead of asking again and again.

In this process a wake-up is an event. From other processes it comes through the engine's ear: PostgreSQL carries
the topic, SQLite only says that somebody committed something, which wakes everybody. So a waiter always looks for
itself whether there is something to do, and its timeout is the net below a deaf ear.
"""

import asyncio
import contextvars
import logging
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from helpdesk_core.db.engine import DatabaseEngine
from helpdesk_core.db.errors import DatabaseError

SHORTEST: Final = 0.1
LONGEST: Final = 5.0

logger = logging.getLogger(__name__)


class Subscription:
    """Topics somebody wants to hear of; made by `Wakeups.subscribe`."""

    def __init__(self, topics: frozenset[str]) -> None:
        self._topics = topics
        self._woken = asyncio.Event()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - running out is an answer here, not an error
        """Wait until a topic was woken since the last call, or since the subscription.

        Args:
            timeout: The longest to wait, in seconds.

        Returns:
            True when woken, perhaps for nothing; False when the time ran out.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def hear(self, topic: str | None) -> None:
        """Wake the waiter if it cares for the topic; None is everything."""
        if topic is None or topic in self._topics:
            self._woken.set()


class Wakeups:
    """The wake-ups of one database: `database.wakeups`."""

    def __init__(self, engine: DatabaseEngine) -> None:
        self._engine = engine
        self._subscriptions: set[Subscription] = set()
        self._wanted = asyncio.Event()
        self._ear: asyncio.Task[None] | None = None
        self._delay = SHORTEST

    @contextmanager
    def subscribe(self, topics: Collection[str]) -> Iterator[Subscription]:
        """Subscribe to topics.

        Subscribe first and look afterwards, so that no wake-up falls between:

        with database.wakeups.subscribe({"outbox"}) as woken:
            while True:
                if not await work():
                    await woken.wait(15)
        """
        subscription = Subscription(frozenset(topics))
        self._subscriptions.add(subscription)
        self._wanted.set()
        if self._ear is None:
            # In an empty context: the ear outlives the unit in which somebody may subscribe.
            self._ear = asyncio.get_running_loop().create_task(
                self._listen(), name="database ear", context=contextvars.Context()
            )
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions:
                self._wanted.clear()

    async def wait(self, topics: Collection[str], timeout: float) -> bool:  # noqa: ASYNC109 - as above
        """Wait once for a topic woken from now on. Who looks for work first has to `subscribe` before looking."""
        with self.subscribe(topics) as subscription:
            return await subscription.wait(timeout)

    def wake(self, topics: Collection[str]) -> None:
        """Wake those in this process who wait for one of the topics; the engine calls it after a commit."""
        for topic in topics:
            self._hear(topic)

    async def close(self) -> None:
        """Stop listening."""
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.cancel()
            await asyncio.wait((ear,))

    def _hear(self, topic: str | None) -> None:
        self._delay = SHORTEST
        for subscription in self._subscriptions:
            subscription.hear(topic)

    async def _listen(self) -> None:
        while True:
            try:
                await self._engine.listen(self._hear, self._wanted)
            except DatabaseError as error:
                logger.warning("cannot hear what other processes commit, trying again: %s", error)
            except Exception:
                # Unheard, every waiter still has its timeout.
                logger.exception("listening to other processes failed, trying again")
            await asyncio.sleep(self._delay * random.uniform(0.5, 1.0))  # noqa: S311 - only to spread the tries
            self._delay = min(self._delay * 2, LONGEST)
