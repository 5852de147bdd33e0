"""From a message in words to the bytes of a mail, rendered once for all tries.

What leaves is ASCII with CRLF line ends (RFC 5322), encoded as quoted-printable or base64 where it is more, so that no
server on the way has to change it. Nothing in the HTML is loaded from anywhere.
"""

import re
from collections.abc import Sequence
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import css_inline
from markupsafe import escape

from helpdesk_core.accounts import addresses
from helpdesk_core.bus import Enclosure, OutgoingMessage
from helpdesk_core.clock import Clock
from helpdesk_core.files import FileDamaged, FileMissing, FileStore
from helpdesk_core.text import N_, Texts, Words
from helpdesk_email.inbound.parsed import LOOP_HEADER
from helpdesk_email.outbound.headers import (
    identifiers_field,
    mailbox_field,
    one_line,
    text_field,
    token_field,
)
from helpdesk_email.outbound.threads import Thread
from helpdesk_email.settings import Mailbox

MARKER: Final = N_("Please reply above this line")
LEFT_OUT: Final = N_("These files do not travel with this e-mail; you find them at your ticket: %(names)s")
LONGEST_LINE: Final = 998
_POLICY: Final = policy.SMTP.clone(cte_type="7bit")
_TYPE: Final = re.compile(r"(?:application|audio|font|image|text|video)/[A-Za-z0-9!#$&^_.+-]{1,100}")
_INLINER: Final = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
_BODY: Final = re.compile(r"<body[^>]*>\s*(?:<div[^>]*>)?", re.IGNORECASE)


class Builder:
    """Builds the mails of one site.

    Args:
        clock: Dates them.
        files: Holds the files that travel along.
        texts: Speaks the languages of their readers.
        sender_name: Stands beside the address.
        list_host: Names the notices for filters (RFC 2919).
        marker: Whether answerable mails begin with the line above which to answer.
        outgoing_bytes: Files travel along up to this size together.
    """

    def __init__(
        self,
        clock: Clock,
        files: FileStore,
        texts: Texts,
        *,
        sender_name: str,
        list_host: str,
        marker: bool,
        outgoing_bytes: int,
    ) -> None:
        self._clock = clock
        self._files = files
        self._texts = texts
        self._sender_name = one_line(sender_name)
        self._list_host = list_host
        self._marker = marker
        self._outgoing_bytes = outgoing_bytes

    async def build(self, message: OutgoingMessage, thread: Thread) -> bytes:
        """Return the mail.

        Raises:
            Invalid: The address cannot be written to.
        """
        words = self._texts.words(message.language)
        contents, missing = await self._contents(message.enclosures)
        body = self._body(message, words, contents, missing)
        mail = self._headers(message, thread) + body.as_bytes(policy=_POLICY)
        _judge(mail)
        return mail

    def _headers(self, message: OutgoingMessage, thread: Thread) -> bytes:
        """Return every field but those that describe the body."""
        mailbox = thread.mailbox
        to_name = one_line(message.recipient.name) if message.recipient.proven else ""
        fields = [
            mailbox_field("From", self._sender_name, addresses.deliverable(mailbox.address)),
            mailbox_field("To", to_name, addresses.deliverable(message.addressee.address)),
            text_field("Subject", one_line(message.subject)),
            token_field("Date", format_datetime(self._clock.now().astimezone(UTC))),
            identifiers_field("Message-ID", [f"<{message.message_id}>"]),
            identifiers_field("In-Reply-To", thread.references[-1:]),
            identifiers_field("References", thread.references),
            token_field("Content-Language", message.language),
            token_field(LOOP_HEADER, installation_of(message.message_id)),
        ]
        if message.reply_token and mailbox.plus:
            fields.append(mailbox_field("Reply-To", self._sender_name, plus_address(mailbox, message.reply_token)))
        if message.automatic:
            # RFC 3834: a machine wrote this, and no machine should answer it.
            fields += [
                token_field("Auto-Submitted", "auto-replied" if thread.answers else "auto-generated"),
                token_field("X-Auto-Response-Suppress", "All"),
                token_field("Precedence", "bulk"),
                text_field("List-Id", f"<notices.{self._list_host}>"),
            ]
        return b"".join(fields)

    def _body(
        self,
        message: OutgoingMessage,
        words: Words,
        contents: Sequence[tuple[Enclosure, bytes]],
        missing: Sequence[Enclosure],
    ) -> EmailMessage:
        marker = f"-- {words.gettext(MARKER)} --" if message.answerable and self._marker else ""
        left_out = _left_out(words, missing)
        body = EmailMessage(policy=_POLICY)
        text = "\n\n".join(part for part in (marker, _scrubbed(message.text).rstrip("\n"), left_out) if part)
        body.set_content(f"{text}\n")
        if message.html is not None:
            html = _INLINER.inline(_framed(_scrubbed(message.html), marker, left_out))
            body.add_alternative(html, subtype="html")
        for enclosure, content in contents:
            maintype, _, subtype = _media_type(enclosure.media_type).partition("/")
            body.add_attachment(content, maintype=maintype, subtype=subtype, filename=one_line(enclosure.name))
        return body

    async def _contents(self, enclosures: Sequence[Enclosure]) -> tuple[list[tuple[Enclosure, bytes]], list[Enclosure]]:
        """Return the files that travel along, and those that do not: too large together, or gone."""
        contents: list[tuple[Enclosure, bytes]] = []
        missing: list[Enclosure] = []
        room = self._outgoing_bytes
        for enclosure in enclosures:
            if enclosure.size > room:
                missing.append(enclosure)
                continue
            try:
                contents.append((enclosure, await self._files.get(enclosure.blob)))
                room -= enclosure.size
            except (FileMissing, FileDamaged):
                missing.append(enclosure)
        return contents, missing


def installation_of(message_id: str) -> str:
    """Return the id of the installation that made a Message-ID of ours: what stands before the at sign."""
    return message_id.partition("@")[0].rpartition(".")[2]


def plus_address(mailbox: Mailbox, token: str) -> str:
    """Return the address of a mailbox that carries a token (RFC 5233)."""
    local, _, domain = addresses.deliverable(mailbox.address).rpartition("@")
    return f"{local}+{token}@{domain}"


def _judge(mail: bytes) -> None:
    """Refuse to let a mail out that another server could read differently (RFC 5322 section 2.1.1, RFC 5321).

    Raises:
        ValueError: A bare CR or LF, a line that is too long, a byte above 127 or a NUL. Only a mistake here makes one.
    """
    lines = mail.split(b"\r\n")
    if not mail.isascii() or any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines):
        raise ValueError("a mail was built with bytes that must not be in one")
    if any(len(line) > LONGEST_LINE for line in lines):
        raise ValueError("a mail was built with a line that is too long")


def _scrubbed(text: str) -> str:
    """Return a text that can be encoded, without NUL and with one kind of line end."""
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return clean.replace("\r\n", "\n").replace("\r", "\n")


def _media_type(given: str) -> str:
    """Return a type that an attachment may have; a mail in a mail goes as plain bytes, or it would need other rules."""
    return given if _TYPE.fullmatch(given) else "application/octet-stream"


def _left_out(words: Words, missing: Sequence[Enclosure]) -> str:
    if not missing:
        return ""
    names = words.list(_scrubbed(enclosure.name) for enclosure in missing)
    return words.gettext(LEFT_OUT, names=names)


def _framed(html: str, marker: str, left_out: str) -> str:
    """Return the HTML with the marker as its first line and the files that stayed behind as its last."""
    if marker:
        start = _BODY.search(html)
        at = start.end() if start else 0
        html = f'{html[:at]}\n<p style="color:#56626d;font-size:13px">{escape(marker)}</p>{html[at:]}'
    if left_out:
        at = html.lower().rfind("</body>")
        at = at if at >= 0 else len(html)
        html = f"{html[:at]}<p>{escape(left_out)}</p>\n{html[at:]}"
    return html
