"""Languages: their names, the order in which one falls back to the next, and what a browser asks for.

A language is named by its tag (BCP 47): `de`, `de-AT`, `zh-Hant`. Folders are named as gettext does: `de`, `de_AT`,
`zh_Hant`. This module knows no texts.
"""

from collections.abc import Sequence

from babel import Locale, UnknownLocaleError

_LONGEST_HEADER = 1000
"""Characters of an Accept-Language header that are read: browsers send far fewer, and the rest is nobody's wish."""


def language_tag(name: str) -> str:
    """Return the tag of a language named in any usual way: `de_at` → `de-AT`.

    Raises:
        ValueError: No such language is known.
    """
    try:
        return str(Locale.parse(name.replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"{name!r} is not a language") from error


def language_folder(tag: str) -> str:
    """Return the name of the folders that hold the texts of a language: `de-AT` → `de_AT`."""
    return tag.replace("-", "_")


def fallbacks(tag: str) -> tuple[str, ...]:
    """Return the languages whose texts serve a reader of this one, nearest first: `de-AT` → `de-AT`, `de`."""
    parts = tag.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def closest(wanted: str, offered: Sequence[str]) -> str | None:
    """Return the offered tag that serves a wanted one best (RFC 4647, lookup), or None.

    The wanted tag may come from anywhere. Where lookup finds nothing, a variety of the same language serves
    (`en` wanted, `en-GB` offered): that is nearer than another language.
    """
    tags = {tag.lower(): tag for tag in offered}
    parts = wanted.replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        found = tags.get("-".join(parts[:length]))
        if found:
            return found
    return next((tag for folded, tag in tags.items() if folded.startswith(parts[0] + "-")), None)


def negotiate(header: str | None, offered: Sequence[str], default: str) -> str:
    """Return the offered language that an Accept-Language header (RFC 9110, 12.5.4) likes best, else the default."""
    wishes = []
    for position, item in enumerate((header or "")[:_LONGEST_HEADER].split(",")):
        tag, _, parameters = item.partition(";")
        wishes.append((-_quality(parameters), position, tag.strip()))
    for quality, _, tag in sorted(wishes):
        if quality == 0 or not tag:
            continue
        found = default if tag == "*" else closest(tag, offered)
        if found:
            return found
    return default


def _quality(parameters: str) -> float:
    """Return the weight of one wish, between 0 and 1; one that cannot be read counts as refused."""
    name, equals, value = parameters.partition("=")
    if not equals:
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
