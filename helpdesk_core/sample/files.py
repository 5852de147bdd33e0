"""The bytes of sample files: real ones of their kind, small, the same every time."""

import struct
import zlib
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 180


def content_of(name: str, text: str) -> bytes:
    """Return the bytes of a file by the ending of its name: a picture, a document, else the text itself."""
    match name.rpartition(".")[2].lower():
        case "png":
            return png()
        case "pdf":
            return pdf(text)
        case _:
            return text.encode()


def png() -> bytes:
    """Return a picture as a screenshot might look from afar: a window with a title bar and a red box in it."""
    rows = b"".join(b"\0" + b"".join(bytes(_colour(x, y)) for x in range(WIDTH)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _colour(x: int, y: int) -> tuple[int, int, int]:
    if y < 24:
        return (11, 87, 164)
    if 60 <= x < 260 and 70 <= y < 130:
        return (176, 32, 32) if x in (60, 259) or y in (70, 129) else (252, 238, 238)
    return (245, 247, 249)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pdf(text: str) -> bytes:
    """Return a document of one page with one line of text, in the letters of Western Europe."""
    line = text.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    stream = b"BT /F1 14 Tf 72 760 Td (" + line + b") Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + trailer
