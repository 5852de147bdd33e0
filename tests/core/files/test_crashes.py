"""A process that is killed while it stores a file leaves a whole file, or something that the sweep takes away."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from helpdesk_core.db import Database
from helpdesk_core.files import FileStore
from helpdesk_core.files.store import UNFINISHED
from tests.core.files.worker import NOW

WORKER = Path(__file__).with_name("worker.py")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("point", "left"),
    [("writing", (0, 1, [])), ("stored", (1, 0, [])), ("referred", (1, 0, [])), ("committed", (1, 0, [1]))],
)
async def test_a_kill_while_storing_leaves_at_most_an_orphan(
    store: FileStore, database: Database, database_url: str, point: str, left: tuple[int, int, list[int]]
):
    finished, unfinished, uses = left
    died = await anyio.run_process([sys.executable, WORKER, database_url, store.root, point], check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(list(store.root.glob("*/*/*"))) == finished
    assert len(list(store.root.glob(f"{UNFINISHED}*"))) == unfinished
    rows = await database.fetch("SELECT hash, uses FROM helpdesk_core_blob")
    assert [row["uses"] for row in rows] == uses
    for path in store.root.rglob("*"):
        if path.is_file():
            os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert await store.sweep(NOW + timedelta(days=2)) == (0 if uses else 1)
    for row in rows:
        assert await store.get(row["hash"]) == b"pixels"
    if not uses:
        assert not [path for path in store.root.rglob("*") if path.is_file()]
