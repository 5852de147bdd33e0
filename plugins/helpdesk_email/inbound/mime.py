"""The MIME tree of a mail (RFC 2045, 2046), cut out of its bytes.

The standard library's parser goes through a mail line by line and recurses into multiparts: 25 MiB of short lines
cost it a minute and 1,000 levels its stack. Here the tree is cut by searching for delimiters, without recursion, in
time linear in the bytes for each level, and the limits hold while cutting. A multipart that names no boundary gets
the one it seems to use; one without any part is a text. Bodies are slices of the raw mail, copied when asked for.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from . import limits
from .headers import Fields, split_headers
from .parameters import mime_type, parse_parameters

_MBOX_LINE: Final = re.compile(rb">?From [^\r\n]*\r?\n")
_LEADING: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*")
_GUESS: Final = re.compile(rb"^--([^\s-][^\r\n]{0,69}?)[ \t]{0,8}\r?\n(?=[Cc]ontent-|\r?\n)", re.MULTILINE)


@dataclass(slots=True, eq=False)
class Part:
    """One node of the tree: header fields, and either children or a body."""

    raw: bytes = field(repr=False)
    fields: Fields
    start: int
    end: int
    content_type: str
    parameters: dict[str, str]
    children: list["Part"] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The bytes of the body, still in their transfer encoding."""
        return self.raw[self.start : self.end]

    @property
    def is_multipart(self) -> bool:
        """Whether the part consists of other parts."""
        return bool(self.children)

    @property
    def charset(self) -> str | None:
        """The charset the part declares, if it does."""
        return self.parameters.get("charset") or None

    def leaves(self) -> list["Part"]:
        """Return the parts without children, in the order of the mail."""
        found: list[Part] = []
        stack = [self]
        while stack:
            part = stack.pop()
            if part.children:
                stack.extend(reversed(part.children))
            else:
                found.append(part)
        return found


def parse_tree(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Cut a mail into its parts and return the root with the defects found; never fails."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    defects: list[str] = []
    root = _part(raw, _beginning(raw), len(raw), "text/plain", defects)
    leaves = 1
    budget = limits.SEARCHED_BYTES
    stack = [(root, 0)]
    while stack:
        part, level = stack.pop()
        if not part.content_type.startswith("multipart/"):
            continue
        budget -= part.end - part.start
        if level >= limits.LEVELS or budget < 0:
            defects.append("levels-cut")
            part.content_type = "application/octet-stream"
            continue
        ranges = _sections(part, limits.PARTS - leaves + 1, defects)
        if not ranges:
            defects.append("multipart-without-parts")
            part.content_type = "text/plain"
            continue
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        part.children = [_part(raw, left, right, default, defects) for left, right in ranges]
        leaves += len(ranges) - 1
        stack.extend((child, level + 1) for child in reversed(part.children))
    return root, tuple(dict.fromkeys(defects))


def parse_headers(raw: bytes) -> Fields:
    """Read only the header fields of a mail, of which perhaps nothing else is there."""
    return split_headers(raw, _beginning(raw), len(raw)).fields


def _beginning(raw: bytes) -> int:
    leading = _LEADING.match(raw)
    start = leading.end() if leading else 0
    mbox = _MBOX_LINE.match(raw, start)
    return mbox.end() if mbox else start


def _part(raw: bytes, start: int, end: int, default: str, defects: list[str]) -> Part:
    fields, body = split_headers(raw, start, end)
    defects += fields.defects
    declared = fields.first("content-type")
    content = parse_parameters(declared)
    content_type = mime_type(content.value)
    if content_type is None:
        if declared:
            defects.append("content-type-malformed")
        # A lone "text" is what some clients mean by text/plain; a multipart shows by its boundary.
        content_type = "multipart/mixed" if "boundary" in content.parameters else default
    return Part(raw, fields, body, end, content_type, content.parameters)


def _sections(part: Part, most: int, defects: list[str]) -> list[tuple[int, int]]:
    """Return where the parts of a multipart begin and end, `most` of them at most."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
    delimiters = _delimiters(part, boundary, most) if boundary else []
    if not delimiters:
        defects.append("boundary-missing")
        guess = _GUESS.search(part.raw, part.start, part.end)
        delimiters = _delimiters(part, guess.group(1).rstrip(), most) if guess else []
    if delimiters and not delimiters[-1][2]:
        defects.append("parts-cut" if len(delimiters) > most else "boundary-unclosed")
    ranges: list[tuple[int, int]] = []
    for index, (_, after, closing) in enumerate(delimiters[:most]):
        if closing:
            continue
        end = delimiters[index + 1][0] if index + 1 < len(delimiters) else part.end
        ranges.append((after, max(after, end)))
    return ranges


def _delimiters(part: Part, boundary: bytes, most: int) -> list[tuple[int, int, bool]]:
    """Find delimiter lines: where the text before each ends, where the text after it begins, whether it closes.

    A line that only begins with the boundary, as that of an inner multipart may, is none.
    """
    delimiter = re.compile(rb"\n--" + re.escape(boundary) + rb"[ \t]*+(--[- \t]*+)?\r?(?=\n|\Z)")
    # The first delimiter may be the first line of the body: its line feed is the one before the body.
    start = max(part.start - 1, 0)
    found: list[tuple[int, int, bool]] = []
    for match in delimiter.finditer(part.raw, start, part.end):
        before = match.start()
        if part.raw[before - 1 : before] == b"\r":
            before -= 1
        found.append((max(before, part.start), min(match.end() + 1, part.end), match.group(1) is not None))
        if len(found) > most:
            break
    return found
