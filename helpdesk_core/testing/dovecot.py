"""A private Dovecot for tests: a real IMAP server on a free port of 127.0.0.1, with its mail in a folder of the test.

It runs as an unprivileged user where tests run as root, ends with the test, and leaves nothing behind.
"""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from helpdesk_core.testing.parts import find_program, require

USER: Final = "support@stueber.de"
PASSWORD: Final = "imap-secret"  # noqa: S105 - of a server that lives for one test

_CONFIGURATION: Final = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


class Dovecot:
    """A running IMAP server.

    Attributes:
        host: Always 127.0.0.1.
        port: Where it listens, without encryption.
        user, password: Any user may sign in with this password.
    """

    host = "127.0.0.1"
    user = USER
    password = PASSWORD

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """Sign in as somebody else who reads the same mailbox."""
        client = imaplib.IMAP4(self.host, self.port, timeout=10)
        try:
            client.login(self.user, self.password)
            yield client
        finally:
            client.logout()

    def deliver(self, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a folder, as the mail server of the site does."""
        with self.session() as client:
            status, _ = client.append(folder, "", "", raw)
            assert status == "OK"

    def count(self, folder: str = "INBOX") -> int:
        """Return how many mails are in a folder, 0 when there is no such folder."""
        with self.session() as client:
            status, data = client.select(folder, readonly=True)
            return int(data[0] or 0) if status == "OK" else 0


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Run a Dovecot; its folder is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-imap-"))
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    port = _free_port()
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            user=account.pw_name,
            group=grp.getgrgid(account.pw_gid).gr_name,
            uid=account.pw_uid,
            gid=account.pw_gid,
            password=PASSWORD,
            port=port,
        )
    )
    (folder / "mail").mkdir()
    if os.geteuid() == 0:
        for path in (folder, folder / "mail"):
            shutil.chown(path, account.pw_uid, account.pw_gid)
        folder.chmod(0o755)
    program = find_program("dovecot")
    assert program is not None
    process = subprocess.Popen([program, "-F", "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        _await_port(port, process, folder)
        yield Dovecot(folder, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Return a running IMAP server for this test alone."""
    require("dovecot")
    with running_dovecot() as server:
        yield server


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _await_port(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                if line.recv(200).startswith(b"* OK"):
                    return
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")
