"""Content transfer encodings (RFC 2045) and uuencode, decoded from whatever has arrived of them.

Cut-off, padded wrongly or mixed with foreign characters: as much as can be read is read, and nothing raises.
"""

import binascii
import re
from itertools import islice
from typing import Final, NamedTuple

from . import limits

_BASE64_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WHITESPACE: Final = b" \t\r\n\x0b\x0c\x00"
_NOT_BASE64: Final = bytes(set(range(256)) - set(_BASE64_LETTERS))
_SOFT_BREAK: Final = re.compile(rb"=[ \t]+(?=\r?\n)")
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?\n", re.MULTILINE)
_PADDING: Final = re.compile(rb"=+")
_PADDED_RUNS: Final = 10_000
"""Paddings within one body that are honoured; what follows more of them is read as one stream."""


class UuFile(NamedTuple):
    """A uuencoded file found within a text."""

    name: bytes
    content: bytes


def decode(body: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """Undo a content transfer encoding and return the bytes with the defects found; unknown ones mean none."""
    name = encoding.strip().lower()
    if name.startswith("base64"):
        return _base64(body)
    if name.startswith("quoted"):
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", body)), ()
    if name in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        rest, files = take_uuencoded(body)
        return (files[0].content, ()) if files else (rest, ("uuencode-damaged",))
    if name in {"", "7bit", "8bit", "binary"}:
        return body, ()
    return body, ("encoding-unknown",)


def base64_word(text: bytes) -> bytes:
    """Decode the base64 of an encoded word, however it is padded."""
    return b"".join(_run(piece.translate(None, _NOT_BASE64)) for piece in text.split(b"="))


def _base64(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    foreign = len(body.translate(None, _BASE64_LETTERS + _WHITESPACE + b"="))
    if foreign * 10 > len(body) or body.count(b" ") * 12 > len(body):
        # So many foreign characters or blanks that somebody wrote the field and forgot to encode.
        return body, ("base64-missing",)
    pieces: list[bytes] = []
    left = 0
    # Some encoders pad every chunk; each run of letters between paddings is a stream of its own.
    while left < len(body):
        padding = body.find(b"=", left) if len(pieces) < _PADDED_RUNS else -1
        right = len(body) if padding < 0 else padding
        letters = body[left:right].translate(None, _NOT_BASE64)
        if letters:
            pieces.append(_run(letters))
            cut = len(letters) % 4 == 1
        padding_run = _PADDING.match(body, right)
        left = padding_run.end() if padding_run else len(body)
    return b"".join(pieces), ("base64-cut",) if pieces and cut else ()


def _run(letters: bytes) -> bytes:
    usable = len(letters) - (1 if len(letters) % 4 == 1 else 0)
    return binascii.a2b_base64(letters[:usable] + b"=" * (-usable % 4))


def take_uuencoded(body: bytes) -> tuple[bytes, list[UuFile]]:
    """Take uuencoded files out of a text and return the text without them, and the files."""
    files: list[UuFile] = []
    kept: list[bytes] = []
    position = 0
    for begin in islice(_UU_BEGIN.finditer(body), limits.PARTS):
        if begin.start() < position:
            continue
        content, after = _uu_lines(body, begin.end())
        if content:
            kept.append(body[position : begin.start()])
            files.append(UuFile(begin.group(1), content))
            position = after
    kept.append(body[position:])
    return b"".join(kept), files


def _uu_lines(body: bytes, start: int) -> tuple[bytes, int]:
    """Decode the lines after `begin` and return the content, empty when they are no uuencode, and where they end.

    The first letter of a line tells its length, so a text that merely starts with "begin 644 x" fails at once; and
    since "begin" is itself no such line, many of them are read in linear time.
    """
    pieces: list[bytes] = []
    position = start
    while position < len(body):
        newline = body.find(b"\n", position)
        after = len(body) if newline < 0 else newline + 1
        line = body[position:after].rstrip(b"\r\n")
        position = after
        if line.rstrip() == b"end":
            break
        if not line.strip():
            continue
        letters = (((line[0] - 32) & 63) + 2) // 3 * 4
        if not 32 <= line[0] <= 96 or not letters <= 2 * (len(line) - 1) <= 2 * letters + 8:
            return b"", start
        try:
            pieces.append(binascii.a2b_uu(line[: letters + 1]))
        except binascii.Error:
            return b"", start
    return b"".join(pieces), position
