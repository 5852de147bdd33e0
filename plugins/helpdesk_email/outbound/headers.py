"""The one place where header fields of our mails are written (RFC 5322, RFC 2047).

Every function returns whole fields, folded, in ASCII, with their line end. A value that could end its line is refused
here, whatever its caller did before: nothing that somebody typed can become a second field.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

WIDTH: Final = 76
"""Columns of a line; the standard asks for at most 78 and allows 998."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_IDENTIFIER: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
_LONGEST_WORD: Final = 400
_LINE_ENDS: Final = frozenset("\u2028\u2029")


class HeaderRefused(ValueError):
    """A value cannot stand in a header field."""


def one_line(text: str) -> str:
    """Return a text that `text_field` takes: control characters and line ends become single spaces."""
    scrubbed = text.encode("utf-8", "replace").decode("utf-8")
    spaced = "".join(" " if unicodedata.category(c) == "Cc" or c in _LINE_ENDS else c for c in scrubbed)
    return " ".join(spaced.split())


def text_field(name: str, value: str) -> bytes:
    """Return a field of free text, such as Subject.

    Raises:
        HeaderRefused: The value holds a control character or a line end.
    """
    return _field(name, _pieces(_checked(value), len(name) + 2))


def mailbox_field(name: str, display: str, address: str) -> bytes:
    """Return a field with one mailbox, such as From.

    Args:
        name: Name of the field.
        display: The name beside the address, may be empty.
        address: An address in ASCII.

    Raises:
        HeaderRefused: The name holds a control character or a line end, or the address is none.
    """
    if not _ADDRESS.fullmatch(address):
        raise HeaderRefused(f"{address!r} is no address for a header field")
    if not display:
        return _field(name, [f"<{address}>"])
    return _field(name, [*_phrase(_checked(display), len(name) + 2), f"<{address}>"])


def identifiers_field(name: str, identifiers: Sequence[str]) -> bytes:
    """Return a field of Message-IDs with their brackets, one a line; those that could not stand there are left out."""
    kept = [identifier for identifier in identifiers if _IDENTIFIER.fullmatch(identifier)]
    return _field(name, kept) if kept else b""


def token_field(name: str, value: str) -> bytes:
    """Return a short field of plain ASCII that needs no folding, such as Auto-Submitted.

    Raises:
        HeaderRefused: It is anything else.
    """
    if not value.isascii() or len(name) + len(value) > WIDTH * 2:
        raise HeaderRefused(f"the field {name} takes a short ASCII value, not {value[:80]!r}")
    return _field(name, [_checked(value)])


def _field(name: str, pieces: Iterable[str]) -> bytes:
    """Join pieces with spaces, on a new line where the line would be too wide."""
    if not _NAME.fullmatch(name):
        raise HeaderRefused(f"{name!r} is no name of a header field")
    lines = [f"{name}:"]
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) > WIDTH and lines[-1].strip() != f"{name}:":
            lines.append("")
        lines[-1] += f" {piece}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _checked(value: str) -> str:
    if any(unicodedata.category(c) in {"Cc", "Cs"} or c in _LINE_ENDS for c in value):
        raise HeaderRefused(f"a line end or control character cannot stand in a header field: {value[:80]!r}")
    return value


def _pieces(value: str, used: int) -> Iterator[str]:
    """Return what `_field` joins: words as they are, or the whole value as encoded words."""
    words = value.split(" ")
    # Two spaces in a row, or what looks like an encoded word, would not come back as they were.
    plain = value.isascii() and "=?" not in value and all(0 < len(word) <= _LONGEST_WORD for word in words)
    yield from words if plain or not value else _encoded(value, used)


def _phrase(value: str, used: int) -> Iterator[str]:
    """Return the name of a mailbox: as it is, quoted, or as encoded words."""
    if _ATOMS.fullmatch(value) and "=?" not in value and "  " not in value and len(value) <= _LONGEST_WORD:
        yield from value.strip().split(" ")
    elif value.isascii() and "=?" not in value and len(value) <= _LONGEST_WORD:
        yield '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        yield from _encoded(value, used)


def _encoded(value: str, used: int) -> Iterator[str]:
    """Return encoded words (RFC 2047) of at most 75 characters, none of which cuts a character."""
    room = (WIDTH - used - len("=?utf-8?b??=")) // 4 * 3
    pending = b""
    for character in value:
        encoded = character.encode("utf-8")
        if len(pending) + len(encoded) > room:
            yield _word(pending)
            pending, room = b"", 45
        pending += encoded
    yield _word(pending)


def _word(raw: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(raw).decode('ascii')}?="
