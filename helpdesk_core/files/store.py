"""Bytes on the local disk, addressed by their SHA-256.

A file is safe on disk (`fsync` of file and folder) before a row names it, so a committed row never points to
nothing. Nothing is overwritten. Bytes that nothing refers to any more are removed by `sweep` after a day.
"""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from helpdesk_core.db import Database, Unit
from helpdesk_core.errors import HelpdeskError

PIECE: Final = 1 << 18
GRACE: Final = timedelta(days=1)
UNFINISHED: Final = "incoming-"
"""How the name of a file begins while it is written."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class FileMissing(HelpdeskError):
    """The bytes are gone from the disk although a row names them."""

    code = "file-missing"


class FileDamaged(HelpdeskError):
    """The bytes on the disk are not those that were stored; they are not given out."""

    code = "file-damaged"


class StoredFile(msgspec.Struct, frozen=True):
    """Bytes in the store.

    Attributes:
        blob: SHA-256 in hexadecimal.
        size: Number of bytes.
    """

    blob: str
    size: int


class FileStore:
    """The files of one site, below one folder."""

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self._database = database

    async def put(self, source: bytes | BinaryIO) -> StoredFile:
        """Store bytes durably and return their address; the same bytes are stored once."""
        return await asyncio.to_thread(self._put, source)

    async def get(self, blob: str) -> bytes:
        """Return the bytes.

        Raises:
            FileMissing: They are not there.
            FileDamaged: They changed on the disk.
        """
        return await asyncio.to_thread(self._get, blob)

    async def refer(self, unit: Unit, file: StoredFile, now: datetime) -> None:
        """Count one more thing that needs the bytes; inside the unit of work that creates that thing.

        Raises:
            FileMissing: The bytes are not in the store.
        """
        del unit
        path = self._path(file.blob)
        await self._database.execute(
            "INSERT INTO helpdesk_core_blob (hash, size, uses, created_at) VALUES ({}, {}, 1, {}) "
            "ON CONFLICT (hash) DO UPDATE SET uses = helpdesk_core_blob.uses + 1, "
            "unreferenced_at = NULL",
            file.blob,
            file.size,
            now,
        )
        # Only now, with the row held: a sweep that came first is over, and one that comes now waits for this unit.
        if not await asyncio.to_thread(path.exists):
            raise FileMissing("This file is missing on the server. Please add it again.")

    async def release(self, unit: Unit, blob: str, now: datetime) -> None:
        """Count one thing less that needs the bytes."""
        del unit
        await self._database.execute(
            "UPDATE helpdesk_core_blob SET uses = uses - 1, "
            "unreferenced_at = CASE WHEN uses = 1 THEN {} ELSE unreferenced_at END WHERE hash = {} AND uses > 0",
            now,
            blob,
        )

    async def sweep(self, now: datetime) -> int:
        """Remove bytes that nothing has needed for a day; return how many were removed.

        A file that was written again within the last day stays, whatever the rows say: somebody may be about to
        refer to it.
        """
        removed, moment = 0, now - GRACE
        for path in await asyncio.to_thread(self._older_than, moment):
            if path.parent == self.root:
                removed += await asyncio.to_thread(_remove_older, path, moment)
            else:
                removed += await self._remove_unneeded(path, moment)
        return removed

    async def _remove_unneeded(self, path: Path, moment: datetime) -> bool:
        """Remove bytes and their row, unless something needs them or needed them after the moment."""
        async with self._database.unit():
            # First the row is held, whether there was one or not: who refers to these bytes meanwhile waits, and then
            # finds that they are gone, before anything is committed that needs them.
            await self._database.execute(
                "INSERT INTO helpdesk_core_blob (hash, size, uses, created_at) VALUES ({}, 0, 0, {}) "
                "ON CONFLICT (hash) DO UPDATE SET uses = helpdesk_core_blob.uses",
                path.name,
                moment,
            )
            unneeded = await self._database.fetch(
                "DELETE FROM helpdesk_core_blob WHERE hash = {} AND uses = 0 "
                "AND (unreferenced_at IS NULL OR unreferenced_at <= {}) RETURNING hash",
                path.name,
                moment,
            )
            return bool(unneeded) and await asyncio.to_thread(_remove_older, path, moment)

    def _older_than(self, moment: datetime) -> list[Path]:
        """Return the files of the store, finished and unfinished, that were written before the moment; no others."""
        pair = "[0-9a-f]" * 2
        finished = (path for path in self.root.glob(f"{pair}/{pair}/*") if _HASH.fullmatch(path.name))
        unfinished = self.root.glob(f"{UNFINISHED}*")
        return [path for path in (*finished, *unfinished) if _is_older(path, moment)]

    def _path(self, blob: str) -> Path:
        if not _HASH.fullmatch(blob):
            raise FileMissing("There is no such file.")
        return self.root / blob[:2] / blob[2:4] / blob

    def _put(self, source: bytes | BinaryIO) -> StoredFile:
        if not self.root.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            _sync_folder(self.root.parent)
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=self.root, prefix=UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as target:
                for piece in _pieces(source):
                    digest.update(piece)
                    size += len(piece)
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            path = self._path(digest.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(temporary).replace(path)
            for folder in (path.parent, path.parent.parent, self.root):
                _sync_folder(folder)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        return StoredFile(path.name, size)

    def _get(self, blob: str) -> bytes:
        try:
            content = self._path(blob).read_bytes()
        except FileNotFoundError as error:
            raise FileMissing("This file is missing on the server.") from error
        if hashlib.sha256(content).hexdigest() != blob:
            raise FileDamaged("This file was damaged on the server and is not given out.")
        return content


def _remove_older(path: Path, moment: datetime) -> bool:
    """Remove a file and tell whether that was done; one that was written again since the moment stays."""
    if not _is_older(path, moment):
        return False
    path.unlink(missing_ok=True)
    return True


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False  # An upload that was finished meanwhile has another name now.


def _pieces(source: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    source.seek(0)
    while piece := source.read(PIECE):
        yield piece


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
