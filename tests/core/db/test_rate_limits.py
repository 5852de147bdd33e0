"""Rate limits: exact when many hit at once, and never more than the limit in any window."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk_core.db import Database
from helpdesk_core.db.rate_limits import clean_up, give_back, hit, remaining
from helpdesk_core.db.tables import RateLimit

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_the_limit_allows_so_many_and_no_more(database: Database):
    assert [await hit("a", 3, HOUR, NOON) for _ in range(5)] == [True, True, True, False, False]
    assert await remaining("a", 3, HOUR, NOON) == 0
    assert await remaining("b", 3, HOUR, NOON) == 3
    assert await hit("b", 3, HOUR, NOON)


async def test_of_forty_at_once_exactly_the_limit_gets_through(database: Database):
    results = await asyncio.gather(*(hit("a", 7, HOUR, NOON) for _ in range(40)))
    assert sum(results) == 7


async def test_no_window_ever_holds_more_than_the_limit(database: Database):
    chance = random.Random(3)
    allowed: list[datetime] = []
    now = NOON
    for _ in range(150):
        now += timedelta(seconds=chance.choice((1, 60, 600, 1500)))
        if await hit("a", 3, HOUR, now):
            allowed.append(now)
    assert len(allowed) > 20
    for first, fourth in zip(allowed, allowed[3:], strict=False):
        assert fourth - first > HOUR


async def test_the_edge_of_an_hour_gives_no_second_helping(database: Database):
    late = NOON + timedelta(minutes=59)
    assert [await hit("a", 3, HOUR, late) for _ in range(3)] == [True] * 3
    assert not await hit("a", 3, HOUR, late + timedelta(minutes=2))
    assert not await hit("a", 3, HOUR, late + timedelta(minutes=59))
    assert await hit("a", 3, HOUR, late + timedelta(minutes=66))


async def test_what_was_refused_does_not_count(database: Database):
    assert await hit("a", 1, HOUR, NOON)
    for minute in range(0, 66, 6):
        await hit("a", 1, HOUR, NOON + timedelta(minutes=minute))
    assert await hit("a", 1, HOUR, NOON + timedelta(minutes=66))


async def test_a_hit_can_be_given_back(database: Database):
    assert await hit("a", 1, HOUR, NOON)
    await give_back("a", HOUR, NOON)
    assert await hit("a", 1, HOUR, NOON)
    for _ in range(3):
        await give_back("a", HOUR, NOON)
    assert [await hit("a", 1, HOUR, NOON) for _ in range(2)] == [True, False]


async def test_a_clock_that_is_set_back_locks_nobody_out(database: Database):
    assert await hit("a", 1, HOUR, NOON + timedelta(days=3650))
    assert await hit("a", 1, HOUR, NOON)


async def test_a_window_that_twelve_does_not_divide_is_covered(database: Database):
    window = timedelta(microseconds=1_000_003)
    assert await hit("a", 1, window, NOON)
    assert not await hit("a", 1, window, NOON + timedelta(microseconds=1_000_002))
    assert await hit("a", 1, window, NOON + window * 2)


async def test_old_slices_are_cleaned_up(database: Database):
    for hours in range(4):
        await hit("a", 9, HOUR, NOON + hours * HOUR)
    assert await clean_up(NOON + 2 * HOUR) == 2
    assert await RateLimit.count() == 2
