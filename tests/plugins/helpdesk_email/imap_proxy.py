"""A line between a mail program and a real IMAP server that breaks as a test tells it."""

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import Self

Change = Callable[[bytes], bytes]
"""Gets a piece of the talk and returns what goes on instead; raises `Cut` to end the line."""


class Cut(Exception):
    """The line ends after these bytes."""


class ImapProxy:
    """Passes everything on, changed by rules.

    Attributes:
        port: Where it listens.
        passed: Bytes that came from the server so far.
        asked: What the mail program sent.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.from_server: list[Change] = []
        self.from_client: list[Change] = []
        self.port = 0
        self.passed = 0
        self.asked = b""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.wait(
                {
                    asyncio.create_task(self._pump(reader, back, self.from_client, ours=True)),
                    asyncio.create_task(self._pump(there, writer, self.from_server, ours=False)),
                },
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for side in (writer, back):
                side.close()
            self._tasks.discard(task)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, changes: list[Change], *, ours: bool
    ) -> None:
        while piece := await reader.read(1 << 20):
            if ours:
                self.asked += piece
            else:
                self.passed += len(piece)
            try:
                for change in tuple(changes):
                    piece = change(piece)
            except Cut as cut:
                writer.write(cut.args[0])
                await writer.drain()
                return
            writer.write(piece)
            await writer.drain()


def replace(pattern: bytes, by: bytes, times: int = 1) -> Change:
    """Return a rule that replaces what matches, so many times."""
    left = times

    def change(piece: bytes) -> bytes:
        nonlocal left
        if left and re.search(pattern, piece):
            left -= 1
            return re.sub(pattern, by, piece, count=1)
        return piece

    return change


def cut_within(pattern: bytes, after: int, times: int = 1) -> Change:
    """Return a rule that cuts the line so many bytes after what matches, so many times."""
    left = times

    def change(piece: bytes) -> bytes:
        nonlocal left
        found = re.search(pattern, piece)
        if not left or found is None:
            return piece
        left -= 1
        raise Cut(piece[: found.end() + after])

    return change


def silence_at(pattern: bytes, times: int = 1) -> Change:
    """Return a rule that swallows the piece with what matches, so many times: the other side waits for ever."""
    left = times

    def change(piece: bytes) -> bytes:
        nonlocal left
        if left and re.search(pattern, piece):
            left -= 1
            return b""
        return piece

    return change
