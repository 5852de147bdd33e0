"""A warm pool of parser processes: mail goes in, a `ParsedMail` or a named failure comes out, whatever the mail does.

A process that hangs, crashes or takes too much is killed and replaced, and the mail gets one more try without its
HTML, the only part that native code interprets. A mail that breaks that too is `Unreadable`; the next one is read as
if nothing had happened. Nothing here interprets a mail.
"""

import asyncio
import contextlib
import os
import sys
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
from msgspec import structs

from . import child, limits
from .parsed import ParsedMail

_HERE: Final = Path(__file__).parent
_GRACE_SECONDS: Final = 2.0
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
"""All the child gets of our environment, which holds secrets."""


class Reason(StrEnum):
    """Why a mail could not be read."""

    TIMEOUT = "timeout"
    """It took longer than the wall clock allows."""
    CRASH = "crash"
    """The process ended: out of memory or of processor time, or by a fault."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that cannot be read: keep its bytes and show it to a person."""

    reason: Reason
    detail: str
    """For a person who looks into it; in English."""


class ParserPool:
    """Parser processes to be used as `async with ParserPool(size=1) as pool: await pool.parse(raw)`."""

    def __init__(
        self, size: int = 1, *, mails_per_process: int = 500, seconds: float = limits.PARSE_WALL_SECONDS
    ) -> None:
        self._size = size
        self._mails_per_process = mails_per_process
        self._seconds = seconds
        self._idle: asyncio.Queue[_Process] = asyncio.Queue()
        self._all: set[_Process] = set()
        self._returning: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start the processes; they warm up while the first mails come."""
        for _ in range(self._size):
            self._idle.put_nowait(await self._start())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        await asyncio.gather(*self._returning, return_exceptions=True)
        for process in list(self._all):
            await self._end(process)

    async def parse(self, raw: bytes, *, contents: bool = True) -> ParsedMail | Unreadable:
        """Read a mail; `contents=False` leaves out the bytes of its files. Waits while all processes are busy."""
        first = await self._try(raw, read_html=True, contents=contents)
        if isinstance(first, ParsedMail):
            return first
        second = await self._try(raw, read_html=False, contents=contents)
        if isinstance(second, ParsedMail):
            return structs.replace(second, defects=(*second.defects, f"html-{first.reason.value}"))
        return second

    async def _try(self, raw: bytes, *, read_html: bool, contents: bool) -> ParsedMail | Unreadable:
        process = await self._take()
        fit, busy = False, True
        try:
            async with asyncio.timeout(self._seconds):
                mail = await process.ask(raw, read_html=read_html, contents=contents)
            busy = False
            fit = process.mails < self._mails_per_process
        except TimeoutError:
            return Unreadable(reason=Reason.TIMEOUT, detail=f"no answer within {self._seconds:g} seconds")
        except (OSError, EOFError, msgspec.DecodeError):
            busy = False
            await process.end()
            return Unreadable(reason=Reason.CRASH, detail=f"the parser process ended with status {process.status}")
        else:
            return mail
        finally:
            # Giving back goes on when we are cancelled, else the pool would shrink.
            task = asyncio.create_task(self._give_back(process, fit=fit, busy=busy))
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)
            await asyncio.shield(task)

    async def _take(self) -> "_Process":
        """Wait for an idle process; one that ended while it was idle is replaced before it costs a mail a try."""
        process = await self._idle.get()
        if process.status is None:
            return process
        try:
            return await self._start()
        except BaseException:
            self._idle.put_nowait(process)
            raise

    async def _give_back(self, process: "_Process", *, fit: bool, busy: bool) -> None:
        """Make a process available again, or another in its place.

        One whose answer nobody awaited, as after a cancellation, would answer the next question with it.
        """
        try:
            if not fit:
                await self._end(process, at_once=busy)
                process = await self._start()
        finally:
            # Should no process start now, the ended one keeps its place: it fails at once and is replaced then.
            self._idle.put_nowait(process)

    async def _start(self) -> "_Process":
        process = _Process(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                child.BOOTSTRAP,
                str(_HERE.parent),
                str(_HERE),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        )
        self._all.add(process)
        return process

    async def _end(self, process: "_Process", *, at_once: bool = False) -> None:
        self._all.discard(process)
        await process.end(at_once=at_once)


class _Process:
    """One child and the conversation with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.mails = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def ask(self, raw: bytes, *, read_html: bool, contents: bool) -> ParsedMail:
        """Send a mail and return the answer; raises `OSError` or `EOFError` when the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.mails += 1
        head, body = child.request(raw, read_html=read_html, contents=contents)
        self._process.stdin.write(head)
        self._process.stdin.write(body)
        await self._process.stdin.drain()
        length = child.LENGTH.unpack(await self._process.stdout.readexactly(child.LENGTH.size))[0]
        return child.answer(await self._process.stdout.readexactly(length))

    async def end(self, *, at_once: bool = False) -> None:
        """End the process and wait until it is gone; one that is busy or hangs must be ended `at_once`.

        The others end by themselves when their input does. Killing one that is just ending would race for its status.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not at_once:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await self._process.wait()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
