"""Outgoing mails as the demonstration shows them; no other site has these pages."""

from datetime import datetime

from msgspec import Struct

from helpdesk_web.views.forms import FileView, FormView


class SentMail(Struct, frozen=True, kw_only=True):
    """One mail of the list."""

    href: str
    to: str
    subject: str
    at: datetime
    state: str


class DevMailsPage(Struct, frozen=True, kw_only=True):
    """`dev_mails.html` (`/_dev/mail`). `write` is missing on a site that takes no mail."""

    mails: tuple[SentMail, ...]
    write: FormView | None = None


class DevMailPage(Struct, frozen=True, kw_only=True):
    """`dev_mail.html` (`/_dev/mail/ID`). `html` and `source` are addresses; `answer` writes back as the recipient."""

    sender: str
    to: str
    subject: str
    at: datetime
    text: str
    source: str
    html: str = ""
    files: tuple[FileView, ...] = ()
    answer: FormView | None = None
