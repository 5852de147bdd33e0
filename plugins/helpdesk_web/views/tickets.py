"""A ticket as its customer sees it: states, messages, events, rows of lists.

There is no note among these types: what customers must not see cannot be put into a customer's page.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from markupsafe import Markup
from msgspec import Struct

from helpdesk_web.views.forms import FileView
from helpdesk_web.views.frame import Tone


class StateView(Struct, frozen=True, kw_only=True):
    """A state of a ticket in the reader's words. `icon` is a symbol of `icons.svg`."""

    code: str
    label: str
    icon: str
    kind: Tone


def customer_state(code: str, gettext: Callable[[str], str]) -> StateView:
    """A state as its customer reads it; a site's own state shows its translated code.

    Args:
        code: `new`, `open`, `waiting`, `solved`, `closed`, or a code of the site.
        gettext: the translation for the reader's language.
    """
    match code:
        case "new":
            return StateView(code=code, label=gettext("Received"), icon="inbox", kind="info")
        case "open":
            return StateView(code=code, label=gettext("In progress"), icon="progress", kind="info")
        case "waiting":
            return StateView(code=code, label=gettext("Waiting for your answer"), icon="reply", kind="warn")
        case "solved":
            return StateView(code=code, label=gettext("Solved"), icon="check", kind="ok")
        case "closed":
            return StateView(code=code, label=gettext("Closed"), icon="lock", kind="muted")
        case other:
            return StateView(code=other, label=gettext(other), icon="ticket", kind="muted")


class AuthorView(Struct, frozen=True, kw_only=True):
    """Who wrote. `side` is seen from the reader: oneself, the vendor's people, or anybody else."""

    name: str
    side: Literal["own", "team", "other"]

    @property
    def initials(self) -> str:
        """One or two letters that stand in the author's circle."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class TextPart(Struct, frozen=True, kw_only=True):
    """A stretch of a message, in order: nothing is left out, a quotation is only folded away.

    A `str` is plain text as typed (line breaks count); `Markup` is HTML that has been sanitised.
    """

    text: str | Markup
    folded: bool = False


class MessageView(Struct, frozen=True, kw_only=True):
    """A message that customers see. `id` is unique on the page and safe in an address (`message-7f3a`)."""

    id: str
    author: AuthorView
    at: datetime
    parts: tuple[TextPart, ...]
    files: tuple[FileView, ...] = ()
    channel: str = ""
    """How it came, in words ("by e-mail"), when that is worth saying."""

    @property
    def type(self) -> str:
        """What kind of entry of the timeline this is."""
        return "message"


class EventView(Struct, frozen=True, kw_only=True):
    """A small line between messages: something happened. `text` is a whole translated sentence or phrase."""

    text: str
    at: datetime
    icon: str = "dot"

    @property
    def type(self) -> str:
        """What kind of entry of the timeline this is."""
        return "event"


class TicketRow(Struct, frozen=True, kw_only=True):
    """A ticket in its customer's list. `last` names who wrote last, as it reads after "by" ("Anna Meyer", "you")."""

    number: str
    subject: str
    href: str
    state: StateView
    at: datetime
    last: str = ""
    unread: bool = False
