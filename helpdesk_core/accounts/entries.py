"""What people enter about themselves: judged and put in order. Nothing here stores anything."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk_core.errors import Invalid
from helpdesk_core.text import N_


def plain_name(value: str, field: str, most: int = 100) -> str:
    """Return a name that somebody typed, without blanks around it.

    Raises:
        Invalid: It is too long, or it is no name: control characters, or an address of a page or a mailbox, with
            which names are misused.
    """
    text = " ".join(value.split(" ")).strip()
    if len(text) > most:
        raise Invalid(N_("Please use at most %(most)s characters."), field=field, most=most)
    if any(ord(letter) < 32 or ord(letter) == 127 or letter in "\u2028\u2029" for letter in value):
        raise Invalid(N_("Please use one line of plain text."), field=field)
    low = text.casefold()
    if "://" in low or "www." in low or "@" in low:
        raise Invalid(N_("Please enter a name, without addresses of pages or e-mail addresses."), field=field)
    return text


def language_tag(tag: str | None) -> str | None:
    """Return a language tag as it is stored.

    Raises:
        Invalid: It is none.
    """
    if tag is not None and not (0 < len(tag) <= 20 and tag.replace("-", "").isalnum() and tag.isascii()):
        raise Invalid(N_("There is no such language."), field="language")
    return tag


def zone_name(name: str | None) -> str | None:
    """Return the name of a time zone as it is stored.

    Raises:
        Invalid: This machine knows no such zone.
    """
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name is that of a folder.
            raise Invalid(N_("There is no such time zone."), field="timezone") from error
    return name
