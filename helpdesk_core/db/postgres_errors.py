"""What asyncpg raises, in our words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import asyncpg

from helpdesk_core.db.errors import (
    Conflict,
    DatabaseBusy,
    DatabaseError,
    DatabaseFull,
    DatabaseUnavailable,
    ForeignKeyViolation,
    UniqueViolation,
)

_COLUMNS: Final = re.compile(r"Key \((.*?)\)=")

# The first that fits counts.
_SENTENCES: Final[tuple[tuple[tuple[type[Exception], ...], type[DatabaseError], str], ...]] = (
    (
        (asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError),
        ForeignKeyViolation,
        "A row names another row that is not there, or is still named by one.",
    ),
    (
        # The last: a migration changed a table under a statement that was prepared before.
        (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError),
        Conflict,
        "Another change got in the way. Please try again.",
    ),
    (
        (
            TimeoutError,
            asyncpg.LockNotAvailableError,
            asyncpg.TooManyConnectionsError,
            asyncpg.QueryCanceledError,
        ),
        DatabaseBusy,
        "The database did not answer in time. Please try again.",
    ),
    ((asyncpg.DiskFullError,), DatabaseFull, "There is no space left for the database."),
)
_UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    # A primary that became a standby.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TargetServerAttributeNotMatched,
    asyncpg.InternalClientError,
    OSError,
)


def translated(error: Exception, *, lost: bool = False) -> DatabaseError | None:
    """Return our error for asyncpg's; None for a mistake in a program.

    Args:
        error: What was raised.
        lost: True when the connection is gone, which asyncpg does not always say in the error.
    """
    if isinstance(error, asyncpg.UniqueViolationError):
        return _unique(error)
    # `TimeoutError` is an `OSError`; it has to be asked for before those.
    for kinds, ours, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return ours(sentence)
    if lost or isinstance(error, _UNAVAILABLE):
        return DatabaseUnavailable("The database cannot be reached: %(reason)s.", reason=str(error) or repr(error))
    return None


def _unique(error: Any) -> UniqueViolation:
    columns = _COLUMNS.match(error.detail or "")
    return UniqueViolation(
        table=error.table_name or "",
        columns=tuple(columns[1].split(", ")) if columns else (),
        index=error.constraint_name or "",
    )


def is_lost(connection: Any) -> bool:
    """Tell whether a connection is of no use any more."""
    try:
        closed: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool took it away, because it was closed there or the pool itself was.
        return True
    return closed


def drop(connection: Any) -> None:
    """Close a connection at once; the server rolls back what was open on it."""
    if not is_lost(connection):
        connection.terminate()


@contextmanager
def in_our_words(connection: Any) -> Iterator[None]:
    """Translate what is raised inside while the connection is used."""
    try:
        yield
    except asyncpg.ReadOnlySQLTransactionError as error:
        # The server was the primary once. Only a new connection looks for the one that is it now.
        drop(connection)
        raise DatabaseUnavailable("The database server takes no changes any more; trying another.") from error
    except Exception as error:
        ours = translated(error, lost=is_lost(connection))
        if ours is None:
            raise
        raise ours from error
