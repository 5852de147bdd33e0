"""Lines to the mail server: opened, protected, signed in, handed on to the next mail that waits, and closed.

A line is given out clean or not at all: whatever ended in the middle is closed, and so is what nobody waits for, so
that no line dies of old age between two mails. TLS that was asked for is never done without, and no password crosses
a line that is not protected as the settings say.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib
import msgspec
from aiosmtplib.errors import SMTPException, SMTPResponseException

from helpdesk_email.settings import Smtp

BATCH = 50
"""Mails over one line; servers count them."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait, in seconds.

    Attributes:
        step: For the greeting and for each answer but the last.
        final: For the answer to the end of the mail: giving up sooner makes doubles (RFC 5321 section 4.5.3.2.6).
        turn: For a line to become free.
    """

    step: float
    final: float = 600.0
    turn: float = 120.0


class LineDown(Exception):
    """No line to the server could be had. It is about the server, not about any mail."""


class Line:
    """One line, ready for a mail.

    Attributes:
        client: The other side.
        sent: Mails that went over it.
    """

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.sent = 0

    @property
    def fit(self) -> bool:
        """Whether another mail may go over it."""
        return self.client.is_connected and self.sent < BATCH

    def hang_up(self) -> None:
        """Say goodbye without waiting for an answer, and close."""
        if self.client.is_connected and self.client.protocol is not None:
            self.client.protocol.write(b"QUIT\r\n")
        self.client.close()


class Lines:
    """The lines of one process to one server.

    Args:
        settings: Which server, and how to sign in.
        helo: The host by whose name we greet it.
        timeouts: How long to wait.
    """

    def __init__(self, settings: Smtp, helo: str, timeouts: Timeouts) -> None:
        self._settings = settings
        self._helo = helo
        self._timeouts = timeouts
        self._free: list[Line] = []
        self._waiting = 0
        self._turns = asyncio.Semaphore(settings.connections)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """Give out a line; when the block ends without an exception the next mail that waits gets it.

        Raises:
            LineDown: None could be had.
        """
        await self._turn()
        try:
            line = self._kept() or await self._open()
            try:
                yield line
            except BaseException:
                line.client.close()
                raise
            if self._waiting > len(self._free) and line.fit:
                self._free.append(line)
            else:
                line.hang_up()
        finally:
            self._turns.release()

    def _kept(self) -> Line | None:
        while self._free:
            line = self._free.pop()
            if line.fit:
                return line
        return None

    async def _turn(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeouts.turn):
                await self._turns.acquire()
        except TimeoutError as error:
            raise LineDown("all lines to the mail server were busy") from error
        finally:
            self._waiting -= 1

    async def _open(self) -> Line:
        settings = self._settings
        try:
            context = await asyncio.to_thread(tls_context, settings.ca_file) if settings.tls != "none" else None
        except OSError as error:
            raise LineDown(f"the certificates in {settings.ca_file} cannot be read: {described(error)}") from error
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.at,
            local_hostname=greeting_name(self._helo),
            timeout=self._timeouts.step,
            use_tls=settings.tls == "implicit",
            start_tls=False,
            tls_context=context,
        )
        try:
            await client.connect()
            await client.ehlo()
            if settings.tls == "starttls":
                await client.starttls(tls_context=context)
                await client.ehlo()
            if settings.user and settings.password is not None:
                await client.login(settings.user, settings.password.reveal())
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise LineDown(described(error)) from error
        except BaseException:
            client.close()
            raise
        return Line(client)


def greeting_name(host: str) -> str:
    """Return by which name to greet a server: an address stands in brackets (RFC 5321 section 4.1.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{host}]" if address.version == 6 else f"[{host}]"


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return how to judge the other side: its certificate must be valid and bear its name."""
    return ssl.create_default_context(cafile=ca_file or None)


def described(error: Exception) -> str:
    """Return what was seen, in one line for people."""
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {' '.join(str(error.message).split())}"[:500]
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__
