"""File names as people typed or sent them, made safe to show and to offer for download.

A name is never used as a path: bytes are kept under their hash.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 150
"""Characters a shown name may have."""

LONGEST_BYTES: Final = 240
"""Its bytes in UTF-8: below the 255 that file systems take, with room for a number in front."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that look like nothing, whatever their category says."""

_FORBIDDEN: Final = frozenset('<>:"|?*\\/')
_LIKE_A_SLASH: Final = frozenset("\u2044\u2215")
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d) *(?:\.|$)", re.IGNORECASE)
"""Names of devices on Windows, with any ending."""

_EDGES: Final = " .-_"
_LONGEST_ENDING: Final = 10


def clean_name(name: str, *, fallback: str = "file") -> str:
    """Return a name that is safe in headers, pages, archives and on every file system.

    Directories, control and invisible characters (also right-to-left overrides) and alternate streams go; the
    ending stays when the name is cut. Cleaning a clean name changes nothing.
    """
    name = re.split(r"[\\/]", name.encode("utf-8", "replace").decode("utf-8"))[-1]
    name = "".join(" " if character.isspace() else character for character in name)
    name = "".join(each for each in name if unicodedata.category(each) not in _INVISIBLE and each not in _BLANK)
    name = "".join("_" if _is_unsafe(each) else each for each in unicodedata.normalize("NFC", name))
    name = re.sub(r" {2,}", " ", name).strip(_EDGES)
    if not name:
        return fallback
    # As Windows reads it: full-width and raised characters are the plain ones there.
    if _RESERVED.match(unicodedata.normalize("NFKC", name)):
        name = f"_{name}"
    return _cut(name)


def _is_unsafe(character: str) -> bool:
    """Tell whether a character means something in a path, or becomes one that does where it is normalised."""
    if character == ".":
        return False
    return character in _LIKE_A_SLASH or not (_FORBIDDEN | {"."}).isdisjoint(unicodedata.normalize("NFKC", character))


def _cut(name: str) -> str:
    """Return the name within its bounds, its ending kept."""
    if len(name) <= LONGEST and len(name.encode()) <= LONGEST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = f".{ending}" if dot and len(ending) <= _LONGEST_ENDING else ""
    stem = name.removesuffix(tail)[: LONGEST - len(tail)]
    stem = stem.encode()[: LONGEST_BYTES - len(tail.encode())].decode(errors="ignore")
    return f"{stem.rstrip(_EDGES)}{tail}"
