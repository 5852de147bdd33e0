"""The kit for tests that need a database: what it does where PostgreSQL is missing, and whom it asks."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from helpdesk_core.testing import databases
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import need_postgres, selected_dialects


def test_without_postgresql_tests_are_skipped_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(databases, "find_programs", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make setup-system"):
        need_postgres()


def test_without_postgresql_tests_fail_on_the_build_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(databases, "find_programs", lambda: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make setup-system"):
        need_postgres()


def test_with_postgresql_its_programs_are_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(databases, "find_programs", lambda: Path("/programs"))
    assert need_postgres() == Path("/programs")


@pytest.mark.parametrize(
    ("word", "dialects"),
    [(None, ("sqlite", "postgres")), ("both", ("sqlite", "postgres")), ("sqlite", ("sqlite",))],
)
def test_the_environment_selects_the_databases(
    monkeypatch: pytest.MonkeyPatch, word: str | None, dialects: tuple[str, ...]
):
    monkeypatch.delenv("HELPDESK_TEST_DATABASES", raising=False)
    if word is not None:
        monkeypatch.setenv("HELPDESK_TEST_DATABASES", word)
    assert selected_dialects() == dialects
    monkeypatch.setenv("HELPDESK_TEST_DATABASES", "oracle")
    with pytest.raises(ValueError, match="sqlite, postgres or both"):
        selected_dialects()


def test_the_clock_stands_until_it_is_moved():
    clock = SettableClock(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(days=-1, minutes=5))
    assert clock.now() == datetime(2025, 12, 31, 0, 5, tzinfo=UTC)
    clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2030
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2030, 1, 1))  # noqa: DTZ001 - that is the point
