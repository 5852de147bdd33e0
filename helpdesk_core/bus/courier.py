"""The courier: takes one claimed delivery from question to verdict.

It asks whether the person may still receive it, has it put into words and rendered once, hands it to the channel, and
writes down what became of it. It must not claim, wait for work or know how many deliveries are in flight.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec

from helpdesk_core.bus import verdicts
from helpdesk_core.bus.channels import Channel, Failed, Outcome, Parcel, Retry, Sent, Uncertain
from helpdesk_core.bus.deliveries import Claimed, Deliveries
from helpdesk_core.bus.events import Subject
from helpdesk_core.bus.leases import LeaseLost
from helpdesk_core.bus.notices import Addressee, NoticeTypes, OutgoingMessage, PendingDelivery
from helpdesk_core.bus.verdicts import Verdict
from helpdesk_core.db import Database, DatabaseError

PREPARING = timedelta(seconds=60)
"""For the question whether to send, the words and the rendering together."""

SENDING = timedelta(minutes=15)
"""For the channel. More than a patient mail client waits for an answer (RFC 5321 section 4.5.3.2.6: 10 minutes)."""

logger = logging.getLogger(__name__)

Compose = Callable[[PendingDelivery], Awaitable[OutgoingMessage | None]]
MayStillReceive = Callable[[PendingDelivery], Awaitable[bool]]


class Journey:
    """One delivery in flight.

    Attributes:
        delivery: What is carried.
        marked: Whether the point of no return may have been passed.
        answer: What the channel answered, when it was asked.
        outcome: That, or the verdict that was reached without asking.
        task: The task that carries it.
    """

    def __init__(self, delivery: Claimed) -> None:
        self.delivery = delivery
        self.marked = False
        self.answer: Outcome | None = None
        self.outcome: Outcome | Verdict | None = None
        self.task: asyncio.Task[None] | None = None


class Courier:
    """Carries deliveries of one worker."""

    def __init__(
        self,
        database: Database,
        deliveries: Deliveries,
        *,
        channels: Mapping[str, Channel],
        notices: NoticeTypes,
        compose: Compose,
        may_still_receive: MayStillReceive,
    ) -> None:
        self._database = database
        self._deliveries = deliveries
        self._channels = channels
        self._notices = notices
        self._compose = compose
        self._may_still_receive = may_still_receive

    async def carry(self, journey: Journey) -> None:
        """Bring one delivery to its verdict and write that down, however long the database is away."""
        try:
            await self._decide(journey)
        except LeaseLost as lost:
            logger.warning("%s; nothing is written", lost)
            return
        pause = 0.1
        while True:
            try:
                await self.settle(journey)
            except Exception as error:
                # Whatever it is: to forget a verdict may mean to send twice.
                unexpected = None if isinstance(error, DatabaseError) else error
                logger.warning(
                    "the verdict on delivery %s waits to be written: %s",
                    journey.delivery.id,
                    error,
                    exc_info=unexpected,
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
            else:
                return

    async def settle(self, journey: Journey) -> None:
        """Write down what is known of a journey, unless somebody else has the delivery now.

        A journey without an outcome was cut short: before the mark it is given back, after it nobody knows.
        """
        standing = journey.delivery.standing
        now = await self._database.now()
        outcome = journey.outcome
        if outcome is None and journey.marked:
            outcome = Uncertain("the worker was stopped while the other side was about to answer")
        if outcome is None:
            verdict = verdicts.given_back(standing, now=now)
        elif isinstance(outcome, Verdict):
            verdict = outcome
        else:
            verdict = verdicts.after_try(outcome, standing, now=now, spread=random.random())  # noqa: S311 - it only spreads the load
        if not await self._deliveries.settle(journey.delivery, verdict):
            logger.warning("the delivery %s has another worker now; nothing is written", journey.delivery.id)

    async def _decide(self, journey: Journey) -> None:
        try:
            async with asyncio.timeout(PREPARING.total_seconds()):
                parcel = await self._prepare(journey.delivery)
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("the delivery %s could not be prepared", journey.delivery.id)
            journey.outcome = Retry(f"it could not be prepared: {_described(error)}")
            return
        journey.outcome = parcel if isinstance(parcel, Verdict) else await self._send(journey, parcel)

    async def _prepare(self, delivery: Claimed) -> Parcel | Verdict:
        pending = self._pending(delivery)
        # What has a lifetime must not arrive after it. All else is tried at least once, however late we are: only a
        # failure after its time ends it.
        if pending.notice.lifetime is not None and await self._database.now() >= delivery.expires_at:
            return verdicts.expired(delivery.standing)
        if not await self._may_still_receive(pending):
            return verdicts.withdrawn(delivery.standing, "the person may not receive it any more")
        content = delivery.content
        if content is None:
            message = await self._compose(pending)
            if message is None:
                return verdicts.withdrawn(delivery.standing, "there was nothing to tell any more")
            content = await self._channels[delivery.channel].render(message)
            await self._deliveries.keep(delivery, content)
        return Parcel(
            delivery_id=delivery.id,
            message_id=delivery.message_id,
            addressee=pending.addressee,
            content=content,
            attempt=delivery.attempts,
            created_at=delivery.created_at,
        )

    async def _send(self, journey: Journey, parcel: Parcel) -> Outcome:
        delivery = journey.delivery

        async def mark() -> None:
            if not journey.marked:
                await self._deliveries.mark(delivery)
                journey.marked = True

        try:
            async with asyncio.timeout(SENDING.total_seconds()):
                outcome: object = await self._channels[delivery.channel].send(parcel, mark)
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("the channel %s failed with delivery %s", delivery.channel, delivery.id)
            reason = f"the channel failed: {_described(error)}"
            outcome = Uncertain(reason) if journey.marked else Retry(reason)
        if not isinstance(outcome, Sent | Retry | Failed | Uncertain):
            reason = f"the channel answered with {type(outcome).__name__}, which is no outcome"
            outcome = Uncertain(reason) if journey.marked else Retry(reason)
        journey.answer = outcome
        return outcome

    def _pending(self, delivery: Claimed) -> PendingDelivery:
        return PendingDelivery(
            id=delivery.id,
            event_id=delivery.event,
            subject=Subject(delivery.subject_kind, delivery.subject_id),
            sequence=delivery.position,
            notice=self._notices.decode(delivery.notice, msgspec.json.decode(delivery.facts)),
            addressee=Addressee(
                channel=delivery.channel, address=delivery.to, address_id=delivery.address, person_id=delivery.person
            ),
            message_id=delivery.message_id,
            reply_token=delivery.reply_token,
            attempt=delivery.attempts,
            created_at=delivery.created_at,
            expires_at=delivery.expires_at,
        )


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
