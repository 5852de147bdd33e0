"""One view for each page template of the customers' web channel; the docstring names the template and its address.

A page's view holds only what differs from one request to the next. Words that are always the same stand in the
template, where a site can change them.
"""

from datetime import datetime

from markupsafe import Markup
from msgspec import Struct

from helpdesk_web.views.forms import FormView
from helpdesk_web.views.frame import FactView, LinkView, NoticeView, PagesView, PanelView, TabView
from helpdesk_web.views.tickets import EventView, MessageView, StateView, TicketRow


class StartPage(Struct, frozen=True, kw_only=True):
    """`start.html` (`/`). `recent` holds up to three tickets of the person signed in."""

    recent: tuple[TicketRow, ...] = ()
    known_problem: NoticeView | None = None


class RegisterPage(Struct, frozen=True, kw_only=True):
    """`register.html` (`/register`). `waiting` is true when a mail of this address waits to become a ticket.

    `privacy` is where the site says what it does with what people type.
    """

    form: FormView
    waiting: bool = False
    privacy: str = ""


class RegisteredPage(Struct, frozen=True, kw_only=True):
    """`registered.html`, the same whether the address was known or not. `email` is masked (`k…@schule.de`)."""

    email: str
    resend: FormView | None = None


class ConfirmPage(Struct, frozen=True, kw_only=True):
    """`confirm.html` (`/confirm/TOKEN`): asks for the Kennwort of the registration.

    `form` is `None` when the link has expired or was used; `email` is the whole address; `not_me` is the address
    that a "this was not me" is posted to, and `removing` the page that only asks for this (`…/not-me`).
    """

    email: str = ""
    form: FormView | None = None
    not_me: str = ""
    removing: bool = False


class ConfirmDonePage(Struct, frozen=True, kw_only=True):
    """`confirm_done.html`: the address is confirmed, or (`removed`) the account was taken away again."""

    removed: bool = False
    tickets: int = 0
    """How many waiting mails became tickets."""


class LoginPage(Struct, frozen=True, kw_only=True):
    """`login.html` (`/login`). `others` are further ways to sign in; `again` greets somebody whose session ended."""

    form: FormView
    may_register: bool = True
    others: tuple[LinkView, ...] = ()
    again: bool = False


class ForgotPage(Struct, frozen=True, kw_only=True):
    """`forgot.html` (`/forgot`). `sent` shows the same words for every address, known or not."""

    form: FormView
    sent: bool = False


class ResetPage(Struct, frozen=True, kw_only=True):
    """`reset.html`: a new Kennwort by a link. `form` is `None` when the link has expired or was used."""

    form: FormView | None = None
    email: str = ""
    """Whose account it is: password managers want to know."""


class TicketsPage(Struct, frozen=True, kw_only=True):
    """`tickets.html` (`/tickets`). `query` is the search now in force; `reset` leads back to the whole list."""

    tabs: tuple[TabView, ...]
    rows: tuple[TicketRow, ...]
    query: str = ""
    reset: str = "/tickets"
    none_at_all: bool = False
    """The person has no ticket in any tab."""
    pages: PagesView | None = None


class TicketNewPage(Struct, frozen=True, kw_only=True):
    """`ticket_new.html` (`/tickets/new`).

    The form's fields `kind`, `subject`, `text`, `files` have their places; all others of the site stand between
    `text` and `files`. Leave `kind` out when the site knows only one. `entitlement` says what was found and what
    to do next.
    """

    form: FormView
    entitlement: NoticeView | None = None


class TicketPage(Struct, frozen=True, kw_only=True):
    """`ticket.html` (`/tickets/NUMBER`, and `/t/TOKEN` with `by_link`).

    `answer` (fields `text`, `files`) is `None` when nobody may answer here. With `may_solve` a second button sends
    `then=solved`. `merged_into` is the number that this ticket lives on under. `feedback` is where "helpful: yes
    or no" is posted (field `helpful`), if the site asks.
    """

    number: str
    subject: str
    state: StateView
    state_sentence: str
    opened_at: datetime
    entries: tuple[MessageView | EventView, ...]
    answer: FormView | None = None
    may_solve: bool = False
    facts: tuple[FactView, ...] = ()
    participants: tuple[str, ...] = ()
    merged_into: LinkView | None = None
    by_link: bool = False
    feedback: str = ""
    panels: tuple[PanelView, ...] = ()


class SessionView(Struct, frozen=True, kw_only=True):
    """A place where the person is signed in. `device` is what the browser calls itself, in plain words."""

    key: str
    device: str
    last_seen: datetime
    current: bool = False


class AccountPage(Struct, frozen=True, kw_only=True):
    """`account.html` (`/account`). A session is ended by a POST of `session` to `end_session`."""

    email: str
    data: FormView
    password: FormView
    language: FormView | None = None
    sessions: tuple[SessionView, ...] = ()
    end_session: str = "/account/sessions/end"
    entitlement: NoticeView | None = None
    facts: tuple[FactView, ...] = ()
    export: str = ""
    remove: str = ""
    panels: tuple[PanelView, ...] = ()


class HelpPage(Struct, frozen=True, kw_only=True):
    """`help.html` (`/help`). `body` is the site's own text; without one the page tells the short way to help."""

    body: Markup | None = None


class ErrorPage(Struct, frozen=True, kw_only=True):
    """`error.html`. `reference` is the number to tell support; `reason` replaces the usual sentence of `status`.

    The page needs no session and no database: `page.person` may be `None`, `page.csrf` empty.
    """

    status: int
    reference: str = ""
    reason: str = ""
    minutes: int | None = None
    """For 429: how long to wait."""


class MaintenancePage(Struct, frozen=True, kw_only=True):
    """`maintenance.html` (503). `until` is when we expect to be back."""

    until: datetime | None = None
