"""What of a text the sender wrote just now, and what is quotation, attribution or signature around it.

Line by line and in linear time. Nothing is deleted: the result is a list of offsets to fold, which a page shows behind
a button. When in doubt a line stays visible: quotations between answers stay, text below a quotation stays, and where
nothing would remain the whole text does. What begins an unmarked copy of another mail (the header lines of Outlook,
"-----Ursprüngliche Nachricht-----", our own marker line) folds everything from there on.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from .reply_lines import (
    BLANK,
    attribution_length,
    begins_copy,
    begins_header_block,
    is_device_signature,
    is_footer,
    is_rule,
    is_strong_attribution,
    marker_core,
)
from .reply_words import MARKERS

_DELIMITERS: Final = frozenset({"--", "\u2014", "\u2013"})
_LONGEST_SIGNATURE: Final = 25


class Kind(Enum):
    """What a line is."""

    EMPTY = auto()
    TEXT = auto()
    QUOTE = auto()
    ATTRIBUTION = auto()
    SIGNATURE = auto()
    """The delimiter of a signature, or one that a device wrote, or the footer of a list."""


class Folded(NamedTuple):
    """What to fold of a text, and what is left."""

    points: tuple[tuple[int, int], ...]
    """Ascending, disjoint pairs of offsets: from the first folded character to the one after the last."""
    reply: str
    """The visible text without blank lines at its ends; the whole text where nothing would be visible."""


def fold(text: str, *, markers: Sequence[str] = MARKERS, quoted_from: int | None = None) -> Folded:
    """Find what to fold in a text; from the offset `quoted_from` on, everything is known to be quoted."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    kinds, cut = _read(lines, starts, [marker_core(marker) for marker in markers], quoted_from)
    visible = _visible(lines, kinds, cut)
    if not any(shown and kind is not Kind.EMPTY for shown, kind in zip(visible, kinds, strict=True)):
        return Folded((), text.strip("\n"))
    points: list[tuple[int, int]] = []
    for index, shown in enumerate(visible):
        if shown:
            continue
        start, end = starts[index], min(starts[index + 1], len(text))
        if points and points[-1][1] == start:
            points[-1] = (points[-1][0], end)
        elif start < end:
            points.append((start, end))
    return Folded(tuple(points), visible_text(text, points))


def visible_text(text: str, points: Sequence[tuple[int, int]]) -> str:
    """Return a text without its folded parts, without blank lines at its ends."""
    pieces: list[str] = []
    position = 0
    for start, end in points:
        pieces.append(text[position:start])
        position = end
    pieces.append(text[position:])
    lines = "".join(pieces).rstrip().split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip(BLANK)), 0)
    return "\n".join(lines[first:])


def _read(lines: list[str], starts: list[int], markers: list[str], quoted_from: int | None) -> tuple[list[Kind], int]:
    """Tell the kind of every line, and the line from which everything is a copy of another mail."""
    kinds: list[Kind] = []
    index = 0
    while index < len(lines):
        line = lines[index].strip(BLANK)
        if quoted_from is not None and starts[index] >= quoted_from:
            break
        if not line:
            kinds.append(Kind.EMPTY)
        elif line[0] == ">":
            kinds.append(Kind.QUOTE)
        elif begins_copy(line, markers) or begins_header_block(lines, index):
            break
        elif length := attribution_length(lines, index):
            unquoted = _is_unquoted(lines, index + length)
            if unquoted and is_strong_attribution(lines[index : index + length]):
                break
            # A person may introduce their own words in the same way.
            kinds.extend([Kind.TEXT if unquoted else Kind.ATTRIBUTION] * length)
            index += length - 1
        else:
            kinds.append(_plain_kind(lines, index, line))
        index += 1
    cut = len(kinds)
    kinds.extend(Kind.TEXT for _ in range(len(lines) - cut))
    return kinds, cut


def _plain_kind(lines: list[str], index: int, line: str) -> Kind:
    if line in _DELIMITERS or is_device_signature(line):
        return Kind.SIGNATURE
    if is_footer(line) or (is_rule(line) and any(is_footer(following) for following in lines[index + 1 : index + 4])):
        return Kind.SIGNATURE
    return Kind.TEXT


def _is_unquoted(lines: list[str], index: int) -> bool:
    """Whether what follows an attribution is text without quotation marks."""
    for line in lines[index : index + 5]:
        stripped = line.strip(BLANK)
        if stripped:
            return stripped[0] != ">"
    return False


def _visible(lines: list[str], kinds: list[Kind], cut: int) -> list[bool]:
    """Decide for every line whether it stays visible."""
    visible = [index < cut and kind is not Kind.ATTRIBUTION for index, kind in enumerate(kinds)]
    index = 0
    written = False
    while index < cut:
        if kinds[index] is Kind.SIGNATURE and written:
            end = _signature_end(lines, kinds, index, cut)
            visible[index:end] = [False] * (end - index)
            index = end
            continue
        written = written or kinds[index] is Kind.TEXT
        index += 1
    # Quotations below the last word of the sender are folded; those above it belong to the answer.
    for position in range(cut - 1, -1, -1):
        if visible[position] and not _is_trailing(lines[position], kinds[position], position, cut, kinds):
            break
        visible[position] = False
    return visible


def _is_trailing(line: str, kind: Kind, position: int, cut: int, kinds: list[Kind]) -> bool:
    """Whether a line at the end of what is visible says nothing new: blank, quoted, or the rule above a copy."""
    if kind in {Kind.EMPTY, Kind.QUOTE}:
        return True
    return kind is Kind.TEXT and is_rule(line.strip(BLANK)) and (cut < len(kinds) or position + 1 < cut)


def _signature_end(lines: list[str], kinds: list[Kind], start: int, cut: int) -> int:
    """Return where a signature ends: before a quotation or at the end; a long one is text after all."""
    if lines[start].strip(BLANK) not in _DELIMITERS and not is_rule(lines[start].strip(BLANK)):
        return start + 1
    end = start + 1
    filled = 0
    while end < cut and kinds[end] not in {Kind.QUOTE, Kind.ATTRIBUTION}:
        filled += kinds[end] is not Kind.EMPTY
        end += 1
    return end if filled <= _LONGEST_SIGNATURE else start + 1
