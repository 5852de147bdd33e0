"""Which installation this is: an id of its own in every Message-ID, so that copies of a database are told apart."""

from datetime import datetime
from typing import Final
from uuid import UUID

from helpdesk_core.db.database import Database
from helpdesk_core.db.keys import uuid7

LOCK: Final = 0x68_65_6C_70_69
"""Key of the lock under which the id is chosen on PostgreSQL; SQLite has one writer anyway."""


async def installation(database: Database, now: datetime) -> UUID:
    """Return the id of this installation; the first call on a new database chooses it, whoever else calls too."""
    async with database.unit():
        if database.dialect == "postgres":
            await database.fetch("SELECT pg_advisory_xact_lock({})", LOCK)
        rows = await database.fetch("SELECT id FROM helpdesk_core_installation ORDER BY created_at LIMIT 1")
        if not rows:
            rows = await database.fetch(
                "INSERT INTO helpdesk_core_installation (id, created_at) VALUES ({}, {}) RETURNING id", uuid7(), now
            )
        found: UUID = rows[0]["id"]
        return found
