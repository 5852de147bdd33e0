"""Values with parameters: Content-Type and Content-Disposition (RFC 2045, 2183, 2231), read tolerantly.

Honest senders forget quotes, semicolons and encodings; hostile ones send thousands of parameters. One linear pass
reads them all, the first of two equal names wins, and nothing raises.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from .charsets import decode_undeclared, decode_word
from .headers import decode_words, one_line

_PARAMETER: Final = re.compile(r"""[;\s]*([^\s=;"()<>]{1,100})\s*=\s*""")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_BARE: Final = re.compile(r"[^;]*")
_MISSING_SEMICOLON: Final = re.compile(r"\s+(?=[A-Za-z][A-Za-z0-9*-]{0,40}=)")
_ESCAPED: Final = re.compile(r"\\([\"\\])")
_CONTINUED: Final = re.compile(r"([^*]+)\*(\d{1,4})(\*?)")
_MIME_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_MAIN: Final = re.compile(r"[^;\s]*")


class Parametrised(NamedTuple):
    """A value and its parameters, names in lower case, values decoded to one line."""

    value: str
    parameters: dict[str, str]


def parse_parameters(raw: bytes, hint: str | None = None) -> Parametrised:
    """Read `value; name=value; ...`; `hint` is a charset for undeclared 8-bit bytes."""
    text = one_line(decode_undeclared(raw, hint))
    main = _MAIN.match(text)
    value = main.group() if main else ""
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, content in _pairs(text, len(value)):
        continued = _CONTINUED.fullmatch(name)
        if continued:
            numbered = pieces.setdefault(continued.group(1), {})
            numbered.setdefault(int(continued.group(2)), (content, bool(continued.group(3))))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], {}).setdefault(0, (content, True))
        else:
            found.setdefault(name, one_line(decode_words(content)))
    for name, numbered in pieces.items():
        # The extended form says more than the plain one beside it (RFC 2231 and RFC 6266 agree).
        found[name] = one_line(_joined(numbered))
    return Parametrised(value.lower(), found)


def mime_type(value: str) -> str | None:
    """Return `type/subtype` in lower case, or None when the value is no such thing."""
    match = _MIME_TYPE.match(value.lower())
    return match.group() if match else None


def _pairs(text: str, start: int) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    position = start
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            semicolon = text.find(";", position + 1)
            if semicolon < 0:
                break
            position = semicolon
            continue
        quoted = _QUOTED.match(text, match.end())
        if quoted:
            content, position = _ESCAPED.sub(r"\1", quoted.group(1)), quoted.end()
        else:
            content, position = _bare(text, match.end())
        pairs.append((match.group(1).lower(), content))
    return pairs


def _bare(text: str, start: int) -> tuple[str, int]:
    bare = _BARE.match(text, start)
    content = bare.group() if bare else ""
    missing = _MISSING_SEMICOLON.search(content)
    if missing:
        content = content[: missing.start()]
    return content.strip(" \t\"'"), start + len(content) + (missing is not None)


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """Join the pieces of a parameter; the first extended piece names the charset for all of them."""
    charset = ""
    raw = bytearray()
    plain = True
    for index in sorted(numbered):
        content, extended = numbered[index]
        if not extended:
            raw += content.encode("utf-8")
            continue
        plain = False
        if index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw += unquote_to_bytes(content)
    if plain:
        return decode_words(bytes(raw).decode("utf-8"))
    return decode_word(bytes(raw), charset or "utf-8")
