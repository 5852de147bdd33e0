"""A process that dies at a chosen point of storing a file: `python worker.py URL FOLDER POINT`."""

import asyncio
import io
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from helpdesk_core.db import Database
from helpdesk_core.files import FileStore

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(io.BytesIO):
    """Kills its reader at the second piece."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            die()
        return super().read(size)


async def work(url: str, folder: str, point: str) -> None:
    async with Database(url) as database:
        store = FileStore(Path(folder), database)
        if point == "writing":
            await store.put(cast("BinaryIO", Deadly(b"pixels" * 100_000)))
        stored = await store.put(b"pixels")
        if point == "stored":
            die()
        async with database.unit() as unit:
            await store.refer(unit, stored, NOW)
            if point == "referred":
                die()
        if point == "committed":
            die()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
