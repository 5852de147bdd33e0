"""What a page of the agents' workspace is given to show, in the manner of `helpdesk_web.views`.

Every page of the desk renders its template with one of the `…Page` structs as `view`, and every such struct carries
`desk: DeskFrame`, the left pane. A reply and a note are different types here, and two different forms.

Nothing here reads a database, knows a route, or decides who may see what.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from helpdesk_web.views import (
    AuthorView,
    ChoiceView,
    EventView,
    FactView,
    FileView,
    FormView,
    LinkView,
    MessageView,
    PagesView,
    PanelView,
    StateView,
    TextPart,
    Tone,
)

__all__ = [
    "ComposerView",
    "CustomerView",
    "DeliveryView",
    "DeskFrame",
    "DeskMessageView",
    "DeskRow",
    "DueView",
    "EntitlementView",
    "ListPage",
    "NoteView",
    "PanelView",
    "QueueView",
    "TicketPage",
    "ViewLink",
    "agent_state",
]


def agent_state(code: str, gettext: Callable[[str], str], pgettext: Callable[[str, str], str]) -> StateView:
    """A state as agents read it; a site's own state shows its translated code.

    Args:
        code: `new`, `open`, `waiting`, `solved`, `closed`, or a code of the site.
        gettext: the translation for the reader's language.
        pgettext: the same with a context, which keeps the agents' words apart from the customers'.
    """
    match code:
        case "new":
            return StateView(code=code, label=pgettext("agent", "New"), icon="inbox", kind="info")
        case "open":
            return StateView(code=code, label=pgettext("agent", "Open"), icon="progress", kind="info")
        case "waiting":
            return StateView(code=code, label=pgettext("agent", "Waiting"), icon="clock", kind="warn")
        case "solved":
            return StateView(code=code, label=pgettext("agent", "Solved"), icon="check", kind="ok")
        case "closed":
            return StateView(code=code, label=pgettext("agent", "Closed"), icon="lock", kind="muted")
        case other:
            return StateView(code=other, label=gettext(other), icon="ticket", kind="muted")


# --- The frame and the list ------------------------------------------------------------------------------------


class ViewLink(Struct, frozen=True, kw_only=True):
    """An entry of the left pane: a list of tickets or another page of the desk, with a count if it has one."""

    label: str
    href: str
    icon: str = "list"
    count: int | None = None
    current: bool = False
    urgent: bool = False
    """The count asks for attention: something is overdue or has failed."""


class DeskFrame(Struct, frozen=True, kw_only=True):
    """The left pane, the same on every page of the desk. `search` is where the field for a number leads (`q`)."""

    views: tuple[ViewLink, ...]
    places: tuple[ViewLink, ...] = ()
    """What is not a list of tickets: held mails, the outbox, administration."""
    search: str = "/desk"
    query: str = ""


class DueView(Struct, frozen=True, kw_only=True):
    """When something must have happened, in words ("due in 40 min.")."""

    text: str
    kind: Tone = "muted"


class DeskRow(Struct, frozen=True, kw_only=True):
    """One ticket in the middle pane."""

    number: str
    subject: str
    href: str
    customer: str
    state: StateView
    at: datetime
    organisation: str = ""
    snippet: str = ""
    channel: str = ""
    channel_icon: str = ""
    due: DueView | None = None
    tags: tuple[str, ...] = ()
    assignee: AuthorView | None = None
    viewers: tuple[str, ...] = ()
    unread: bool = False
    current: bool = False


class QueueView(Struct, frozen=True, kw_only=True):
    """The list that the agent works through, at `href`. `fresh` counts the tickets that came since it was drawn."""

    title: str
    href: str
    rows: tuple[DeskRow, ...]
    pages: PagesView | None = None
    fresh: int = 0
    empty: str = ""
    """What comes next when there is nothing to do ("Next due: today, 15:30.")."""


class ListPage(Struct, frozen=True, kw_only=True):
    """`list.html` (`/desk`). `bulk` is what can be done with ticked rows; it posts their numbers as `ticket`."""

    desk: DeskFrame
    queue: QueueView
    bulk: FormView | None = None


# --- A ticket --------------------------------------------------------------------------------------------------


class DeliveryView(Struct, frozen=True, kw_only=True):
    """What became of a mail that told somebody of a message; `action` offers to send it again (a POST)."""

    text: str
    kind: Tone = "muted"
    action: str = ""


class DeskMessageView(Struct, frozen=True, kw_only=True):
    """A message that the customer sees as well, with what only agents see around it."""

    message: MessageView
    to: str = ""
    warning: str = ""
    """Why to be careful ("Sender not verified")."""
    deliveries: tuple[DeliveryView, ...] = ()
    original: str = ""
    """Where the mail as it came can be seen."""

    @property
    def type(self) -> str:
        """What kind of entry of the timeline this is."""
        return "message"


class NoteView(Struct, frozen=True, kw_only=True):
    """An internal note. No customer's page has a place for one."""

    id: str
    author: AuthorView
    at: datetime
    parts: tuple[TextPart, ...]
    files: tuple[FileView, ...] = ()

    @property
    def type(self) -> str:
        """What kind of entry of the timeline this is."""
        return "note"


class ComposerView(Struct, frozen=True, kw_only=True):
    """The box at the bottom: two forms behind two tabs, so that a note can never leave as an answer.

    Both have the fields `text` and `files` and may carry hidden ones (a version). `then` are the states a reply can
    set at once; each becomes a button that sends `then=VALUE`. `conflict` tells what came in meanwhile; the reply's
    button then reads "Send anyway".
    """

    reply: FormView
    note: FormView
    start: Literal["reply", "note"] = "reply"
    to: tuple[str, ...] = ()
    then: tuple[ChoiceView, ...] = ()
    conflict: str = ""
    presence: str = ""


class CustomerView(Struct, frozen=True, kw_only=True):
    """Who asks."""

    author: AuthorView
    href: str = ""
    organisation: str = ""
    email: str = ""
    facts: tuple[FactView, ...] = ()
    tickets: tuple[LinkView, ...] = ()


class EntitlementView(Struct, frozen=True, kw_only=True):
    """Whether the customer may ask, and why we think so. `allow` grants an exception."""

    kind: Tone
    text: str
    reason: str = ""
    allow: FormView | None = None


class TicketPage(Struct, frozen=True, kw_only=True):
    """`ticket.html` (`/desk/tickets/NUMBER`). `queue` is the list the agent came from.

    `properties` is the form of the sidebar (state, assignee, priority, fields); `rename` changes the subject.
    `composer` is `None` when the ticket cannot be written to, and `read_only` then says why.
    """

    desk: DeskFrame
    number: str
    subject: str
    state: StateView
    opened_at: datetime
    entries: tuple[DeskMessageView | NoteView | EventView, ...]
    queue: QueueView | None = None
    assignee: AuthorView | None = None
    due: DueView | None = None
    composer: ComposerView | None = None
    read_only: str = ""
    rename: FormView | None = None
    properties: FormView | None = None
    customer: CustomerView | None = None
    entitlement: EntitlementView | None = None
    facts: tuple[FactView, ...] = ()
    tags: tuple[str, ...] = ()
    related: tuple[LinkView, ...] = ()
    history: tuple[EventView, ...] = ()
    panels: tuple[PanelView, ...] = ()
    previous: str = ""
    next: str = ""
