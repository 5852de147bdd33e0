"""The STÜBER site as its own process, a mail server to send through, one to fetch from, and a real browser."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from helpdesk_core.db import App
from helpdesk_core.testing.dovecot import Dovecot
from helpdesk_core.testing.parts import find_program

HELPDESK = Path(sys.executable).with_name("helpdesk")
PASSWORD = "Regenbogen trifft Zahnrad am Kanal"


class Letterbox:
    """A real mail server that takes everything and keeps it: what customers and agents find in their mailboxes."""

    def __init__(self) -> None:
        self._mails: list[tuple[str, EmailMessage]] = []
        self._came = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        with self._came:
            self._mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
            self._came.notify_all()
        return "250 kept"

    @property
    def port(self) -> int:
        port: int = self._controller.port
        return port

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def mail(self, to: str, holding: str, *, seconds: float = 90) -> EmailMessage:
        """Wait for a mail to somebody whose subject or text holds these words, and return the newest one."""

        def found() -> EmailMessage | None:
            mails: list[EmailMessage] = [mail for recipient, mail in self._mails if recipient == to]
            fitting = (mail for mail in reversed(mails) if holding in f"{mail['Subject']} {text_of(mail)}")
            return next(fitting, None)

        with self._came:
            self._came.wait_for(lambda: found() is not None, timeout=seconds)
            mail: EmailMessage | None = found()
        assert mail is not None, f"no mail to {to} holds {holding!r}: {[str(m['Subject']) for _, m in self._mails]}"
        return mail

    def subjects(self, to: str) -> list[str]:
        """Return the subjects of everything that somebody got."""
        with self._came:
            return [str(mail["Subject"]) for recipient, mail in self._mails if recipient == to]


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def answer_to(mail: EmailMessage, text: str, *, sender: str) -> bytes:
    """Write an answer as a mail program does: the subject unchanged behind a Re:, the old text quoted below."""
    reply = EmailMessage()
    reply["From"] = f"Karin Krüger <{sender}>"
    reply["To"] = str(mail["From"])
    subject = str(mail["Subject"])
    reply["Subject"] = subject if subject.startswith("Re: ") else f"Re: {subject}"
    reply["Message-ID"] = f"<{os.urandom(8).hex()}@mail.schule.example>"
    reply["In-Reply-To"] = str(mail["Message-ID"])
    reply["References"] = str(mail["Message-ID"])
    reply["Date"] = "Mon, 23 Nov 2026 11:05:00 +0100"
    quoted = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
    reply.set_content(f"{text}\n\nAm 23.11.2026 um 11:00 schrieb STÜBER SYSTEMS Support:\n{quoted}\n")
    return reply.as_bytes(policy=policy.SMTP)


class RunningSite:
    """The site in processes of its own, as an operator runs it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "HELPDESK_SITE": "stueber",
            "HELPDESK_URL": self.url,
            "HELPDESK_FILES": str(folder / "files"),
            "HELPDESK_LOG_LEVEL": "INFO",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command of the site and return what it said."""
        return subprocess.run(
            [HELPDESK, *arguments],
            input=given,
            capture_output=True,
            timeout=60,
            env=self._environment,
            cwd=self.folder,
            check=False,
        )

    def start(self) -> None:
        migrated = self.run("migrate")
        assert migrated.returncode == 0, migrated.stderr.decode()
        with (self.folder / "site.log").open("wb") as log:
            self._process = subprocess.Popen(
                [HELPDESK, "serve"], env=self._environment, cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log
            try:
                if httpx.get(f"{self.url}/healthz/live", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the site does not answer: {self.log}")

    def stop(self) -> float:
        """Ask the site to end and return how many seconds that took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        finally:
            if self._process.poll() is None:
                self._process.kill()
        return time.monotonic() - began

    @property
    def log(self) -> str:
        return (self.folder / "site.log").read_text(errors="replace")[-4000:]


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    """The site migrates its database itself, as an operator does."""
    return []


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    box = Letterbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def site(database_url: str, tmp_path: Path, letterbox: Letterbox, dovecot: Dovecot) -> Iterator[RunningSite]:
    """The site of STÜBER SYSTEMS, running, sending to the letterbox and fetching from Dovecot."""
    running = RunningSite(
        tmp_path,
        {
            "HELPDESK_DATABASE": database_url,
            "HELPDESK_SMTP_HOST": "127.0.0.1",
            "HELPDESK_SMTP_PORT": str(letterbox.port),
            "HELPDESK_IMAP_HOST": dovecot.host,
            "HELPDESK_IMAP_PORT": str(dovecot.port),
            "HELPDESK_IMAP_TLS": "none",
            "HELPDESK_IMAP_USER": dovecot.user,
            "HELPDESK_IMAP_PASSWORD": dovecot.password,
        },
    )
    running.start()
    try:
        yield running
    finally:
        took = running.stop()
    assert took < 10, f"SIGTERM took {took:.1f} s"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium", "chromium-browser"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    scripts: bool = request.param
    return scripts


@pytest.fixture
def customer(chromium: Browser, scripts: bool) -> Iterator[BrowserContext]:  # noqa: FBT001 - a fixture
    """The customer's browser, as wide as a telephone."""
    context = chromium.new_context(java_script_enabled=scripts, locale="de-DE", viewport={"width": 360, "height": 740})
    context.set_default_timeout(40_000)
    yield context
    context.close()


@pytest.fixture
def agent(chromium: Browser, scripts: bool) -> Iterator[BrowserContext]:  # noqa: FBT001 - a fixture
    """The agent's browser, on a desk."""
    context = chromium.new_context(java_script_enabled=scripts, locale="de-DE", viewport={"width": 1400, "height": 900})
    context.set_default_timeout(40_000)
    yield context
    context.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
