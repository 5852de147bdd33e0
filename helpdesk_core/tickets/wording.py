"""What people wrote, made fit to be kept: in every database, in every mail, in one kind of line ends. Pure."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from helpdesk_core.errors import Invalid
from helpdesk_core.files import clean_name
from helpdesk_core.text import N_
from helpdesk_core.tickets.commands import LONGEST_TEXT, Writing

_GONE: Final = re.compile("\0|\r(?=\n)")
"""What is taken out of a text: NUL, which PostgreSQL does not hold, and the first half of a line end of two."""


def one_line(subject: str) -> str:
    """Return a subject as one line that every database and every mail can hold."""
    visible = (" " if unicodedata.category(each) == "Cc" else each for each in _storable(subject))
    return " ".join("".join(visible).split())


def judged(writing: Writing) -> Writing:
    """Return the writing with a text and names of files that can be kept, and with folds that fit the text.

    Raises:
        Invalid: There is neither text nor file, or the text is longer than anybody reads.
    """
    text = _storable(_GONE.sub("", writing.text).replace("\r", "\n"))
    if not text.strip() and not writing.files:
        raise Invalid(N_("Please write something."), field="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("This text is too long. Please attach it as a file."), field="text")
    gone = [each.start() for each in _GONE.finditer(writing.text)]
    moved = ((start - bisect_left(gone, start), stop - bisect_left(gone, stop)) for start, stop in writing.folds)
    files = tuple(msgspec.structs.replace(file, name=clean_name(file.name)) for file in writing.files)
    return msgspec.structs.replace(writing, text=text, folds=tuple(_apart(moved, len(text))), files=files)


def _storable(text: str) -> str:
    """Return the text without what no database holds: halves of characters (surrogates)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _apart(folds: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Yield the folds in order, none empty, none within another, none beyond the text."""
    end = 0
    for start, stop in sorted(folds):
        first, last = max(start, end), min(stop, length)
        if first < last:
            yield first, last
            end = last
