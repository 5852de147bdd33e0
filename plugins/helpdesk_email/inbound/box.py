"""One folder on an IMAP server, as blocking calls for a thread of their own (RFC 9051, RFC 3501, RFC 2177, RFC 6851).

Mails are named by UID alone, never by their number in the folder, so that no other client's expunging can shift them.
Nothing is marked or moved here but what the caller says is safe. What a server sends is bounded before it is read.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Any, Final

import imap_tools
import imap_tools.errors
import msgspec
from imap_tools.utils import encode_folder

from helpdesk_email.inbound import limits
from helpdesk_email.outbound.lines import tls_context
from helpdesk_email.settings import Imap

TIMEOUT: Final = 60.0
CONNECT_TIMEOUT: Final = 15.0
LARGEST_LITERAL: Final = limits.MAIL_BYTES + limits.MIB
CHUNK: Final = 500

_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")

TROUBLES: Final = (imaplib.IMAP4.error, imap_tools.errors.ImapToolsError, OSError, EOFError)
"""What a server or the line to it can do to us; the connection is over then."""


class Refusal(Exception):
    """The server refused one command about one mail; the connection still works."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the folder.

    Attributes:
        uidvalidity: The epoch of its numbers.
        uidnext: The number of the next mail, None where the server does not say.
        uids: The mails, oldest first.
    """

    uidvalidity: int
    uidnext: int | None
    uids: tuple[int, ...]


class _Bounded:
    """Refuses a literal that is larger than any mail we take, before its memory is asked for."""

    def read(self, size: int) -> bytes:
        """Read `size` bytes from the server."""
        if size > LARGEST_LITERAL:
            raise imaplib.IMAP4.abort(f"the server announced {size} bytes")
        content: bytes = super().read(size)  # type: ignore[misc] # of the client it is mixed into
        return content


class _PlainClient(_Bounded, imaplib.IMAP4):
    """A connection in the clear, or upgraded."""


class _TlsClient(_Bounded, imaplib.IMAP4_SSL):
    """A connection that is encrypted from its first byte."""


class _Mailbox(imap_tools.BaseMailBox):
    """The library's mailbox on a bounded client, protected as the settings say."""

    def __init__(self, settings: Imap) -> None:
        self._settings = settings
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        settings = self._settings
        if settings.tls == "implicit":
            context: ssl.SSLContext = tls_context(settings.ca_file)
            return _TlsClient(settings.host, settings.at, ssl_context=context, timeout=CONNECT_TIMEOUT)
        client = _PlainClient(settings.host, settings.at, timeout=CONNECT_TIMEOUT)
        if settings.tls == "starttls":
            try:
                client.starttls(tls_context(settings.ca_file))
            except BaseException:
                client.shutdown()
                raise
        return client


class Box:
    """One folder on one connection.

    Args:
        settings: Where it is.
    """

    def __init__(self, settings: Imap) -> None:
        self._settings = settings
        self._mailbox: _Mailbox | None = None
        self._capabilities: frozenset[str] = frozenset()

    @property
    def _client(self) -> Any:
        assert self._mailbox is not None, "the box is open"
        return self._mailbox.client

    def open(self) -> None:
        """Connect, sign in and select the folder."""
        self._mailbox = _Mailbox(self._settings)
        self._client.sock.settimeout(TIMEOUT)
        self._mailbox.login(self._settings.user, self._settings.password.reveal(), initial_folder=None)
        # What a server can do, it often tells only after the sign-in.
        _, told = self._client.capability()
        words = b" ".join(part for part in told if part).decode("ascii", "replace")
        self._capabilities = frozenset(words.upper().split())
        if self._settings.processed:
            # It may be there already; a folder that cannot be made shows when the first mail is moved.
            self._client.create(encode_folder(self._settings.processed))

    def look(self) -> Look:
        """Return what lies in the folder now."""
        typ, answer = self._client.select(encode_folder(self._settings.folder))
        if typ != "OK":
            raise imaplib.IMAP4.error(f"the folder {self._settings.folder} cannot be opened: {answer!r}")
        validity, following = self._number("UIDVALIDITY"), self._number("UIDNEXT")
        if validity is None:
            raise imaplib.IMAP4.error("the server names no UIDVALIDITY")
        typ, found = self._client.uid("SEARCH", "ALL")
        if typ != "OK":
            raise imaplib.IMAP4.error(f"the folder cannot be searched: {found!r}")
        numbers = b" ".join(part for part in found if part).split()
        return Look(uidvalidity=validity, uidnext=following, uids=tuple(sorted(int(number) for number in numbers)))

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Return the bytes of mails; those that are gone are left out."""
        found: dict[int, int] = {}
        for start in range(0, len(uids), CHUNK):
            typ, data = self._client.uid("FETCH", _set(uids[start : start + CHUNK]), "(UID RFC822.SIZE)")
            if typ != "OK":
                raise imaplib.IMAP4.error(f"the sizes of mails cannot be had: {data!r}")
            for line in _lines(data):
                uid, size = _UID.search(line), _SIZE.search(line)
                if uid and size:
                    found[int(uid.group(1))] = int(size.group(1))
        return found

    def fetch(self, uid: int, size: int) -> bytes | None:
        """Return a whole mail; None when it is gone.

        Some servers guess the size. When it does not fit, a second fetch must yield the same bytes.

        Raises:
            Refusal: The server does not give this mail out.
        """
        raw = self._section(uid, "BODY.PEEK[]")
        if raw is not None and len(raw) != size and raw != self._section(uid, "BODY.PEEK[]"):
            raise imaplib.IMAP4.abort(f"the mail {uid} came in two different lengths")
        return raw

    def fetch_headers(self, uid: int) -> bytes | None:
        """Return the headers of a mail; None when it is gone.

        Raises:
            Refusal: The server does not give them out.
        """
        return self._section(uid, f"BODY.PEEK[HEADER]<0.{2 * limits.HEADER_BLOCK_BYTES}>")

    def put_away(self, uids: Sequence[int]) -> None:
        """Move mails out of the folder, or mark them as read where the site wants them left.

        Raises:
            Refusal: The server does not do it; the mails stay and are known all the same.
        """
        for start in range(0, len(uids), CHUNK):
            chunk = _set(uids[start : start + CHUNK])
            if not self._settings.processed:
                self._do("STORE", chunk, "+FLAGS.SILENT", r"(\Seen)")
            elif "MOVE" in self._capabilities:
                self._do("MOVE", chunk, encode_folder(self._settings.processed))
            else:
                self._do("COPY", chunk, encode_folder(self._settings.processed))
                self._do("STORE", chunk, "+FLAGS.SILENT", r"(\Deleted)")
                if "UIDPLUS" in self._capabilities:
                    # Without it an expunge would take what other clients have marked.
                    self._do("EXPUNGE", chunk)

    def can_idle(self) -> bool:
        """Tell whether the server announces new mail."""
        return "IDLE" in self._capabilities

    def begin_idle(self) -> int:
        """Ask to be told of new mail; return the descriptor that becomes readable then."""
        assert self._mailbox is not None, "the box is open"
        self._mailbox.idle.start()  # type: ignore[no-untyped-call] # the library does not say
        descriptor: int = self._client.sock.fileno()
        return descriptor

    def end_idle(self) -> None:
        """Stop being told."""
        assert self._mailbox is not None, "the box is open"
        self._mailbox.idle.stop()  # type: ignore[no-untyped-call] # the same

    def close(self) -> None:
        """Say goodbye."""
        if self._mailbox is not None:
            self._mailbox.logout()

    def cut(self) -> None:
        """End the connection under a call that waits in its thread; callable from any thread."""
        if self._mailbox is not None:
            with contextlib.suppress(OSError):
                # It may be closed already, by whichever side.
                self._client.sock.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Free what the connection holds, once no call waits any more."""
        if self._mailbox is not None:
            with contextlib.suppress(OSError):
                self._client.shutdown()

    def _section(self, uid: int, section: str) -> bytes | None:
        for part in self._do("FETCH", str(uid), f"(UID {section})"):
            # Beside the answer a server may tell of other changes at any time.
            if isinstance(part, tuple) and (found := _UID.search(part[0])) and int(found.group(1)) == uid:
                content: bytes = part[1]
                return content
        return None

    def _do(self, command: str, *arguments: str | bytes) -> list[Any]:
        """Let the server do something with mails and return what it answers.

        Raises:
            Refusal: It does not; anything worse ends the connection.
        """
        try:
            typ, data = self._client.uid(command, *arguments)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise Refusal(f"{command} {arguments[0]!s}: {error}") from error
        if typ != "OK":
            raise Refusal(f"{command} {arguments[0]!s}: {b' '.join(_lines(data)).decode('utf-8', 'replace')}")
        answer: list[Any] = data
        return answer

    def _number(self, name: str) -> int | None:
        _, values = self._client.response(name)
        value = next((each for each in values or () if each), None)
        return int(value) if value is not None and value.strip().isdigit() else None


def _set(uids: Iterable[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def _lines(data: Iterable[Any]) -> list[bytes]:
    """Return the parts of an answer that are text, literals left out."""
    return [part[0] if isinstance(part, tuple) else part for part in data if part is not None]
