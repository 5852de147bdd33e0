"""How often something may happen: a sliding window that several processes count together.

Time is cut into slices of a twelfth of the window; a hit counts in its slice. Within any stretch as long as the
window there are never more hits than the limit, also across the edge of an hour; in exchange a hit counts up to a
twelfth longer than it strictly should. What was refused does not count: nobody can keep somebody else locked out.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from helpdesk_core.db.keys import uuid7
from helpdesk_core.db.routing import DB

SLICES: Final = 12


async def hit(bucket: str, limit: int, window: timedelta, now: datetime) -> bool:
    """Count one hit if the limit allows it, atomically, and tell whether it does.

    Call it outside a unit that may be rolled back, or the hit is undone with it.

    Args:
        bucket: Who does what, for example "login:" with a digest of the address; at most 300 characters.
        limit: The most hits within any such window.
        window: Length of the window.
        now: The present.
    """
    first, last = _slices(window, now)
    async with DB.transaction():
        if DB.dialect == "postgres":
            # Under READ COMMITTED two could count at once; on SQLite there is one writer anyway.
            await DB.fetch("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", f"rate-limit {bucket}")
        if await _used(bucket, first, last) >= limit:
            return False
        await DB.execute(
            "INSERT INTO helpdesk_core_rate_limit (id, bucket, window_start, used) VALUES ({}, {}, {}, 1) "
            "ON CONFLICT (bucket, window_start) DO UPDATE SET used = helpdesk_core_rate_limit.used + 1",
            uuid7(),
            bucket,
            last,
        )
        return True


async def give_back(bucket: str, window: timedelta, now: datetime) -> None:
    """Take back a hit that turned out not to count, such as a try with the right password.

    Args:
        bucket: As it was hit.
        window: As it was hit.
        now: The moment that the hit was counted at, not the present: it names the slice.
    """
    await DB.execute(
        "UPDATE helpdesk_core_rate_limit SET used = used - 1 WHERE bucket = {} AND window_start = {} AND used > 0",
        bucket,
        _slices(window, now)[1],
    )


async def remaining(bucket: str, limit: int, window: timedelta, now: datetime) -> int:
    """Return how many hits are left, without counting one."""
    return max(0, limit - await _used(bucket, *_slices(window, now)))


async def clean_up(before: datetime) -> int:
    """Remove slices that began before a moment and return how many; keep at least the longest window in use."""
    return await DB.execute("DELETE FROM helpdesk_core_rate_limit WHERE window_start < {}", before)


def _slices(window: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Return where the first slice that counts and the present one begin."""
    length = -(-window // SLICES)  # rounded up, so that the slices cover the window
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    last = epoch + (now - epoch) // length * length
    return last - SLICES * length, last


async def _used(bucket: str, first: datetime, last: datetime) -> int:
    # Slices after the present one stem from a clock that was set back and do not count.
    rows = await DB.fetch(
        "SELECT COALESCE(SUM(used), 0) AS used FROM helpdesk_core_rate_limit "
        "WHERE bucket = {} AND window_start >= {} AND window_start <= {}",
        bucket,
        first,
        last,
    )
    return int(rows[0]["used"])
