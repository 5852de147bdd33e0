"""The world around a worker as a test plays it: people, words, and the other side of the line."""

import asyncio
import os
from collections import Counter
from uuid import UUID

from helpdesk_core.bus import Failed, Outcome, OutgoingMessage, Parcel, PendingDelivery, Retry, Sent, Uncertain
from helpdesk_core.testing.channels import Mark
from tests.core.bus.world import World

FATES = (
    *("sent", "retry", "retry after the mark", "failed", "silence, taken", "silence, not taken", "raises"),
    *("crash before rendering", "crash before the mark", "crash after the mark", "crash after it was taken"),
)


class Crash(BaseException):
    """The worker's process is gone."""


class Frozen:
    """A worker that stands still in the middle of a delivery."""

    def __init__(self, *, marked: bool) -> None:
        self.marked = marked
        self.standing = asyncio.Event()
        self.go = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class OtherSide:
    """A channel with everything behind it.

    Attributes:
        fate: What becomes of the next delivery.
        freezing: Where the worker that carries the next delivery stands still.
        doubts: How often a delivery may have arrived without our knowing.
        taken: Every parcel that arrived.
    """

    name = "email"

    def __init__(self, world: World) -> None:
        self.world = world
        self.fate = "sent"
        self.freezing: Frozen | None = None
        self.doubts: Counter[UUID] = Counter()
        self.taken: list[Parcel] = []
        self._allowed: set[UUID] = set()

    async def may_still_receive(self, delivery: PendingDelivery) -> bool:
        may = await self.world.may_still_receive(delivery)
        (self._allowed.add if may else self._allowed.discard)(delivery.id)
        return may

    async def compose(self, delivery: PendingDelivery) -> OutgoingMessage | None:
        if self.fate == "crash before rendering":
            raise Crash
        return await self.world.compose(delivery)

    async def render(self, message: OutgoingMessage) -> bytes:
        return os.urandom(8)

    async def send(self, parcel: Parcel, mark: Mark) -> Outcome:
        assert parcel.delivery_id in self._allowed, "sent without having asked"
        self._allowed.discard(parcel.delivery_id)
        fate, freezing = self.fate, self.freezing
        if fate == "crash before the mark":
            raise Crash
        if fate == "retry":
            return Retry("450 later")
        if freezing is not None and not freezing.marked:
            await self.stand_still(freezing)
        await mark()
        if freezing is not None and freezing.marked:
            self.doubts[parcel.delivery_id] += 1
            await self.stand_still(freezing)
        return self.answer(parcel, fate)

    async def stand_still(self, freezing: Frozen) -> None:
        freezing.standing.set()
        await freezing.go.wait()

    def answer(self, parcel: Parcel, fate: str) -> Outcome:
        """What the other side does with data that was handed to it."""
        match fate:
            case "retry after the mark":
                return Retry("452 no room")
            case "failed":
                return Failed("550 no such user")
            case "sent":
                return self.take(parcel)
        self.doubts[parcel.delivery_id] += 1
        if fate in ("silence, taken", "crash after it was taken"):
            self.take(parcel)
        if fate.startswith("crash"):
            raise Crash
        if fate == "raises":
            raise ConnectionResetError
        return Uncertain("silence")

    def take(self, parcel: Parcel) -> Outcome:
        self.taken.append(parcel)
        return Sent("250 taken")
