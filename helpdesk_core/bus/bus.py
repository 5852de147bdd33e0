"""The bus: where the rooms above record what happened, and say whom to tell.

It knows addressees and channels, and neither people nor tickets. Everything here happens in the unit of work of the
caller: the change, its event, its deliveries and its reactions are stored together or not at all. Nothing is sent
here; that is the relay's work.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import TypeVar
from uuid import UUID

from helpdesk_core.bus import history
from helpdesk_core.bus.channels import Channel
from helpdesk_core.bus.events import Actor, Event, EventTypes, Recorded, Subject
from helpdesk_core.bus.notices import Addressee, Notice, NoticeTypes, PendingDelivery
from helpdesk_core.bus.subscribers import Subscriber
from helpdesk_core.bus.verdicts import PATIENCE
from helpdesk_core.clock import Clock
from helpdesk_core.db import Database, Unit, uuid7

DELIVERIES = "bus.deliveries"
REACTIONS = "bus.reactions"
"""The topics that wake a relay."""

CONFIDENTIAL_FOR = timedelta(hours=1)
KEPT_FOR = timedelta(days=30)
"""How long the words of a delivery are kept once it is over."""

E = TypeVar("E", bound=Event)

_ANNOUNCE = """
INSERT INTO helpdesk_core_delivery (
    id, event, subject_kind, subject_id, channel, person, address, "to", notice, facts, message_id, reply_token,
    ordering_key, position, state, available_at, attempts, marks, fence, beats, created_at, changed_at, expires_at
)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'queued', {}, 0, 0, 0, 0, {}, {}, {})
"""

_REACT = """
INSERT INTO helpdesk_core_reaction (
    id, event, subscriber, ordering_key, position, state, available_at, attempts, created_at, changed_at
)
VALUES ({}, {}, {}, {}, {}, 'queued', {}, 0, {}, {})
"""

# Without a mark nothing of it can have arrived; what is being sent is not in these states.
_UNDO = """
UPDATE helpdesk_core_delivery SET state = {}, reason = {}, finished_at = {}, changed_at = {}
WHERE id = {} AND state IN ('queued', 'deferred') AND marks = 0 RETURNING id
"""

_THREAD = """
SELECT message_id FROM helpdesk_core_delivery
WHERE subject_id = {} AND ordering_key = {} AND (position, id) < ({}, {}) AND (state = 'sent' OR marks > 0)
ORDER BY position, id
"""


class Bus:
    """What a site's rooms and plugins record and announce through.

    Args:
        database: Where everything stands.
        clock: Says when an event happened.
        events: All event types of the site.
        notices: All notice types of the site.
        message_domain: Right side of the Message-IDs.
        installation: Id of this installation, part of every Message-ID; a restored copy has another.

    Attributes:
        channels: By name, once wired.
        subscribers: By name, once wired.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        events: EventTypes,
        notices: NoticeTypes,
        message_domain: str,
        installation: str = "",
    ) -> None:
        self.database = database
        self.events = events
        self.notices = notices
        self.channels: dict[str, Channel] = {}
        self.subscribers: dict[str, Subscriber] = {}
        self._clock = clock
        self._message_domain = message_domain
        self._installation = installation

    def identify(self, installation: str) -> None:
        """Say which installation this is, once the database can be asked; a restored copy has another."""
        self._installation = installation

    def wire(self, *, channels: Sequence[Channel], subscribers: Sequence[Subscriber]) -> None:
        """Connect what the plugins brought; called once, before anything is recorded.

        Raises:
            ValueError: Two channels or two subscribers have one name.
        """
        for channel in channels:
            known = self.channels.setdefault(channel.name, channel)
            if known is not channel:
                raise ValueError(f"two channels are called {channel.name!r}: {_made_by(known)} and {_made_by(channel)}")
        for subscriber in subscribers:
            first = self.subscribers.setdefault(subscriber.name, subscriber)
            if first is not subscriber:
                raise ValueError(
                    f"two subscribers are called {subscriber.name!r}: "
                    f"one with {_handlers(first)} and one with {_handlers(subscriber)}"
                )

    async def record(self, unit: Unit, subject: Subject, event: E, *, actor: Actor, origin: str) -> Recorded[E]:
        """Add an event to the history of its subject, and a reaction for every subscriber that reacts to it.

        Raises:
            ValueError: The type of the event is not declared.
            msgspec.ValidationError: The facts do not fit the type.
        """
        recorded = await history.append(
            self.database, self.events, subject, event, actor=actor, origin=origin, at=self._clock.now()
        )
        reacting = [
            subscriber.name
            for subscriber in self.subscribers.values()
            if any(isinstance(event, reaction.event_type) for reaction in subscriber.reactions)
        ]
        if reacting:
            now = await self.database.now()
            key, sequence = subject.key, recorded.sequence
            rows = [(uuid7(), recorded.id, name, key, sequence, now, now, now) for name in reacting]
            await self.database.executemany(_REACT, rows)
            unit.wake(REACTIONS)
        return recorded

    async def announce(
        self,
        unit: Unit,
        recorded: Recorded[Event],
        notice: Notice,
        addressees: Sequence[Addressee],
        *,
        available_at: datetime | None = None,
    ) -> list[UUID]:
        """Queue a notice to everybody named, once for each address on each channel.

        Args:
            unit: The unit in which the event was recorded.
            recorded: The event they are told about.
            notice: What they are told.
            addressees: Whom.
            available_at: Send it no sooner (until then `undo` can take it back); None for at once.

        Returns:
            The keys of the deliveries.

        Raises:
            ValueError: The type of the notice is not declared.
            msgspec.ValidationError: The facts do not fit the type.
        """
        once: dict[tuple[str, str], Addressee] = {}
        for each in addressees:
            once.setdefault((each.channel, each.address.casefold()), each)
        now = await self.database.now()
        due = available_at or now
        rows = [self._row(recorded, notice, each, available_at=due, now=now) for each in once.values()]
        if rows:
            await self.database.executemany(_ANNOUNCE, rows)
            unit.wake(DELIVERIES)
        return [row[0] for row in rows]

    async def history(self, subject: Subject) -> list[Recorded[Event]]:
        """Return everything that happened to the subject, oldest first."""
        return await history.read(self.database, self.events, subject)

    async def undo(self, delivery_ids: Collection[UUID], *, reason: str = "taken back") -> list[UUID]:
        """Withdraw deliveries of which nothing can have left yet; return which these are."""
        return await self._end(delivery_ids, "withdrawn", reason)

    async def suppress(self, delivery_ids: Collection[UUID], *, reason: str) -> list[UUID]:
        """Keep deliveries from being sent by a rule, such as a cap or a dead address; return which could be."""
        return await self._end(delivery_ids, "suppressed", reason)

    async def thread(self, delivery: PendingDelivery) -> tuple[str, ...]:
        """Return the message ids of what the addressee got about the subject before, oldest first."""
        key = ordering_key(delivery.subject, delivery.addressee)
        rows = await self.database.fetch(_THREAD, delivery.subject.id, key, delivery.sequence, delivery.id)
        return tuple(row["message_id"] for row in rows)

    async def forget_contents(self) -> int:
        """Forget the words of deliveries that are over: confidential ones after an hour, others after a month."""
        now = await self.database.now()
        names = self.notices.confidential
        holders = ", ".join("{}" for _ in names) or "NULL"
        return await self.database.execute(
            "UPDATE helpdesk_core_delivery SET content = NULL WHERE content IS NOT NULL AND finished_at < {} "
            f"AND (finished_at < {{}} OR notice IN ({holders}))",
            now - CONFIDENTIAL_FOR,
            now - KEPT_FOR,
            *names,
        )

    async def _end(self, delivery_ids: Collection[UUID], state: str, reason: str) -> list[UUID]:
        now = await self.database.now()
        return [key for key in delivery_ids if await self.database.fetch(_UNDO, state, reason, now, now, key)]

    def _row(
        self, recorded: Recorded[Event], notice: Notice, addressee: Addressee, *, available_at: datetime, now: datetime
    ) -> tuple[UUID, *tuple[object, ...]]:
        subject = recorded.subject
        return (
            uuid7(),
            *(recorded.id, subject.kind, subject.id, addressee.channel, addressee.person_id, addressee.address_id),
            *(addressee.address, notice.name, self.notices.encode(notice)),
            f"{secrets.token_hex(16)}.{self._installation}@{self._message_domain}",
            # 160 random bits in letters that survive a mail program which changes case.
            secrets.token_hex(20) if notice.answerable else None,
            *(ordering_key(subject, addressee), recorded.sequence, available_at, now, now),
            now + (notice.lifetime or PATIENCE),
        )


def ordering_key(subject: Subject, addressee: Addressee) -> str:
    """Return the text by which deliveries about one subject to one address are kept in order."""
    address = f"{addressee.channel}\0{addressee.address.casefold()}".encode()
    return f"{subject.key}:{blake2s(address, digest_size=16).hexdigest()}"


def _made_by(channel: Channel) -> str:
    return f"{type(channel).__module__}.{type(channel).__qualname__}"


def _handlers(subscriber: Subscriber) -> str:
    handlers = [reaction.handle for reaction in subscriber.reactions]
    return ", ".join(f"{each.__module__}.{getattr(each, '__qualname__', each)}" for each in handlers) or "no handler"
