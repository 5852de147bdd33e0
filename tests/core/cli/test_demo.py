"""`helpdesk demo`: sample data for an empty database, and a site to look at that nothing leaves."""

import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from helpdesk_core import ConfigurationError
from helpdesk_core.cli.demo import address
from helpdesk_core.sample import PASSWORD
from tests.core.cli.conftest import Command, environment, program


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        return int(number)


def people(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT p.role, a.value FROM helpdesk_core_person p JOIN helpdesk_core_address a ON a.person = p.id "
            "ORDER BY p.id"
        ).fetchall()


def test_an_empty_folder_gets_a_database_with_as_much_in_it_as_was_asked_for(run: Command, folder: Path):
    result = run("demo", "--tickets", "7", "--customers", "3")
    assert result.code == 0, result
    database = folder / "var" / "shop.db"
    assert (count(database, "helpdesk_core_ticket"), count(database, "helpdesk_core_person")) == (7, 5)
    assert result.out.startswith("7 tickets of 3 customers.\n")


def test_it_says_who_signs_in_and_with_which_password(run: Command, folder: Path):
    result = run("demo", "--tickets", "1")
    first = dict(reversed(people(folder / "var" / "shop.db")))
    said = {tuple(line.split(":", 1)) for line in result.out.splitlines()[1:]}
    assert {(label.strip(), value.strip()) for label, value in said} == {
        ("Customer", first["customer"]),
        ("Agent", first["agent"]),
        ("Administrator", first["administrator"]),
        ("Password", PASSWORD),
    }


@pytest.mark.full
def test_the_same_seed_gives_the_same_people(run: Command, folder: Path):
    for name in ("one", "two"):
        assert run("demo", "--seed", "5", "--tickets", "0", HELPDESK_DATABASE=f"sqlite:///{name}.db").code == 0
    assert run("demo", "--seed", "6", "--tickets", "0", HELPDESK_DATABASE="sqlite:///three.db").code == 0
    one, two, three = (people(folder / f"{name}.db") for name in ("one", "two", "three"))
    assert one == two
    assert one != three


@pytest.mark.parametrize("words", [pytest.param((), marks=pytest.mark.full), ("--serve",)], ids=["fill", "serve"])
def test_a_database_that_people_rely_on_is_not_touched(run: Command, migrated: Path, words: tuple[str, ...]):
    assert run("accounts", "create", "--email", "anna@example.org").code == 0
    result = run("demo", *words, PORT=str(free_port()))
    assert result.code == 2
    assert "helpdesk: the database is in use; a demonstration needs an empty one" in result.errors
    assert count(migrated, "helpdesk_core_ticket") == 0


def test_a_demonstration_is_not_filled_twice(run: Command, folder: Path):
    assert run("demo", "--tickets", "2").code == 0
    assert run("demo", "--tickets", "2").code == 2
    assert count(folder / "var" / "shop.db", "helpdesk_core_ticket") == 2


@pytest.mark.full
def test_a_site_without_sample_words_says_what_to_do(run: Command, folder: Path):
    path = folder / "shop" / "site.py"
    path.write_text(f"{path.read_text()}\nimport msgspec\nsite = msgspec.structs.replace(site, sample=None)\n")
    result = run("demo")
    assert result.code == 2
    assert "this site has no sample data; give its Site a `sample`" in result.errors


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": ""}, "http://127.0.0.1:8000"),
        ({"PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORT": "8123", "HELPDESK_URL": "https://demo.example.org"}, None),
    ],
)
def test_the_address_of_a_demonstration_follows_the_port(environ: dict[str, str], expected: str | None):
    assert address(environ) == expected


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(port: str):
    with pytest.raises(ConfigurationError, match="PORT must be a number"):
        address({"PORT": port})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_port_that_is_taken_is_said_before_anything_is_made(run: Command, folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = run("demo", "--serve", PORT=str(port))
    assert result.code == 2
    assert f"port {port} cannot be had" in result.errors
    assert not (folder / "var").exists()


@pytest.mark.parametrize(
    "sign", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.full)], ids=["Ctrl+C", "SIGTERM"]
)
def test_serving_greets_goes_on_with_its_own_data_and_ends_at_a_signal(
    run: Command, folder: Path, sign: signal.Signals
):
    assert run("demo", "--tickets", "2").code == 0
    words = [program(), "--site", "shop", "demo", "--serve"]
    with subprocess.Popen(
        words,
        cwd=folder,
        env=environment(folder, PORT=str(free_port()), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("  Nothing leaves this machine"):
                break
        os.kill(process.pid, sign)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert "ok Shop" in said
    assert count(folder / "var" / "shop.db", "helpdesk_core_ticket") == 2
