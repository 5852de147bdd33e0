"""What tests of reading a mailbox share: one real server, a mailbox of its own for each test, and a reader of it."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpdesk_core import Helpdesk, Secret
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from helpdesk_core.testing.parts import require
from helpdesk_email.inbound.poller import Poller
from helpdesk_email.plugin import Email, Imap, Mailbox
from tests.plugins.helpdesk_email.mail_world import MailDesk, email_plugin, mail, mail_site


class BoxDesk(MailDesk):
    """A site that reads one mailbox of the server."""

    def __init__(self, helpdesk: Helpdesk, clock: SettableClock, email: Email, user: str) -> None:
        super().__init__(helpdesk, clock, email)
        self.user = user


_boxes = itertools.count(1)


@pytest.fixture(scope="module")
def imap_server() -> Iterator[Dovecot]:
    require("dovecot")
    with running_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(imap_server: Dovecot) -> Dovecot:
    """A mailbox of its own for each test, on one server."""
    server = Dovecot(imap_server.folder, imap_server.port)
    server.user = f"box{next(_boxes)}@stueber.de"
    return server


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path, clock: SettableClock, dovecot: Dovecot) -> AsyncIterator[BoxDesk]:
    mailbox = Mailbox(address=USER, receive=Imap(host="127.0.0.1", user=USER, password=Secret(PASSWORD), tls="none"))
    email = email_plugin(mailboxes=(mailbox,))
    async with Helpdesk(mail_site(sqlite_url, tmp_path / "files", email), {}, clock=clock) as helpdesk:
        with helpdesk.database.use():
            yield BoxDesk(helpdesk, clock, email, dovecot.user)


def poller(desk: BoxDesk, port: int, *, largest: int = 1 << 20, **changes: Any) -> Poller:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "user": desk.user,
        "password": Secret(PASSWORD),
        "tls": "none",
    }
    return Poller(desk.helpdesk, desk.intake.journal, USER, Imap(**(given | changes)), largest=largest)


def letters(number: int) -> str:
    return "abcdefghij"[number % 10] * 5


def fill(dovecot: Dovecot, count: int, folder: str = "INBOX") -> list[bytes]:
    mails = [mail(subject=f"Nummer {number}", text=f"Text {letters(number)}", to=USER) for number in range(count)]
    for raw in mails:
        dovecot.deliver(raw, folder)
    return mails


async def kept(desk: BoxDesk) -> list[bytes]:
    rows = await desk.rows()
    return [await desk.helpdesk.files.get(row.raw) for row in rows if row.raw]


def in_folder(dovecot: Dovecot, folder: str) -> int:
    return dovecot.count(folder)
