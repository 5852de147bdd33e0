"""Subscribers: what else happens because something happened, after the commit and once."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from helpdesk_core.bus.events import Event, Recorded

E = TypeVar("E", bound=Event)


class Reaction(msgspec.Struct, frozen=True):
    """One event type with the function that handles it; made by `on`."""

    event_type: type[Event]
    handle: Callable[[Recorded[Any]], Awaitable[None]]


def on(event_type: type[E], handle: Callable[[Recorded[E]], Awaitable[None]]) -> Reaction:
    """React to an event.

    `handle` runs inside the unit of work that marks it done: its database effects happen once. It must not touch
    the network and has one second; slower work is a `Job`.
    """
    return Reaction(event_type, handle)


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who reacts to events.

    Attributes:
        name: `plugin.purpose`, stable: reactions are stored under it.
        reactions: Made by `on(EventType, handler)`.
    """

    name: str
    reactions: tuple[Reaction, ...]
