"""The database room: engines, units of work, keys, wake-ups, and what migrations and tables need of them.

It imports nothing of Piccolo's migrations: those live in `helpdesk_core.db.migrations`, so that a web process does
not load them.
"""

from helpdesk_core.db.apps import App, Index
from helpdesk_core.db.database import Database, Unit
from helpdesk_core.db.errors import (
    Conflict,
    DatabaseBusy,
    DatabaseError,
    DatabaseFull,
    DatabaseIsNewer,
    DatabaseUnavailable,
    ForeignKeyViolation,
    ForeignTask,
    KeyReused,
    MigrationFailed,
    NotBound,
    TransactionAborted,
    UniqueViolation,
)
from helpdesk_core.db.keys import uuid7
from helpdesk_core.db.routing import DB
from helpdesk_core.db.wakeups import Subscription, Wakeups

__all__ = [
    "DB",
    "App",
    "Conflict",
    "Database",
    "DatabaseBusy",
    "DatabaseError",
    "DatabaseFull",
    "DatabaseIsNewer",
    "DatabaseUnavailable",
    "ForeignKeyViolation",
    "ForeignTask",
    "Index",
    "KeyReused",
    "MigrationFailed",
    "NotBound",
    "Subscription",
    "TransactionAborted",
    "UniqueViolation",
    "Unit",
    "Wakeups",
    "uuid7",
]
