"""The parser process: reads one mail after another from its standard input and answers on its standard output.

It holds the standard library, msgspec, nh3 and this package's reading half, and nothing else; it has little memory,
a processor limit that moves on with each mail, and neither secrets nor a database. Its parent may kill it at any
time. It ends by itself when its input ends, and a mail that never ends is ended by the kernel, so that it does not
outlive its parent by more than one mail.

Frames, both ways: four bytes of length, big endian, then the content. A request is one byte of flags and, for a mail
above the limit, eight bytes of its size, then the mail or its beginning; an answer is a `ParsedMail` in MessagePack.
"""

import os
import resource
import struct
import sys
from typing import Final

import msgspec

from . import limits
from .parse import parse, parse_oversize, without_contents
from .parsed import ParsedMail

LENGTH: Final = struct.Struct(">I")
SIZE: Final = struct.Struct(">Q")
READ_HTML: Final = 1
CONTENTS: Final = 2
OVERSIZE: Final = 4

BOOTSTRAP: Final = """
import sys, types
package, inbound = sys.argv[1:3]
for name, path in (("helpdesk_email", package), ("helpdesk_email.inbound", inbound)):
    module = types.ModuleType(name)
    module.__path__ = [path]
    sys.modules[name] = module
from helpdesk_email.inbound.child import serve
serve()
"""
"""Starts the child without running the packages' own `__init__`, which may import the rest of the helpdesk."""


def request(raw: bytes, *, read_html: bool, contents: bool) -> tuple[bytes, bytes]:
    """Return the head of a request frame and the bytes that follow it; of too large a mail only its beginning."""
    flags = READ_HTML * read_html | CONTENTS * contents
    if len(raw) <= limits.MAIL_BYTES:
        return LENGTH.pack(1 + len(raw)) + bytes([flags]), raw
    beginning = raw[: 2 * limits.HEADER_BLOCK_BYTES]
    return LENGTH.pack(9 + len(beginning)) + bytes([flags | OVERSIZE]) + SIZE.pack(len(raw)), beginning


def answer(content: bytes) -> ParsedMail:
    """Decode the content of an answer frame; raises `msgspec.DecodeError` when it is none."""
    return msgspec.msgpack.decode(content, type=ParsedMail)


def serve() -> None:
    """Answer requests until the input ends. Runs as the whole of a process."""
    _limit_memory()
    while (head := _read(LENGTH.size + 1)) is not None:
        length, flags = LENGTH.unpack_from(head)[0] - 1, head[-1]
        size = length
        if flags & OVERSIZE:
            size, length = SIZE.unpack(_read(SIZE.size) or b"")[0], length - SIZE.size
        raw = _read(length)
        if raw is None:
            return
        _allow_processor_time()
        response = _handle(raw, flags, size)
        del raw
        _write(LENGTH.pack(len(response)))
        _write(response)


def _handle(raw: bytes, flags: int, size: int) -> bytes:
    oversize = flags & OVERSIZE
    mail = parse_oversize(raw, size=size) if oversize else parse(raw, read_html=bool(flags & READ_HTML))
    return msgspec.msgpack.encode(mail if flags & CONTENTS else without_contents(mail))


def _limit_memory() -> None:
    """Bound the address space and forbid core dumps, which would hold people's mail."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.PARSE_MEMORY_BYTES, limits.PARSE_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_processor_time() -> None:
    """Move the soft limit to what has been used so far plus one mail's share; the kernel ends who passes it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + limits.PARSE_CPU_SECONDS, hard))


def _read(count: int) -> bytes | None:
    """Read exactly `count` bytes, or return None when the input ends."""
    content = sys.stdin.buffer.read(count)
    return content if len(content) == count else None


def _write(content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(1, view) :]
