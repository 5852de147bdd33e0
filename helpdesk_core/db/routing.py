"""The one engine that all tables name: it hands everything on to the database bound at this moment.

A table is defined at import, when no database is known yet; several sites may run in one process, each with its
own database. So tables name `DB`, and `DB` looks up the real engine at every call: first in the context
(`with DB.use(engine)`), then in the process (`DB.bind(engine)`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from piccolo.engine.base import BaseAtomic, BaseBatch, Engine
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from helpdesk_core.db.engine import DatabaseEngine, Dialect
from helpdesk_core.db.errors import NotBound
from helpdesk_core.db.transactions import Row, Transaction


class RoutingEngine(Engine[Transaction]):
    """An engine without a connection: `Table(..., db=DB)`."""

    def __init__(self) -> None:
        # Not Piccolo's own `__init__`: it fills slots that are properties here, and connects.
        self._default: DatabaseEngine | None = None
        self._used: ContextVar[DatabaseEngine | None] = ContextVar("helpdesk_database", default=None)

    @property
    def engine(self) -> DatabaseEngine:
        """The engine bound at this moment.

        Raises:
            NotBound: There is none.
        """
        engine = self._used.get() or self._default
        if engine is None:
            raise NotBound(
                "No database is bound. Open one and bind it: `async with Database(url) as database: "
                "database.bind()`, or for a part of the program `with database.use(): …`."
            )
        return engine

    def bind(self, engine: DatabaseEngine) -> None:
        """Use the engine in this whole process, wherever no other is in use."""
        self._default = engine

    def unbind(self, engine: DatabaseEngine | None = None) -> None:
        """Forget the engine of the process, or only this one if it is it."""
        if engine is None or engine is self._default:
            self._default = None

    @contextmanager
    def use(self, engine: DatabaseEngine) -> Iterator[None]:
        """Use the engine in this task and in those that it starts meanwhile."""
        before = self._used.get()
        self._used.set(engine)
        try:
            yield
        finally:
            # Set, not reset: an asynchronous fixture may leave in another context than it entered in.
            self._used.set(before)

    @property
    def dialect(self) -> Dialect:
        """Which database is bound."""
        return self.engine.dialect

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """See `Database.fetch`."""
        return await self.engine.fetch(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """See `Database.execute`."""
        return await self.engine.execute(sql, *args)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """See `Database.executemany`."""
        await self.engine.executemany(sql, rows)

    async def now(self) -> datetime:
        """See `Database.now`."""
        return await self.engine.now()

    def transaction(self, timeout: float | None = None) -> Transaction:
        """Return a transaction or savepoint of the bound engine."""
        return self.engine.transaction(timeout)

    def transaction_exists(self) -> bool:
        """Tell whether this task has a transaction open."""
        return self.engine.transaction_exists()

    # What else Piccolo calls.

    @property
    def engine_type(self) -> str:  # type: ignore[override] # a slot of Piccolo's
        """Piccolo's name of the dialect."""
        return self.engine.engine_type

    @property
    def current_transaction(self) -> ContextVar[Transaction | None]:  # type: ignore[override] # the same
        """Where the bound engine keeps its transaction."""
        return self.engine.current_transaction

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:  # noqa: FBT001, FBT002 - the signature is Piccolo's
        """Run a query of Piccolo."""
        return await self.engine.run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:  # noqa: FBT001, FBT002 - the signature is Piccolo's
        """Run a schema statement of Piccolo."""
        return await self.engine.run_ddl(ddl, in_pool)

    def atomic(self) -> BaseAtomic:
        """Return Piccolo's collector of queries."""
        return self.engine.atomic()

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> BaseBatch:
        """Return the rows of a query in pieces."""
        return await self.engine.batch(query, batch_size, node)

    async def get_version(self) -> float:
        """Return the version of the bound database."""
        return await self.engine.get_version()

    def get_version_sync(self) -> float:
        """Return the version of the bound database."""
        return self.engine.get_version_sync()

    async def prep_database(self) -> None:
        """Nothing is to be prepared."""

    async def check_version(self) -> None:
        """The bound engine checks it when it starts."""

    def transform_response_to_dicts(self, results: list[Row]) -> list[Row]:
        """Return the rows: they are dictionaries already."""
        return results


DB = RoutingEngine()
