"""`helpdesk check`, `migrate` and `migrations new`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.core.cli.conftest import TABLES, Command


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_database_is_migrated_once_and_then_there_is_nothing_to_do(run: Command, folder: Path):
    first = run("migrate")
    assert (first.code, first.out) == (0, "helpdesk_core: 0001_first_tables\n")
    assert "helpdesk_core_ticket" in tables(folder / "var" / "shop.db")
    second = run("migrate")
    assert (second.code, second.out) == (0, "Nothing to do.\n")


def test_a_dry_run_shows_statements_and_changes_nothing(run: Command, folder: Path):
    result = run("migrate", "--dry-run")
    assert result.code == 0
    assert "CREATE TABLE" in result.out
    assert tables(folder / "var" / "shop.db") == set()


def test_check_says_that_a_new_database_has_to_be_migrated(run: Command):
    result = run("check")
    assert result.code == 1
    assert result.out.splitlines() == [
        "ok    ok Shop: settings, plugins, hooks, words and templates fit.",
        "FAIL  1 changes to the database wait: run `helpdesk migrate`.",
    ]


def test_check_finds_nothing_wrong_with_a_site_that_is_ready(run: Command, migrated: Path):
    result = run("check")
    assert result.code == 0
    assert result.out.splitlines()[1:] == [
        "ok    The database is as this version expects it.",
        "ok    There are 3 cards too many.",
    ]


def test_check_passes_with_a_warning_and_fails_with_a_failure_of_a_plugin(run: Command, migrated: Path):
    warned = run("check", SHOP_NAME="warning Shop")
    assert (warned.code, warned.out.splitlines()[-1]) == (0, "note  There are 3 cards too many.")
    failed = run("check", SHOP_NAME="failure Shop")
    assert (failed.code, failed.out.splitlines()[-1]) == (1, "FAIL  There are 3 cards too many.")


def test_check_says_why_a_database_cannot_be_opened(run: Command, folder: Path):
    (folder / "var").mkdir()
    (folder / "var" / "shop.db").write_text("This is no database, however long one looks at it. " * 100)
    result = run("check")
    assert result.code == 1
    assert result.out.splitlines()[-1].startswith("FAIL  The database")


@pytest.mark.full
def test_check_refuses_a_database_that_is_newer_than_the_program(run: Command, migrated: Path):
    with closing(sqlite3.connect(migrated)) as connection:
        connection.execute("INSERT INTO helpdesk_core_migration VALUES ('helpdesk_core', '9999_later', '2030-01-01')")
        connection.commit()
    result = run("check")
    assert result.code == 1
    assert "9999_later" in result.out


def test_a_new_migration_is_written_from_what_changed_and_then_runs(run: Command, folder: Path):
    (folder / "shop" / "tables.py").write_text(TABLES)
    wrote = run("migrations", "new", "shop", "first tables")
    assert wrote.code == 0, wrote
    path = folder / "shop" / "migrations" / "0001_first_tables.py"
    assert wrote.out == f"Wrote {path}.\n"
    assert run("migrations", "new", "shop", "nothing").out == "Nothing changed.\n"
    assert run("migrate").out.splitlines()[-1] == "shop: 0001_first_tables"
    assert "shop_card" in tables(folder / "var" / "shop.db")


@pytest.mark.full
def test_a_migration_of_an_app_that_is_not_there_names_those_that_are(run: Command):
    result = run("migrations", "new", "shopp", "first tables")
    assert result.code == 2
    assert "there is no app shopp; known: helpdesk_core" in result.errors


@pytest.mark.full
def test_a_migration_needs_a_name(run: Command):
    result = run("migrations", "new", "helpdesk_core", "äöü", "--empty")
    assert result.code == 2
    assert "Invalid value for NAME" in result.errors
