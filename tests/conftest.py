"""What every test of this project may ask for, and which tests a lane runs.

`HELPDESK_TEST_LANE` is `normal` (unset means this) or `full`. The normal lane leaves out what is marked `full`, and
runs on PostgreSQL only what stands nearest to the database. `HELPDESK_TEST_DATABASES` overrules the second.
"""

import os
from pathlib import Path

import pytest

from helpdesk_core.testing.databases import VARIABLE

TESTS = Path(__file__).parent
ON_BOTH_DATABASES = tuple(TESTS / folder for folder in ("core/db", "core/bus", "journeys"))
LANES = ("normal", "full")


def lane() -> str:
    """Return the lane that the environment asks for.

    Raises:
        pytest.UsageError: There is no such lane.
    """
    word = os.environ.get("HELPDESK_TEST_LANE", "normal")
    if word not in LANES:
        raise pytest.UsageError(f"HELPDESK_TEST_LANE is {word!r}; it may be {' or '.join(LANES)}")
    return word


def belongs(item: pytest.Item) -> bool:
    """Tell whether the normal lane runs a test."""
    if item.get_closest_marker("full"):
        return False
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return (
        parameters.get("database_dialect") != "postgres"
        or VARIABLE in os.environ
        or any(item.path.is_relative_to(folder) for folder in ON_BOTH_DATABASES)
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the lane does not run; the run says how many."""
    if lane() == "full":
        return
    left = [item for item in items if not belongs(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if belongs(item)]


def pytest_report_header() -> str:
    """Say which lane runs."""
    if lane() == "full":
        return "lane: full (everything, on both databases)"
    return "lane: normal (without what is marked full; PostgreSQL for db, bus and journeys); `make test-full` runs all"


@pytest.fixture
def anyio_backend() -> str:
    """We run on asyncio alone."""
    return "asyncio"
