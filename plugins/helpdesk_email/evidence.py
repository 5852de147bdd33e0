"""What was seen of a mail and decided about it, as it lies on its row: small values, for "why?" and for notices."""

from datetime import date, datetime
from typing import Any

import msgspec

from helpdesk_core.text import Words


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a ticket was not opened, as it is kept until it is told.

    Attributes:
        text: The reason (message id).
        next_step: What the customer can do (message id), or empty.
        values: What the placeholders of both stand for.
        days: Which of the values are days, in ISO form.
    """

    text: str
    next_step: str = ""
    values: dict[str, str | int | float] = {}
    days: tuple[str, ...] = ()

    @classmethod
    def because(cls, text: str, values: dict[str, Any], next_step: str = "") -> "Refusal":
        """Return the refusal of an error's sentence."""
        days = tuple(name for name, value in values.items() if isinstance(value, date))
        plain = {name: _plain(value) for name, value in values.items()}
        return cls(text=text, next_step=next_step, values=plain, days=days)

    def sentence(self, words: Words, text: str) -> str:
        """Return one of its sentences for a reader."""
        if not text:
            return ""
        values: dict[str, Any] = dict(self.values)
        for name in self.days:
            written = str(values[name])
            values[name] = words.date(
                datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
            )
        return words.gettext(text, **values)


class DroppedFile(msgspec.Struct, frozen=True):
    """A file of a mail that did not become a file of the ticket.

    Attributes:
        name: Its name, cleaned.
        size: Bytes.
    """

    name: str
    size: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of a mail and decided about it, as it lies on its row: small, for "why?".

    Attributes:
        claim: What the mail says about itself.
        facts: What the site knew of that.
        route: What was decided.
        number: Number of its ticket.
        defects: What was wrong with the mail.
        refusal: Why no ticket was opened.
        dropped: Files that did not become files of the ticket.
        too_large: Whether only the headers were taken.
        proposed: How many people of its Cc were proposed.
        detail: A sentence of the program for whoever looks into it.
    """

    claim: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    route: dict[str, Any] = {}
    number: str | None = None
    defects: tuple[str, ...] = ()
    refusal: Refusal | None = None
    dropped: tuple[DroppedFile, ...] = ()
    too_large: bool = False
    proposed: int = 0
    detail: str = ""

    @classmethod
    def of(cls, text: str) -> "Evidence":
        """Return the evidence as it was stored."""
        return msgspec.json.decode(text, type=cls)

    def stored(self) -> str:
        """Return it as it is stored."""
        return msgspec.json.encode(self).decode()


def _plain(value: Any) -> str | int | float:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float) else str(value)
