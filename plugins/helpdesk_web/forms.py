"""Reading what a browser posts: fields and files, bounded in every direction while they arrive.

Files wait in temporary files until a page stores them; what is too big or too much is counted and let go, so that
the text beside it survives. Nothing here judges a field or trusts a name.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import ClassVar, Final
from urllib.parse import parse_qsl

import msgspec
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from helpdesk_core import HelpdeskError
from helpdesk_core.text import N_
from helpdesk_web.sent import EMPTY, Form, LeftOut, Upload
from helpdesk_web.settings import Limits

FIELDS: Final = 300
"""Fields and files that one form may have."""

IN_MEMORY: Final = 1024 * 1024
"""Bytes of a file above which it is written to disk while it arrives."""

TEXT: Final = 6 * 1024 * 1024
"""Bytes that the fields of a form may have together: half a million letters of any script."""

SLACK: Final = 512 * 1024 * 1024
"""Bytes of files that are let go, beyond those that are taken, before a form is refused and its text with it."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Unreadable(HelpdeskError):
    """The body of a request is not the form that it says it is."""

    code: ClassVar[str] = "unreadable-form"


class TooLarge(HelpdeskError):
    """A request brings more than anybody may send at once."""

    code: ClassVar[str] = "too-large"


class TooSlow(HelpdeskError):
    """A request did not arrive in time."""

    code: ClassVar[str] = "too-slow"


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a form may bring.

    Attributes:
        fields: Bytes of all fields together.
        file: Bytes of one file that is taken.
        files: Files that are taken.
        whole: Bytes of the whole request, with what is let go.
        seconds: Time for it to arrive.
        takes_files: Whether files are taken at all.
    """

    fields: int
    file: int
    files: int
    whole: int
    seconds: float
    takes_files: bool


def allowance_of(limits: Limits, *, takes_files: bool) -> Allowance:
    """Return what a form of this site may bring; strangers bring no files, and less time."""
    files = limits.file * limits.files
    return Allowance(
        fields=TEXT,
        file=limits.file,
        files=limits.files,
        whole=TEXT + files + (SLACK if takes_files else 0),
        seconds=1800 if takes_files else 120,
        takes_files=takes_files,
    )


def new_key() -> str:
    """Return a one-time key for a form that is shown."""
    return secrets.token_urlsafe(18)


async def read_form(body: AsyncIterator[bytes], content_type: str, allowance: Allowance) -> Form:
    """Read a form; another kind of body counts as an empty one.

    Raises:
        Unreadable: It is broken.
        TooLarge: It is larger than allowed.
        TooSlow: It took too long.
    """
    kind, options = parse_options_header(content_type)
    try:
        async with asyncio.timeout(allowance.seconds):
            if kind == "application/x-www-form-urlencoded":
                return await _urlencoded(body, allowance)
            if kind == "multipart/form-data" and options.get("boundary"):
                return await _Multipart(allowance).read(body, options["boundary"])
    except TimeoutError as error:
        raise TooSlow(N_("What you sent did not arrive in time. Please try again.")) from error
    return EMPTY


def carried_form(fields: Sequence[tuple[str, str]]) -> Form:
    """Return a form that was carried through a sign-in, with the one-time key that it was first sent with.

    Files that could not be kept meanwhile are named in fields that end in `_lost`.
    """
    lost = tuple(
        LeftOut(field=name.removesuffix("_lost"), name=value, size=0, reason="stranger")
        for name, value in fields
        if name.endswith("_lost")
    )
    return _form([pair for pair in fields if not pair[0].endswith("_lost")], left_out=lost)


def read_query(query: bytes) -> Form:
    """Read what follows the question mark; what cannot be read is left out."""
    try:
        return Form(_pairs(query[:16_384]))
    except ValueError:
        return EMPTY


def close(form: Form) -> None:
    """Let go of the files of a form."""
    for upload in form.uploads:
        upload.content.close()


async def _urlencoded(body: AsyncIterator[bytes], allowance: Allowance) -> Form:
    gathered = bytearray()
    async for piece in body:
        gathered += piece
        if len(gathered) > allowance.fields:
            raise _too_large()
    try:
        return _form(_pairs(bytes(gathered)))
    except ValueError as error:
        raise Unreadable(N_("This form cannot be read.")) from error


def _pairs(text: bytes) -> list[tuple[str, str]]:
    pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS, errors="replace")
    return [(_clean(name), _clean(value)) for name, value in pairs]


class _Multipart:
    """One form of fields and files, as it arrives."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._fields: list[tuple[str, str]] = []
        self._uploads: list[Upload] = []
        self._left_out: list[LeftOut] = []
        self._room = allowance.fields
        self._part: _Field | _File | None = None

    async def read(self, body: AsyncIterator[bytes], boundary: str) -> Form:
        whole = 0
        try:
            with PushMultipartParser(boundary, max_segment_count=FIELDS, strict=False) as parser:
                async for piece in body:
                    whole += len(piece)
                    self._must_fit(whole)
                    for event in parser.parse(piece) if piece else ():
                        await self._take(event)
        except ParserLimitReached as error:
            self._let_go()
            raise _too_large() from error
        except MultipartError as error:
            self._let_go()
            raise Unreadable(N_("This form cannot be read.")) from error
        except BaseException:
            self._let_go()
            raise
        return _form(self._fields, tuple(self._uploads), tuple(self._left_out))

    async def _take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            name = _clean(event.name or "")
            self._part = _Field(name) if event.filename is None else _File(name, _clean(event.filename))
        elif isinstance(self._part, _Field):
            self._add_to_field(self._part, event)
        elif isinstance(self._part, _File):
            await self._add_to_file(self._part, event)

    def _add_to_field(self, part: "_Field", piece: bytes | None) -> None:
        if piece is None:
            self._fields.append((part.name, _clean(part.value.decode("utf-8", "replace"))))
            self._part = None
            return
        self._room -= len(piece)
        if self._room < 0:
            raise _too_large()
        part.value += piece

    async def _add_to_file(self, part: "_File", piece: bytes | None) -> None:
        if piece is not None:
            part.size += len(piece)
            if self._reason(part) is None:
                if part.size > IN_MEMORY:
                    await asyncio.to_thread(part.content.write, piece)
                else:
                    part.content.write(piece)
            return
        self._part = None
        reason = self._reason(part)
        # A file field that was left empty comes as a file without name and bytes.
        if reason is None and (part.size or part.filename):
            part.content.seek(0)
            self._uploads.append(Upload(field=part.name, name=part.filename, size=part.size, content=part.content))
            return
        part.content.close()
        if reason is not None:
            self._left_out.append(LeftOut(field=part.name, name=part.filename, size=part.size, reason=reason))

    def _must_fit(self, whole: int) -> None:
        if whole > self._allowance.whole:
            raise _too_large()

    def _let_go(self) -> None:
        """Close what has arrived of a form that will not be whole."""
        for upload in self._uploads:
            upload.content.close()
        if isinstance(self._part, _File):
            self._part.content.close()

    def _reason(self, part: "_File") -> str | None:
        """Return why a file is let go, None while it is not."""
        if not part.size and not part.filename:
            return None
        if not self._allowance.takes_files:
            return "stranger"
        if part.size > self._allowance.file:
            return "big"
        return "many" if len(self._uploads) >= self._allowance.files else None


class _Field:
    """A field that is arriving."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value = bytearray()


class _File:
    """A file that is arriving."""

    def __init__(self, name: str, filename: str) -> None:
        self.name = name
        self.filename = filename
        self.size = 0
        # Whoever takes the form closes it, see `close`.
        self.content: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115


def _form(
    fields: Sequence[tuple[str, str]], uploads: tuple[Upload, ...] = (), left_out: tuple[LeftOut, ...] = ()
) -> Form:
    key = next((value for name, value in fields if name == "form_key" and _KEY.fullmatch(value)), None)
    return Form(fields, once=key or new_key(), uploads=uploads, left_out=left_out)


def _clean(text: str) -> str:
    """No database keeps a NUL in a text."""
    return text.replace("\0", "")


def _too_large() -> TooLarge:
    return TooLarge(N_("The files together are too big. Please send fewer or smaller files."))
