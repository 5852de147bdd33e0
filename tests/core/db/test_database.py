"""Addresses of databases, the present, and which database the tables use."""

import asyncio
import contextvars
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helpdesk_core.db import DB, Database, NotBound, uuid7
from helpdesk_core.testing.clock import SettableClock
from tests.core.db.things import Thing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "is no address of a database"),
        ("sqlite:///", "names no file"),
        ("sqlite:////", "names no file"),
        ("sqlite:///folder/", "names no file"),
        ("sqlite:///:memory:", "cannot be shared"),
        ("sqlite:///a.db?mode=ro", "names no file"),
        ("mysql://localhost/x", "is no address of a database"),
        ("", "is no address of a database"),
        ("site.db", "is no address of a database"),
        ("postgres://localhost", "names no database"),
        ("postgres://user:geheim@localhost/", "names no database"),
    ],
)
def test_an_address_that_is_none_is_refused_in_a_sentence(url: str, sentence: str):
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        Database(url)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://user:geheim@h1:5432,h2:5433/site?target_session_attrs=primary",
        "postgresql://user:geheim@/site?host=/run/postgresql",
        "postgres:///?dbname=site&password=geheim",
    ],
)
def test_addresses_of_postgresql_are_taken_as_they_are_and_never_show_the_password(url: str):
    database = Database(url)
    assert database.dialect == "postgres"
    assert "geheim" not in repr(database)


async def test_a_relative_address_is_a_file_below_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with Database("sqlite:///var/site.db") as database:
        assert database.dialect == "sqlite"
        await database.fetch("SELECT 1")
    assert (tmp_path / "var" / "site.db").is_file()


async def test_the_present_is_that_of_the_database_or_of_the_clock_that_was_given(database_url: str):
    async with Database(database_url) as database:
        assert abs(await database.now() - datetime.now(UTC)) < timedelta(seconds=5)
        assert (await database.now()).tzinfo is not None
        async with database.unit():
            first, second = await database.now(), await database.now()
            # Not the start of the transaction.
            assert first < second
    clock = SettableClock(datetime(2030, 1, 1, tzinfo=UTC))
    async with Database(database_url, clock=clock) as database:
        assert await database.now() == datetime(2030, 1, 1, tzinfo=UTC)
        clock.advance(timedelta(hours=1))
        assert await database.now() == datetime(2030, 1, 1, 1, tzinfo=UTC)


async def test_without_a_database_the_error_says_how_to_bind_one():
    with pytest.raises(NotBound, match=r"database\.bind\(\)"):
        await Thing.select()


async def test_starting_binds_nothing_and_binding_is_for_the_whole_process(database_url: str):
    async with Database(database_url) as database:
        with pytest.raises(NotBound):
            await Thing.count()
        database.bind()
        try:
            assert await Thing.count() == 0
            assert await asyncio.create_task(Thing.count().run(), context=contextvars.Context()) == 0
        finally:
            DB.unbind()


async def test_two_databases_are_used_side_by_side(database: Database, tmp_path: Path, database_url: str):
    await Thing.insert(Thing(name="here"))
    async with Database(f"sqlite:///{tmp_path / 'other.db'}") as other:
        await other.execute("CREATE TABLE things_thing (id UUID PRIMARY KEY, name TEXT)")
        await other.execute("INSERT INTO things_thing VALUES ({}, 'there')", uuid7())

        async def name(of: Database) -> str:
            with of.use():
                await asyncio.sleep(0)
                return str((await Thing.select(Thing.name))[0]["name"])

        assert list(await asyncio.gather(name(database), name(other))) == ["here", "there"]
        # A unit is of the database it was opened on, whatever is bound.
        async with other.unit():
            assert [row["name"] for row in await Thing.select(Thing.name)] == ["there"]
        assert [row["name"] for row in await Thing.select(Thing.name)] == ["here"]
