"""The engine for SQLite: one writer, a few readers, each connection in a thread of its own.

Who writes, one after the other within this process: everything that does not begin with SELECT, and everything in
a transaction (reads too, so that a unit sees what it wrote). All other reads share the readers, which cannot
write. Transactions are IMMEDIATE: a deferred one that reads first and writes later fails with "database is locked"
whatever the timeout.

`synchronous=FULL`: a commit that returned survives a power cut. No `mmap_size`: an I/O error in mapped memory
kills the process instead of raising.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from helpdesk_core.clock import Clock
from helpdesk_core.db import sqlite_values
from helpdesk_core.db.engine import DatabaseEngine
from helpdesk_core.db.errors import DatabaseError, DatabaseUnavailable
from helpdesk_core.db.sqlite_threads import Errands
from helpdesk_core.db.transactions import Row, Session

T = TypeVar("T")

READERS: Final = 3
BUSY_SECONDS: Final = 10.0
LISTEN_SECONDS: Final = 0.05
OLDEST: Final = (3, 35)

sqlite_values.register()


def _rows(cursor: sqlite3.Cursor, most: int | None = None) -> list[Row]:
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall() if most is None else cursor.fetchmany(most)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _fetch(sql: str, args: Sequence[Any]) -> Callable[[sqlite3.Connection], list[Row]]:
    return lambda connection: _rows(connection.execute(sql, args))


def _execute(sql: str, args: Sequence[Any]) -> Callable[[sqlite3.Connection], int]:
    # SQLite counts -1 for what changes no rows by its nature.
    return lambda connection: max(connection.execute(sql, args).rowcount, 0)


class SQLiteEngine(DatabaseEngine):
    """One SQLite file.

    Args:
        path: The file; made with its folder when it is not there. It has to lie on a local disk.
        clock: The clock to answer `now()` with; the machine's when None.
        busy_seconds: How long a statement waits for another process that writes.
    """

    def __init__(self, path: Path, *, clock: Clock | None = None, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__("sqlite", clock)
        self.path = path
        self._busy_seconds = busy_seconds
        self.writer = Errands(f"sqlite-writer-{path.name}", lambda: self._connect(readonly=False))
        self._readers = Errands(f"sqlite-reader-{path.name}", lambda: self._connect(readonly=True))
        self.writing = asyncio.Lock()
        self._version: int | None = None

    async def start(self) -> None:
        """Open the file and the connections."""
        if sqlite3.sqlite_version_info < OLDEST:
            raise DatabaseUnavailable(
                "This Python is built with SQLite %(version)s; 3.35 or newer is needed.",
                version=sqlite3.sqlite_version,
            )
        self.writing = asyncio.Lock()
        await self.writer.open(1)
        try:
            self._version = await self._data_version()
            await self._readers.open(READERS)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connections; the last one to leave the file tidies its log away."""
        await self._readers.close()
        await self.writer.close()

    async def fetch_alone(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Read from a reader; anything else from the writer, alone in its own transaction."""
        if sql[:8].lstrip()[:6].upper() != "SELECT":
            async with self.writing:
                return await self.writer.send(_fetch(sql, args)).future
        errand = self._readers.send(_fetch(sql, args))
        try:
            return await errand.future
        except asyncio.CancelledError:
            errand.interrupt()
            raise

    async def execute_alone(self, sql: str, args: Sequence[Any]) -> int:
        """Write, alone in its own transaction."""
        async with self.writing:
            return await self.writer.send(_execute(sql, args)).future

    def session(self, timeout: float | None) -> "_Writing":  # noqa: ARG002 - statements end by themselves here
        """Return the writer, for one transaction."""
        return _Writing(self)

    async def listen(self, heard: Callable[[str | None], None], wanted: asyncio.Event) -> None:
        """Look 20 times a second whether another process committed, while somebody wants to know."""
        while True:
            await wanted.wait()
            version = await self._data_version()
            # The last look may lie long before the wish to know. That wakes once too often, never too rarely.
            if version != self._version:
                self._version = version
                heard(None)
            await asyncio.sleep(LISTEN_SECONDS)

    async def pieces_alone(self, sql: str, args: Sequence[Any], size: int) -> AsyncGenerator[list[Row], None]:
        """Read from a connection of its own, so that the readers stay free."""
        errands = Errands(f"sqlite-batch-{self.path.name}", lambda: self._connect(readonly=True))
        await errands.open(1)
        try:
            cursor = await errands.send(lambda connection: connection.execute(sql, args)).future
            while rows := await errands.send(lambda _: _rows(cursor, size)).future:
                yield rows
        finally:
            await errands.close()

    async def get_version(self) -> float:
        """Return the version of SQLite."""
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        """Return the version of SQLite."""
        return float(f"{sqlite3.sqlite_version_info[0]}.{sqlite3.sqlite_version_info[1]}")

    async def _data_version(self) -> int:
        # On the writer: what this process commits does not change the number there.
        return await self.writer.send(
            lambda connection: int(connection.execute("PRAGMA data_version").fetchone()[0])
        ).future

    def _connect(self, *, readonly: bool) -> sqlite3.Connection:
        if not readonly:
            self._make_file()
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_seconds,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        try:
            self._prepare(connection, readonly=readonly)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_file(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # For its owner alone: names, letters and password hashes lie in it. SQLite gives its log the same mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise DatabaseUnavailable(
                "The database %(path)s cannot be opened or made: %(reason)s.", path=self.path, reason=error
            ) from error

    def _prepare(self, connection: sqlite3.Connection, *, readonly: bool) -> None:
        if not readonly:
            self._log_ahead(connection)
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -8000",
            "journal_size_limit = 67108864",
            f"query_only = {'ON' if readonly else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        # The mode stands in the file. Only while several processes open a new file at once is there a race, and
        # SQLite does not wait for this lock by itself.
        deadline = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


class _Writing(Session):
    """The writer, held by one transaction."""

    def __init__(self, engine: SQLiteEngine) -> None:
        self._engine = engine
        self._lock = engine.writing

    async def acquire(self) -> None:
        await self._lock.acquire()

    def begin(self) -> Awaitable[None]:
        return self._run("BEGIN IMMEDIATE")

    def commit(self) -> Awaitable[None]:
        return self._run("COMMIT")

    async def rollback(self) -> None:
        def rollback(connection: sqlite3.Connection) -> None:
            # SQLite itself ends a transaction on a full disk and the like.
            if connection.in_transaction:
                connection.execute("ROLLBACK")

        try:
            await self._engine.writer.send(rollback).future
        except DatabaseUnavailable:
            # The engine was closed meanwhile, and a connection that closes rolls back.
            return

    async def release(self) -> None:
        self._lock.release()

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[Row]:
        return await self._inside(_fetch(sql, args))

    async def execute(self, sql: str, args: Sequence[Any]) -> int:
        return await self._inside(_execute(sql, args))

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        await self._inside(lambda connection: connection.executemany(sql, rows).rowcount)

    async def announce(self, topics: Collection[str]) -> None:
        """Other processes see the commit itself."""

    def _run(self, sql: str) -> Awaitable[None]:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute(sql)

        return self._engine.writer.send(run).future

    async def _inside(self, job: Callable[[sqlite3.Connection], T]) -> T:
        def run(connection: sqlite3.Connection) -> T:
            # After an error that made SQLite end the transaction, a statement would be committed on its own.
            if not connection.in_transaction:
                raise DatabaseError("SQLite ended this transaction by itself; nothing of it was stored.")
            return job(connection)

        return await self._engine.writer.send(run).future
