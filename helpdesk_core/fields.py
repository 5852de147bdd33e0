"""Values that a site or plugin adds to a ticket or a person: typed keys, typed values, and how they are stored.

A key is declared once (`DUE = Key("sla_due", datetime)`); then `values[DUE]` is a `datetime` for the type checker and
in truth. Storage has three columns, `text`, `number` and `instant`, so that lists can sort and filter by any value.
Nothing here knows what the values are about, and nothing here reads a table.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Generic, Self, TypeVar, cast

import msgspec

from helpdesk_core.errors import Invalid

Value = str | int | float | bool | datetime | date
"""What may be stored. Instants are aware and come back in UTC; dates have no zone."""

V = TypeVar("V", bound=Value)

_EXACT = 2**53
"""Beyond this a double does not hold every whole number."""


class Key(msgspec.Struct, Generic[V], frozen=True):
    """The name and type of one value.

    Attributes:
        name: Stable, lower case; a plugin begins it with its own name (`sla_due`).
        holds: One of `str, int, float, bool, datetime, date`.
    """

    name: str
    holds: type[V]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", self.name):
            raise ValueError(f"{self.name!r} is no name for a key: lower case letters, digits and _, at most 64")
        if self.holds not in (str, int, float, bool, datetime, date):
            raise TypeError(f"the key {self.name!r} cannot hold {self.holds!r}: str, int, float, bool, datetime, date")


class Put(msgspec.Struct, Generic[V], frozen=True):
    """One change of one value; made by `put`.

    Attributes:
        key: What changes.
        value: What it becomes; None takes it away.
    """

    key: Key[V]
    value: V | None


def put(key: Key[V], value: V | None) -> Put[V]:
    """Return the change that sets the key to the value, or takes it away when the value is None.

    Raises:
        TypeError: The value is not of the type that the key holds.
        Invalid: Nobody could store it: a NUL in a text, a number that is not finite or not exact.
    """
    if value is not None:
        if not _fits(value, key.holds):
            raise TypeError(f"the key {key.name!r} holds {key.holds.__name__}, not {value!r}")
        to_columns(value, field=key.name)
    return Put(key, value)


class Stored(msgspec.Struct, frozen=True):
    """The columns of one value; exactly one is filled."""

    text: str | None = None
    number: float | None = None
    instant: datetime | None = None


def to_columns(value: Value, *, field: str | None = None) -> Stored:
    """Return the columns of a value; yes and no become 1 and 0, a date its ISO form, which sorts as text.

    Raises:
        Invalid: See `put`; `field` names the field.
        ValueError: An instant without a zone.
    """
    match value:
        case bool():
            return Stored(number=float(value))
        case int() | float():
            if not math.isfinite(value) or (isinstance(value, int) and abs(value) > _EXACT):
                raise Invalid("This number cannot be stored.", field=field)
            return Stored(number=float(value))
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"an instant needs a zone: {value!r}")
            return Stored(instant=value.astimezone(UTC))
        case date():
            return Stored(text=value.isoformat())
        case str():
            if "\0" in value:
                raise Invalid("This text cannot be stored: it holds a NUL character.", field=field)
            return Stored(text=value)


def from_columns(stored: Stored, holds: type[V]) -> V:
    """Return the value as the type that its key holds today.

    Raises:
        TypeError: It was stored as something else; a key never changes what it holds.
    """
    found: Any = stored.text
    if holds is datetime:
        found = stored.instant
    elif holds is date:
        found = date.fromisoformat(found) if found else None
    elif holds is not str:
        found = None if stored.number is None else cast("Callable[[float], V]", holds)(stored.number)
    if found is None:
        raise TypeError(f"{stored!r} was not stored as {holds.__name__}; give the key a new name")
    return cast("V", found)


class Values:
    """The values of one ticket or person, read by key. Immutable; values nobody has a key for are kept as they are."""

    __slots__ = ("_stored",)

    def __init__(self, stored: Mapping[str, Stored] | None = None) -> None:
        """Hold what the rows say: name of the key → columns."""
        self._stored = dict(stored or {})

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> Self:
        """Return the values of a plain mapping, as a form or an import has them.

        Raises:
            Invalid: See `put`.
        """
        return cls({name: to_columns(value, field=name) for name, value in values.items()})

    def __getitem__(self, key: Key[V]) -> V:
        """Return the value; KeyError when it is not set."""
        return from_columns(self._stored[key.name], key.holds)

    def get(self, key: Key[V]) -> V | None:
        """Return the value, or None when it is not set."""
        stored = self._stored.get(key.name)
        return None if stored is None else from_columns(stored, key.holds)

    def __contains__(self, key: Key[Any]) -> bool:
        return key.name in self._stored

    def __iter__(self) -> Iterator[str]:
        """Go through the names of what is set."""
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and self._stored == other._stored

    def __hash__(self) -> int:
        return hash(frozenset(self._stored.items()))

    def __repr__(self) -> str:
        return f"Values({', '.join(sorted(self._stored))})"

    @property
    def columns(self) -> Mapping[str, Stored]:
        """Name of the key → columns, as the rows have them."""
        return dict(self._stored)

    def changed(self, *puts: Put[Any]) -> "Values":
        """Return the values after the changes."""
        stored = dict(self._stored)
        for change in puts:
            if change.value is None:
                stored.pop(change.key.name, None)
            else:
                stored[change.key.name] = to_columns(change.value, field=change.key.name)
        return Values(stored)


def _fits(value: object, holds: type) -> bool:
    """Exact types: True is no number here, and an instant is no date; a whole number is a float, too."""
    return type(value) is holds or (holds is float and type(value) is int)


class Choice(msgspec.Struct, frozen=True):
    """One of the values that a field may have.

    Attributes:
        code: What is stored.
        label: What people read (message id).
    """

    code: str
    label: str
