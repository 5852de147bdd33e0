"""What stands around every page, and the small pieces that many pages show: links, notices, facts, tabs.

Nothing here knows a ticket.
"""

from datetime import datetime
from typing import Literal

from markupsafe import Markup
from msgspec import Struct

Tone = Literal["info", "ok", "warn", "danger", "muted"]
"""What a colour says. It never says it alone: a word and an icon stand beside it."""


class LinkView(Struct, frozen=True, kw_only=True):
    """A link with its words; `current` marks the entry of a menu that the page stands under."""

    label: str
    href: str
    current: bool = False


class NoticeView(Struct, frozen=True, kw_only=True):
    """One sentence (or a little sanitised HTML) in a coloured bar.

    Among `PageView.notices`, kind `ok` tells the browser that the form just sent has arrived: it forgets its copy
    of the typed text. So a successful form ends with an `ok` notice, and nothing else does (not even a sign-in).
    """

    kind: Literal["ok", "info", "warn", "danger"]
    text: str | Markup


class FactView(Struct, frozen=True, kw_only=True):
    """One line of a list of facts; `href` makes the value a link, `at` replaces it by an instant."""

    label: str
    value: str | Markup = ""
    href: str = ""
    at: datetime | None = None


class SiteView(Struct, frozen=True, kw_only=True):
    """The vendor, as every page shows it. `footer` holds pairs of label and address; `logo` names a static file."""

    name: str
    url: str
    footer: tuple[tuple[str, str], ...] = ()
    support_email: str | None = None
    offers_email: str | None = None
    phone: str | None = None
    logo: str = ""


class PersonView(Struct, frozen=True, kw_only=True):
    """Who is signed in."""

    name: str
    email: str
    is_agent: bool = False
    confirmed: bool = True


class PageView(Struct, frozen=True, kw_only=True):
    """What the frame around every page needs. `layout.html` posts `/logout` (csrf) and `/language` (language, back)."""

    path: str
    language: str
    csrf: str = ""
    form_key: str = ""
    languages: tuple[tuple[str, str], ...] = ()
    """Pairs of code and the language's own name; the switch is shown when there is more than one."""
    person: PersonView | None = None
    menu: tuple[LinkView, ...] = ()
    notices: tuple[NoticeView, ...] = ()
    title: str = ""
    """Replaces the template's own page title when set."""
    theme: Literal["", "light", "dark"] = ""
    """The person's choice; empty follows the device."""


class TabView(Struct, frozen=True, kw_only=True):
    """One of several lists of the same things; each tab is a page with its own address."""

    label: str
    href: str
    count: int | None = None
    current: bool = False


class PagesView(Struct, frozen=True, kw_only=True):
    """Where in a long list we are. An empty address hides its link; `first` and `last` count rows from 1."""

    first: int
    last: int
    total: int | None = None
    previous: str = ""
    next: str = ""


class PanelView(Struct, frozen=True, kw_only=True):
    """A small part of a page that another plugin brings; `body` comes from a template of that plugin."""

    name: str
    label: str
    body: Markup
