"""Ticket numbers: unique for ever, easy to say on the phone, never derived from row ids."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from helpdesk_core.db import Database, Unit
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.settings import Settings

LONGEST: Final = 60
"""Characters that a number may have."""

_DIGITS: Final = 12
"""More than any site counts to; a number in a subject with more of them is none of ours."""

_PART: Final = re.compile(
    r"(?P<literal>[A-Za-z0-9_.-]+)|\{(?P<field>year|month|seq)(?:(?<=seq):0(?P<width>[0-9]{1,2}))?\}"
)


class _Part(msgspec.Struct, frozen=True):
    """A piece of a format: a literal, or a field with the least number of its digits."""

    literal: str
    field: str | None
    width: int


class Number(Settings, kw_only=False):
    """How numbers look, for example `{year}-{seq:06}`.

    Attributes:
        format: `{seq}` must stand in it, with a width if wanted; `{year}` may, and `{month}` beside it, and then the
            sequence starts again with each. Beside them only letters of one case, digits, `-`, `_` and `.`.
    """

    format: str = "{year}-{seq:06}"

    def validate(self) -> None:
        """Refuse a format whose numbers were not unique, or could not be read back from the subject of a mail."""
        fields = [part.field for part in self._parts() if part.field is not None]
        if sorted({*fields, "seq"}) != sorted(fields):
            raise ConfigurationError(
                "the number format %(format)s must hold {seq} once, and {year} and {month} at most once",
                format=self.format,
            )
        if "month" in fields and "year" not in fields:
            raise ConfigurationError(
                "the number format %(format)s holds {month} without {year}; its numbers would come again after a year",
                format=self.format,
            )
        letters = "".join(part.literal for part in self._parts())
        if letters not in {letters.lower(), letters.upper()}:
            raise ConfigurationError(
                "the number format %(format)s mixes upper and lower case, which mail programs change",
                format=self.format,
            )
        if len(self.text(10**_DIGITS - 1, datetime.max.replace(tzinfo=UTC))) > LONGEST:
            raise ConfigurationError(
                "the number format %(format)s gives numbers of more than %(longest)d characters",
                format=self.format,
                longest=LONGEST,
            )

    def text(self, sequence: int, local: datetime) -> str:
        """Return the number for a sequence at a moment in the site's zone."""
        values = {"year": local.year, "month": local.month, "seq": sequence}
        return "".join(f"{values[part.field]:0{part.width}}" if part.field else part.literal for part in self._parts())

    def period(self, local: datetime) -> str:
        """Return the period within which sequences are counted."""
        fields = {part.field for part in self._parts()}
        if "month" in fields:
            return f"{local.year}-{local.month:02}"
        return str(local.year) if "year" in fields else "all"

    def pattern(self) -> re.Pattern[str]:
        """Return the expression that finds `[#NUMBER]` in the subject of a mail, spaces and case forgiven."""
        body = "".join(re.escape(part.literal) + _digits(part) for part in self._parts())
        gap = r"[\s\xa0]*"
        return re.compile(rf"\[{gap}#{gap}({body}){gap}\]", re.IGNORECASE | re.ASCII)

    def _parts(self) -> Iterator[_Part]:
        """Yield the pieces of the format.

        Raises:
            ConfigurationError: It is not understood; says where.
        """
        place = 0
        while place < len(self.format):
            found = _PART.match(self.format, place)
            if found is None or int(found["width"] or 1) not in range(1, _DIGITS + 1):
                raise ConfigurationError(
                    "the number format %(format)s is not understood from %(rest)s on; write it like {year}-{seq:06}, "
                    "with only letters, digits, -, _ and . beside {year}, {month} and {seq}",
                    format=self.format,
                    rest=self.format[place:],
                )
            place = found.end()
            width = {"year": 4, "month": 2}.get(found["field"] or "", int(found["width"] or 1))
            yield _Part(found["literal"] or "", found["field"], width)


def _digits(part: _Part) -> str:
    if part.field is None:
        return ""
    return rf"\d{{{part.width},{_DIGITS}}}" if part.field == "seq" else rf"\d{{{part.width}}}"


async def next_number(database: Database, unit: Unit, number: Number, now: datetime, zone: ZoneInfo) -> str:
    """Return a number that no ticket ever had, inside the unit that makes the ticket."""
    del unit
    local = now.astimezone(zone)
    while True:
        rows = await database.fetch(
            "INSERT INTO helpdesk_core_number_counter (period, last) VALUES ({}, 1) "
            "ON CONFLICT (period) DO UPDATE SET last = helpdesk_core_number_counter.last + 1 RETURNING last",
            number.period(local),
        )
        text = number.text(rows[0]["last"], local)
        if not await database.fetch("SELECT text FROM helpdesk_core_number WHERE text = {}", text):
            return text


async def register_number(database: Database, unit: Unit, text: str, ticket: UUID, now: datetime) -> None:
    """Write down for ever that a ticket had this number."""
    del unit
    await database.execute(
        "INSERT INTO helpdesk_core_number (text, ticket, reason, created_at) VALUES ({}, {}, 'own', {})",
        text,
        ticket,
        now,
    )
