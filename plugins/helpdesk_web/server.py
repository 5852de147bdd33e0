"""The server: uvicorn inside our own loop, which starts and stops it. It handles no signal and ends no process."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Generator
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from helpdesk_core import HelpdeskError
from helpdesk_web.channel import WebChannel

logger = logging.getLogger(__name__)

GRACE: Final = 6
"""Seconds that requests have to come to their end when the server stops; services are left behind after seven."""

DEFAULT_PORT: Final = 8000

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request before its body; browsers send a few thousand."""

CONNECTIONS: Final = 2000
"""Connections at once in this process; more are told to come back."""


class CannotListen(HelpdeskError):
    """The address is taken, or is none of this machine."""

    code = "cannot-listen"


class BoundedProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with a bound for the head of a request: its parser has none."""

    _head = 0
    """Bytes of a head that is not complete yet."""

    _in_head = True
    """Whether a head is awaited, rather than a body."""

    _moved = False
    """Whether a head or a whole request became complete with the bytes just read."""

    def data_received(self, data: bytes) -> None:
        """Take what came; too long a head is refused."""
        self._moved = False
        super().data_received(data)
        self._head = self._head + len(data) if self._in_head and not self._moved else 0
        if self._head > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The request is too long.")

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._in_head, self._moved = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        self._in_head, self._moved = True, True
        super().on_message_complete()


class _Server(uvicorn.Server):
    """uvicorn as a part of a larger program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the program."""
        yield


async def serve(app: ASGIApp, channel: WebChannel, *, listener: socket.socket | None = None) -> None:
    """Serve until cancelled; then no new request is taken, and those that run have six seconds.

    Args:
        app: The application.
        channel: The web channel that it belongs to.
        listener: A socket that listens already, instead of one of our own.

    Raises:
        CannotListen: The address cannot be had.
    """
    settings = channel.settings
    listener = listener or listen(settings.host, port_of(settings.port, channel.helpdesk.site.url))
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        lifespan="off",
        log_config=None,
        log_level="warning",
        # Addresses of links in mails open something: they do not belong into a log.
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=CONNECTIONS,
        ws="none",
        reset_contextvars=True,
    )
    server = _Server(config)
    host, port = listener.getsockname()[:2]
    logger.info("serving %s on %s port %s", channel.helpdesk.site.url, host, port)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="uvicorn")
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        await running
        raise
    finally:
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        CannotListen: Somebody else does, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotListen(
            "The web server cannot listen on %(host)s port %(port)s: %(reason)s. "
            "Stop the program that uses it, or set PORT to another one.",
            host=host,
            port=port,
            reason=error.strerror or error,
        ) from error


def port_of(chosen: int | None, url: str) -> int:
    """Return the port: the site's setting, else the environment's `PORT`, else that of the address.

    Behind a proxy an address has no port, and 8000 is ours.
    """
    if chosen is not None:
        return chosen
    asked = os.environ.get("PORT", "")
    if asked.isdecimal():
        return int(asked)
    return urlsplit(url).port or DEFAULT_PORT
