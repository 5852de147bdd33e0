"""Events: what happened, said once and kept for ever.

An event holds ids and small facts only: codes, numbers, instants, yes and no. Never texts, names or addresses, so
that history stays immutable while people can be erased.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

import msgspec

Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""A stable ASCII name, such as a status or a kind: the only text an event may hold."""


class Actor(msgspec.Struct, frozen=True):
    """Who does something: a person, a bare address that takes part in a ticket, or a part of the system.

    Make one with `Actor.of`, `Actor.participant` or `Actor.system`.

    Attributes:
        person_id: The person, where it is one.
        participant_id: The participant without an account, where it is one.
        system_name: The plugin or room of the core, where it is one.
        on_behalf_of: The customer for whom an agent acts.
    """

    person_id: UUID | None = None
    participant_id: UUID | None = None
    system_name: str | None = None
    on_behalf_of: UUID | None = None

    @classmethod
    def of(cls, person_id: UUID, *, on_behalf_of: UUID | None = None) -> Self:
        """A person, who may act for a customer."""
        return cls(person_id=person_id, on_behalf_of=on_behalf_of)

    @classmethod
    def participant(cls, participant_id: UUID) -> Self:
        """Someone without an account who takes part in one ticket."""
        return cls(participant_id=participant_id)

    @classmethod
    def system(cls, name: str) -> Self:
        """A plugin, a job or the core itself."""
        return cls(system_name=name)


class Subject(msgspec.Struct, frozen=True):
    """What an event is about; events of one subject are numbered without a gap and handled in that order.

    Attributes:
        kind: `ticket`, `person`, `organisation` or a plugin's own word.
        id: Its key.
    """

    kind: str
    id: UUID

    @property
    def key(self) -> str:
        """The text by which deliveries and reactions are kept in order."""
        return f"{self.kind}:{self.id}"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events. A subclass sets `name` and, when its fields change, raises `version`.

    Attributes:
        name: `subject.past_tense`, for example `ticket.opened`. Unique among all plugins.
        version: Version of the fields, 1 at first.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @classmethod
    def upgrade(cls, facts: dict[str, Any], version: int) -> dict[str, Any]:
        """Turn the facts of an older version into those of today; the default takes them as they are."""
        del version
        return facts


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event whose type is not installed any more: still readable as what it was.

    Attributes:
        original_name: Its name when it happened.
        original_version: The version of its facts.
        facts: Its facts as stored.
    """

    name: ClassVar[str] = "unknown"
    original_name: str
    original_version: int
    facts: dict[str, Any]


E_co = TypeVar("E_co", bound=Event, covariant=True)


class Recorded(msgspec.Struct, Generic[E_co], frozen=True, kw_only=True):
    """An event as it stands in the history.

    Attributes:
        id: Its key.
        event: What happened.
        subject: What it happened to.
        sequence: Its number among the events of the subject, from 1.
        actor: Who did it.
        origin: The channel through which it came: `web`, `email`, `desk`, `cli`, `system` or a plugin's own.
        at: When, in UTC.
    """

    id: UUID
    event: E_co
    subject: Subject
    sequence: int
    actor: Actor
    origin: str
    at: datetime


class EventTypes:
    """The event types of a site by name; decodes what is stored, also what nobody knows any more."""

    def __init__(self, types: "tuple[type[Event], ...]") -> None:
        self._types: dict[str, type[Event]] = {}
        for event_type in types:
            known = self._types.setdefault(event_type.name, event_type)
            if known is not event_type:
                raise ValueError(
                    f"two event types are called {event_type.name!r}: "
                    f"{known.__module__}.{known.__qualname__} and {event_type.__module__}.{event_type.__qualname__}"
                )

    def encode(self, event: Event) -> str:
        """Return the facts of an event as JSON.

        Raises:
            ValueError: Its type is not declared, so that nobody could read it again.
            msgspec.ValidationError: Its facts do not fit its type, for example a text where a `Code` belongs.
        """
        event_type = type(event)
        if self._types.get(event_type.name) is not event_type:
            raise ValueError(
                f"the event type {event_type.__module__}.{event_type.__qualname__} is not declared: "
                "return it from `helpdesk_events`"
            )
        msgspec.convert(msgspec.to_builtins(event), event_type)
        return msgspec.json.encode(event).decode()

    def decode(self, name: str, version: int, facts: dict[str, Any]) -> Event:
        """Return the event; an unknown type, or facts that do not fit it any more, become an `UnknownEvent`."""
        event_type = self._types.get(name)
        if event_type is not None and version <= event_type.version:
            try:
                now = facts if version == event_type.version else event_type.upgrade(dict(facts), version)
                return msgspec.convert(now, event_type)
            except msgspec.ValidationError:
                pass
        return UnknownEvent(original_name=name, original_version=version, facts=facts)
