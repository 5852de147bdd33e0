"""Waiting for what must not be left half done: BEGIN, COMMIT, ROLLBACK and the return of a connection."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """Await the work to its end, however often the task is cancelled meanwhile; then let the cancellation go on.

    Raises:
        asyncio.CancelledError: The task was cancelled meanwhile. The work has ended all the same; what it raised,
            if anything, is the cause.
    """
    future = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            # Unlike awaiting the future itself, `wait` does not hand our cancellation down to it.
            await asyncio.wait((future,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return future.result()
    raise cancelled from (None if future.cancelled() else future.exception())
