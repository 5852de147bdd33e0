"""Header fields of a part: where they stand, what they say, decoded tolerantly.

The raw fields are kept as bytes until somebody asks; `decode_header_safe` turns any of them into one line of text
(RFC 2047, undeclared 8-bit bytes, encoded words where none may be) and never raises. A value never holds a line
end, a NUL or another control character, so nothing that was read here can become a second header field elsewhere.
"""

import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from . import limits
from .charsets import decode_undeclared, decode_word
from .transfer import base64_word

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN: Final = re.compile(
    rb"(?i)(?:from|to|cc|bcc|subject|date|sender|reply-to|received|return-path|message-id|in-reply-to|references"
    rb"|mime-version|content-[a-z-]{1,40}|x-[!-9;-~]{1,60}|delivered-to|dkim-[a-z]{1,20}|list-[a-z]{1,20}"
    rb"|authentication-results|auto-submitted|precedence|user-agent|importance|thread-[a-z]{1,10})[ \t]*:"
)
_LOOK_AHEAD_LINES: Final = 20
_BLANK: Final = re.compile(rb"\n[ \t]*\r?\n")
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
_ENCODED_WORD: Final = re.compile(
    r"=\?([^?\s]{1,60})\?([BbQq])\?((?:[^?=]|\?(?!=)|=(?!\?)|=(?=\?=))*)\?=",
)
_NOT_ONE_LINE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES: Final = re.compile(r"[ \t]{2,}")
_LONG_FIELDS: Final = frozenset({"to", "cc", "bcc", "references", "subject", "received", "x-failed-recipients"})


class Fields:
    """The header fields of one part, in their order. Names are compared without regard to case."""

    __slots__ = ("_by_name", "defects", "items")

    def __init__(self, items: list[tuple[str, bytes]], defects: tuple[str, ...] = ()) -> None:
        self.items = items
        self.defects = defects
        self._by_name: dict[str, list[bytes]] = {}
        for name, value in items:
            self._by_name.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def all(self, name: str) -> list[bytes]:
        """Return the unfolded values of all fields of this name (lower case), in their order."""
        return self._by_name.get(name, [])

    def first(self, name: str) -> bytes:
        """Return the unfolded value of the first field of this name (lower case), or empty bytes."""
        values = self._by_name.get(name)
        return values[0] if values else b""

    def text(self, name: str, hint: str | None = None) -> str:
        """Return the first field of this name decoded and on one line, or an empty text."""
        value = self.first(name)
        return decode_header_safe(value, hint) if value else ""


class Split(NamedTuple):
    """Where the header block of a part ends."""

    fields: Fields
    body: int
    """Offset of the first byte of the body."""


def split_headers(raw: bytes, start: int, end: int) -> Split:
    """Read the header fields that begin at `start` and find the body, which ends at `end`.

    A line that is no field is left out when a well-known field follows before the blank line, so that junk between
    the fields does not hide the sender; otherwise the body begins with it.
    """
    items: list[tuple[str, bytes]] = []
    defects: list[str] = []
    field: tuple[int, int, str] | None = None
    body = end
    block_end = min(end, start + limits.HEADER_BLOCK_BYTES)
    for left, right in _lines(raw, start, end):
        if left >= block_end:
            blank = _BLANK.search(raw, left - 1, end)
            body = blank.end() if blank else end
            defects.append("headers-cut")
            break
        if raw[left:right].strip() == b"":
            body = right
            break
        if raw[left : left + 1] in {b" ", b"\t"}:
            if field:
                field = (field[0], right, field[2])
            continue
        match = _FIELD.match(raw, left, right)
        if match is None and not _fields_follow(raw, right, end):
            body = left
            defects.append("headers-unterminated")
            break
        if field:
            items.append(_value(raw, field, defects))
        field = (match.end(), right, match.group(1).decode("ascii").lower()) if match else None
        if match is None:
            defects.append("header-junk")
    if field:
        items.append(_value(raw, field, defects))
    return Split(Fields(items, tuple(dict.fromkeys(defects))), body)


def _lines(raw: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        newline = raw.find(b"\n", start, end)
        after = end if newline < 0 else newline + 1
        yield start, after
        start = after


def _fields_follow(raw: bytes, start: int, end: int) -> bool:
    for count, (left, right) in enumerate(_lines(raw, start, end)):
        if count >= _LOOK_AHEAD_LINES or raw[left:right].strip() == b"":
            return False
        if _KNOWN.match(raw, left, right):
            return True
    return False


def _value(raw: bytes, field: tuple[int, int, str], defects: list[str]) -> tuple[str, bytes]:
    left, right, name = field
    value = _FOLD.sub(b"", raw[left:right]).strip(b" \t\r\n")
    limit = limits.FIELD_BYTES if _is_long(name) else limits.STRUCTURED_FIELD_BYTES
    if len(value) > limit:
        defects.append("header-cut")
        # The newest references stand last.
        value = value[-limit:] if name == "references" else value[:limit]
    return name, value


def _is_long(name: str) -> bool:
    return name in _LONG_FIELDS or name.startswith("x-")


def decode_header_safe(value: bytes, hint: str | None = None) -> str:
    """Decode a field value to one line of text; `hint` is the charset of the body, for undeclared bytes.

    Encoded words (RFC 2047) are decoded wherever they stand; neighbours of one charset are joined before they are
    decoded, since senders cut characters in half. What cannot be decoded stays as it is written.
    """
    return one_line(decode_words(decode_undeclared(value, hint)))


def decode_words(text: str) -> str:
    """Decode the encoded words within a text; line ends and controls may remain."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending: list[bytes] = []
    charset = ""
    position = 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[position : match.start()]
        name, content = match.group(1).split("*")[0].lower(), _word(match.group(2), match.group(3))
        if pending and (between.strip() or name != charset):
            pieces.append(decode_word(b"".join(pending), charset))
            pending.clear()
            between = between if between.strip() else ""
        elif pending:
            between = ""
        pieces.append(between)
        charset = name
        pending.append(content)
        position = match.end()
    if pending:
        pieces.append(decode_word(b"".join(pending), charset))
    pieces.append(text[position:])
    return "".join(pieces)


def _word(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8")
    if encoding in "Bb":
        return base64_word(raw)
    return binascii.a2b_qp(raw.replace(b"_", b" "))


def one_line(text: str) -> str:
    """Return the text without line ends and controls, each run of them one space."""
    return _SPACES.sub(" ", _NOT_ONE_LINE.sub(" ", text)).strip()
