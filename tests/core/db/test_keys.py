"""Keys: RFC 9562 version 7, in order."""

import threading
import time
import uuid

import pytest

from helpdesk_core.db import keys, uuid7


def test_a_key_is_a_version_7_uuid_of_now():
    before = time.time_ns() // 1_000_000
    key = uuid7()
    after = time.time_ns() // 1_000_000
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert before <= key.int >> 80 <= after + 1


def test_keys_grow_also_as_text():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert [str(key) for key in made] == sorted(str(key) for key in made)
    assert len(set(made)) == len(made)


def test_keys_grow_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch):
    present = time.time_ns()
    monkeypatch.setattr(keys, "_last", 0)
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: present - 3_600_000_000_000)
    second, third = uuid7(), uuid7()
    assert first < second < third
    assert second.version == third.version == 7


def test_keys_of_many_threads_are_different():
    made: list[uuid.UUID] = []

    def make() -> None:
        made.extend([uuid7() for _ in range(2000)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000
