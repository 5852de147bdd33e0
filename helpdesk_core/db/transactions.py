"""Transactions, the same on both databases: real ones outside, savepoints inside, owned by one task.

This module knows no SQL dialect and no driver; a `Session` of an engine does the talking. It must never leave a
connection behind in an open transaction, whatever is cancelled when.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar

from piccolo.engine.base import BaseTransaction

from helpdesk_core.db.errors import TransactionAborted
from helpdesk_core.db.waiting import to_the_end

T = TypeVar("T")
Row = dict[str, Any]

logger = logging.getLogger(__name__)


class Session(ABC):
    """One connection, held for one transaction. Its methods run one after the other."""

    @abstractmethod
    async def acquire(self) -> None:
        """Wait for a connection; a cancellation leaves nothing held."""

    @abstractmethod
    def begin(self) -> Awaitable[None]:
        """Begin the transaction."""

    @abstractmethod
    def commit(self) -> Awaitable[None]:
        """Commit; raise when the database did not."""

    @abstractmethod
    def rollback(self) -> Awaitable[None]:
        """Roll back whatever is open; nothing being open, or the connection being lost, is no error."""

    @abstractmethod
    async def release(self) -> None:
        """Give the connection back; never raises, so that it cannot hide what became of a commit."""

    @abstractmethod
    async def fetch(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run a statement and return its rows."""

    @abstractmethod
    async def execute(self, sql: str, args: Sequence[Any]) -> int:
        """Run a statement and return how many rows it changed."""

    @abstractmethod
    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""

    @abstractmethod
    async def announce(self, topics: Collection[str]) -> None:
        """Let the commit that follows wake other machines, where the database can do that."""


class Host(Protocol):
    """What a transaction needs from its engine."""

    current_transaction: "ContextVar[Transaction | None]"

    def current(self) -> "Transaction | None":
        """Return the open transaction of this task."""

    def session(self, timeout: float | None) -> Session:
        """Return a session for a new transaction."""

    def committed(self, topics: Collection[str]) -> None:
        """Hear of the topics of a transaction that was committed."""


class Transaction(BaseTransaction):
    """An asynchronous context manager: a transaction, or a savepoint when one is open already.

    Leaving it by an exception undoes what was done in it, and nothing else.

    Attributes:
        committed: True once the outermost transaction is durable.
        depth: How many are around this one.
        ended: True once this one is over.
        failure: What made a statement fail, and with it everything that is not in an inner savepoint.
        outer: The one around this one.
        owner: The only task that may use it.
        session: The connection, shared with those around this one.
    """

    def __init__(self, host: Host, timeout: float | None = None) -> None:
        self._host = host
        self._timeout = timeout
        self._callbacks: list[Callable[[], None]] = []
        self._topics: dict[str, None] = {}
        self.session: Session
        self.failure: BaseException | None = None
        self.depth = 0
        self.outer: Transaction | None = None
        self.owner: asyncio.Task[Any] | None = None
        self.committed = False
        self.ended = False

    async def __aenter__(self) -> Self:
        assert self.owner is None, "a transaction is entered once"
        self.owner = asyncio.current_task()
        self.outer = self._host.current()
        if self.outer is None:
            await self._open()
        else:
            self.session = self.outer.session
            self.depth = self.outer.depth + 1
            await to_the_end(self.outer.run(lambda session: session.execute(f"SAVEPOINT {self._name}", ())))
        self._host.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        # Set, not reset: a fixture may leave in another context than it entered in.
        self._host.current_transaction.set(self.outer)
        await to_the_end(self._finish(error) if self.outer is None else self._leave(self.outer, error))
        return False

    async def run(self, call: Callable[[Session], Awaitable[T]]) -> T:
        """Run one statement of this transaction.

        Raises:
            TransactionAborted: An earlier statement failed or was cancelled.
        """
        if self.failure is not None:
            raise self._aborted()
        try:
            return await call(self.session)
        except BaseException as error:
            self.failure = error
            raise

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once everything is durable; never when this or anything around it is rolled back."""
        assert not self.ended, "this unit is over"
        self._callbacks.append(callback)

    def wake(self, topic: str) -> None:
        """Wake those who wait for the topic, once everything is durable."""
        assert not self.ended, "this unit is over"
        self._topics[topic] = None

    def adopt(self, callbacks: Collection[Callable[[], None]], topics: Collection[str]) -> None:
        """Take over what an inner one wants done after the commit."""
        self._callbacks.extend(callbacks)
        self._topics.update(dict.fromkeys(topics))

    @property
    def _name(self) -> str:
        return f"unit_{self.depth}"

    def _aborted(self) -> TransactionAborted:
        error = TransactionAborted(
            "An earlier statement of this unit failed (%(failure)r); everything in the unit is undone. "
            "Put a nested unit around a statement that may fail.",
            failure=self.failure,
        )
        error.__cause__ = self.failure
        return error

    async def _open(self) -> None:
        self.session = self._host.session(self._timeout)
        await self.session.acquire()
        try:
            await to_the_end(self.session.begin())
        except BaseException:
            await to_the_end(self._give_up())
            raise

    async def _give_up(self) -> None:
        try:
            await self.session.rollback()
        finally:
            await self.session.release()

    async def _finish(self, error: BaseException | None) -> None:
        session = self.session
        try:
            if error is None and self.failure is None:
                if self._topics:
                    await session.announce(self._topics)
                await session.commit()
                self.committed = True
        finally:
            self.ended = True
            if self.committed:
                await session.release()
            else:
                await self._give_up()
        if self.committed:
            self._tell()
        elif error is None:
            raise self._aborted()

    async def _leave(self, outer: "Transaction", error: BaseException | None) -> None:
        undo = error is not None or self.failure is not None
        self.ended = True
        try:
            if undo:
                await self.session.execute(f"ROLLBACK TO SAVEPOINT {self._name}", ())
            await self.session.execute(f"RELEASE SAVEPOINT {self._name}", ())
        except BaseException as lost:
            # Without its savepoint nothing around it may be committed. What the caller sees first is its own error.
            outer.failure = lost
            if error is None:
                raise
            return
        if not undo:
            outer.adopt(self._callbacks, self._topics)
        elif error is None:
            raise self._aborted()

    def _tell(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                # The commit has happened and must not look as if it had not.
                logger.exception("a callback after the commit failed")
        self._host.committed(self._topics)
