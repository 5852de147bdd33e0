"""Doing a thing once, however often it is asked for: forms sent twice, mails fetched again, commands retried."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from helpdesk_core.db.errors import DatabaseError, KeyReused
from helpdesk_core.db.keys import uuid7
from helpdesk_core.db.routing import DB


async def once(scope: str, key: str, request_hash: str, make: Callable[[], Awaitable[Any]]) -> Any:
    """Do it if this key has not been seen, else return what came out the first time. Inside a unit.

    The key, the result and what `make` wrote are stored together or not at all: when `make` raises, a repeat does
    it again. Of several at once, one does it and the others wait for its commit.

    Args:
        scope: Whose keys these are, for example "form" with the person; at most 100 characters.
        key: The key; at most 200 characters.
        request_hash: A digest of what was asked, at most 64 characters.
        make: Does it and returns what JSON can hold (msgspec decides).

    Returns:
        The result as it comes back from JSON, the first time too, so that nobody can tell them apart.

    Raises:
        KeyReused: The key stands for another request.
    """
    if not DB.transaction_exists():
        raise DatabaseError("`once` runs inside a unit, or its key could be stored without its result.")
    async with DB.transaction():
        claimed = await DB.fetch(
            "INSERT INTO helpdesk_core_idempotency_key (id, scope, key, request_hash, created_at) "
            "VALUES ({}, {}, {}, {}, {}) ON CONFLICT (scope, key) DO NOTHING RETURNING id",
            uuid7(),
            scope,
            key,
            request_hash,
            await DB.now(),
        )
        if not claimed:
            return await _first(scope, key, request_hash)
        result = msgspec.json.encode(await make())
        await DB.execute(
            "UPDATE helpdesk_core_idempotency_key SET result = {} WHERE id = {}", result.decode(), claimed[0]["id"]
        )
        return msgspec.json.decode(result)


async def _first(scope: str, key: str, request_hash: str) -> Any:
    rows = await DB.fetch(
        "SELECT request_hash, result FROM helpdesk_core_idempotency_key WHERE scope = {} AND key = {}", scope, key
    )
    if not rows or rows[0]["result"] is None:
        raise DatabaseError("`once` was called for the key %(key)s while doing it.", key=f"{scope}/{key}")
    if rows[0]["request_hash"] != request_hash:
        raise KeyReused("This was sent before with another content. Please load the page again.")
    return msgspec.json.decode(rows[0]["result"])


async def forget(before: datetime) -> int:
    """Remove keys older than a moment and return how many; a repeat after that is done again."""
    return await DB.execute("DELETE FROM helpdesk_core_idempotency_key WHERE created_at < {}", before)
