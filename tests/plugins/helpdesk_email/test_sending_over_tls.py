"""TLS and signing in to the mail server: never weaker than the site says."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from helpdesk_core import Secret
from helpdesk_core.bus import Retry, Sent
from helpdesk_core.testing.smtp import MailServer
from tests.plugins.helpdesk_email.sending_kit import send

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make certificates for 127.0.0.1: a good one, one that has expired, and one of another name."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, subject, days in (
        ("good", "IP:127.0.0.1", 30),
        ("expired", "IP:127.0.0.1", -1),
        ("other", "DNS:x.example", 30),
    ):
        end = ["-days", str(days)] if days > 0 else ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", *end]
        command += ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
        made = subprocess.run([*command, "-addext", f"subjectAltName={subject}"], capture_output=True, check=False)
        if made.returncode:
            _expired_by_hand(folder, name, subject)
    return folder


def _expired_by_hand(folder: Path, name: str, subject: str) -> None:
    """Older versions of openssl know no `-not_after`: sign a request with days that are over."""
    key, request, extensions = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={subject}\n")
    run = lambda *command: subprocess.run(["openssl", *map(str, command)], capture_output=True, check=True)  # noqa: E731
    run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    run(
        *("x509", "-req", "-in", request, "-signkey", key, "-days", "-1"),
        *("-extfile", extensions, "-out", folder / f"{name}.pem"),
    )


def context(folder: Path, name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return made


SIGN_IN: dict[str, Any] = {"user": "support", "password": Secret("geheim")}
USERS = {"support": "geheim"}


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_mails_go_out_over_tls_with_a_sign_in(certificates: Path, tls: Any) -> None:
    async with MailServer(tls=tls, context=context(certificates, "good"), users=USERS) as server:
        outcome = await send(server, tls=tls, ca_file=str(certificates / "good.pem"), **SIGN_IN)
        assert isinstance(outcome, Sent)
        assert any(line.startswith("AUTH") for line in server.heard)


async def test_f17_starttls_that_is_not_offered_is_never_done_without(certificates: Path) -> None:
    async with MailServer(users=USERS) as server:
        outcome = await send(server, tls="starttls", ca_file=str(certificates / "good.pem"), **SIGN_IN)
        assert isinstance(outcome, Retry)
        assert outcome.whole_channel
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.heard)


@pytest.mark.parametrize("name", ["expired", "other"])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_f17_a_wrong_certificate_gets_neither_password_nor_mail(certificates: Path, tls: Any, name: str) -> None:
    async with MailServer(tls=tls, context=context(certificates, name), users=USERS) as server:
        outcome = await send(server, tls=tls, ca_file=str(certificates / f"{name}.pem"), **SIGN_IN)
        assert isinstance(outcome, Retry)
        assert outcome.whole_channel
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.heard)


async def test_f17_a_certificate_that_nobody_vouches_for_is_refused(certificates: Path) -> None:
    async with MailServer(tls="implicit", context=context(certificates, "good"), users=USERS) as server:
        assert isinstance(await send(server, tls="implicit", **SIGN_IN), Retry)


async def test_f17_what_is_said_in_the_clear_after_starttls_does_not_count(certificates: Path) -> None:
    """A stranger on the line adds answers behind the 220; they must not pass for answers of the encrypted talk."""
    async with MailServer(tls="starttls", context=context(certificates, "good"), users=USERS) as server:
        server.plan("starttls", "220 go ahead\r\n250 2.1.0 injected")
        outcome = await send(server, tls="starttls", ca_file=str(certificates / "good.pem"), **SIGN_IN)
        assert not isinstance(outcome, Sent) or len(server.taken) == 1


async def test_f16_a_refused_sign_in_stops_the_channel_and_not_the_mails() -> None:
    async with MailServer(users={"support": "anders"}) as server:
        outcome = await send(server, **SIGN_IN)
        assert isinstance(outcome, Retry)
        assert (outcome.whole_channel, outcome.reason[:3]) == (True, "535")
        assert not any(line.startswith("MAIL") for line in server.heard)
        assert "geheim" not in outcome.reason
