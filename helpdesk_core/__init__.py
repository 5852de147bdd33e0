"""A pluggable helpdesk: the core knows who somebody is, what they asked, and who must be told.

What stands in `__all__` is the public API for plugins and sites; everything else may change without notice.
Names are loaded when they are first used: a command line or a mail parser need not load what it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_core.accounts import AccountField
    from helpdesk_core.bus import (
        Actor,
        Channel,
        Event,
        Failed,
        Job,
        Notice,
        OutgoingMessage,
        Recorded,
        Retry,
        Sent,
        Service,
        Subscriber,
        Uncertain,
        on,
    )
    from helpdesk_core.checks import Check, Refuse
    from helpdesk_core.errors import (
        Changed,
        ConfigurationError,
        Forbidden,
        HelpdeskError,
        Invalid,
        NotFound,
        Refused,
        TooMany,
    )
    from helpdesk_core.fields import Choice, Key, put
    from helpdesk_core.health import Finding, HealthCheck, Level
    from helpdesk_core.helpdesk import Helpdesk
    from helpdesk_core.hookspecs import Plugin, hookimpl
    from helpdesk_core.links import Links
    from helpdesk_core.settings import Secret, Settings, env, secret
    from helpdesk_core.site import Site, load_site
    from helpdesk_core.text import N_
    from helpdesk_core.tickets import (
        Abstain,
        Assign,
        ChangeState,
        Entitlement,
        Grant,
        Kind,
        Note,
        Number,
        OpenTicket,
        PutValues,
        Reply,
        Review,
        TicketField,
        Tickets,
        Writing,
    )

__all__ = [
    "N_",
    "Abstain",
    "AccountField",
    "Actor",
    "Assign",
    "ChangeState",
    "Changed",
    "Channel",
    "Check",
    "Choice",
    "ConfigurationError",
    "Entitlement",
    "Event",
    "Failed",
    "Finding",
    "Forbidden",
    "Grant",
    "HealthCheck",
    "Helpdesk",
    "HelpdeskError",
    "Invalid",
    "Job",
    "Key",
    "Kind",
    "Level",
    "Links",
    "NotFound",
    "Note",
    "Notice",
    "Number",
    "OpenTicket",
    "OutgoingMessage",
    "Plugin",
    "PutValues",
    "Recorded",
    "Refuse",
    "Refused",
    "Reply",
    "Retry",
    "Review",
    "Secret",
    "Sent",
    "Service",
    "Settings",
    "Site",
    "Subscriber",
    "TicketField",
    "Tickets",
    "TooMany",
    "Uncertain",
    "Writing",
    "env",
    "hookimpl",
    "load_site",
    "on",
    "put",
    "secret",
]

_HOME = {
    "helpdesk_core.accounts": ("AccountField",),
    "helpdesk_core.bus": (
        "Actor",
        "Channel",
        "Event",
        "Failed",
        "Job",
        "Notice",
        "OutgoingMessage",
        "Recorded",
        "Retry",
        "Sent",
        "Service",
        "Subscriber",
        "Uncertain",
        "on",
    ),
    "helpdesk_core.checks": (
        "Check",
        "Refuse",
    ),
    "helpdesk_core.errors": (
        "Changed",
        "ConfigurationError",
        "Forbidden",
        "HelpdeskError",
        "Invalid",
        "NotFound",
        "Refused",
        "TooMany",
    ),
    "helpdesk_core.fields": (
        "Choice",
        "Key",
        "put",
    ),
    "helpdesk_core.health": (
        "Finding",
        "HealthCheck",
        "Level",
    ),
    "helpdesk_core.helpdesk": ("Helpdesk",),
    "helpdesk_core.hookspecs": (
        "Plugin",
        "hookimpl",
    ),
    "helpdesk_core.links": ("Links",),
    "helpdesk_core.settings": (
        "Secret",
        "Settings",
        "env",
        "secret",
    ),
    "helpdesk_core.site": (
        "Site",
        "load_site",
    ),
    "helpdesk_core.text": ("N_",),
    "helpdesk_core.tickets": (
        "Abstain",
        "Assign",
        "ChangeState",
        "Entitlement",
        "Grant",
        "Kind",
        "Note",
        "Number",
        "OpenTicket",
        "PutValues",
        "Reply",
        "Review",
        "TicketField",
        "Tickets",
        "Writing",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its room."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value
