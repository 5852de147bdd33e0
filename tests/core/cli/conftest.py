"""The command `helpdesk` as people call it: a process of its own, in a folder of its own, with a small site."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SITE = '''
from collections.abc import Sequence

import click

from helpdesk_core import Channel, Finding, HealthCheck, Helpdesk, Kind, Level, Plugin, Site, Tickets, env, hookimpl
from helpdesk_core.sample import Matter, SampleWords
from helpdesk_core.testing.channels import RecordingChannel


class Cards(Plugin):
    """A plugin with a table, a command, a channel and something that can be ill."""

    @hookimpl
    def helpdesk_channels(self, helpdesk: Helpdesk) -> Sequence[Channel]:
        return [RecordingChannel("email")]

    @hookimpl
    def helpdesk_commands(self, helpdesk: Helpdesk) -> Sequence[click.Command]:
        @click.command()
        def cards() -> None:
            """Count the cards."""
            click.echo("No cards.")

        return [cards]

    @hookimpl
    def helpdesk_health_checks(self, helpdesk: Helpdesk) -> Sequence[HealthCheck]:
        async def ask() -> Sequence[Finding]:
            text = "There are %(number)s cards too many."
            return [Finding(level=Level(helpdesk.site.name.partition(" ")[0]), text=text, values={"number": 3})]

        return [HealthCheck(name="shop.cards", ask=ask)]


site = Site(
    name=env("SHOP_NAME", default="ok Shop"),
    url=env("HELPDESK_URL", default="http://127.0.0.1:8000"),
    database=env("HELPDESK_DATABASE", default="sqlite:///var/shop.db"),
    files="var/files",
    tickets=Tickets(kinds=(Kind("bug", "Fault"),)),
    plugins=(Cards(),),
    sample=SampleWords(
        salutations=("Ms", "Mr"),
        given_names=("Anna", "Ben"),
        family_names=("Miller", "Smith", "Brown"),
        organisations=("School", "Office"),
        matters=(Matter("bug", "It does not print", "Since today.", "Please restart it.", "Thank you."),),
        note="Called back.",
    ),
)
'''

TABLES = '''
from piccolo.columns import UUID, Varchar
from piccolo.table import Table

from helpdesk_core.db import DB, uuid7


class Card(Table, tablename="shop_card", db=DB):
    """A card."""

    id = UUID(primary_key=True, default=uuid7)
    text = Varchar(length=100)
'''


class Result:
    """What a command said, and how it ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.errors = done.stderr

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.errors}"


Command = Callable[..., Result]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return an environment that knows the site in a folder, and nothing of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HELPDESK_", "PORT", "SHOP_"))}
    return kept | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"} | variables


def program() -> str:
    """Return the command that was installed beside the running Python."""
    return str(Path(sys.executable).with_name("helpdesk"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder with the site `shop` in it."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "site.py").write_text(SITE)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Command:
    """Return what runs the command there: `run("check", site="shop", HELPDESK_URL=…)`."""

    def call(*arguments: str, site: str | None = "shop", given: str = "", **variables: str) -> Result:
        words = [program(), *(("--site", site) if site else ()), *arguments]
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment(folder, **variables),
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done)

    return call


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of the site that was migrated once, by the command itself."""
    folder = tmp_path_factory.mktemp("migrated")
    (folder / "shop.py").write_text(SITE)
    words = [program(), "--site", "shop", "migrate"]
    subprocess.run(words, cwd=folder, env=environment(folder), capture_output=True, timeout=60, check=True)
    return folder / "var" / "shop.db"


@pytest.fixture
def migrated(folder: Path, migrated_file: Path) -> Path:
    """Give the folder a migrated database."""
    (folder / "var").mkdir()
    for part in migrated_file.parent.glob("shop.db*"):
        shutil.copyfile(part, folder / "var" / part.name)
    return folder / "var" / "shop.db"
