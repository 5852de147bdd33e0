"""Units of work: what is stored, what is undone, who may use them. On both databases."""

# ruff: noqa: PT012 - what becomes of a unit whose body raises can only be shown with its body inside.

import asyncio
import contextlib
import contextvars
import logging

import pytest

from helpdesk_core.db import DB, Database, ForeignTask, TransactionAborted, UniqueViolation
from tests.core.db.things import Thing

pytestmark = pytest.mark.anyio


class Stop(Exception):
    """Raised by these tests alone."""


async def add(name: str) -> None:
    await Thing.insert(Thing(name=name))


async def names() -> list[str]:
    return [row["name"] for row in await Thing.select(Thing.name).order_by(Thing.name)]


async def test_a_unit_is_stored_as_a_whole(database: Database):
    async with database.unit():
        await add("a")
        await add("b")
    assert await names() == ["a", "b"]


async def test_an_exception_undoes_the_whole_unit(database: Database):
    with pytest.raises(Stop):
        async with database.unit():
            await add("a")
            raise Stop
    assert await names() == []


async def test_a_nested_unit_that_fails_undoes_only_itself(database: Database):
    async with database.unit():
        await add("a")
        with pytest.raises(Stop):
            async with database.unit():
                await add("b")
                async with database.unit():
                    await add("c")
                raise Stop
        async with database.unit():
            await add("d")
        await add("e")
    assert await names() == ["a", "d", "e"]


async def test_a_nested_unit_falls_with_the_one_around_it(database: Database):
    with pytest.raises(Stop):
        async with database.unit():
            async with database.unit():
                await add("a")
            raise Stop
    assert await names() == []


async def test_a_unit_sees_what_it_wrote_and_nobody_else_does(database: Database):
    async def others() -> list[str]:
        with database.use():
            return await names()

    async with database.unit():
        await add("a")
        assert await names() == ["a"]
        assert [row["name"] for row in await database.fetch("SELECT name FROM things_thing")] == ["a"]
        outside = asyncio.create_task(others(), context=contextvars.Context())
        assert await outside == []
    assert await names() == ["a"]


async def test_a_failed_statement_that_was_caught_dooms_its_unit_on_both_databases(database: Database):
    await add("a")
    with pytest.raises(TransactionAborted) as caught:
        async with database.unit():
            await add("b")
            with pytest.raises(UniqueViolation):
                await add("a")
    assert isinstance(caught.value.__cause__, UniqueViolation)
    assert await names() == ["a"]


async def test_a_statement_after_a_failed_one_is_refused(database: Database):
    await add("a")
    with pytest.raises(TransactionAborted):
        async with database.unit():
            with pytest.raises(UniqueViolation):
                await add("a")
            await add("c")
    assert await names() == ["a"]


async def test_a_nested_unit_around_a_statement_that_fails_saves_the_rest(database: Database):
    await add("a")
    async with database.unit():
        await add("b")
        with pytest.raises(UniqueViolation):
            async with database.unit():
                await add("a")
        await add("c")
    assert await names() == ["a", "b", "c"]


async def test_a_statement_that_was_cut_by_a_timeout_dooms_its_unit(database: Database):
    with pytest.raises(TransactionAborted):
        async with database.unit():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await add("a")
            await add("b")
    assert await names() == []


async def test_a_task_of_its_own_may_not_use_the_unit_that_it_inherits(database: Database):
    async with database.unit():
        for use in (names, lambda: add("x"), database.unit().__aenter__):
            with pytest.raises(ForeignTask, match="inside a unit of another task"):
                await asyncio.create_task(use())
        await add("a")
    assert await names() == ["a"]


async def test_wait_for_inside_a_unit_works_or_is_refused_but_never_writes_past_it(database: Database):
    with pytest.raises(Stop):
        async with database.unit():
            with contextlib.suppress(ForeignTask):
                await asyncio.wait_for(add("a"), timeout=5)
            raise Stop
    assert await names() == []


async def test_a_task_that_outlives_the_unit_works_on_its_own_afterwards(database: Database):
    go = asyncio.Event()

    async def later() -> None:
        await go.wait()
        await add("later")

    with pytest.raises(Stop):
        async with database.unit():
            task = asyncio.create_task(later())
            await add("a")
            raise Stop
    go.set()
    await task
    assert await names() == ["later"]


async def test_callbacks_come_after_the_outermost_commit_in_their_order(database: Database):
    heard: list[str] = []
    async with database.unit() as outer:
        outer.after_commit(lambda: heard.append("1"))
        async with database.unit() as inner:
            inner.after_commit(lambda: heard.append("2"))
            await add("a")
        outer.after_commit(lambda: heard.append("3"))
        assert heard == []
    assert heard == ["1", "2", "3"]


async def test_callbacks_of_what_was_undone_are_dropped(database: Database):
    heard: list[str] = []
    async with database.unit() as outer:
        outer.after_commit(lambda: heard.append("kept"))
        with pytest.raises(Stop):
            async with database.unit() as inner:
                async with database.unit() as innermost:
                    innermost.after_commit(lambda: heard.append("dropped"))
                inner.after_commit(lambda: heard.append("dropped too"))
                raise Stop
    with pytest.raises(Stop):
        async with database.unit() as lost:
            lost.after_commit(lambda: heard.append("lost"))
            raise Stop
    assert heard == ["kept"]


async def test_a_callback_that_raises_hinders_neither_the_commit_nor_the_others(
    database: Database, caplog: pytest.LogCaptureFixture
):
    heard: list[str] = []

    def bad() -> None:
        raise Stop

    with caplog.at_level(logging.ERROR):
        async with database.unit() as unit:
            unit.after_commit(bad)
            unit.after_commit(lambda: heard.append("good"))
            await add("a")
    assert heard == ["good"]
    assert "callback after the commit failed" in caplog.text
    assert await names() == ["a"]


async def test_a_callback_finds_the_unit_over_and_its_rows_there(database: Database):
    found: list[bool] = []
    async with database.unit() as unit:
        unit.after_commit(lambda: found.append(database.engine.transaction_exists()))
        await add("a")
    assert found == [False]


async def test_a_task_cancelled_while_it_commits_has_committed_and_says_so_to_its_callbacks(database: Database):
    heard: list[str] = []

    async def work() -> None:
        async with database.unit() as unit:
            unit.after_commit(lambda: heard.append("stored"))
            await add("a")
            # The cancellation arrives at the next wait, and that is the commit.
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())
    # Red without `to_the_end` around the commit in `Transaction.__aexit__`.
    assert (await names(), heard) == (["a"], ["stored"])


async def test_a_unit_over_may_not_be_used(database: Database):
    async with database.unit() as unit:
        pass
    with pytest.raises(AssertionError, match="over"):
        unit.after_commit(lambda: None)


async def test_a_topic_is_a_name_and_no_message(database: Database):
    async with database.unit() as unit:
        with pytest.raises(ValueError, match="200"):
            unit.wake("x" * 201)


async def test_piccolo_transactions_and_atomics_nest_in_units(database: Database):
    async with database.unit():
        async with DB.transaction():
            await add("a")
        with pytest.raises(UniqueViolation):
            atomic = DB.atomic()
            atomic.add(Thing.insert(Thing(name="b")), Thing.insert(Thing(name="a")))
            await atomic
        await add("c")
    assert await names() == ["a", "c"]
