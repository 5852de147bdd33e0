"""Tickets: what customers asked, what was said about it, and who may see and do what."""

from helpdesk_core.tickets.access import Action, Viewer
from helpdesk_core.tickets.commands import (
    Assign,
    ChangeState,
    Done,
    NewFile,
    Note,
    OpenTicket,
    PutValues,
    Reply,
    Writing,
)
from helpdesk_core.tickets.entitlement import Abstain, Answer, Entitlement, Grant, NotEntitled, Review, Verdict
from helpdesk_core.tickets.events import (
    EVENTS,
    AgentAnswered,
    CustomerReplied,
    NoteAdded,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantProposed,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
    ValueChanged,
    Worth,
)
from helpdesk_core.tickets.fields import TicketField
from helpdesk_core.tickets.notices import NOTICES
from helpdesk_core.tickets.numbers import Number
from helpdesk_core.tickets.reader import TicketQuery, TicketReader, still_concerns
from helpdesk_core.tickets.reading import (
    Attachment,
    Author,
    InternalNote,
    PublicMessage,
    Said,
    TicketHead,
    TicketView,
)
from helpdesk_core.tickets.service import TicketService
from helpdesk_core.tickets.settings import Kind, Tickets
from helpdesk_core.tickets.workflow import STATUSES, Status

__all__ = [
    "EVENTS",
    "NOTICES",
    "STATUSES",
    "Abstain",
    "Action",
    "AgentAnswered",
    "Answer",
    "Assign",
    "Attachment",
    "Author",
    "ChangeState",
    "CustomerReplied",
    "Done",
    "Entitlement",
    "Grant",
    "InternalNote",
    "Kind",
    "NewFile",
    "NotEntitled",
    "Note",
    "NoteAdded",
    "Number",
    "OpenTicket",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantProposed",
    "PublicMessage",
    "PutValues",
    "Reply",
    "Review",
    "Said",
    "Status",
    "StatusChanged",
    "TicketAssigned",
    "TicketField",
    "TicketHead",
    "TicketOpened",
    "TicketQuery",
    "TicketReader",
    "TicketService",
    "TicketView",
    "Tickets",
    "ValueChanged",
    "Verdict",
    "Viewer",
    "Worth",
    "Writing",
    "still_concerns",
]
