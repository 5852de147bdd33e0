"""Values on their way out of SQLite: the cheap converters.

Piccolo registers converters that are right and slow (an integer goes through `Decimal`, every value through a
decorator); they are half the price of a list. `sqlite3` keeps one set of converters for the whole process, so
replacing them by declared type changes no result, only its cost. What goes in is left to Piccolo's adapters.
"""

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

# Piccolo registers its own set when this is imported: it has to come first.
import piccolo.engine.sqlite  # noqa: F401


def _moment(value: bytes) -> datetime:
    moment = datetime.fromisoformat(value.decode())
    # Written with a zone by us; without one only by SQLite's own CURRENT_TIMESTAMP, which is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def register() -> None:
    """Replace Piccolo's converters in this process."""
    sqlite3.register_converter("INTEGER", int)
    sqlite3.register_converter("BOOLEAN", lambda value: value == b"1")
    sqlite3.register_converter("UUID", lambda value: UUID(value.decode()))
    sqlite3.register_converter("NUMERIC", lambda value: Decimal(value.decode()))
    sqlite3.register_converter("DATE", lambda value: date.fromisoformat(value.decode()))
    sqlite3.register_converter("TIMESTAMPTZ", _moment)
