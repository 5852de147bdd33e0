"""Where a redirect may lead: the one place that decides it. Never to another site, whatever an address looks like."""

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

__all__ = ["own_path"]

_LONGEST: Final = 2000
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")


def own_path(wanted: str, default: str = "/") -> str:
    r"""Return the address if it is a path of this site, else the default.

    A path begins with exactly one slash, also after decoding, and holds no backslash, blank or control character:
    browsers read `/\host` and `/<tab>/host` as another host.
    """
    if len(wanted) > _LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return default
    parts = urlsplit(wanted)
    decoded = unquote(unquote(parts.path))
    if parts.scheme or parts.netloc or _FORBIDDEN.search(wanted):
        return default
    if not decoded.startswith("/") or decoded.startswith("//") or _FORBIDDEN.search(decoded):
        return default
    # Letters outside ASCII cannot stand in a header.
    return quote(wanted, safe="/?#[]@!$&'()*+,;=%:-._~")
