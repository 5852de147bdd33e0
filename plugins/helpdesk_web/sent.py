"""What came with a request: fields, and files that are not stored yet. Values only; reading them is done in `forms`."""

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Final

import msgspec


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a form, not stored yet.

    Attributes:
        field: Name of the form's field.
        name: As the browser called it; not cleaned.
        size: Bytes.
        content: The bytes; closed when the request is over.
    """

    field: str
    name: str
    size: int
    content: "SpooledTemporaryFile[bytes]"


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a form and was not taken.

    Attributes:
        field: Name of the form's field.
        name: As the browser called it; not cleaned.
        size: Bytes.
        reason: `big` (more than one file may have), `many` (more than a form may bring), `busy` (it could not be
            stored) or `stranger` (nobody was signed in).
    """

    field: str
    name: str
    size: int
    reason: str


class Form:
    """The fields of a form as they were sent. What nobody asks for is ignored.

    Attributes:
        once: The form's one-time key: a repeat of the same form has the same.
        uploads: Files that came along.
        left_out: Files that came along and were not taken.
    """

    __slots__ = ("_fields", "left_out", "once", "uploads")

    def __init__(
        self,
        fields: Sequence[tuple[str, str]] = (),
        *,
        once: str = "",
        uploads: tuple[Upload, ...] = (),
        left_out: tuple[LeftOut, ...] = (),
    ) -> None:
        self._fields = tuple(fields)
        self.once = once
        self.uploads = uploads
        self.left_out = left_out

    def __contains__(self, name: str) -> bool:
        return any(known == name for known, _ in self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Go through names and values, in the order of the form."""
        return iter(self._fields)

    def __repr__(self) -> str:
        return f"Form({', '.join(sorted({name for name, _ in self._fields}))})"

    def text(self, name: str) -> str:
        """Return the first value of a field, empty when it was not sent."""
        return next((value for known, value in self._fields if known == name), "")

    def line(self, name: str) -> str:
        """Return the first value of a field as one line, without blanks around it."""
        return " ".join(self.text(name).split())

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field, in the order of the form."""
        return tuple(value for known, value in self._fields if known == name)


EMPTY: Final = Form()
