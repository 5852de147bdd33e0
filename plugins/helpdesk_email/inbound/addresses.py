"""Address fields, read by a strict rule of our own (RFC 5322, and CVE-2023-27043 for why it is our own).

The parsers of the world disagree about `a@evil.test <support@example.org>`, and who believes the wrong one lets a
stranger speak as somebody else. So a mailbox has an address only when every reading gives the same one; anything
else is *ambiguous* and yields none. Encoded words never form an address. One linear pass, no recursion, no guess.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from . import limits
from .charsets import decode_undeclared
from .headers import Fields, decode_words, one_line
from .parsed import Mailbox

_LOCAL: Final = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x20\x7f-\xa0]+")
_DOMAIN: Final = re.compile(
    r"(?=[^@]{1,253}\Z)[^\W_](?:[\w-]{0,62})(?:\.[^\W_][\w-]{0,62})*\.?|\[[0-9a-fA-F.:IPv]{2,60}\]"
)
_ADDRESS_LIKE: Final = re.compile(
    r"(?<![^\s,;:<>()\[\]\\\"'])[^\s@,;:<>()\[\]\\\"]{1,254}@(?:[^\s@,;:<>()\[\]\\\"]{1,254}|\[[0-9A-Za-z.:]{2,60}\])(?!@)"
)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_ESCAPED: Final = re.compile(r"\\(.)")
_PARENTHESIS: Final = re.compile(r"\\.|[()]")
_LITERAL: Final = re.compile(r"\[[0-9A-Za-z.:]{2,60}\]")
_NO_ADDRESS: Final = "@"
"""Stands for a quoted local part that needs its quotes: a second at sign, so that no reading is an address."""
_ROUTE: Final = re.compile(r"@[^:<>]{0,500}:")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"})
_SPECIAL: Final = re.compile(r'["(<,;:\[]|=\?[^?\s]{1,60}\?[BbQq]\?[^?\s]*+\?=')


class Entry(NamedTuple):
    """One element of an address field as it was written."""

    name: str
    address: str | None
    ambiguous: bool


class Sender(NamedTuple):
    """What the From fields of a mail say."""

    address: str | None
    name: str
    ambiguous: bool


def sender_of(fields: Fields, hint: str | None = None) -> Sender:
    """Read the From fields: the one address they agree on, or none and whether that is for ambiguity."""
    values = fields.all("from")
    entries = [entry for value in values[:5] for entry in parse_entries(value, hint)]
    named = [entry for entry in entries if entry.address or entry.ambiguous]
    name = next((entry.name for entry in (*named, *entries) if entry.name), "")
    if not named:
        return Sender(None, name, ambiguous=False)
    addresses = {entry.address for entry in named}
    if len(values) > 5 or len(addresses) > 1 or any(entry.ambiguous for entry in named):
        return Sender(None, name, ambiguous=True)
    return Sender(named[0].address, name, ambiguous=False)


def mailboxes_of(fields: Fields, name: str, hint: str | None = None) -> tuple[tuple[Mailbox, ...], bool]:
    """Return the mailboxes of all fields of this name, and whether there were more than the limit.

    Elements without an unambiguous address are left out; the recorded headers keep their text.
    """
    found: list[Mailbox] = []
    for value in fields.all(name):
        for entry in parse_entries(value, hint):
            if entry.address is None:
                continue
            if len(found) == limits.RECIPIENTS:
                return tuple(found), True
            found.append(Mailbox(address=entry.address, name=entry.name))
    return tuple(found), False


def canonical_address(text: str) -> str | None:
    """Return a bare `local@domain`, the domain in lower case without its last dot, or None when it is no address."""
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > limits.ADDRESS_CHARACTERS:
        return None
    if unicodedata.normalize("NFKC", text).count("@") != 1:
        # Full-width and small commercial ats look like one and are none.
        return None
    local, at, domain = text.rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        # A quoted local part is taken when the quotes were not needed, as around two dots in a row.
        local = local[1:-1]
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    if any(unicodedata.category(character) in _INVISIBLE for character in local + domain):
        return None
    return f"{local}@{domain.lower().rstrip('.')}"


def parse_entries(value: bytes, hint: str | None = None) -> list[Entry]:
    """Read one address field into its elements; groups are opened, empty elements left out."""
    written = decode_undeclared(value, hint)
    # Parsers stop at different control characters, so an address beside one cannot be trusted.
    broken = any(unicodedata.category(character) == "Cc" and character != "\t" for character in written)
    reader = _Reader(one_line(written))
    reader.read()
    if broken:
        return [Entry(entry.name, None, ambiguous=True) for entry in reader.entries]
    return reader.entries


class _Reader:
    """One pass over the text of an address field, collecting the pieces of an element until its comma."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.unclosed: set[str] = set()
        self._start_element()

    def _start_element(self) -> None:
        self.words: list[str] = []
        self.bare: list[str] = []
        self.angles: list[str] = []
        self.comments: list[str] = []

    def read(self) -> None:
        """Fill `entries`, at most one more than the limit of recipients."""
        readers = {'"': self._quoted, "(": self._comment, "<": self._angle, "[": self._bracket, ":": self._colon}
        position = 0
        while position < len(self.text) and len(self.entries) <= limits.RECIPIENTS:
            special = _SPECIAL.search(self.text, position)
            stop = special.start() if special else len(self.text)
            self._add(self.text[position:stop])
            position = stop
            if special and special.group() in readers:
                position = readers[special.group()](stop)
            elif special and special.end() - stop > 1:
                # An encoded word is a word, whatever its letters, and never an address or part of one.
                self.words.append(special.group())
                self.bare.append(" ")
                position = special.end()
            elif special:
                self._finish()
                position += 1
        self._finish()

    def _add(self, text: str) -> None:
        """Take text outside quotes, brackets and comments: a name, or a bare address."""
        self.words.append(text)
        self.bare.append(text)

    def _finish(self) -> None:
        """Decide what the element says and append it, unless it is empty."""
        phrase = one_line(decode_words("".join(self.words)))
        comment = one_line(decode_words(" ".join(self.comments)))
        bare = "".join(self.bare)
        outside = [match.group().strip(".'") for match in _ADDRESS_LIKE.finditer(bare)]
        inside = [_strip_route(angle) for angle in self.angles if angle.strip()]
        aside = [match.group() for match in _ADDRESS_LIKE.finditer(comment)] if inside or outside else []
        every = {canonical_address(item.removeprefix("mailto:")) for item in (*outside, *inside, *aside)}
        address = every.pop() if len(every) == 1 and "@" not in _ADDRESS_LIKE.sub("", bare) else None
        ambiguous = address is None and "@" in unicodedata.normalize("NFKC", "".join((*inside, bare, phrase)))
        for item in () if inside else outside:
            phrase = phrase.replace(item, " ")
        name = one_line(phrase).strip(" '\"<>[]") or comment
        if name or address or ambiguous:
            previous = self.entries[-1] if self.entries else None
            if address and previous and not previous.address and not previous.ambiguous:
                # `Doe, John <john@example.org>`: the comma belonged to the name.
                name = f"{self.entries.pop().name}, {name}"
            self.entries.append(Entry(name[: limits.NAME_CHARACTERS], address, ambiguous))
        self._start_element()

    def _quoted(self, position: int) -> int:
        """Read a quoted string; before an at sign it belongs to an address, elsewhere to the name."""
        match = None if '"' in self.unclosed else _QUOTED.match(self.text, position)
        if match is None:
            # A quote that is never closed quotes nothing, and neither does any after it.
            self.unclosed.add('"')
            self._add(" ")
            return position + 1
        content = _ESCAPED.sub(r"\1", match.group(1))
        if self.text[match.end() : match.end() + 1] == "@":
            self._add(content if _LOCAL.fullmatch(content) else f"{_NO_ADDRESS}@")
        else:
            self.words.append(content)
            self.bare.append(" ")
        return match.end()

    def _comment(self, position: int) -> int:
        depth = 0
        index = position
        while "(" not in self.unclosed and (match := _PARENTHESIS.search(self.text, index)) is not None:
            depth += {"(": 1, ")": -1}.get(match.group(), 0)
            index = match.end()
            if depth == 0:
                self.comments.append(self.text[position + 1 : index - 1])
                self.bare.append(" ")
                return index
        self.unclosed.add("(")
        self._add(" ")
        return position + 1

    def _angle(self, position: int) -> int:
        close = self.text.find(">", position)
        stop = close if close >= 0 else self.text.find(",", position)
        stop = stop if stop >= 0 else len(self.text)
        self.angles.append(self.text[position + 1 : stop])
        self.bare.append(" ")
        return stop + (close >= 0)

    def _bracket(self, position: int) -> int:
        """Read `[mailto:name@example.org]`, whose brackets are decoration, or the domain of `name@[192.0.2.1]`."""
        literal = _LITERAL.match(self.text, position)
        if literal and self.text[position - 1 : position] == "@":
            self._add(literal.group())
            return literal.end()
        self._add(" ")
        return position + (len("[mailto:") if self.text[position : position + 8].lower() == "[mailto:" else 1)

    def _colon(self, position: int) -> int:
        """Read the end of a group's name, unless an address stands before it, which makes no sense."""
        if self.angles or "@" in "".join(self.bare):
            self._add(":")
        else:
            self._start_element()
        return position + 1


def _strip_route(angle: str) -> str:
    """Return the address of `<@relay,@relay:local@domain>` and of `<mailto:local@domain>`."""
    text = angle.strip()
    text = text[7:] if text[:7].lower() == "mailto:" else text
    route = _ROUTE.match(text)
    return text[route.end() :] if route else text
