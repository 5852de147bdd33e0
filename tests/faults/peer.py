"""The other side of a channel: a server that takes mails in a few lines of protocol and keeps a ledger of them.

    worker: HELLO <message id>      peer: 150 go on
    worker: <bytes> CRLF . CRLF     peer: 250 taken

It can be told to hold at a point of the conversation, so that a driver can kill the worker right there.
"""

import asyncio
import hashlib
from collections import Counter, deque
from contextlib import suppress
from enum import Enum
from typing import Self

from helpdesk_core.bus import Outcome, OutgoingMessage, Parcel, Retry, Sent
from helpdesk_core.testing.channels import Mark

END = b"\r\n.\r\n"


class Point(Enum):
    """Where a peer holds."""

    HELLO = "before the data"
    MIDDLE = "inside the data"
    DOT = "data complete, nothing taken yet"
    TAKEN = "taken, no answer sent"
    NEVER = "nowhere"


class Peer:
    """A server on 127.0.0.1.

    Attributes:
        port: Where it listens.
        ledger: Message id and hash of the bytes of every mail it took, in order.
        holding: Set when a conversation stands at the point it was told to hold at.
        moved: Set when a copy was taken.
        released: Set it to let a conversation go on that was held before the data.
    """

    def __init__(self) -> None:
        self.port = 0
        self.ledger: list[tuple[str, str]] = []
        self.holding = asyncio.Event()
        self.moved = asyncio.Event()
        self.released = asyncio.Event()
        self._holds: deque[Point] = deque()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def hold(self, *points: Point) -> None:
        """Say where the next conversations stop."""
        self._holds.extend(points)

    def copies(self) -> Counter[str]:
        """Return how many copies of each message were taken."""
        return Counter(message_id for message_id, _ in self.ledger)

    async def until(self, taken: int, seconds: float = 15) -> None:
        """Wait until so many copies were taken in all."""
        async with asyncio.timeout(seconds):
            while len(self.ledger) < taken:
                self.moved.clear()
                await self.moved.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hold = self._holds.popleft() if self._holds else Point.NEVER
        # A worker that is killed breaks the line wherever it stands.
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            message_id = (await reader.readuntil(b"\r\n")).split()[1].decode()
            await self._pass(Point.HELLO, hold, reader)
            writer.write(b"150 go on\r\n")
            start = await reader.readexactly(4)
            await self._pass(Point.MIDDLE, hold, reader)
            body = start + await reader.readuntil(END)
            await self._pass(Point.DOT, hold, reader)
            self.ledger.append((message_id, hashlib.sha256(body).hexdigest()))
            self.moved.set()
            await self._pass(Point.TAKEN, hold, reader)
            writer.write(b"250 taken\r\n")
            await writer.drain()
        writer.close()

    async def _pass(self, here: Point, hold: Point, reader: asyncio.StreamReader) -> None:
        if here is hold:
            self.holding.set()
            gone = asyncio.create_task(self._gone(reader))
            released = asyncio.create_task(self.released.wait())
            await asyncio.wait({gone, released}, return_when=asyncio.FIRST_COMPLETED)
            released.cancel()
            if gone.done():
                raise ConnectionError
            gone.cancel()
            await asyncio.wait({gone})

    async def _gone(self, reader: asyncio.StreamReader) -> None:
        """Wait until the worker is gone; what it still sends is of no account."""
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass


class PeerChannel:
    """The worker's side of the conversation: a channel of the bus."""

    name = "email"

    def __init__(self, port: int) -> None:
        self._port = port

    async def render(self, message: OutgoingMessage) -> bytes:
        """Return a body of a few packets."""
        return f"Subject: {message.subject}\r\n\r\n{message.text}\r\n".encode() + b"x" * 4000

    async def send(self, parcel: Parcel, mark: Mark) -> Outcome:
        """Hand over one mail; the mark comes right before the bytes."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            return Retry(str(error), whole_channel=True)
        try:
            writer.write(f"HELLO {parcel.message_id}\r\n".encode())
            if not (await reader.readline()).startswith(b"150"):
                return Retry("no greeting")
            await mark()
            half = len(parcel.content) // 2
            writer.write(parcel.content[:half])
            await writer.drain()
            writer.write(parcel.content[half:] + END)
            answer = (await reader.readline()).decode().strip()
            if not answer.startswith("250"):
                raise ConnectionError("the line broke before the answer")
            return Sent(answer)
        finally:
            writer.close()
