"""What plugins may put on the site: pages, entries of the menu, panels. Everything a plugin needs is named here.

A page is an async function from a `Request` to a `Page`, a `Redirect` or another answer, and a `Route` that says
where it is and who may open it: `Route(path="/hello/{number}", access=Access.SIGNED_IN, get=hello)`.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from helpdesk_core import ConfigurationError
from helpdesk_core.accounts import Account
from helpdesk_web.exchange import (
    Answer,
    Data,
    Download,
    Page,
    Redirect,
    Request,
    Sandboxed,
)
from helpdesk_web.sent import Form, Upload

__all__ = [
    "Access",
    "Answer",
    "Data",
    "Download",
    "Form",
    "Handler",
    "MenuEntry",
    "Page",
    "Panel",
    "Redirect",
    "Request",
    "Route",
    "Sandboxed",
    "Upload",
]

_PATH: Final = re.compile(r"/(?:(?:[A-Za-z0-9._~-]+|\{[a-z_]+\})(?:/(?:[A-Za-z0-9._~-]+|\{[a-z_]+\}))*)?")


class Access(StrEnum):
    """Who may open a page or see a part of one. Each includes those after it."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    AGENT = "agent"
    ADMINISTRATOR = "administrator"

    def allows(self, person: Account | None) -> bool:
        """Tell whether this person, or a stranger, may."""
        match self:
            case Access.PUBLIC:
                return True
            case Access.SIGNED_IN:
                return person is not None
            case Access.AGENT:
                return person is not None and person.is_agent
            case Access.ADMINISTRATOR:
                return person is not None and person.is_administrator


Handler = Callable[[Request], Awaitable[Answer]]
"""Answers a request. What it raises of `helpdesk_core.errors` becomes the page that fits; else it is our fault."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A page.

    Attributes:
        path: `/my/path/{name}`; what stands for a name is found in `Request.params`, whole and without slashes.
        access: Who may open it; others are asked to sign in, or refused.
        get: Answers GET and HEAD; changes nothing.
        post: Answers a form, whose origin and token were checked.
        secret: Whether the address itself opens something, like the link of a mail: nobody else learns it.
    """

    path: str
    access: Access
    get: Handler | None = None
    post: Handler | None = None
    secret: bool = False

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path):
            raise ConfigurationError("%(path)r is no path of a page; write it like /my/path/{name}", path=self.path)
        if self.get is None and self.post is None:
            raise ConfigurationError("the page %(path)s answers neither GET nor POST", path=self.path)

    @property
    def shape(self) -> str:
        """The path without the names in it: two routes of one shape would take each other's requests."""
        return re.sub(r"\{[a-z_]+\}", "{}", self.path)


class MenuEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the main menu.

    Attributes:
        label: Its words (message id).
        path: Where it leads.
        see: Who sees it.
    """

    label: str
    path: str
    see: Access


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A small part of a page that another plugin owns.

    Attributes:
        name: `my_plugin.subject`.
        slot: Where it stands: `ticket` (given the `TicketView`), `account` (given the `Account`), or a slot that
            another plugin names.
        label: Its heading (message id).
        see: Who sees it.
        template: The template of its body, given `view`.
        load: Takes the request and the slot's subject, returns the `view`, or None to show nothing. Two seconds.
    """

    name: str
    slot: str
    label: str
    see: Access
    template: str
    load: Callable[[Request, Any], Awaitable[object | None]]


def judge(routes: Sequence[tuple[str, Route]]) -> None:
    """Refuse two pages with one address.

    Args:
        routes: Import names of plugins, and their routes.

    Raises:
        ConfigurationError: Two have one; names both plugins.
    """
    owners: dict[str, str] = {}
    for plugin, route in routes:
        owner = owners.setdefault(route.shape, plugin)
        if owner != plugin:
            raise ConfigurationError(
                "%(one)s and %(other)s both have a page at %(path)s; one of them must move",
                one=owner,
                other=plugin,
                path=route.path,
            )
        if sum(known.shape == route.shape for name, known in routes if name == plugin) > 1:
            raise ConfigurationError("%(plugin)s has two pages at %(path)s", plugin=plugin, path=route.path)


def find_route(routes: Sequence[Route], path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the page at an address, with what stands for the names in its path; None when there is none."""
    given = path.strip("/").split("/")
    fitting = []
    for route in routes:
        names = route.path.strip("/").split("/")
        if len(names) == len(given) and all(
            name == part or (name.startswith("{") and part) for name, part in zip(names, given, strict=True)
        ):
            params = {name[1:-1]: part for name, part in zip(names, given, strict=True) if name.startswith("{")}
            fitting.append((route, params))
    # A page of exactly this address goes before one with a name in its place.
    return min(fitting, key=lambda found: len(found[1]), default=None)
