"""What can go wrong between us and a database, under one name on both databases.

The engines translate what their drivers raise; only mistakes in a program (bad SQL, a missing table) keep the
driver's own error. Nothing here decides what to do about an error.
"""

from helpdesk_core.errors import HelpdeskError


class DatabaseError(HelpdeskError):
    """Base of everything that a database refuses or cannot do."""

    code = "database"


class DatabaseBusy(DatabaseError):
    """The database did not get to it in time: a lock, or all connections in use. A later try may succeed."""

    code = "database-busy"


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, is starting, stopping or gone.

    A commit that ends so may have happened: repeat the work with the same idempotency key.
    """

    code = "database-unavailable"


class DatabaseFull(DatabaseError):
    """No space is left where the database lives. Nothing of the unit was stored."""

    code = "database-full"


class Conflict(DatabaseError):
    """Another transaction got in the way (serialisation, deadlock). Run the whole unit again."""

    code = "conflict"


class UniqueViolation(DatabaseError):
    """A row like this is there already.

    Attributes:
        table: Name of the table, empty when the database does not say.
        columns: Columns of the unique index, empty when the database does not say.
        index: Name of the index; SQLite gives it only for indexes on expressions.
    """

    code = "unique"

    def __init__(self, *, table: str = "", columns: tuple[str, ...] = (), index: str = "") -> None:
        what = f"{table} ({', '.join(columns)})" if columns else index or table
        super().__init__("A row like this is there already: %(what)s.", what=what)
        self.table = table
        self.columns = columns
        self.index = index


class ForeignKeyViolation(DatabaseError):
    """A row names another row that is not there, or is still named by one."""

    code = "foreign-key"


class TransactionAborted(DatabaseError):
    """A statement of this unit failed, the error was caught, and the unit went on.

    Put a nested unit around a statement that may fail: only that is then undone. PostgreSQL demands it; SQLite is
    held to the same, so that what works on one works on the other.
    """

    code = "transaction-aborted"


class ForeignTask(DatabaseError):
    """A task used a transaction that another task opened.

    A task inherits the transaction of the task that started it. Start background work after the commit, or with
    `create_task(..., context=contextvars.Context())`. Inside a unit use `asyncio.timeout`, not `asyncio.wait_for`:
    the latter runs its coroutine in a task of its own.
    """

    code = "foreign-task"


class NotBound(DatabaseError):
    """A table was used while no database was bound to `DB`."""

    code = "not-bound"


class KeyReused(DatabaseError):
    """An idempotency key came again with another request behind it."""

    code = "key-reused"


class MigrationFailed(DatabaseError):
    """A migration cannot be read or run; says which. Nothing of this run was stored."""

    code = "migration-failed"


class DatabaseIsNewer(DatabaseError):
    """The database has seen migrations that this program does not know. Install the newer program."""

    code = "database-newer"
