"""SQLite connections that live in threads of their own, and errands run on them.

One errand is one hop: statement and all its rows. The threads are daemons and never keep the process alive. This
module knows nothing of transactions.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar

from helpdesk_core.db.errors import DatabaseUnavailable
from helpdesk_core.db.sqlite_errors import translated
from helpdesk_core.db.waiting import to_the_end

T = TypeVar("T")

# Seconds that closing waits for what still runs; the threads are daemons, so nothing hangs on them after that.
PATIENCE: Final = 5.0


class Errand(Generic[T]):
    """Something to do with a connection; the loop waits for `future`."""

    __slots__ = ("_connection", "_job", "_lock", "_loop", "future")

    def __init__(self, job: Callable[[sqlite3.Connection], T]) -> None:
        self._loop = asyncio.get_running_loop()
        self._job = job
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self.future: asyncio.Future[T] = self._loop.create_future()

    def run(self, connection: sqlite3.Connection) -> None:
        """Run in the thread, unless nobody waits any more."""
        with self._lock:
            if self.future.cancelled():
                return
            self._connection = connection
        try:
            result = self._job(connection)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self.refuse(error)
        else:
            self._settle(lambda: self.future.set_result(result))
        finally:
            with self._lock:
                self._connection = None

    def refuse(self, error: Exception) -> None:
        """Answer from the thread with an error."""
        ours = translated(error) if isinstance(error, sqlite3.Error) else None
        if ours is not None:
            ours.__cause__ = error
        self._settle(lambda: self.future.set_exception(ours or error))

    def interrupt(self) -> None:
        """Stop it where it runs. Only for reads: SQLite undoes the whole transaction of an interrupted write."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()

    def _settle(self, answer: Callable[[], None]) -> None:
        def deliver() -> None:
            if not self.future.done():
                answer()

        try:
            self._loop.call_soon_threadsafe(deliver)
        except RuntimeError:
            # The loop is closed, and with it everybody who could wait.
            assert self._loop.is_closed()


class Errands:
    """A queue of errands and the threads that run them, each with a connection of its own."""

    def __init__(self, name: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._name = name
        self._connect = connect
        self._queue: SimpleQueue[Errand[Any] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._closed = True

    async def open(self, threads: int) -> None:
        """Start the threads and wait until each has its connection.

        Raises:
            DatabaseError: One could not connect.
        """
        self._closed = False
        opened = [Errand(lambda connection: connection.total_changes) for _ in range(threads)]
        self._threads = [
            Thread(target=self._work, args=(errand,), name=f"{self._name}-{number}", daemon=True)
            for number, errand in enumerate(opened)
        ]
        for thread in self._threads:
            thread.start()
        try:
            for errand in opened:
                await errand.future
        except BaseException:
            await self.close()
            raise

    def send(self, job: Callable[[sqlite3.Connection], T]) -> Errand[T]:
        """Queue a job; await its `future`.

        Raises:
            DatabaseUnavailable: The database is closed.
        """
        if self._closed:
            raise DatabaseUnavailable("The database is closed.")
        errand = Errand(job)
        self._queue.put(errand)
        return errand

    async def close(self) -> None:
        """Let what is queued end, close the connections and wait for the threads."""
        if self._closed:
            return
        self._closed = True
        for _ in self._threads:
            self._queue.put(None)
        await to_the_end(asyncio.to_thread(self._join))

    def _join(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, opened: Errand[Any]) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            opened.refuse(error)
            return
        opened.run(connection)
        while (errand := self._queue.get()) is not None:
            errand.run(connection)
        connection.close()
