"""The one page of this channel: somebody whose name stands on a mail says whether it is theirs.

Loaded only on a site with the web channel. Opening the page changes nothing, since mail programs and scanners open
links; the button does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from helpdesk_core import NotFound
from helpdesk_core.text import N_
from helpdesk_email.inbound.releasing import Releasing
from helpdesk_email.notices import CONFIRM_PATH
from helpdesk_web.routing import Access, Page, Request, Route

TEMPLATE: Final = "helpdesk_email/confirm_sender.html"
GONE: Final = N_("This link has expired or has been used already.")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows.

    Attributes:
        subject: Subject of the mail; whoever holds the link reads the mailbox.
        at: When it came.
        done: Whether it was answered just now.
        layout: The frame of the page.
    """

    subject: str
    at: datetime
    done: bool
    layout: str = "helpdesk_web/layout.html"


def routes(releasing: Releasing) -> Sequence[Route]:
    """Return the page."""

    async def ask(request: Request) -> Page:
        return await _page(request, done=False)

    async def answer(request: Request) -> Page:
        page = await _page(request, done=True)
        if not await releasing.vouch(request.params["token"]):
            raise NotFound(GONE)
        return page

    async def _page(request: Request, *, done: bool) -> Page:
        found = await releasing.look_at(request.params["token"])
        if found is None:
            raise NotFound(GONE)
        return Page(template=TEMPLATE, view=Asked(subject=found.subject, at=found.received_at, done=done))

    return [Route(path=f"{CONFIRM_PATH}/{{token}}", access=Access.PUBLIC, get=ask, post=answer, secret=True)]
