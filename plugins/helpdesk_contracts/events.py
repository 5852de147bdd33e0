"""What can happen to contracts and trials."""

from typing import ClassVar
from uuid import UUID

from helpdesk_core import Event
from helpdesk_core.bus import Code


class EntitlementGranted(Event, frozen=True, kw_only=True):
    """A trial began, or a contract or an exception was entered.

    Attributes:
        entitlement: Key of the row.
        kind: `trial`, `contract` or `exception`.
    """

    name: ClassVar[str] = "contracts.granted"
    entitlement: UUID
    kind: Code
