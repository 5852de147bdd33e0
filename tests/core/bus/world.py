"""A small site around the bus: a few events and notices, one recording channel, everything settable."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from helpdesk_core.bus import (
    Actor,
    Addressee,
    Bus,
    Channel,
    Event,
    EventTypes,
    Notice,
    NoticeTypes,
    OutgoingMessage,
    PendingDelivery,
    Recipient,
    Recorded,
    Relay,
    State,
    Subject,
    Subscriber,
)
from helpdesk_core.bus.deliveries import Claimed, Deliveries
from helpdesk_core.db import Database, uuid7
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_core.testing.clock import SettableClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Happened(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "thing.happened"
    number: int = 0


class Ended(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "thing.ended"


class Told(Notice, frozen=True, kw_only=True):
    name: ClassVar[str] = "told"
    answerable: ClassVar[bool] = True
    number: int = 0


class ShortLived(Notice, frozen=True, kw_only=True):
    name: ClassVar[str] = "short_lived"
    lifetime: ClassVar[timedelta | None] = timedelta(hours=1)


class OneTimeLink(Notice, frozen=True, kw_only=True):
    name: ClassVar[str] = "one_time_link"
    confidential: ClassVar[bool] = True


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as a test looks at it."""

    id: UUID
    to: str
    state: State
    attempts: int
    marks: int
    fence: int
    message_id: str
    reply_token: str | None
    position: int
    available_at: datetime
    expires_at: datetime
    created_at: datetime
    first_failed_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    reference: str | None
    lease_owner: str | None
    beats: int
    content: bytes | None


class Steady:
    """A clock that cannot be set, moved by the test."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class World:
    def __init__(self, database: Database, clock: SettableClock) -> None:
        self.database = database
        self.clock = clock
        self.steady = Steady()
        self.channel = RecordingChannel()
        self.forbidden: set[str] = set()
        self.nothing_to_tell = False
        self.wire()
        self._numbers = itertools.count(1)

    def new_bus(self) -> Bus:
        return Bus(
            self.database,
            self.clock,
            events=EventTypes((Happened, Ended)),
            notices=NoticeTypes((Told, ShortLived, OneTimeLink)),
            message_domain="mail.example",
            installation="i1",
        )

    def wire(self, *subscribers: Subscriber, channels: Sequence[Channel] = ()) -> None:
        """Begin with a new bus: with the recording channel unless others are given."""
        self.bus = self.new_bus()
        self.bus.wire(channels=channels or [self.channel], subscribers=subscribers)

    def relay(self, worker: str = "worker", **options: Any) -> Relay:
        return Relay(self.bus, worker=worker, compose=self.compose, may_still_receive=self.may_still_receive, **options)

    def deliveries(self, worker: str) -> Deliveries:
        return Deliveries(self.database, worker)

    async def compose(self, delivery: PendingDelivery) -> OutgoingMessage | None:
        if self.nothing_to_tell:
            return None
        return OutgoingMessage(
            delivery_id=delivery.id,
            message_id=delivery.message_id,
            addressee=delivery.addressee,
            recipient=Recipient(salutation="Guten Tag", name="", proven=True, agent=False),
            notice=delivery.notice.name,
            subject="Something happened",
            text=f"It is about {delivery.notice}.",
            short="Something happened.",
            html=None,
            language="en",
            automatic=delivery.notice.automatic,
            answerable=delivery.notice.answerable,
            thread=await self.bus.thread(delivery),
            reply_token=delivery.reply_token,
            enclosures=(),
            created_at=delivery.created_at,
        )

    async def may_still_receive(self, delivery: PendingDelivery) -> bool:
        return delivery.addressee.address not in self.forbidden

    async def record(self, subject: Subject, event: Event | None = None) -> Recorded[Event]:
        async with self.database.unit() as unit:
            return await self.bus.record(
                unit, subject, event or Happened(), actor=Actor.system("tests"), origin="system"
            )

    async def announce(
        self,
        *to: str,
        subject: Subject | None = None,
        notice: Notice | None = None,
        available_at: datetime | None = None,
    ) -> list[UUID]:
        """Queue a notice to addresses about a (new) subject, with an event of its own."""
        async with self.database.unit() as unit:
            recorded = await self.bus.record(
                unit,
                subject or new_subject(),
                Happened(number=next(self._numbers)),
                actor=Actor.system("tests"),
                origin="system",
            )
            return await self.bus.announce(
                unit,
                recorded,
                notice or Told(),
                [Addressee(channel="email", address=address) for address in to],
                available_at=available_at,
            )

    async def rows(self) -> list[Row]:
        rows = await self.database.fetch("SELECT * FROM helpdesk_core_delivery ORDER BY id")
        return [msgspec.convert(row, Row, strict=False) for row in rows]

    async def row(self, key: UUID) -> Row:
        return next(row for row in await self.rows() if row.id == key)

    async def undone(self, subject: Subject) -> None:
        """Record, announce and fail, all in one unit."""
        async with self.database.unit() as unit:
            recorded = await self.bus.record(unit, subject, Happened(), actor=Actor.system("tests"), origin="system")
            await self.bus.announce(unit, recorded, Told(), [Addressee(channel="email", address="a@x.example")])
            raise ZeroDivisionError

    async def settled(self, *expected: State) -> None:
        """Wait until the deliveries stand so."""

        async def so() -> bool:
            return await self.states() == list(expected)

        await eventually(so)

    async def states(self) -> list[State]:
        return [row.state for row in await self.rows()]

    async def claim(self, worker: str, limit: int = 10) -> list[Claimed]:
        return await self.deliveries(worker).claim("email", limit)

    def advance(self, by: timedelta) -> None:
        """Let time pass: both the time of day and the clock that cannot be set."""
        self.clock.advance(by)
        self.steady.seconds += by.total_seconds()


def new_subject() -> Subject:
    return Subject("ticket", uuid7())


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 15) -> None:
    """Look until it is so: what another task or process writes to the database rings no bell here."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)


def addresses(parcels: Sequence[Any]) -> list[str]:
    return [parcel.addressee.address for parcel in parcels]
