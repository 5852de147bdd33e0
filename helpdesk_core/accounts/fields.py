"""Fields of people beyond the core: one declaration serves registration, profile, desk and export."""

from typing import Any, Final

import msgspec

from helpdesk_core.fields import Choice, Key

ORGANISATION: Final = Key("organisation", str)
"""What somebody typed as their school or firm: a claim, never a membership."""

CUSTOMER_NUMBER: Final = Key("customer_number", str)
"""What somebody typed as their customer number: a claim, too."""

PHONE: Final = Key("phone", str)
"""A telephone number."""

PRODUCT: Final = Key("product", str)
"""The product somebody uses."""


class AccountField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of people beyond the core.

    Attributes:
        key: Name and type under which `account.values[key]` gives it.
        label: What people read (message id).
        hint: One sentence below the field (message id).
        choices: The values it may have; empty for a free one.
        required: Whether registration insists.
        autocomplete: The token by which browsers fill it in, such as `organization` or `tel`.
    """

    key: Key[Any]
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    autocomplete: str = "off"
