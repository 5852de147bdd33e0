"""What tests of sending share: a mail, a counter of marks, and the carrier to a server."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from helpdesk_core.bus import Addressee, Outcome, Parcel
from helpdesk_core.testing.smtp import MailServer
from helpdesk_email.outbound.lines import Lines, Timeouts
from helpdesk_email.outbound.smtp import SmtpCarrier
from helpdesk_email.plugin import Smtp

QUICK: Final = Timeouts(step=0.4, final=0.4, turn=5)
CONTENT: Final = b"From: x <s@stueber.example>\r\nSubject: y\r\n\r\nGuten Tag\r\n.\r\n..\r\nEnde\r\n"


class Marks:
    """Counts how often the point of no return was announced, and what the server had by then."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.count = 0
        self.heard_before: list[str] = []
        self.breaks: Exception | None = None

    async def __call__(self) -> None:
        self.count += 1
        self.heard_before = list(self.server.heard)
        if self.breaks is not None:
            raise self.breaks


def parcel(content: bytes = CONTENT) -> Parcel:
    return Parcel(
        delivery_id=uuid4(),
        message_id="0.1@support.example.org",
        addressee=Addressee(channel="email", address="k@school.example"),
        content=content,
        attempt=1,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def carrier(server: MailServer, timeouts: Timeouts = QUICK, **settings: Any) -> SmtpCarrier:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, **settings}
    smtp = Smtp(**given)
    return SmtpCarrier(Lines(smtp, "support.example.org", timeouts), timeouts)


async def send(server: MailServer, *, marks: Marks | None = None, to: str = "k@school.example", **more: Any) -> Outcome:
    content = more.pop("content", CONTENT)
    return await carrier(server, **more).carry(
        parcel(content), marks or Marks(server), sender="s@stueber.example", recipient=to
    )
