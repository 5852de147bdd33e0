"""Message-IDs and dates (RFC 5322, 3.6.4 and 3.3), read from what senders write for them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final

from . import limits
from .headers import one_line

_BRACKETED: Final = re.compile(r"<([^<>]{1,1200})>")
_BARE: Final = re.compile(r"[^\s<>,;()\"]+@[^\s<>,;()\"]+")
_ZONE: Final = re.compile(r"(?<!\()\b(MESZ|MEZ|CEST|CET|WEST|WET|EEST|EET|BST|JST|IST)\b")
_ZONES: Final = {
    "MESZ": "+0200",
    "CEST": "+0200",
    "MEZ": "+0100",
    "CET": "+0100",
    "WEST": "+0100",
    "BST": "+0100",
    "WET": "+0000",
    "EEST": "+0300",
    "EET": "+0200",
    "JST": "+0900",
    "IST": "+0530",
}


def message_ids(value: bytes) -> tuple[str, ...]:
    """Return the Message-IDs of a field in angle brackets, each once, in their order.

    White space within one, left by wrong folding, is taken out. A field that forgot all brackets is read too.
    """
    text = one_line(value.decode("utf-8", "replace"))
    found = ["".join(match.group(1).split()) for match in _BRACKETED.finditer(text)]
    if not found:
        found = [match.group() for match in _BARE.finditer(text)]
    kept = (identifier for identifier in found if 0 < len(identifier) <= limits.MESSAGE_ID_CHARACTERS)
    return tuple(dict.fromkeys(f"<{identifier}>" for identifier in kept))[-limits.REFERENCES :]


def message_id(value: bytes) -> str | None:
    """Return the one Message-ID of a field in angle brackets; without an at sign or brackets the text counts."""
    found = message_ids(value)
    if found:
        return found[0]
    text = one_line(value.decode("utf-8", "replace")).strip("<> ")
    return f"<{text}>" if text and " " not in text and len(text) <= limits.MESSAGE_ID_CHARACTERS else None


def parse_date(value: bytes) -> datetime | None:
    """Return the moment a Date field names, in UTC; None when it names none. Without a zone it was UTC."""
    text = one_line(value.decode("latin-1"))[:200]
    text = _ZONE.sub(lambda match: _ZONES[match.group()], text, count=1)
    try:
        parsed = parsedate_tz(text)
        if parsed is None:
            return None
        year, month, day, hour, minute, second = parsed[:6]
        zone = timezone(timedelta(seconds=parsed[9] or 0))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        # The standard library's parser raises any of these on dates that are none.
        return None
