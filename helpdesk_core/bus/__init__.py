"""The notification bus: what happened, who is told, who reacts, what is due.

It knows addressees and channels, and neither people nor tickets. What is recorded and announced is stored with the
change it tells of; relays, schedulers and services in any number of processes do the rest, and lose nothing.
"""

from helpdesk_core.bus.bus import Bus, ordering_key
from helpdesk_core.bus.channels import Channel, Failed, Outcome, Parcel, Retry, Sent, Uncertain
from helpdesk_core.bus.events import Actor, Code, Event, EventTypes, Recorded, Subject, UnknownEvent
from helpdesk_core.bus.figures import Health, health
from helpdesk_core.bus.jobs import Job, Service
from helpdesk_core.bus.leases import LeaseLost, LeaseState
from helpdesk_core.bus.notices import (
    Addressee,
    Composed,
    Composing,
    Enclosure,
    Notice,
    NoticeTypes,
    OutgoingMessage,
    PendingDelivery,
    Recipient,
    UnknownNotice,
)
from helpdesk_core.bus.relay import Relay
from helpdesk_core.bus.scheduler import Scheduler
from helpdesk_core.bus.services import Services
from helpdesk_core.bus.subscribers import Reaction, Subscriber, on
from helpdesk_core.bus.troubles import (
    DeadReaction,
    TroubledDelivery,
    dead_reactions,
    discard,
    discard_reactions,
    requeue,
    requeue_reactions,
    troubled_deliveries,
)
from helpdesk_core.bus.verdicts import State

__all__ = [
    "Actor",
    "Addressee",
    "Bus",
    "Channel",
    "Code",
    "Composed",
    "Composing",
    "DeadReaction",
    "Enclosure",
    "Event",
    "EventTypes",
    "Failed",
    "Health",
    "Job",
    "LeaseLost",
    "LeaseState",
    "Notice",
    "NoticeTypes",
    "Outcome",
    "OutgoingMessage",
    "Parcel",
    "PendingDelivery",
    "Reaction",
    "Recipient",
    "Recorded",
    "Relay",
    "Retry",
    "Scheduler",
    "Sent",
    "Service",
    "Services",
    "State",
    "Subject",
    "Subscriber",
    "TroubledDelivery",
    "Uncertain",
    "UnknownEvent",
    "UnknownNotice",
    "dead_reactions",
    "discard",
    "discard_reactions",
    "health",
    "on",
    "ordering_key",
    "requeue",
    "requeue_reactions",
    "troubled_deliveries",
]
