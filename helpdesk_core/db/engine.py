"""What both engines share: how Piccolo and our own SQL reach a connection, and whose transaction is open.

An engine belongs to one event loop and one process: make it anywhere, start it in the loop, never before a fork.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, Self

from piccolo.engine.base import BaseAtomic, BaseBatch, Engine
from piccolo.engine.postgres import Atomic
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from helpdesk_core.clock import Clock, SystemClock
from helpdesk_core.db.errors import ForeignTask
from helpdesk_core.db.transactions import Row, Session, Transaction

Dialect = Literal["sqlite", "postgres"]


@lru_cache(maxsize=2048)
def _compiled(sql: str, dialect: Dialect) -> tuple[str, int]:
    parts = sql.split("{}")
    if dialect == "sqlite":
        return "?".join(parts), len(parts) - 1
    text = parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], start=1))
    return text, len(parts) - 1


def compiled(sql: str, dialect: Dialect, values: int) -> str:
    """Return the SQL with the placeholders of a dialect for `{}`.

    Raises:
        ValueError: There are not as many values as placeholders.
    """
    text, placeholders = _compiled(sql, dialect)
    if placeholders != values:
        raise ValueError(f"the statement has {placeholders} placeholders, but {values} values were given: {sql}")
    return text


def check_values(args: Sequence[Any]) -> None:
    """Refuse datetimes without a zone: each database would take them for something else.

    Raises:
        ValueError: There is one.
    """
    for arg in args:
        if isinstance(arg, datetime) and arg.tzinfo is None:
            raise ValueError(f"{arg!r} has no time zone; moments go to the database as aware datetimes")


class DatabaseEngine(Engine[Transaction]):
    """A Piccolo engine with a life: `start()`, use, `close()`.

    Attributes:
        dialect: Which database this is.
        clock: The clock that was given explicitly, or None.
        on_commit: Called with the topics of every transaction that was committed.
    """

    current_transaction: ContextVar[Transaction | None]

    def __init__(self, dialect: Dialect, clock: Clock | None = None) -> None:
        # Not Piccolo's own: it would connect at once, from a thread, to ask for the version.
        self.engine_type = dialect
        self.min_version_number = 0
        self.log_queries = self.log_responses = False
        self.query_id = 0
        self.current_transaction = ContextVar(f"helpdesk_{dialect}_transaction", default=None)
        self.dialect: Dialect = dialect
        self.clock = clock
        self.on_commit: Callable[[Collection[str]], None] = lambda _: None

    @abstractmethod
    async def start(self) -> None:
        """Connect.

        Raises:
            DatabaseUnavailable: There is no database there, or it is too old.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close all connections; a transaction still open is rolled back."""

    @abstractmethod
    async def listen(self, heard: Callable[[str | None], None], wanted: asyncio.Event) -> None:
        """Tell what other processes committed, until cancelled: a topic, or None for "anything".

        Args:
            heard: Called for each.
            wanted: Set while somebody listens at all.

        Raises:
            DatabaseError: The ear went deaf; call again.
        """

    @abstractmethod
    def session(self, timeout: float | None) -> Session:
        """Return a session for a new transaction; `timeout` in seconds bounds each of its statements."""

    @abstractmethod
    async def fetch_alone(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run a statement outside any transaction and return its rows."""

    @abstractmethod
    async def execute_alone(self, sql: str, args: Sequence[Any]) -> int:
        """Run a statement outside any transaction and return how many rows it changed."""

    @abstractmethod
    def pieces_alone(self, sql: str, args: Sequence[Any], size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement outside any transaction and return its rows in pieces, without holding them all."""

    async def now(self) -> datetime:
        """Return the present as the database sees it; see `Database.now`."""
        return (self.clock or SystemClock()).now()

    def current(self) -> Transaction | None:
        """Return the open transaction of this task.

        Raises:
            ForeignTask: The transaction that this task inherited belongs to another task and is still open.
        """
        transaction = self.current_transaction.get()
        while transaction is not None and transaction.ended:
            transaction = transaction.outer
        if transaction is not None and transaction.owner is not asyncio.current_task():
            raise ForeignTask(
                "This task was started inside a unit of another task and may not use it. Start it after the commit, "
                "or with create_task(..., context=contextvars.Context()); inside a unit use asyncio.timeout instead "
                "of asyncio.wait_for, and no gather."
            )
        return transaction

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """Run SQL with `{}` placeholders and return its rows; see `Database.fetch`."""
        return await self._fetch(compiled(sql, self.dialect, len(args)), args)

    async def execute(self, sql: str, *args: Any) -> int:
        """Run SQL with `{}` placeholders and return how many rows it changed; see `Database.execute`."""
        text = compiled(sql, self.dialect, len(args))
        check_values(args)
        transaction = self.current()
        if transaction is None:
            return await self.execute_alone(text, args)
        return await transaction.run(lambda session: session.execute(text, args))

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run SQL with `{}` placeholders once a row, all or nothing; see `Database.executemany`."""
        if not rows:
            return
        text = compiled(sql, self.dialect, len(rows[0]))
        for row in rows:
            check_values(row)
        async with self.transaction() as transaction:
            await transaction.run(lambda session: session.executemany(text, rows))

    async def _fetch(self, text: str, args: Sequence[Any]) -> list[Row]:
        check_values(args)
        transaction = self.current()
        if transaction is None:
            return await self.fetch_alone(text, args)
        return await transaction.run(lambda session: session.fetch(text, args))

    def committed(self, topics: Collection[str]) -> None:
        """Pass on the topics of a transaction that was committed."""
        self.on_commit(topics)

    # What Piccolo calls.

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:  # noqa: ARG002, FBT001, FBT002 - the signature is Piccolo's
        """Run a query of Piccolo."""
        text, args = querystring.compile_string(engine_type=self.dialect)
        return await self._fetch(text, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:  # noqa: ARG002, FBT001, FBT002 - the signature is Piccolo's
        """Run a schema statement of Piccolo."""
        return await self._fetch(ddl, ())

    def transaction(self, timeout: float | None = None) -> Transaction:
        """Return a transaction, or a savepoint when one is open; rooms use `Database.unit` instead.

        Args:
            timeout: Seconds that each statement may take on PostgreSQL; None for the usual bound.
        """
        return Transaction(self, timeout)

    def transaction_exists(self) -> bool:
        """Tell whether this task has a transaction open."""
        return self.current() is not None

    def atomic(self) -> BaseAtomic:
        """Return Piccolo's collector of queries that run in one transaction."""
        return Atomic(engine=self)  # type: ignore[arg-type] # it only calls `transaction()`

    async def batch(
        self,
        query: Query[Any, Any],
        batch_size: int = 100,
        node: str | None = None,  # noqa: ARG002 - there is one node
    ) -> "Batch":
        """Return the rows of a query in pieces: `async with await query.batch() as pieces: async for piece …`."""
        text, args = query.querystrings[0].compile_string(engine_type=self.dialect)
        if self.current() is None:
            return Batch(query, self.pieces_alone(text, args, batch_size))
        return Batch(query, _pieces(await self._fetch(text, args), batch_size))

    async def prep_database(self) -> None:
        """Nothing is to be prepared."""

    async def check_version(self) -> None:
        """The version is checked by `start()`."""

    def transform_response_to_dicts(self, results: list[Row]) -> list[Row]:
        """Return the rows: they are dictionaries already."""
        return results


async def _pieces(rows: list[Row], size: int) -> AsyncGenerator[list[Row], None]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


class Batch(BaseBatch):
    """The rows of a query in pieces. Read them to the end or leave the context: an open cursor holds resources."""

    def __init__(self, query: Query[Any, Any], pieces: AsyncGenerator[list[Row], None]) -> None:
        self._query = query
        self._pieces = pieces

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._pieces.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Row]:
        rows: list[Row] = await self._query._process_results(await anext(self._pieces))  # noqa: SLF001 - as Piccolo's batches do
        return rows
