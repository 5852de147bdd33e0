"""What SQLite raises, in our words."""

import re
import sqlite3
from typing import Final

from helpdesk_core.db.errors import (
    DatabaseBusy,
    DatabaseError,
    DatabaseFull,
    DatabaseUnavailable,
    ForeignKeyViolation,
    UniqueViolation,
)

_INDEX: Final = re.compile(r"UNIQUE constraint failed: index '(.*)'")
_COLUMNS: Final = re.compile(r"UNIQUE constraint failed: (.*)")

_UNIQUE: Final = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
_FOREIGN: Final = (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_TRIGGER)
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNAVAILABLE: Final = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
)


def translated(error: sqlite3.Error) -> DatabaseError | None:
    """Return our error for SQLite's; None for a mistake in a program."""
    # Errors of the module itself, such as a wrong number of values, have no code.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    if code in _UNIQUE:
        return _unique(str(error))
    # ON DELETE RESTRICT answers as a trigger would.
    if code in _FOREIGN and "FOREIGN KEY" in str(error):
        return ForeignKeyViolation("A row names another row that is not there, or is still named by one.")
    primary = code & 0xFF
    if primary in _BUSY:
        return DatabaseBusy("The database is busy: another process is writing. Please try again.")
    if primary == sqlite3.SQLITE_FULL:
        return DatabaseFull("There is no space left for the database.")
    if primary in _UNAVAILABLE:
        return DatabaseUnavailable("The database file cannot be used: %(reason)s.", reason=str(error))
    return None


def _unique(text: str) -> UniqueViolation:
    if found := _INDEX.match(text):
        return UniqueViolation(index=found[1])
    found = _COLUMNS.match(text)
    names = [name.rpartition(".") for name in found[1].split(", ")] if found else []
    return UniqueViolation(table=names[0][0] if names else "", columns=tuple(column for _, _, column in names))
