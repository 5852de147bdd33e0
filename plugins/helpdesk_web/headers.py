"""The headers that every answer carries, whatever it is: pages, errors, downloads, static files, refusals.

They are added around the whole application, so that nothing can be answered without them. An answer may bring its
own, stricter ones (a download, a page with a secret address); it cannot lose any.
"""

from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
"""What a page may load and do: only what comes from here, nothing written into the page."""

FRAMES: Final = f"{POLICY}; frame-src 'self'"
"""The same for a page that shows foreign HTML in a frame."""

SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""For files: should a browser show one, it can do nothing."""

FOREIGN_HTML: Final = (
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""For the HTML of a mail, in a frame of ours."""

_ALWAYS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}

_ENCRYPTED: Final = {"strict-transport-security": "max-age=63072000; includeSubDomains"}


def with_headers(app: ASGIApp, *, encrypted: bool) -> ASGIApp:
    """Return the application with the headers around it.

    Args:
        app: The application.
        encrypted: Whether the site's public address is `https`.
    """
    wanted = [(name.encode(), value.encode()) for name, value in (_ALWAYS | (_ENCRYPTED if encrypted else {})).items()]

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                there = {name for name, _ in given}
                message["headers"] = [*given, *((name, value) for name, value in wanted if name not in there)]
            await send(message)

        await app(scope, receive, send_with_headers)

    return guarded
