"""Fields of tickets: one declaration serves forms, lists, mails, history and export."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from helpdesk_core.bus.events import Code
from helpdesk_core.errors import ConfigurationError, Invalid
from helpdesk_core.fields import Choice, Key, Put, Stored
from helpdesk_core.text import N_
from helpdesk_core.tickets.events import Worth

Who = Literal["customer", "agent", "nobody"]


class TicketField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of tickets beyond the core.

    Attributes:
        key: Name and type under which `ticket.values[key]` gives it.
        label: What people read (message id).
        hint: One sentence below the field (message id).
        choices: The values it may have; empty for a free one.
        see: Who may see it: `customer` includes agents.
        edit: Who may change it after the ticket was opened.
        ask: Whether the form for a new ticket asks for it.
        required: Whether that form insists; a mail never fails for it.
        kinds: Codes of the kinds of tickets it belongs to; empty for all.
        listed: Whether lists of tickets show it.
        in_mails: Whether mails about the ticket show it.

    Raises:
        ConfigurationError: It has choices that its key or the history cannot hold.
    """

    key: Key[Any]
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    see: Who = "customer"
    edit: Who = "agent"
    ask: bool = False
    required: bool = False
    kinds: tuple[str, ...] = ()
    listed: bool = False
    in_mails: bool = False

    def __post_init__(self) -> None:
        if self.choices and self.key.holds is not str:
            raise ConfigurationError("the field %(key)s has choices, so its key must hold str", key=self.key.name)
        for choice in self.choices:
            try:
                msgspec.convert(choice.code, Code)
            except msgspec.ValidationError as error:
                raise ConfigurationError(
                    "the choice %(code)r of the field %(key)s needs another code: lower case letters, digits and "
                    "_ . - only, at most 64",
                    code=choice.code,
                    key=self.key.name,
                ) from error

    def asked_for(self, kind: str) -> bool:
        """Tell whether the form for a new ticket of this kind asks for the field."""
        return self.ask and (not self.kinds or kind in self.kinds)

    def worth(self, stored: Stored | None) -> Worth | None:
        """Return what history may tell of a stored value; None for an empty one, a text and a day."""
        if stored is None:
            return None
        if stored.text is not None:
            return Worth(choice=stored.text) if stored.text in {choice.code for choice in self.choices} else None
        return Worth(number=stored.number, instant=stored.instant)


def judge_values(
    fields: Sequence[TicketField], values: Sequence[Put[Any]], *, may_set: Callable[[TicketField], bool]
) -> None:
    """Check the values a command sets.

    Raises:
        Invalid: A key is unknown, of another type than its field, not for this person, or its value is none of the
            choices.
    """
    known = {field.key.name: field for field in fields}
    for given in values:
        field = known.get(given.key.name)
        if field is None or field.key != given.key or not may_set(field):
            raise Invalid(N_("This field cannot be set."), field=given.key.name)
        if field.choices and given.value is not None and given.value not in {choice.code for choice in field.choices}:
            raise Invalid(N_("Please choose one of the values given."), field=given.key.name)
