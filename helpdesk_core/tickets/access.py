"""Access: who may see and do what with a ticket. One policy, asked by pages, lists, files, recipients and commands.

Pure functions over small facts, and the same rules as SQL for lists and counts; a property test holds both together.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class Action(StrEnum):
    """What somebody may want to do with one ticket."""

    SEE = "see"
    REPLY = "reply"
    ANSWER = "answer"
    NOTE = "note"
    SETTLE = "settle"
    CHANGE_STATE = "change-state"
    ASSIGN = "assign"
    EDIT = "edit"
    PARTICIPANTS = "participants"


CUSTOMER_ACTIONS = frozenset({Action.SEE, Action.REPLY, Action.SETTLE})
AGENT_ACTIONS = frozenset(Action) - {Action.REPLY, Action.SETTLE}


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks.

    Attributes:
        person_id: The person, None for a bare participant.
        participant_id: The participant without an account.
        agent: Whether the person works for the vendor.
        confirmed: Whether the account is confirmed; an unconfirmed one sees nothing that came by mail.
        active: Whether the account may act at all.
    """

    person_id: UUID | None = None
    participant_id: UUID | None = None
    agent: bool = False
    confirmed: bool = False
    active: bool = True


class TakesPart(msgspec.Struct, frozen=True, kw_only=True):
    """One active participant of a ticket.

    Attributes:
        id: Key of the participation.
        person_id: The person, None for a bare address.
        since: The first sequence they may see.
    """

    id: UUID
    person_id: UUID | None
    since: int


class TicketFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy needs to know of a ticket.

    Attributes:
        requester: The customer whose matter it is.
        participants: Those who take part now.
        needs_confirmation: Whether it is hidden from an unconfirmed requester.
    """

    requester: UUID
    participants: tuple[TakesPart, ...] = ()
    needs_confirmation: bool = False


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy needs to know of a message.

    Attributes:
        note: Whether it is an internal note.
        sequence: Its place in the ticket.
        needs_confirmation: Whether it is hidden from unconfirmed accounts.
    """

    note: bool
    sequence: int
    needs_confirmation: bool = False


def allowed(viewer: Viewer, ticket: TicketFacts) -> Collection[Action]:
    """Return what the viewer may do with the ticket; nothing when they may not even know of it."""
    if not viewer.active:
        return frozenset()
    if viewer.agent:
        if viewer.person_id == ticket.requester:
            return frozenset(Action)
        return AGENT_ACTIONS
    if _part(viewer, ticket) is None:
        return frozenset()
    return CUSTOMER_ACTIONS


def may(viewer: Viewer, action: Action, ticket: TicketFacts) -> bool:
    """Tell whether the viewer may do this."""
    return action in allowed(viewer, ticket)


def sees_message(viewer: Viewer, ticket: TicketFacts, message: MessageFacts) -> bool:
    """Tell whether the viewer may read this message of a ticket."""
    if Action.SEE not in allowed(viewer, ticket):
        return False
    if viewer.agent:
        return True
    if message.note or (message.needs_confirmation and not viewer.confirmed):
        return False
    since = _part(viewer, ticket)
    return since is not None and message.sequence >= since


def _part(viewer: Viewer, ticket: TicketFacts) -> int | None:
    """Return from which sequence on the viewer takes part, None when they do not."""
    if viewer.person_id is not None and viewer.person_id == ticket.requester:
        return None if ticket.needs_confirmation and not viewer.confirmed else 0
    for participant in ticket.participants:
        if viewer.person_id is not None and participant.person_id == viewer.person_id:
            return participant.since if viewer.confirmed else None
        if viewer.participant_id is not None and participant.id == viewer.participant_id:
            return participant.since
    return None


class Predicate(msgspec.Struct, frozen=True):
    """A condition over `helpdesk_core_ticket AS t`, with its arguments for `{}` placeholders."""

    sql: str
    args: tuple[Any, ...] = ()


NOTHING = Predicate("1 = 0")
EVERYTHING = Predicate("1 = 1")


def visible_tickets(viewer: Viewer) -> Predicate:
    """Return which tickets the viewer may see, for lists and counts; agrees with `allowed`."""
    if not viewer.active or viewer.person_id is None:
        return NOTHING
    if viewer.agent:
        return EVERYTHING
    if not viewer.confirmed:
        return Predicate("(t.requester = {} AND NOT t.needs_confirmation)", (viewer.person_id,))
    return Predicate(
        "(t.requester = {} OR EXISTS (SELECT 1 FROM helpdesk_core_participant p "
        "WHERE p.ticket = t.id AND p.person = {} AND p.state = 'active'))",
        (viewer.person_id, viewer.person_id),
    )
