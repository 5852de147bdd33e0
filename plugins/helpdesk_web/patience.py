"""Trying again when two things happened at the same moment. Safe, because every command carries a one-time key."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from helpdesk_core.db import Conflict

T = TypeVar("T")

TRIES: Final = 3


async def persistently(work: Callable[[], Awaitable[T]]) -> T:
    """Do it, and do it again when another transaction got in the way, three times at most.

    Raises:
        Conflict: It was in the way every time.
    """
    for attempt in range(TRIES - 1):
        try:
            return await work()
        except Conflict:
            await asyncio.sleep(0.02 * (attempt + 1))
    return await work()
