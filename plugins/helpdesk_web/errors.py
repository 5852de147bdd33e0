"""What people see when something does not work: what happened, what to do, and a number to tell us.

The page says nothing about our insides. What was our fault stands in the log under the same number; what was theirs
does not fill the log.
"""

import html
import logging
import secrets
from collections.abc import Callable
from typing import Final

from helpdesk_core import Changed, Forbidden, HelpdeskError, Invalid, NotFound, Refused, TooMany
from helpdesk_core.accounts import LinkExpired, WrongCredentials
from helpdesk_core.db import Conflict, DatabaseBusy, DatabaseFull, DatabaseUnavailable, KeyReused
from helpdesk_core.files import FileDamaged, FileMissing
from helpdesk_core.text import N_, Words
from helpdesk_web.exchange import Page
from helpdesk_web.forms import TooLarge, TooSlow, Unreadable
from helpdesk_web.sentences import explained
from helpdesk_web.views import ErrorPage

logger = logging.getLogger(__name__)

SHORT_PAUSE: Final = 10
"""Seconds after which a busy database is worth another try."""

BUSY: Final = N_("We are very busy just now. Please try again in a moment.")
FULL: Final = N_("We cannot store anything just now. Please try again later.")

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class BadForm(HelpdeskError):
    """A form did not come from a page of this site, or not from the one who is signed in."""

    code = "bad-form"


class Unknown(HelpdeskError):
    """There is no such page, or it does not answer this kind of request.

    Attributes:
        status: 404 or 405.
    """

    code = "unknown-page"

    def __init__(self, status: int) -> None:
        super().__init__(N_("There is no such page."))
        self.status = status


_PLAIN: Final[dict[type[HelpdeskError], int]] = {NotFound: 404, Forbidden: 403, BadForm: 403, TooLarge: 413}
"""Errors of which the page itself says what to do; their own sentence adds nothing."""

_SPOKEN: Final[dict[type[HelpdeskError], int]] = {
    WrongCredentials: 403,
    Refused: 403,
    Invalid: 422,
    KeyReused: 409,
    Changed: 409,
    LinkExpired: 410,
    TooSlow: 408,
    Unreadable: 400,
}
"""Errors whose sentence is for the reader."""

_OURS: Final[dict[type[HelpdeskError], tuple[int, str]]] = {
    DatabaseBusy: (503, BUSY),
    DatabaseUnavailable: (503, BUSY),
    Conflict: (503, BUSY),
    DatabaseFull: (507, FULL),
}
"""Errors that are ours, and that pass."""


def error_page(error: Exception, words: Words) -> Page:
    """Return the page for an error, and write down what is ours to mend."""
    if isinstance(error, TooMany):
        view = ErrorPage(status=429, minutes=max(1, -(-error.retry_after // 60)))
        return _page(view, retry_after=error.retry_after)
    if isinstance(error, Refused) and error.temporary:
        return _page(ErrorPage(status=503, reason=explained(words, error)), retry_after=SHORT_PAUSE)
    if isinstance(error, Unknown):
        return _page(ErrorPage(status=error.status, reason="" if error.status == 404 else explained(words, error)))
    for kind in type(error).__mro__:
        if kind in _PLAIN:
            return _page(ErrorPage(status=_PLAIN[kind]))
        if kind in _SPOKEN:
            assert isinstance(error, HelpdeskError), "the table holds no other"
            return _page(ErrorPage(status=_SPOKEN[kind], reason=explained(words, error)))
    return _our_fault(error, words)


def last_resort(render: Callable[[], str]) -> str:
    """Return a page, or one without any template when the templates themselves are broken."""
    try:
        return render()
    except Exception as broken:  # noqa: BLE001 - there is nobody left to tell but the reader and the log
        text = html.escape(f"Unfortunately that did not work. Error number: {_written_down(broken)}")
        return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Error</title><p>{text}</p></html>'


def new_reference() -> str:
    """Return a number that people can read out."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _our_fault(error: Exception, words: Words) -> Page:
    number = _written_down(error)
    if isinstance(error, FileMissing | FileDamaged):
        return _page(ErrorPage(status=500, reference=number, reason=explained(words, error)))
    for kind, (status, reason) in _OURS.items():
        if isinstance(error, kind):
            view = ErrorPage(status=status, reference=number, reason=words.gettext(reason))
            return _page(view, retry_after=SHORT_PAUSE)
    return _page(ErrorPage(status=500, reference=number))


def _written_down(error: Exception) -> str:
    number = new_reference()
    logger.error("error %s", number, exc_info=error, extra={"reference": number})
    return number


def _page(view: ErrorPage, *, retry_after: int = 0) -> Page:
    return Page(template="helpdesk_web/error.html", view=view, status=view.status, retry_after=retry_after)
