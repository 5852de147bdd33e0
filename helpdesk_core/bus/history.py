"""The history: events as rows, numbered without a gap among those of their subject.

Rows are only ever added here; nothing in this module changes or deletes one.
"""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from helpdesk_core.bus.events import Actor, Event, EventTypes, Recorded, Subject
from helpdesk_core.db import Conflict, Database, uuid7

E = TypeVar("E", bound=Event)

# Two transactions may ask for the next number at once: the second waits at the unique index for the first, then
# inserts nothing and asks again. When the first is rolled back, its number is free: there are no gaps.
_APPEND = """
INSERT INTO helpdesk_core_event (
    id, name, version, subject_kind, subject_id, sequence, actor_person, actor_participant, actor_system,
    on_behalf_of, origin, facts, at
)
VALUES ({}, {}, {}, {}, {}, (
    SELECT coalesce(max(sequence), 0) + 1 FROM helpdesk_core_event WHERE subject_kind = {} AND subject_id = {}
), {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (subject_kind, subject_id, sequence) DO NOTHING RETURNING sequence
"""

_READ = """
SELECT id, name, version, subject_kind, subject_id, sequence, actor_person, actor_participant, actor_system,
    on_behalf_of, origin, facts, at
FROM helpdesk_core_event
"""

TRIES = 100


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is stored."""

    id: UUID
    name: str
    version: int
    subject_kind: str
    subject_id: UUID
    sequence: int
    actor_person: UUID | None
    actor_participant: UUID | None
    actor_system: str | None
    on_behalf_of: UUID | None
    origin: str
    facts: str
    at: datetime

    def recorded(self, types: EventTypes) -> Recorded[Event]:
        """Return it as everybody else sees it."""
        return Recorded(
            id=self.id,
            event=types.decode(self.name, self.version, msgspec.json.decode(self.facts)),
            subject=Subject(self.subject_kind, self.subject_id),
            sequence=self.sequence,
            actor=Actor(self.actor_person, self.actor_participant, self.actor_system, self.on_behalf_of),
            origin=self.origin,
            at=self.at,
        )


async def append(
    database: Database, types: EventTypes, subject: Subject, event: E, *, actor: Actor, origin: str, at: datetime
) -> Recorded[E]:
    """Add an event to the history of its subject, in the open unit.

    Raises:
        ValueError: Its type is not declared.
        msgspec.ValidationError: Its facts do not fit its type.
        Conflict: So many others wrote about this subject meanwhile that no number could be had.
    """
    key = uuid7()
    values = (
        *(key, type(event).name, type(event).version, subject.kind, subject.id, subject.kind, subject.id),
        *(actor.person_id, actor.participant_id, actor.system_name, actor.on_behalf_of, origin),
        *(types.encode(event), at),
    )
    for _ in range(TRIES):
        if rows := await database.fetch(_APPEND, *values):
            sequence = int(rows[0]["sequence"])
            return Recorded(id=key, event=event, subject=subject, sequence=sequence, actor=actor, origin=origin, at=at)
    raise Conflict("no number could be had in the history of %(subject)s", subject=subject.key)


async def read(database: Database, types: EventTypes, subject: Subject) -> list[Recorded[Event]]:
    """Return the history of a subject, oldest first."""
    return await _read(
        database, types, "WHERE subject_kind = {} AND subject_id = {} ORDER BY sequence", subject.kind, subject.id
    )


async def read_one(database: Database, types: EventTypes, key: UUID) -> Recorded[Event]:
    """Return one event."""
    return (await _read(database, types, "WHERE id = {}", key))[0]


async def _read(database: Database, types: EventTypes, where: str, *args: object) -> list[Recorded[Event]]:
    rows = await database.fetch(_READ + where, *args)
    return [msgspec.convert(row, _Line, strict=False).recorded(types) for row in rows]
