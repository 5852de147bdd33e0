"""What can happen to a ticket. Ids and codes only; texts stay in the messages, where they can be erased."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from helpdesk_core.bus import Event
from helpdesk_core.bus.events import Code


class TicketOpened(Event, frozen=True, kw_only=True):
    """A customer, or an agent for one, opened a ticket."""

    name: ClassVar[str] = "ticket.opened"
    message: UUID
    kind: Code
    requester: UUID
    review: bool = False


class CustomerReplied(Event, frozen=True, kw_only=True):
    """The requester or a participant wrote."""

    name: ClassVar[str] = "ticket.customer_replied"
    message: UUID
    before: Code
    after: Code


class AgentAnswered(Event, frozen=True, kw_only=True):
    """An agent wrote to the customer."""

    name: ClassVar[str] = "ticket.agent_answered"
    message: UUID
    before: Code
    after: Code


class NoteAdded(Event, frozen=True, kw_only=True):
    """An agent wrote a note that customers never see."""

    name: ClassVar[str] = "ticket.note_added"
    message: UUID


class StatusChanged(Event, frozen=True, kw_only=True):
    """The status changed without a message."""

    name: ClassVar[str] = "ticket.status_changed"
    before: Code
    after: Code


class TicketAssigned(Event, frozen=True, kw_only=True):
    """Somebody, or nobody, is in charge now."""

    name: ClassVar[str] = "ticket.assigned"
    before: UUID | None
    after: UUID | None


class Worth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What history may tell of a value: a choice, a number (yes is 1, no is 0) or an instant; exactly one is filled.

    There is no place for texts, so that none gets here.
    """

    choice: Code | None = None
    number: float | None = None
    instant: datetime | None = None


class ValueChanged(Event, frozen=True, kw_only=True):
    """A field of the ticket changed.

    Attributes:
        key: Name of its key.
        before: What it was; None when it was empty or is a text.
        after: What it is; None when it is empty now or is a text.
    """

    name: ClassVar[str] = "ticket.value_changed"
    key: Code
    before: Worth | None = None
    after: Worth | None = None


class ParticipantProposed(Event, frozen=True, kw_only=True):
    """A mail named somebody who might take part; an agent decides."""

    name: ClassVar[str] = "ticket.participant_proposed"
    participant: UUID


class ParticipantJoined(Event, frozen=True, kw_only=True):
    """Somebody takes part from now on."""

    name: ClassVar[str] = "ticket.participant_joined"
    participant: UUID


class ParticipantLeft(Event, frozen=True, kw_only=True):
    """Somebody does not take part any more."""

    name: ClassVar[str] = "ticket.participant_left"
    participant: UUID


EVENTS: tuple[type[Event], ...] = (
    TicketOpened,
    CustomerReplied,
    AgentAnswered,
    NoteAdded,
    StatusChanged,
    TicketAssigned,
    ValueChanged,
    ParticipantProposed,
    ParticipantJoined,
    ParticipantLeft,
)
