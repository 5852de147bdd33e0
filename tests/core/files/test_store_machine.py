"""Any order of storing, referring, releasing, waiting and sweeping: what is needed or fresh is there, the rest goes."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from helpdesk_core.db import Database, Unit
from helpdesk_core.files import FileMissing, FileStore, StoredFile
from helpdesk_core.testing.databases import Templates

DAY = timedelta(days=1)
CONTENTS = [b"one", b"one", b"one", b""]


@dataclass
class Kept:
    """What the promise knows of some bytes."""

    written_at: datetime
    uses: int = 0
    free_since: datetime | None = None


class StoreMachine(RuleBasedStateMachine):
    new_store: ClassVar[Callable[[], FileStore]]

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).new_store()
        self.runner = asyncio.Runner()
        self.runner.run(self.store._database.start())
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.kept: dict[bytes, Kept] = {}

    def teardown(self) -> None:
        self.runner.run(self.store._database.close())
        self.runner.close()

    @rule(content=st.sampled_from(CONTENTS))
    def put(self, content: bytes) -> None:
        stored = self.runner.run(self.store.put(content))
        os.utime(self.store._path(stored.blob), (self.now.timestamp(), self.now.timestamp()))
        self.kept.setdefault(content, Kept(self.now)).written_at = self.now

    @rule(content=st.sampled_from(CONTENTS))
    def refer(self, content: bytes) -> None:
        stored = StoredFile(hashlib.sha256(content).hexdigest(), len(content))
        if content not in self.kept:
            with pytest.raises(FileMissing):
                self.runner.run(self.unit(self.store.refer, stored))
            return
        self.runner.run(self.unit(self.store.refer, stored))
        self.kept[content].uses += 1
        self.kept[content].free_since = None

    @rule(content=st.sampled_from(CONTENTS))
    def release(self, content: bytes) -> None:
        self.runner.run(self.unit(self.store.release, hashlib.sha256(content).hexdigest()))
        kept = self.kept.get(content)
        if kept and kept.uses:
            kept.uses -= 1
            kept.free_since = None if kept.uses else self.now

    @rule(hours=st.sampled_from([1, 25]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def sweep(self) -> None:
        stay = {
            content: kept
            for content, kept in self.kept.items()
            if kept.uses or kept.written_at >= self.now - DAY or (kept.free_since and kept.free_since > self.now - DAY)
        }
        assert self.runner.run(self.store.sweep(self.now)) == len(self.kept) - len(stay)
        for content, kept in stay.items():
            # A row that nothing needs may go before its bytes, which are fresh; then nothing is remembered of it.
            if not kept.uses and kept.free_since and kept.free_since <= self.now - DAY:
                kept.free_since = None
            self.kept[content] = kept
        self.kept = stay

    @invariant()
    def there_is_what_should_be(self) -> None:
        for content in set(CONTENTS):
            blob = hashlib.sha256(content).hexdigest()
            if content in self.kept:
                assert self.runner.run(self.store.get(blob)) == content
            else:
                with pytest.raises(FileMissing):
                    self.runner.run(self.store.get(blob))

    async def unit(self, work: Callable[[Unit, Any, datetime], Awaitable[None]], what: object) -> None:
        async with self.store._database.unit() as unit:
            await work(unit, what, self.now)


def test_whatever_happens_to_bytes_the_needed_ones_stay(tmp_path: Path, database_templates: Templates):
    numbers = count(1)

    class Machine(StoreMachine):
        pass

    def new_store() -> FileStore:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return FileStore(folder / "files", Database(database_templates.sqlite(folder / "test.db")))

    Machine.new_store = new_store
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
