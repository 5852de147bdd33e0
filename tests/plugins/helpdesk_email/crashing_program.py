"""A process of the site that tests kill, or that kills itself at a point it is told.

Run as a program: `send URL FILES PORT` delivers over SMTP until it is killed; `read URL FILES PORT POINT` reads the
mailbox once and handles what came, and dies at the point, if any.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from helpdesk_core import Helpdesk, Secret
from helpdesk_core.bus import Relay
from helpdesk_core.testing.desks import small_site
from helpdesk_core.testing.dovecot import PASSWORD, USER
from helpdesk_email.inbound.apply import Applier
from helpdesk_email.inbound.box import Box
from helpdesk_email.inbound.claims import Claims
from helpdesk_email.inbound.journal import Journal
from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.poller import Poller
from helpdesk_email.plugin import Email, Imap, Mailbox, Smtp

LEASE = timedelta(seconds=0.6)


def site_of(url: str, files: str, port: int) -> tuple[Helpdesk, Email]:
    receive = Imap(host="127.0.0.1", port=port, user=USER, password=Secret(PASSWORD), tls="none")
    email = Email(mailboxes=(Mailbox(address=USER, receive=receive),), send=Smtp(port=port))
    return Helpdesk(small_site(url, Path(files), email), {}), email


async def send(url: str, files: str, port: int) -> None:
    helpdesk, _ = site_of(url, files, port)
    async with helpdesk:
        relay = Relay(
            helpdesk.bus,
            worker="crashing",
            compose=helpdesk._composer.compose,
            may_still_receive=helpdesk._may_still_receive,
            lease=LEASE,
        )
        await relay.run()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(of: type[Any], name: str, *, before: bool) -> None:
    """Let the process die before or after a method of ours does its work."""
    method: Callable[..., Any] = getattr(of, name)

    async def awaited(*args: Any, **named: Any) -> Any:
        if before:
            die()
        result = await method(*args, **named)
        die()
        return result

    def called(*args: Any, **named: Any) -> Any:
        if before:
            die()
        result = method(*args, **named)
        die()
        return result

    setattr(of, name, awaited if asyncio.iscoroutinefunction(method) else called)


POINTS: dict[str, tuple[type[Any], str, bool]] = {
    "before-fetch": (Box, "fetch", True),
    "before-keep": (Journal, "receive", True),
    "after-keep": (Journal, "receive", False),
    "before-move": (Box, "put_away", True),
    "after-move": (Box, "put_away", False),
    "after-claim": (Claims, "take", False),
    "before-apply": (Applier, "apply", True),
    "inside-apply": (Applier, "_record", True),
    "end-of-apply": (Applier, "_record", False),
    "after-apply": (Applier, "apply", False),
}
"""Where a process dies: the class, its method, and whether before it or after it."""


async def read(url: str, files: str, port: int) -> None:
    helpdesk, email = site_of(url, files, port)

    async def parsed(raw: bytes) -> Any:
        return parse(raw)

    async with helpdesk:
        with helpdesk.database.use():
            intake = email._intake(helpdesk)
            [mailbox] = email.mailboxes
            assert mailbox.receive is not None
            poller = Poller(helpdesk, intake.journal, mailbox.canonical, mailbox.receive, largest=1 << 20)
            await poller.once()
            while await intake.processor.one(parsed):
                pass


if __name__ == "__main__":
    what, url, files, port, *point = sys.argv[1:]
    if point:
        of, name, before = POINTS[point[0]]
        dying(of, name, before=before)
    asyncio.run((send if what == "send" else read)(url, files, int(port)))
