"""The cookies of a site: their names, how they are set, and what the one for notices holds.

Cookies are never shared with other hosts (`__Host-` where the site is encrypted), never read by scripts, and not sent
with what other sites ask for, except when somebody follows a link.
"""

import base64
import hashlib
import hmac
from typing import Final, Literal

import msgspec
from litestar.datastructures import Cookie

from helpdesk_web.views import NoticeView

Kind = Literal["ok", "info", "warn", "danger"]

_LONGEST_NOTICE: Final = 1500
_YEAR: Final = 365 * 86_400


class Cookies:
    """The cookies of one site.

    Attributes:
        session: Name of the cookie with a session's token.
        visitor: Name of the cookie with a visitor's random value.
        language: Name of the cookie with the chosen language.
        notice: Name of the cookie with the sentence for the next page.
    """

    def __init__(self, *, encrypted: bool) -> None:
        prefix = "__Host-" if encrypted else ""
        self._encrypted = encrypted
        self.session = f"{prefix}session"
        self.visitor = f"{prefix}visitor"
        self.language = f"{prefix}language"
        self.notice = f"{prefix}notice"

    def set(self, name: str, value: str, seconds: int | None = None) -> Cookie:
        """Return a cookie to set; without seconds it goes when the browser is closed."""
        return Cookie(
            key=name,
            value=value,
            path="/",
            max_age=seconds,
            secure=self._encrypted,
            httponly=True,
            samesite="lax",
        )

    def set_language(self, tag: str) -> Cookie:
        """Return the cookie with the chosen language."""
        return self.set(self.language, tag, _YEAR)

    def unset(self, name: str) -> Cookie:
        """Return the cookie that takes another away."""
        return self.set(name, "", 0)


def seal(notice: NoticeView, secret: str) -> str:
    """Return a notice for its cookie; only who has the secret can have written it."""
    text = msgspec.json.encode((notice.kind, str(notice.text)[:_LONGEST_NOTICE]))
    return base64.urlsafe_b64encode(_mac(text, secret) + text).decode()


def unseal(value: str, secret: str) -> NoticeView | None:
    """Return the notice of a cookie, None when it is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(value.encode("ascii", "replace"))
        mac, text = raw[:16], raw[16:]
        if not secret or not hmac.compare_digest(mac, _mac(text, secret)):
            return None
        kind, sentence = msgspec.json.decode(text, type=tuple[Kind, str])
    except (ValueError, msgspec.MsgspecError):
        return None
    return NoticeView(kind=kind, text=sentence)


def _mac(text: bytes, secret: str) -> bytes:
    return hmac.new(b"helpdesk_web notice\0" + secret.encode(), text, hashlib.sha256).digest()[:16]
