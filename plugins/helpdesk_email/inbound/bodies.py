"""From the MIME tree to what a person wrote and what they attached.

Parts are walked once, without recursion, children before their multipart. Each part becomes *segments*: a piece of
the message as plain text, as HTML, or as both where they are alternatives. Everything that is no text of the message
is a file, and nothing is thrown away: what cannot be shown whole is kept whole as a file beside what is shown.
"""

import hashlib
import html
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from msgspec import structs

from . import limits
from .charsets import decode_body
from .filenames import clean_file_name
from .flowed import unflow
from .headers import one_line
from .html_clean import as_html, clean_html, plain_of
from .html_text import render_html
from .mime import Part, parse_headers
from .parameters import mime_type, parse_parameters
from .parsed import Attachment
from .transfer import decode, take_uuencoded

_BYTES_PER_CHARACTER: Final = 4
"""The most that any charset spends on one, but for escape sequences."""
_EXTENSIONS: Final = {
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "application/pdf": ".pdf",
    "application/ms-tnef": ".dat",
    "application/zip": ".zip",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
}


class Segment(NamedTuple):
    """A piece of the message: as plain text, as harmless HTML, or as both."""

    plain: str | None
    html: str | None


@dataclass(slots=True)
class Content:
    """What was found in a mail."""

    text: str = ""
    html: str | None = None
    quoted_from: int | None = None
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_content(root: Part, *, read_html: bool = True) -> Content:
    """Read text, HTML and files out of a tree; without `read_html` HTML is not interpreted but kept as files."""
    reader = _Reader(root, read_html=read_html)
    segments = reader.walk()
    reader.compose(segments)
    return reader.content


class _Reader:
    def __init__(self, root: Part, *, read_html: bool) -> None:
        self.root = root
        self.read_html = read_html
        self.content = Content()
        self.undecided: set[int] = set()
        self.room = limits.TEXT_CHARACTERS
        """Characters that may still be shown; all parts share them."""

    def walk(self) -> list[Segment]:
        """Visit every part, children before their multipart, and return the segments of the root."""
        results: dict[int, list[Segment]] = {}
        stack: list[tuple[Part, Part | None, bool]] = [(self.root, None, False)]
        while stack:
            part, parent, seen = stack.pop()
            if not part.children:
                results[id(part)] = self._leaf(part, parent)
            elif seen:
                children = [results.pop(id(child)) for child in part.children]
                results[id(part)] = self._joined(part.content_type, children)
            else:
                stack.append((part, parent, True))
                stack.extend((child, part, False) for child in reversed(part.children))
        return results[id(self.root)]

    def _joined(self, content_type: str, children: list[list[Segment]]) -> list[Segment]:
        if content_type != "multipart/alternative":
            return [segment for child in children for segment in child]
        plain = next((child for child in children if child and all(s.html is None for s in child)), [])
        rich = next((child for child in reversed(children) if any(s.html is not None for s in child)), [])
        if not plain or not rich:
            return plain or rich
        text = "\n".join(segment.plain or "" for segment in plain)
        return [Segment(text, _html_of(rich))]

    def _leaf(self, part: Part, parent: Part | None) -> list[Segment]:
        disposition = parse_parameters(part.fields.first("content-disposition"), part.charset)
        name = disposition.parameters.get("filename") or part.parameters.get("name") or ""
        if self._is_message_text(part, parent, disposition.value, name):
            return self._text(part)
        if not disposition.value:
            self.undecided.add(len(self.content.attachments))
        self._file(part, name, inline=disposition.value == "inline")
        return []

    def _is_message_text(self, part: Part, parent: Part | None, disposition: str, name: str) -> bool:
        if part is self.root and part.content_type.startswith("text/"):
            return part.content_type in {"text/plain", "text/html"} or not name
        if part.content_type not in {"text/plain", "text/html"} or disposition == "attachment":
            return False
        # A named text is a file, unless it is the first thing in the mail, where some programs name the body.
        first = parent is None or parent.children[0] is part
        return not name or (first and disposition in {"", "inline"})

    def _text(self, part: Part) -> list[Segment]:
        raw = self._decoded(part)
        is_html = part.content_type == "text/html"
        if not is_html:
            raw, files = take_uuencoded(raw)
            for file in files:
                self._add(file.content, file.name.decode("utf-8", "replace"), "application/octet-stream", inline=False)
        declared = part.charset or (_meta_charset(raw) if is_html else None)
        text, defects = decode_body(raw[: _BYTES_PER_CHARACTER * (self.room + 1)], declared)
        self.content.defects += defects
        cut = len(text) > self.room
        text = text[: self.room]
        self.room -= len(text)
        if is_html:
            return [self._html(raw, text, cut=cut)]
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        if cut:
            self.content.defects.append("text-cut")
            self._add(raw, "message.txt", "text/plain", inline=False)
        return [Segment(text, None)]

    def _html(self, raw: bytes, text: str, *, cut: bool) -> Segment:
        """Make HTML harmless; where not all of it can be shown its words become the text and it is kept as a file."""
        cleaned, defects = clean_html(text) if self.read_html else (None, ("html-not-read",))
        self.content.defects += defects
        if cut:
            self.content.defects.append("html-cut")
        elif not defects:
            return Segment(None, cleaned)
        self._add(raw, "message.html", "text/html", inline=False)
        return Segment(plain_of(text), cleaned)

    def _decoded(self, part: Part) -> bytes:
        encoding = part.fields.first("content-transfer-encoding").decode("latin-1")
        decoded, defects = decode(part.body, encoding.split(";")[0].split("(")[0])
        self.content.defects += defects
        return decoded

    def _file(self, part: Part, name: str, *, inline: bool) -> None:
        content_type = mime_type(part.content_type) or "application/octet-stream"
        content = self._decoded(part)
        content_id = one_line(part.fields.first("content-id").decode("utf-8", "replace")).strip("<> ")
        if content_type == "message/rfc822" and not name:
            name = _subject_of(content)
        self._add(content, name, content_type, inline=inline, content_id=content_id[:500] or None)

    def _add(
        self, content: bytes, name: str, content_type: str, *, inline: bool, content_id: str | None = None
    ) -> None:
        number = len(self.content.attachments) + 1
        extension = _EXTENSIONS.get(content_type, ".bin")
        filename = clean_file_name(name) or f"attachment-{number}{extension}"
        if content_type == "message/rfc822" and "." not in filename[-6:]:
            filename += extension
        self.content.attachments.append(
            Attachment(
                filename=filename,
                content_type=content_type,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                inline=inline,
                content_id=content_id,
                content=content,
            )
        )

    def compose(self, segments: list[Segment]) -> None:
        """Make the one text and the one HTML of the message out of its segments."""
        content = self.content
        texts: list[str] = []
        length = 0
        for segment in segments:
            if segment.html is not None and not (segment.plain and segment.plain.strip()):
                text, quoted_from = render_html(segment.html)
            else:
                text, quoted_from = _trimmed(segment.plain or ""), None
            if quoted_from is not None and content.quoted_from is None:
                content.quoted_from = length + quoted_from
            if text:
                texts.append(text)
                length += len(text) + 2
        content.text = "\n\n".join(texts)
        if len(content.text) > limits.TEXT_CHARACTERS:
            content.text = content.text[: limits.TEXT_CHARACTERS]
            content.defects.append("text-cut")
        if any(segment.html is not None for segment in segments):
            content.html = _html_of(segments)
            self._place_pictures(content.html)

    def _place_pictures(self, shown: str) -> None:
        """Mark files that say nothing about their place as inline when the HTML shows them there."""
        for index in self.undecided:
            attachment = self.content.attachments[index]
            if attachment.content_id and f"cid:{html.escape(attachment.content_id)}" in shown:
                self.content.attachments[index] = structs.replace(attachment, inline=True)


def _html_of(segments: list[Segment]) -> str:
    """Return segments as one HTML, plain ones as preformatted text."""
    return "".join(s.html if s.html is not None else as_html(s.plain or "") for s in segments if s.html or s.plain)


def _trimmed(text: str) -> str:
    """Return the text without blank lines at its ends."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def _meta_charset(raw: bytes) -> str | None:
    """Return the charset an HTML document names within itself, if it does so near its beginning."""
    head = raw[:2000].lower()
    position = head.find(b"charset=")
    if position < 0 or b"<meta" not in head[:position]:
        return None
    value = head[position + 8 : position + 60].lstrip(b" \"'")
    name = value.replace(b'"', b" ").replace(b"'", b" ").replace(b">", b" ").replace(b";", b" ").split()
    return name[0].decode("ascii", "replace") if name else None


def _subject_of(message: bytes) -> str:
    """Return the subject of an attached mail, which names its file best."""
    return parse_headers(message[: limits.HEADER_BLOCK_BYTES]).text("subject").replace("/", "-").replace("\\", "-")
