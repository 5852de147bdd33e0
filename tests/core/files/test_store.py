"""Bytes in the store: what goes in comes out or an error does, once however often, and while anything needs it."""

import asyncio
import contextvars
import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.db import Database
from helpdesk_core.files import FileDamaged, FileMissing, FileStore, StoredFile
from helpdesk_core.files.store import GRACE, PIECE, UNFINISHED

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OLD = NOW - 2 * GRACE


def path_of(store: FileStore, blob: str) -> Path:
    (path,) = store.root.glob(f"*/*/{blob}")
    return path


def aged(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def everything_in(store: FileStore) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


async def refer(store: FileStore, file: StoredFile, now: datetime = NOW) -> None:
    async with store._database.unit() as unit:
        await store.refer(unit, file, now)


async def release(store: FileStore, file: StoredFile, now: datetime = NOW) -> None:
    async with store._database.unit() as unit:
        await store.release(unit, file.blob, now)


async def uses(store: FileStore) -> list[int]:
    return [row["uses"] for row in await store._database.fetch("SELECT uses FROM helpdesk_core_blob")]


sizes = st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])


@settings(max_examples=40)
@given(st.binary(max_size=200), sizes, st.booleans())
def test_any_bytes_come_back_and_the_same_bytes_are_kept_once(begin: bytes, zeros: int, as_file: bool):  # noqa: FBT001
    content = begin + b"\0" * zeros
    with TemporaryDirectory() as folder:
        store = FileStore(Path(folder) / "files", Database(f"sqlite:///{folder}/unused.db"))

        async def there_and_back() -> None:
            source: bytes | BinaryIO = io.BytesIO(content) if as_file else content
            if isinstance(source, io.BytesIO):
                source.seek(len(content) // 2)  # As somebody leaves it who looked at what it is.
            first, second = await store.put(source), await store.put(content)
            assert first == second == StoredFile(hashlib.sha256(content).hexdigest(), len(content))
            assert await store.get(first.blob) == content

        asyncio.run(there_and_back())
        assert len(everything_in(store)) == 1


@pytest.mark.anyio
async def test_twenty_who_store_the_same_bytes_at_once_store_them_once(store: FileStore):
    found = await asyncio.gather(*(store.put(b"x" * PIECE) for _ in range(20)))
    assert len(set(map(repr, found))) == 1
    assert len(everything_in(store)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "blob",
    [
        "",
        "0" * 64,
        "0" * 63,
        "0" * 65,
        "A" * 64,
        "../../../etc/passwd",
        "0" * 63 + "\n",
        "\0" * 64,
        "/etc/passwd",
        "ä" * 64,
    ],
)
async def test_what_is_not_there_is_missing_whatever_it_is_called(store: FileStore, blob: str):
    with pytest.raises(FileMissing):
        await store.get(blob)
    with pytest.raises(FileMissing):
        await refer(store, StoredFile(blob, 1))
    assert await uses(store) == []


@pytest.mark.anyio
@pytest.mark.parametrize("damage", [b"", b"pixel", b"pixelx", b"pixels\0", b"Pixels"])
async def test_bytes_that_changed_on_the_disk_are_not_given_out_and_putting_them_again_mends_it(store, damage):
    stored = await store.put(b"pixels")
    path_of(store, stored.blob).write_bytes(damage)
    with pytest.raises(FileDamaged):
        await store.get(stored.blob)
    assert await store.put(b"pixels") == stored
    assert await store.get(stored.blob) == b"pixels"


class Breaking(io.BytesIO):
    """A source that ends in an error after its first piece, as an upload or a full disk does."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().read(size)


@pytest.mark.anyio
async def test_an_upload_that_breaks_leaves_nothing_behind(store: FileStore):
    with pytest.raises(OSError, match="No space left"):
        await store.put(cast("BinaryIO", Breaking(b"x" * 2 * PIECE)))
    assert everything_in(store) == []


@pytest.mark.anyio
async def test_a_reference_to_missing_bytes_takes_the_whole_unit_back(store: FileStore, database: Database):
    stored = await store.put(b"pixels")
    path_of(store, stored.blob).unlink()
    with pytest.raises(FileMissing):
        await refer(store, stored)
    assert await uses(store) == []


@pytest.mark.anyio
async def test_references_and_releases_at_once_are_all_counted(store: FileStore):
    stored = await store.put(b"pixels")
    await asyncio.gather(*(refer(store, stored) for _ in range(15)))
    await asyncio.gather(
        *(work(store, stored) for work in [refer, release] * 5), *(release(store, stored) for _ in range(7))
    )
    assert await uses(store) == [8]


@pytest.mark.anyio
async def test_more_releases_than_references_owe_nothing_later(store: FileStore):
    """Red without `uses > 0` in `release`: the next reference would count as none, and the bytes would go."""
    stored = await store.put(b"pixels")
    await refer(store, stored)
    for _ in range(3):
        await release(store, stored)
    assert await uses(store) == [0]
    await refer(store, stored)
    assert await uses(store) == [1]
    aged(path_of(store, stored.blob), OLD)
    assert await store.sweep(NOW + 5 * GRACE) == 0
    assert await store.get(stored.blob) == b"pixels"


# --- sweeping -------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_what_nothing_needs_goes_after_a_day_and_nothing_sooner(store: FileStore):
    stored = await store.put(b"pixels")
    await refer(store, stored)
    await release(store, stored, NOW)
    aged(path_of(store, stored.blob), OLD)
    assert await store.sweep(NOW + GRACE - timedelta(seconds=1)) == 0
    assert await store.sweep(NOW + GRACE) == 1
    assert everything_in(store) == []
    assert await uses(store) == []


@pytest.mark.anyio
async def test_bytes_stored_again_within_the_day_stay_for_whoever_is_about_to_refer_to_them(store: FileStore):
    stored = await store.put(b"pixels")
    aged(path_of(store, stored.blob), OLD)
    await store.put(b"pixels")
    aged(path_of(store, stored.blob), NOW - timedelta(hours=23))
    assert await store.sweep(NOW) == 0
    await refer(store, stored)


@pytest.mark.anyio
async def test_bytes_stored_again_while_a_sweep_is_under_way_stay(store: FileStore):
    """Red when `_remove_older` does not look at the file again."""
    stored = await store.put(b"pixels")
    path = path_of(store, stored.blob)
    aged(path, OLD)
    assert store._older_than(NOW - GRACE) == [path]
    await store.put(b"pixels")
    aged(path, NOW)
    assert not await store._remove_unneeded(path, NOW - GRACE)
    assert await store.get(stored.blob) == b"pixels"


@pytest.mark.anyio
async def test_an_upload_that_was_never_finished_goes_after_a_day(store: FileStore):
    await store.put(b"pixels")
    old, fresh = store.root / f"{UNFINISHED}one", store.root / f"{UNFINISHED}two"
    for path, at in ((old, OLD), (fresh, NOW)):
        path.write_bytes(b"half of it")
        aged(path, at)
    assert await store.sweep(NOW) == 1
    assert not old.exists()
    assert fresh.exists()


@pytest.mark.anyio
async def test_files_that_are_not_the_stores_own_are_never_touched(store: FileStore):
    """Red when `_older_than` takes every file below the folder: a wrong setting would empty somebody's disk."""
    store.root.mkdir()
    foreign = [
        store.root / name for name in ("README", "a/b/c.txt", "0" * 64, f"sub/{UNFINISHED}x", f"zz/zz/{'0' * 64}")
    ]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"mine")
        aged(path, OLD)
    assert await store.sweep(NOW) == 0
    assert all(path.exists() for path in foreign)


@pytest.mark.anyio
async def test_sweeping_where_nothing_was_ever_stored_is_no_error(store: FileStore):
    assert await store.sweep(NOW) == 0


@pytest.mark.anyio
async def test_a_sweep_waits_for_who_is_just_referring_to_old_bytes(store: FileStore, database: Database):
    """Red when `_remove_unneeded` does not hold the row first: on PostgreSQL a committed row pointed to nothing."""
    stored = await store.put(b"pixels")
    aged(path_of(store, stored.blob), OLD)
    async with database.unit() as unit:
        await store.refer(unit, stored, NOW)
        sweep = asyncio.create_task(store.sweep(NOW), context=contextvars.Context())
        done, _ = await asyncio.wait({sweep}, timeout=0.3)
        assert not done
    assert await sweep == 0
    assert await store.get(stored.blob) == b"pixels"
    assert await uses(store) == [1]


@pytest.mark.anyio
async def test_whoever_comes_first_no_committed_reference_points_to_nothing(store: FileStore):
    for number in range(10):
        stored = await store.put(f"pixels {number}".encode())
        aged(path_of(store, stored.blob), OLD)
        outcomes = await asyncio.gather(
            store.sweep(NOW), refer(store, stored), store.sweep(NOW), return_exceptions=True
        )
        if isinstance(outcomes[1], FileMissing):
            assert not list(store.root.glob(f"*/*/{stored.blob}"))
        else:
            assert outcomes[1] is None
            assert await store.get(stored.blob) == f"pixels {number}".encode()
