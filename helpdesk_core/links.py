"""Addresses of pages, as mails and channels need them: declared here, given by the plugin that serves pages."""

from collections.abc import Callable

import msgspec


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are found on the web; every value is a whole address below the site's `url`.

    A site without a web channel has no Links: its mails then carry no link.

    Attributes:
        start: The start page.
        sign_in: The sign-in page.
        forgot: Where a new Kennwort is asked for.
        ticket: Ticket number → the customer's page of it.
        desk_ticket: Ticket number → the agents' page of it, or None without a desk.
        confirm: One-time token → page that confirms an address.
        not_me: One-time token → page that removes an account somebody else made.
        reset: One-time token → page that sets a new Kennwort.
        register: Token of a waiting mail (or an empty text) → registration page.
    """

    start: str
    sign_in: str
    forgot: str
    ticket: Callable[[str], str]
    confirm: Callable[[str], str]
    not_me: Callable[[str], str]
    reset: Callable[[str], str]
    register: Callable[[str], str]
    desk_ticket: Callable[[str], str] | None = None
