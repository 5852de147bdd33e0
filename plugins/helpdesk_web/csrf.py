"""Whether a form was sent from a page of ours by the one it was shown to.

Two lines, and both must hold: what the browser says of the origin, which no page can forge, and a token that only
pages of this site know. The token is derived from a cookie: of the session where there is one, else of a random
value that a visitor was given. Nothing here is stored.
"""

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

import msgspec

_SAFE_SITES: Final = frozenset({"same-origin", "none"})


def token_of(cookie: str) -> str:
    """Return the token that belongs to a cookie, empty when there is none; it does not tell the cookie."""
    if not cookie:
        return ""
    digest = hashlib.sha256(b"helpdesk_web csrf\0" + cookie.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def matches(given: str, cookie: str) -> bool:
    """Tell whether a form's token belongs to the cookie it came with."""
    wanted = token_of(cookie)
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser says of where a form comes from.

    Attributes:
        fetch_site: The header `Sec-Fetch-Site`, None when the browser sends none (over `http` none does).
        origin: The header `Origin`, None when there is none.
        host: The header `Host`, which no foreign page can choose.
        own: Host and port of the site's public address.
        secret_page: Whether the form's page keeps its address to itself; then browsers say `Origin: null`.
    """

    fetch_site: str | None
    origin: str | None
    host: str
    own: str
    secret_page: bool = False


def is_foreign(origin: Origin) -> bool:
    """Tell whether the browser says that another site sent the form; a browser that says nothing is not judged."""
    if origin.fetch_site is not None and origin.fetch_site not in _SAFE_SITES:
        return True
    if origin.origin is None:
        return False
    if origin.origin == "null":
        return not (origin.secret_page or origin.fetch_site == "same-origin")
    return not _is_here(origin)


def is_own(origin: Origin) -> bool:
    """Tell whether the browser says that a page of this site sent the form."""
    return not is_foreign(origin) and (origin.fetch_site == "same-origin" or _is_here(origin))


def _is_here(origin: Origin) -> bool:
    try:
        here = urlsplit(origin.origin or "").netloc.lower()
    except ValueError:
        return False
    return bool(here) and here in {origin.host.lower(), origin.own.lower()}
