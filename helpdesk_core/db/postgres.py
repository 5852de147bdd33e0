"""The engine for PostgreSQL: an asyncpg pool that survives cancelled tasks and servers that come and go.

The URL goes to asyncpg as it is: several hosts with `?target_session_attrs=primary` follow a failover, `?host=`
with a folder is a Unix socket. Sessions carry no state from one user to the next, because none is reset between
them (that would double the time of a short query): write `SET LOCAL`, and take no advisory lock that outlives its
transaction.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from helpdesk_core.clock import Clock
from helpdesk_core.db.engine import DatabaseEngine
from helpdesk_core.db.errors import DatabaseBusy, DatabaseUnavailable, TransactionAborted
from helpdesk_core.db.postgres_errors import drop, in_our_words, is_lost, translated
from helpdesk_core.db.transactions import Row, Session
from helpdesk_core.db.waiting import to_the_end

CHANNEL: Final = "helpdesk"
CONNECTIONS: Final = 10
CONNECT_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 30.0
STATEMENT_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 5.0
PULSE_SECONDS: Final = 30.0
OLDEST: Final = 13

logger = logging.getLogger(__name__)


async def _keep(connection: Any) -> None:
    """Reset nothing between two users of a connection; asyncpg has rolled back what was open."""


async def _farewell(connection: Any) -> None:
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except Exception:  # noqa: BLE001 - whatever it was, the connection is of no use any more
        drop(connection)


class PostgresEngine(DatabaseEngine):
    """A PostgreSQL database.

    Args:
        url: What asyncpg takes: `postgres://user:password@host:port/database?…`.
        clock: The clock to answer `now()` with; the server's when None.
        connections: The most connections to hold at once.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, connections: int = CONNECTIONS) -> None:
        super().__init__("postgres", clock)
        self._url = url
        self._connections = connections
        self._pool: Any = None
        self._version = 0.0
        self._name = secrets.token_hex(8)

    async def start(self) -> None:
        """Open the pool and look at the server."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._connections,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            reset=_keep,
        )
        try:
            await self._look()
        except BaseException:
            await self.close()
            raise

    async def _look(self) -> None:
        connection = await self.acquire()
        version = connection.get_server_version()
        await self.release(connection)
        self._version = float(f"{version.major}.{version.minor}")
        if version.major < OLDEST:
            raise DatabaseUnavailable(
                "The server runs PostgreSQL %(major)s; 13 or newer is needed.", major=version.major
            )

    async def close(self) -> None:
        """Close the pool; who still holds a connection loses it after a few seconds."""
        if self._pool is None or self._pool.is_closing():
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def acquire(self) -> Any:
        """Return a connection of the pool, to be given to `release`; a cancellation leaves nothing held.

        Raises:
            DatabaseBusy: All are in use and none came back in time.
            DatabaseUnavailable: The server cannot be reached.
        """
        if self._pool is None or self._pool.is_closing():
            raise DatabaseUnavailable("The database is closed.")
        limit = asyncio.timeout(WAIT_SECONDS)
        try:
            async with limit:
                return await self._pool.acquire()
        except TimeoutError as error:
            if limit.expired():
                raise DatabaseBusy("All connections to the database are in use. Please try again.") from error
            raise DatabaseUnavailable("The database server does not answer.") from error
        except Exception as error:
            ours = translated(error)
            if ours is None:
                raise
            raise ours from error

    async def release(self, connection: Any) -> None:
        """Give a connection back; asyncpg shields this and makes a lost one anew."""
        try:
            await self._pool.release(connection)
        except Exception:
            # asyncpg has closed it; what became of the work is known without this.
            logger.info("a database connection was lost", exc_info=True)

    async def fetch_alone(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run in a transaction of its own and return the rows."""
        connection = await self.acquire()
        try:
            with in_our_words(connection):
                return [dict(row) for row in await connection.fetch(sql, *args)]
        finally:
            await self.release(connection)

    async def execute_alone(self, sql: str, args: Sequence[Any]) -> int:
        """Run in a transaction of its own and return how many rows changed."""
        connection = await self.acquire()
        try:
            with in_our_words(connection):
                return _changed(await connection.execute(sql, *args))
        finally:
            await self.release(connection)

    async def pieces_alone(self, sql: str, args: Sequence[Any], size: int) -> AsyncGenerator[list[Row], None]:
        """Read through a cursor on one connection."""
        connection = await self.acquire()
        try:
            with in_our_words(connection):
                async with connection.transaction(readonly=True):
                    cursor = await connection.cursor(sql, *args)
                    while rows := await cursor.fetch(size):
                        yield [dict(row) for row in rows]
        finally:
            await self.release(connection)

    def session(self, timeout: float | None) -> "_Holding":
        """Return a connection to be, for one transaction."""
        return _Holding(self, timeout)

    async def now(self) -> datetime:
        """Return the time of the server, which all machines share, unless a clock was given."""
        if self.clock is not None:
            return self.clock.now()
        moment: datetime = (await self.fetch("SELECT clock_timestamp() AS now"))[0]["now"]
        return moment

    async def listen(self, heard: Callable[[str | None], None], wanted: asyncio.Event) -> None:  # noqa: ARG002 - it costs nothing
        """Listen on a connection of its own."""

        def notified(_connection: Any, _pid: int, _channel: str, payload: str) -> None:
            sender, _, topic = payload.partition(" ")
            if sender != self._name:
                heard(topic)

        try:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
        except Exception as error:
            raise translated(error, lost=True) or error from error
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            with in_our_words(connection):
                await connection.add_listener(CHANNEL, notified)
                # Whatever was announced before is not heard any more.
                heard(None)
                while not lost.is_set():
                    try:
                        async with asyncio.timeout(PULSE_SECONDS):
                            await lost.wait()
                    except TimeoutError:
                        await connection.execute("SELECT 1")
                raise DatabaseUnavailable("The listening connection was lost.")
        finally:
            await to_the_end(_farewell(connection))

    def announcement(self, topics: Collection[str]) -> list[str]:
        """Return what goes over the wire for topics; the name lets us pass over our own."""
        return [f"{self._name} {topic}" for topic in topics]

    async def get_version(self) -> float:
        """Return the version of the server."""
        return self._version

    def get_version_sync(self) -> float:
        """Return the version of the server."""
        return self._version


def _changed(status: str) -> int:
    number = status.rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


class _Holding(Session):
    """A connection of the pool, held by one transaction."""

    def __init__(self, engine: PostgresEngine, timeout: float | None) -> None:
        self._engine = engine
        self._timeout = timeout
        self._connection: Any = None

    async def acquire(self) -> None:
        self._connection = await self._engine.acquire()

    async def begin(self) -> None:
        await self._command("BEGIN")

    async def commit(self) -> None:
        # The server answers a COMMIT of a failed transaction with "ROLLBACK" and without an error.
        if await self._command("COMMIT") != "COMMIT":
            raise TransactionAborted("A statement of this unit failed; everything in the unit is undone.")

    async def rollback(self) -> None:
        if is_lost(self._connection):
            return
        try:
            await self._connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - without its connection the server rolls back by itself
            drop(self._connection)

    async def release(self) -> None:
        await self._engine.release(self._connection)

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[Row]:
        with in_our_words(self._connection):
            return [dict(row) for row in await self._connection.fetch(sql, *args, timeout=self._timeout)]

    async def execute(self, sql: str, args: Sequence[Any]) -> int:
        with in_our_words(self._connection):
            return _changed(await self._connection.execute(sql, *args, timeout=self._timeout))

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with in_our_words(self._connection):
            await self._connection.executemany(sql, rows, timeout=self._timeout)

    async def announce(self, topics: Collection[str]) -> None:
        await self.fetch(
            "SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS topic",
            (CHANNEL, self._engine.announcement(topics)),
        )

    async def _command(self, sql: str) -> str:
        with in_our_words(self._connection):
            status: str = await self._connection.execute(sql, timeout=self._timeout)
            return status
