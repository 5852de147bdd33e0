"""Recipients: who is told what when something happened to a ticket. Pure: facts in, notices out."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from helpdesk_core.bus import Actor, Event, Notice, Recorded
from helpdesk_core.tickets.access import TakesPart, TicketFacts
from helpdesk_core.tickets.events import (
    AgentAnswered,
    CustomerReplied,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
)
from helpdesk_core.tickets.notices import (
    CustomerWrote,
    TicketAnswered,
    TicketAssignedToYou,
    TicketMessage,
    TicketNotice,
    TicketReceived,
    TicketSolved,
    TicketStatusChanged,
)
from helpdesk_core.tickets.workflow import SOLVED


class Party(msgspec.Struct, frozen=True):
    """Somebody to tell: a person, or a participant without an account."""

    person_id: UUID | None = None
    participant_id: UUID | None = None


class Telling(msgspec.Struct, frozen=True):
    """One notice for one party."""

    party: Party
    notice: Notice


def recipients(recorded: Recorded[Event], ticket: TicketFacts, assignee: UUID | None) -> tuple[Telling, ...]:
    """Return who is told what about an event of a ticket.

    Args:
        recorded: What happened, and who did it; participants who joined later are not told.
        ticket: The requester and the participants.
        assignee: The agent in charge before the event.
    """
    return tuple(_tellings(recorded, ticket, assignee))


def _tellings(recorded: Recorded[Event], ticket: TicketFacts, assignee: UUID | None) -> Iterator[Telling]:
    event, actor, ticket_id = recorded.event, recorded.actor, recorded.subject.id
    taking_part = (_party(one) for one in ticket.participants if one.since <= recorded.sequence)
    customers = tuple(dict.fromkeys((Party(ticket.requester), *taking_part)))
    match event:
        case TicketOpened():
            yield Telling(Party(ticket.requester), TicketReceived(ticket=ticket_id, message=event.message))
        case AgentAnswered():
            answer = TicketAnswered(ticket=ticket_id, message=event.message, before=event.before, after=event.after)
            yield from _about_message(event, answer, actor, customers)
        case CustomerReplied():
            reply = TicketMessage(ticket=ticket_id, message=event.message, before=event.before, after=event.after)
            yield from _about_message(event, reply, actor, customers)
            if assignee is not None and Party(assignee) not in {*customers, _author(actor)}:
                yield Telling(Party(assignee), CustomerWrote(ticket=ticket_id, message=event.message))
        case StatusChanged():
            yield from (Telling(party, _about_status(ticket_id, event.after)) for party in customers)
        case TicketAssigned() if event.after is not None and event.after != actor.person_id:
            yield Telling(Party(event.after), TicketAssignedToYou(ticket=ticket_id))


def _about_message(
    event: AgentAnswered | CustomerReplied, message: TicketNotice, actor: Actor, customers: Iterable[Party]
) -> Iterator[Telling]:
    """The others get the message; its author hears only of a new status."""
    for party in customers:
        if party != _author(actor):
            yield Telling(party, message)
        elif event.before != event.after:
            yield Telling(party, _about_status(message.ticket, event.after))


def _author(actor: Actor) -> Party:
    return Party(actor.on_behalf_of or actor.person_id, actor.participant_id)


def _about_status(ticket_id: UUID, status: str) -> Notice:
    if status == SOLVED.code:
        return TicketSolved(ticket=ticket_id)
    return TicketStatusChanged(ticket=ticket_id, status=status)


def _party(participant: TakesPart) -> Party:
    if participant.person_id is not None:
        return Party(participant.person_id)
    return Party(participant_id=participant.id)
