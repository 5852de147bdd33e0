"""A site loads only what it is made of: seen from a fresh process, because this one has loaded everything."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PLUGIN_NAMES, SITE_NAMES

WEB = {"litestar", "uvicorn", "httptools", "helpdesk_web", "helpdesk_desk"}
MAIL = {"aiosmtplib", "imap_tools", "helpdesk_email"}

BARE = """
from helpdesk_core import Helpdesk, Kind, Site, Tickets
site = Site(name="Bare", url="https://support.example.org", tickets=Tickets(kinds=(Kind("q", "Question"),)), plugins=())
Helpdesk(site, {})
"""

HELP = """
import sys
from helpdesk_core.cli import main
sys.argv = ["helpdesk", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
"""

ONLY_MAIL = """
from helpdesk_core import Helpdesk, Kind, Site, Tickets
from helpdesk_contracts.plugin import Contracts
from helpdesk_email.plugin import Email, Mailbox, Smtp
site = Site(
    name="Mail",
    url="https://support.example.org",
    tickets=Tickets(kinds=(Kind("q", "Question"),)),
    plugins=(
        Email(mailboxes=(Mailbox(address="support@example.org"),), send=Smtp(host="127.0.0.1")),
        Contracts(offers="office@example.org"),
    ),
)
helpdesk = Helpdesk(site, {})
assert [channel.name for channel in helpdesk.plugins.channels(helpdesk)] == ["email"]
"""


def loaded_by(program: str, folder: Path) -> set[str]:
    """Return the top-level modules that a fresh process has after running a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_the_front_door_of_the_core_loads_no_library(tmp_path: Path) -> None:
    """A child process that parses mail imports names of the core, and shall stay small."""
    loaded = loaded_by("import helpdesk_core", tmp_path)
    assert not loaded & (WEB | MAIL | {"piccolo", "pluggy", "jinja2", "babel", *PLUGIN_NAMES, *SITE_NAMES})


def test_the_command_line_says_its_help_without_loading_a_site(tmp_path: Path) -> None:
    loaded = loaded_by(HELP, tmp_path)
    assert not loaded & (WEB | MAIL | {*PLUGIN_NAMES, *SITE_NAMES})


def test_a_site_without_plugins_loads_no_web_and_no_mail(tmp_path: Path) -> None:
    assert not loaded_by(BARE, tmp_path) & (WEB | MAIL | {*PLUGIN_NAMES, *SITE_NAMES})


def test_a_site_with_mail_alone_loads_no_web_server(tmp_path: Path) -> None:
    loaded = loaded_by(ONLY_MAIL, tmp_path)
    assert not loaded & WEB
    assert "helpdesk_email" in loaded


@pytest.mark.parametrize("name", PLUGIN_NAMES)
def test_a_package_of_a_plugin_can_be_imported_alone(name: str, tmp_path: Path) -> None:
    assert not loaded_by(f"import {name}", tmp_path) & set(SITE_NAMES)
