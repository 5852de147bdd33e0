"""Real parts of the system that tests need: a database server, a mail server, a browser. A pytest plugin.

A test says `@pytest.mark.needs("dovecot")`. Where the part is missing it is skipped, counted and named at the end of
the run with what to do about it; with `CI=true` it fails instead. Nothing is installed or started here.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import pytest

from helpdesk_core.testing.postgres import find_programs

REMEDY: Final = "`make setup-system`"
"""Every reason for a missing part names it; by this the end of the run knows which skips to count."""

_FOLDERS: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))


def find_program(*names: str) -> str | None:
    """Return the path of the first of these programs that is installed, also where only root looks, or None."""
    return next((path for name in names if (path := shutil.which(name, path=_FOLDERS))), None)


PARTS: Final[Mapping[str, tuple[str, Callable[[], object]]]] = MappingProxyType(
    {
        "postgresql": ("PostgreSQL", find_programs),
        "dovecot": ("Dovecot", lambda: find_program("dovecot")),
        "chromium": ("Chromium", lambda: find_program("chromium", "chromium-browser")),
        "strace": ("strace", lambda: find_program("strace")),
    }
)
"""Each part by the word a test uses: what people call it, and how to look for it."""


def require(part: str) -> None:
    """Skip the test that is about to run when a part is missing; fail it when `CI` is `true`.

    Raises:
        ValueError: No part is known by this word.
    """
    if part not in PARTS:
        raise ValueError(f"no part of the system is called {part!r}; known: {', '.join(PARTS)}")
    name, look = PARTS[part]
    if look():
        return
    reason = f"{name} is not installed. Run {REMEDY} (Debian, root)."
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, so that `--strict-markers` accepts it."""
    config.addinivalue_line("markers", f"needs(part): needs a part of the system ({', '.join(PARTS)})")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for what a test needs before anything is made for it."""
    for mark in item.iter_markers("needs"):
        for part in mark.args:
            require(part)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run, and what to do that they may."""
    reasons = (_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    missing = Counter(reason for reason in reasons if REMEDY in reason)
    if missing:
        terminalreporter.section("parts of the system that are missing", yellow=True)
        for reason, count in missing.most_common():
            terminalreporter.write_line(f"{count} {'test' if count == 1 else 'tests'} did not run: {reason}")


def _reason(report: pytest.TestReport) -> str:
    # Of a skip pytest keeps the file, the line and `Skipped: …`.
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
