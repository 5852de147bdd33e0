"""A database as the rooms above see it: units of work, SQL with one text for both dialects, wake-ups.

This module hides which database it is. It creates nothing in it: that is the migrations' work.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from helpdesk_core.clock import Clock
from helpdesk_core.db.engine import DatabaseEngine, Dialect
from helpdesk_core.db.routing import DB
from helpdesk_core.db.sqlite import SQLiteEngine
from helpdesk_core.db.transactions import Row, Transaction
from helpdesk_core.db.wakeups import Wakeups
from helpdesk_core.errors import ConfigurationError

LONGEST_TOPIC: Final = 200


class Unit:
    """An open unit of work: everything in it is stored, or nothing. Made by `Database.unit`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once, when the outermost unit is durable; never when this or an outer unit is rolled back.

        Callbacks run in their order, in no unit. What one raises is logged: the commit has happened.
        """
        self._transaction.after_commit(callback)

    def wake(self, topic: str) -> None:
        """Wake those who wait for the topic once the outermost unit is durable, in other processes too.

        Raises:
            ValueError: The topic is longer than 200 characters: it is a name, not a message.
        """
        if len(topic) > LONGEST_TOPIC:
            raise ValueError(f"a topic has at most {LONGEST_TOPIC} characters; put the message into a row")
        self._transaction.wake(topic)


class Database:
    """One database.

        async with Database("sqlite:///var/site.db") as database:
            database.bind()
            async with database.unit() as unit:
                ...

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db`, or `postgres://…` as asyncpg takes it, with several
            hosts and parameters.
        clock: A clock to go by instead of the database's own, for tests.

    Attributes:
        dialect: "sqlite" or "postgres".
        engine: What Piccolo's tables run on while the database is bound.
        wakeups: Waiting for what was committed.

    Raises:
        ValueError: The URL is not understood.
        ConfigurationError: The driver for PostgreSQL is not installed.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.engine: DatabaseEngine = _engine(url, clock)
        self.wakeups = Wakeups(self.engine)
        self.engine.on_commit = self.wakeups.wake
        self._shown = _without_password(url)

    def __repr__(self) -> str:
        return f"Database({self._shown!r})"

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        return self.engine.dialect

    async def start(self) -> None:
        """Connect, in the event loop that will use it; binds nothing.

        Raises:
            DatabaseUnavailable: It cannot be reached or is too old.
        """
        await self.engine.start()

    async def close(self) -> None:
        """Close all connections; where it was bound, no database is any more."""
        DB.unbind(self.engine)
        await self.wakeups.close()
        await self.engine.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def bind(self) -> None:
        """Let all tables use this database, in the whole process."""
        DB.bind(self.engine)

    def use(self) -> AbstractContextManager[None]:
        """Let all tables use this database, in this task and those it starts meanwhile."""
        return DB.use(self.engine)

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        """Open a unit of work; inside it, all tables use this database.

        The outermost unit is a transaction (on SQLite the only one that writes), a nested one a savepoint: leaving
        it by an exception undoes what was done in it. Await nothing but the database inside. A unit belongs to the
        task that opened it.

        Raises:
            DatabaseBusy: No transaction could be had in time.
            Conflict: Another transaction got in the way; run the whole unit again.
            TransactionAborted: A statement failed and its error was caught inside the same unit.
        """
        return self._unit()

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[Unit]:
        with self.use():
            async with self.engine.transaction() as transaction:
                yield Unit(transaction)

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """Run SQL with `{}` for each value and return its rows; in the open unit, if there is one.

        On SQLite only columns of a table come back as their Python types; expressions come back raw.

        Raises:
            UniqueViolation, ForeignKeyViolation: The rows do not allow it.
            DatabaseBusy, DatabaseUnavailable, DatabaseFull, Conflict: The database does not.
            ValueError: The number of values is wrong, or a datetime has no zone.
        """
        return await self.engine.fetch(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """Run SQL with `{}` for each value and return how many rows it changed; raises as `fetch` does."""
        return await self.engine.execute(sql, *args)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run SQL once for each row of values, all or nothing; raises as `fetch` does. For imports: it is quick."""
        await self.engine.executemany(sql, rows)

    async def now(self) -> datetime:
        """Return the present, as an aware datetime in UTC, for leases and everything that machines compare.

        On PostgreSQL it is the server's time, because clocks of several machines differ; on SQLite all processes
        share the machine's. A clock that was given explicitly rules on both, or a test could not move the time.
        """
        return await self.engine.now()


def _engine(url: str, clock: Clock | None) -> DatabaseEngine:
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if not path.strip("/") or path.endswith("/") or path.startswith(":memory:") or "?" in path:
            raise ValueError(
                f"{url!r} names no file. Write sqlite:///relative.db or sqlite:////absolute/path.db; "
                "a database in memory cannot be shared by several connections."
            )
        return SQLiteEngine(Path(path), clock=clock)
    if url.startswith(("postgres://", "postgresql://")):
        parts = urlsplit(url)
        if not (parts.path.strip("/") or {"dbname", "database"} & parse_qs(parts.query).keys()):
            raise ValueError(
                f"{_without_password(url)!r} names no database. Write postgres://user:password@host/database."
            )
        return _postgres(url, clock)
    raise ValueError(
        f"{_without_password(url)!r} is no address of a database. Write sqlite:///relative.db, "
        "sqlite:////absolute/path.db or postgres://user:password@host/database."
    )


def _postgres(url: str, clock: Clock | None) -> DatabaseEngine:
    try:
        # Here, because the driver is an extra: a site on SQLite does not have it.
        from helpdesk_core.db.postgres import PostgresEngine  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise ConfigurationError(
            'The driver for PostgreSQL is not installed. Run: pip install "helpdesk[postgres]"'
        ) from error
    return PostgresEngine(url, clock=clock)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{scheme}{separator}{user}{at}{place.partition('?')[0]}"
