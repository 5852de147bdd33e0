"""`helpdesk accounts create`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.core.cli.conftest import Command

GOOD = "Vier-blaue-Boote-9"


def people(path: Path) -> list[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT a.value, p.role, p.state, p.given_name FROM helpdesk_core_person p "
            "JOIN helpdesk_core_address a ON a.person = p.id"
        ).fetchall()


def test_an_administrator_is_made_with_a_password_from_standard_input(run: Command, migrated: Path):
    words = ("--role", "administrator", "--given-name", "Anna", "--password-stdin")
    result = run("accounts", "create", "--email", "anna@example.org", *words, given=f"{GOOD}\n")
    assert (result.code, result.out) == (0, "Created administrator anna@example.org.\n")
    assert people(migrated) == [("anna@example.org", "administrator", "active", "Anna")]
    assert GOOD.encode() not in migrated.read_bytes()


def test_without_a_password_the_person_is_invited(run: Command, migrated: Path):
    assert run("accounts", "create", "--email", "karin@example.org").code == 0
    assert people(migrated) == [("karin@example.org", "customer", "invited", "")]


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        (("--email", "nobody"), "", "e-mail address"),
        (("--email", "anna@example.org", "--password-stdin"), "short\n", "password"),
        pytest.param(("--email", "anna@example.org", "--password-stdin"), "", "password", marks=pytest.mark.full),
        pytest.param(
            ("--email", "anna@example.org", "--role", "king"), "", "Invalid value for '--role'", marks=pytest.mark.full
        ),
        ((), "", "Missing option '--email'"),
    ],
    ids=["no address", "weak password", "empty password", "no role", "nothing"],
)
def test_what_does_not_fit_is_said_in_a_sentence_and_nobody_is_made(
    run: Command, migrated: Path, words: tuple[str, ...], given: str, says: str
):
    result = run("accounts", "create", *words, given=given)
    assert (result.code, result.out) == (2, "")
    assert says in result.errors
    assert people(migrated) == []


def test_an_address_that_belongs_to_somebody_is_refused(run: Command, migrated: Path):
    assert run("accounts", "create", "--email", "anna@example.org").code == 0
    again = run("accounts", "create", "--email", "Anna@example.org")
    assert again.code == 2
    assert again.errors == "helpdesk: email: This address belongs to somebody already.\n"
