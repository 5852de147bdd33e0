"""`helpdesk mail` on the command line, and what a mail server gets to know by its exit code."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from helpdesk_core.cli import helpdesk
from tests.plugins.helpdesk_email.mail_world import mail

SITE = """
from pathlib import Path
from helpdesk_core import Kind, Site, Tickets, env
from helpdesk_email.plugin import Email, Mailbox, Smtp

site = Site(
    name="Kommandos", url="https://support.example.org", database=env("MAIL_DATABASE"), files=env("MAIL_FILES"),
    tickets=Tickets(kinds=(Kind("bug", "Fault"),)),
    plugins=(Email(mailboxes=(Mailbox(address="support@stueber.example"),), send=Smtp()),),
)
"""


@pytest.fixture
def environment(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    (tmp_path / "commandsite.py").write_text(SITE)
    variables = {"MAIL_DATABASE": sqlite_url, "MAIL_FILES": str(tmp_path / "files"), "HELPDESK_SITE": "commandsite"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield variables | {"PYTHONPATH": str(tmp_path)}
    sys.modules.pop("commandsite", None)


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(helpdesk, ["mail", *arguments], input=given)


def listed(*arguments: str) -> list[dict[str, str]]:
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [msgspec.json.decode(line) for line in result.output.splitlines()]


def test_a_mail_on_standard_input_is_taken_and_handled(environment: dict[str, str]) -> None:
    result = run("receive", given=mail("karin@neu.example", "Hilfe"))
    assert result.exit_code == 0, result.output
    [row] = listed()
    assert (row["state"], row["sender"], row["subject"]) == ("waiting", "karin@neu.example", "Hilfe")


def test_a_mail_can_be_shown_explained_put_away_and_run_again(environment: dict[str, str]) -> None:
    raw = mail("karin@neu.example", "Hilfe")
    run("receive", given=raw)
    [row] = listed()
    assert run("show", row["id"]).stdout_bytes == raw
    explained = msgspec.json.decode(run("explain", row["id"]).output)
    assert explained["evidence"]["route"]["reason"] == "sender-unknown"
    assert "dropped" in run("drop", row["id"], "--reason", "Werbung").output
    assert listed() == []
    assert [each["state"] for each in listed("--all")] == ["dropped"]
    assert "waiting" in run("retry", row["id"]).output
    assert "karin@neu.example" in run("list").output


def test_what_is_not_there_is_said(environment: dict[str, str]) -> None:
    nothing = "01a20956-9f2c-7060-b0d5-2e80e729c19c"
    assert run("show", nothing).exit_code == 1
    assert run("explain", nothing).exit_code == 1
    assert "nothing to do" in run("retry", nothing).output
    assert "nothing to do" in run("drop", nothing, "--reason", "x").output


def test_a_mail_that_is_not_safe_is_to_be_sent_again(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_DATABASE", "sqlite:////nirgends/mail.db")
    assert run("receive", given=mail()).exit_code == 75


def test_a_mail_that_is_safe_is_safe_whatever_becomes_of_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from helpdesk_email.inbound.process import Processor

    async def fails(*args: object) -> int:
        raise RuntimeError("the handling fails")

    monkeypatch.setattr(Processor, "drain", fails)
    assert run("receive", given=mail()).exit_code == 0
    assert [row["state"] for row in listed("--all")] == ["received"]


def test_mails_in_files_are_read_without_a_database(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_DATABASE", "sqlite:////nirgends/mail.db")
    (tmp_path / "eins.eml").write_bytes(mail("karin@neu.example", "Größe"))
    result = run("inspect", "--json", str(tmp_path / "eins.eml"), str(tmp_path / "fehlt.eml"))
    assert result.exit_code == 0
    first, second = (msgspec.json.decode(line) for line in result.output.splitlines())
    assert (first["from"], first["subject"]) == ("karin@neu.example", "Größe")
    assert set(second) == {"file", "error"}


def test_a_mail_server_hands_a_mail_to_the_real_command(environment: dict[str, str]) -> None:
    import os

    program = Path(sys.executable).with_name("helpdesk")
    given = {**os.environ, **environment}
    taken = subprocess.run([program, "mail", "receive"], input=mail(), env=given, check=False, capture_output=True)
    assert taken.returncode == 0, taken.stderr
    assert len(listed()) == 1
    broken = given | {"MAIL_DATABASE": "sqlite:////nirgends/mail.db"}
    refused = subprocess.run([program, "mail", "receive"], input=mail(), env=broken, check=False, capture_output=True)
    assert refused.returncode == 75
    # Even a site that cannot be built must not make the mail server send the mail back.
    unbuilt = {name: value for name, value in given.items() if name != "MAIL_DATABASE"}
    stopped = subprocess.run([program, "mail", "receive"], input=mail(), env=unbuilt, check=False, capture_output=True)
    assert stopped.returncode == 75
