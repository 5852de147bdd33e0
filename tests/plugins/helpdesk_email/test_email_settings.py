"""A channel that is written wrongly stops the start and says what to do."""

from pathlib import Path
from typing import Any

import pytest

from helpdesk_core import ConfigurationError, Helpdesk, Level, Secret
from helpdesk_core.bus import Retry
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_email.plugin import Imap, Limits, Mailbox, Smtp
from tests.plugins.helpdesk_email.mail_world import SUPPORT, MailDesk, email_plugin, mail_site


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: email_plugin(mailboxes=()), "mailboxes is empty"),
        (lambda: email_plugin(mailboxes=(Mailbox(address=SUPPORT), Mailbox(address=SUPPORT.upper()))), "twice"),
        (lambda: Mailbox(address="kein Postfach"), "no e-mail address"),
        (lambda: Mailbox(address="x" * 24 + "@y.example", plus=True), "no room for a token"),
        (lambda: email_plugin(threading=()), "at least one"),
        (lambda: email_plugin(threading=("subject", "subject")), "once"),
        (lambda: email_plugin(threading=("address",)), "plus=True"),
        (lambda: email_plugin(threading=("guess",)), "threading"),
        (lambda: Smtp(host="mail.example", user="x", password=Secret("y")), "in the clear"),
        (lambda: Smtp(user="x"), "both user and password"),
        (lambda: Smtp(port=70_000), "port"),
        (lambda: Imap(host="mail.example", user="x", password=Secret("y"), tls="none"), "in the clear"),
        (lambda: Imap(host="h", user="x", password=Secret("y"), processed="INBOX"), "another folder"),
        (lambda: Limits(mail_bytes=1), "mail_bytes"),
    ],
)
def test_a_mistake_stops_the_start(make: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        make()


def test_ports_follow_the_protection() -> None:
    secret = Secret("x")
    assert [Smtp(tls=tls).at for tls in ("none", "starttls", "implicit")] == [25, 587, 465]
    assert Imap(host="h", user="u", password=secret).at == 993
    assert Imap(host="h", user="u", password=secret, tls="starttls").at == 143


def test_a_password_shows_nowhere() -> None:
    assert "geheim" not in repr(Imap(host="h", user="u", password=Secret("geheim")))


def test_an_e_mail_only_site_loads_no_web_server(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from tests.plugins.helpdesk_email.mail_world import email_plugin, mail_site\n"
        "from pathlib import Path\nfrom helpdesk_core import Helpdesk\n"
        f"Helpdesk(mail_site('sqlite:///{tmp_path}/x.db', Path('{tmp_path}'), email_plugin()), {{}})\n"
        "assert not [name for name in sys.modules if name.startswith(('litestar', 'helpdesk_web', 'uvicorn'))]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.anyio
async def test_r17_mails_that_are_put_off_show_in_the_health(desk: MailDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    check = next(check for check in desk.helpdesk.health_checks if check.name == "helpdesk_email.sending")
    assert [finding.level for finding in await check.ask()] == [Level.OK]
    customer = await desk.customer()
    await desk.ticket(customer)
    broken = RecordingChannel()
    broken.script(Retry("451 4.3.0 later"))
    monkeypatch.setitem(desk.helpdesk.bus.channels, "email", broken)
    await desk.deliver()
    [finding] = await check.ask()
    assert finding.level is Level.WARNING
    assert "451 4.3.0 later" in str(finding.values)


def test_the_site_of_a_demonstration_sends_nothing(tmp_path: Path) -> None:
    from helpdesk_email.channel import EmailChannel
    from helpdesk_email.outbound.smtp import DemoCarrier, SmtpCarrier

    def carrier(*, demo: bool) -> object:
        site = mail_site(f"sqlite:///{tmp_path}/x.db", tmp_path, email_plugin())
        channel = Helpdesk(site, {}, demo=demo).bus.channels["email"]
        assert isinstance(channel, EmailChannel)
        return channel._carrier

    assert isinstance(carrier(demo=True), DemoCarrier)
    assert isinstance(carrier(demo=False), SmtpCarrier)
