"""Channels: ways to tell a person something. The network lives behind them and nowhere else."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from helpdesk_core.bus.notices import Addressee, OutgoingMessage


class Sent(msgspec.Struct, frozen=True):
    """The other side took it over.

    Attributes:
        reference: What it answered, for example the line of the mail server.
    """

    reference: str


class Retry(msgspec.Struct, frozen=True):
    """It was certainly not taken; try again later.

    Attributes:
        reason: What was seen, in plain words.
        after: Wait at least this long, of which 4,000 s at most are granted; None leaves it to the relay's back-off.
        whole_channel: Whether the channel itself is down (no connection, sign-in refused) rather than this one
            delivery put off. The relay then only probes it until it works again, and the delivery loses no patience.
    """

    reason: str
    after: timedelta | None = None
    whole_channel: bool = False


class Failed(msgspec.Struct, frozen=True):
    """It was refused for good.

    Attributes:
        reason: What was seen.
    """

    reason: str


class Uncertain(msgspec.Struct, frozen=True):
    """Nobody knows whether it was taken: the line broke after the point of no return.

    Attributes:
        reason: What was seen.
    """

    reason: str


Outcome = Sent | Retry | Failed | Uncertain


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery on its way, as `Channel.send` gets it.

    Attributes:
        delivery_id: Its key.
        message_id: The same for every try.
        addressee: Whom it is for.
        content: What `Channel.render` made, the same bytes for every try.
        attempt: 1 for the first try.
        created_at: When it was queued.
    """

    delivery_id: UUID
    message_id: str
    addressee: Addressee
    content: bytes
    attempt: int
    created_at: datetime


class Channel(Protocol):
    """A way to tell a person something.

    Attributes:
        name: Also the `channel` of the addresses it serves.
    """

    name: str

    async def render(self, message: OutgoingMessage) -> bytes:
        """Turn the message into the bytes to send; called once, then stored."""
        ...

    async def send(self, parcel: Parcel, mark: Callable[[], Awaitable[None]]) -> Outcome:
        """Hand the bytes to the other side; await `mark()` right before the point of no return.

        An exception counts as `Uncertain` after `mark()`, else as `Retry`. An exception of `mark()` itself says that
        this delivery is not ours any more: let it pass, and send nothing. `send` is cut after fifteen minutes.
        """
        ...
