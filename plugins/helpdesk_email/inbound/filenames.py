"""Names of attached files, made harmless: a name is for people to read and never a path, a command or a place.

Everything invisible goes first and the rules are applied to what is left, since a rule checked before the cleaning
was how `.htaccess` behind a zero-width space became a file of a web server. Cleaning twice changes nothing.
"""

import re
import unicodedata
from typing import Final

from . import limits

_SEPARATORS: Final = re.compile(r"[/\\\u2044\u2215\u29f8\uff0f\u29f5\ufe68\uff3c\u2216]+")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\uff1a\ufe55\ua789\u2236\uff1c\uff1e\uff5c\uff1f\uff0a\uff02\x7f]')
_DOT_LIKE: Final = re.compile(r"[\uff0e\u2024\ufe52\u3002\uff61\u2025\u2026]")
_SPACES: Final = re.compile(r"\s+")
_RESERVED: Final = re.compile(
    r"(?i)(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?=\.|\Z| )"
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EXTENSION: Final = re.compile(r"\.[^. ]{1,16}\Z")


def clean_file_name(name: str) -> str:
    """Return a harmless name for a file, or an empty text when nothing of it can be used."""
    name = unicodedata.normalize("NFC", name[-20 * limits.FILE_NAME_CHARACTERS :])
    name = "".join(
        " " if c in "\t\r\n" else c for c in name if c in "\t\r\n" or unicodedata.category(c) not in _INVISIBLE
    )
    name = _DOT_LIKE.sub("_", name)
    # The last piece of a path is the name; what stood before it would only be a place.
    pieces = [piece for piece in _SEPARATORS.split(name) if piece.strip(" .")]
    name = _FORBIDDEN.sub("_", pieces[-1]) if pieces else ""
    name = _SPACES.sub(" ", name).strip(" .-~")
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    """Cut a long name before its extension, by characters and by bytes."""
    if len(name) <= limits.FILE_NAME_CHARACTERS and len(name.encode()) <= limits.FILE_NAME_BYTES:
        return name
    match = _EXTENSION.search(name)
    extension = match.group() if match else ""
    stem = name[: limits.FILE_NAME_CHARACTERS - len(extension)] if extension else name[: limits.FILE_NAME_CHARACTERS]
    if extension:
        stem = stem[: len(name) - len(extension)]
    room = limits.FILE_NAME_BYTES - len(extension.encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore")
    return unicodedata.normalize("NFC", stem).rstrip(" .-~") + extension
