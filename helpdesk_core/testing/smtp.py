"""A mail server that does what a test tells it, and writes down every mail it took over.

    async with MailServer() as server:
        server.plan("rcpt", "550 5.1.1 nobody of that name")
        server.plan("end", Hold())
        ...
        assert [mail.recipients for mail in server.taken] == [...]

A plan says what happens the next times a phase of the talk is reached, whatever the connection; without one the server
behaves. Runs in the event loop of the test, on a free port of 127.0.0.1.
"""

import asyncio
import base64
import ssl
from collections import defaultdict, deque
from types import TracebackType
from typing import Final, Literal, Self

import msgspec

Phase = Literal["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "end", "taken", "rset"]
"""Where in the talk: `body` is reached with the first bytes of a mail, `end` with its last, before it is taken over;
`taken` afterwards, before the answer that says so."""


class Drop(msgspec.Struct, frozen=True):
    """The line breaks."""


class Hang(msgspec.Struct, frozen=True):
    """Nothing is answered any more on this connection."""


class Garbage(msgspec.Struct, frozen=True):
    """Something is answered that no server says.

    Attributes:
        text: What.
    """

    text: bytes = b"\xff\xfe what?\r\n"


class Slowly(msgspec.Struct, frozen=True):
    """The usual answer, one byte at a time.

    Attributes:
        pause: Seconds between two bytes.
    """

    pause: float = 0.01


class Hold:
    """The talk waits here until the test lets it go on as usual.

    Attributes:
        reached: Set when the talk waits here.
        go: Set it to let the talk go on.
    """

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()


Step = str | Drop | Hang | Garbage | Slowly | Hold
"""A string is the answer itself, such as `450 4.2.0 try later`."""


class TakenMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that the server took over.

    Attributes:
        sender: Envelope sender.
        recipients: Envelope recipients.
        content: The mail, as it was before dots were doubled.
    """

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    def header(self, name: str) -> str | None:
        """Return the first field of this name, unfolded and not decoded, None when there is none."""
        head = self.content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
        for line in head.split(b"\r\n"):
            field, _, value = line.partition(b":")
            if field.decode("ascii", "replace").lower() == name.lower():
                return value.strip().decode("ascii", "replace")
        return None


class _Over(Exception):
    """The talk ends here."""


class MailServer:
    """The server.

    Args:
        tls: Speaks TLS from the first byte (`implicit`), after STARTTLS (`starttls`), or not (`none`).
        context: Its certificate, for TLS.
        users: Who may sign in, with which password; empty when nobody has to.
        ends_at_bare_line_feed: Whether it takes a dot between bare line feeds for the end of a mail, as careless
            servers do.

    Attributes:
        port: Where it listens.
        taken: Every mail it took over, in order.
        heard: Every line it was told outside of mails, in order.
        connections: How many there were.
        tls, context, users, careless: As they were given.
    """

    host: Final = "127.0.0.1"

    def __init__(
        self,
        *,
        tls: Literal["implicit", "starttls", "none"] = "none",
        context: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        ends_at_bare_line_feed: bool = False,
    ) -> None:
        self.tls = tls
        self.context = context
        self.users = users or {}
        self.careless = ends_at_bare_line_feed
        self._plans: defaultdict[str, deque[Step]] = defaultdict(deque)
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._news = asyncio.Event()
        self.port = 0
        self.taken: list[TakenMail] = []
        self.heard: list[str] = []
        self.connections = 0

    def plan(self, phase: Phase, *steps: Step) -> None:
        """Say what happens the next times a phase is reached, after what was said before."""
        self._plans[phase].extend(steps)

    async def until(self, *, taken: int = 0, connections: int = 0, seconds: float = 20) -> None:
        """Wait until so many mails were taken over and so many connections made.

        Raises:
            TimeoutError: They were not, in so many seconds.
        """
        async with asyncio.timeout(seconds):
            while len(self.taken) < taken or self.connections < connections:
                self._news.clear()
                await self._news.wait()

    async def start(self, port: int = 0) -> None:
        """Listen; on the same port as before, to come back after an absence."""
        context = self.context if self.tls == "implicit" else None
        self._server = await asyncio.start_server(self._accept, self.host, port, ssl=context, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away; whoever is connected is cut off."""
        if self._server is not None:
            self._server.close()
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self.connections += 1
        self._news.set()
        try:
            await _Talk(self, reader, writer).run()
        except (_Over, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # However a talk ends: the ledger says what came of it.
            writer.transport.abort()
        finally:
            # Not waited for: after a failed handshake the end of a stream is never announced.
            self._talks.discard(task)
            writer.close()

    def take(self, mail: TakenMail) -> None:
        """Write a mail into the ledger."""
        self.taken.append(mail)
        self._news.set()

    def step(self, phase: Phase) -> Step | None:
        """Return what was planned for this time."""
        return self._plans[phase].popleft() if self._plans[phase] else None

    @property
    def offers(self) -> list[str]:
        """What it can do, as it says to EHLO."""
        return [
            "SIZE 30000000",
            *(["STARTTLS"] if self.tls == "starttls" else []),
            *(["AUTH PLAIN"] if self.users else []),
        ]


class _Talk:
    """One connection."""

    def __init__(self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._sender = ""
        self._recipients: list[str] = []
        self._encrypted = server.tls == "implicit"

    async def run(self) -> None:
        await self._answer("greeting", "220 mail.test ready")
        while line := await self._reader.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self._server.heard.append(text)
            verb = text.partition(" ")[0].upper()
            handle = {
                "EHLO": self._ehlo,
                "STARTTLS": self._starttls,
                "AUTH": self._auth,
                "MAIL": self._mail,
                "RCPT": self._rcpt,
                "DATA": self._data,
                "RSET": self._rset,
                "QUIT": self._quit,
            }.get(verb)
            if handle is None:
                await self._say("502 5.5.1 not known here")
            else:
                await handle(text)

    async def _ehlo(self, text: str) -> None:
        del text
        offers = [offer for offer in self._server.offers if offer != "STARTTLS" or not self._encrypted]
        lines = ["mail.test", *offers]
        await self._answer("ehlo", "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines))

    async def _starttls(self, text: str) -> None:
        del text
        await self._answer("starttls", "220 go ahead")
        assert self._server.context is not None
        await self._writer.start_tls(self._server.context)
        self._encrypted = True

    async def _auth(self, text: str) -> None:
        parts = text.split(" ")
        if len(parts) == 3 and parts[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(parts[2]).decode().split("\0")
            known = self._server.users.get(user) == password
            await self._answer("auth", "235 2.7.0 welcome" if known else "535 5.7.8 no such user or password")
        else:
            await self._answer("auth", "504 5.5.4 only PLAIN")

    async def _mail(self, text: str) -> None:
        self._sender, self._recipients = _address(text), []
        await self._answer("mail", "250 2.1.0 ok")

    async def _rcpt(self, text: str) -> None:
        if await self._answer("rcpt", "250 2.1.5 ok"):
            self._recipients.append(_address(text))

    async def _rset(self, text: str) -> None:
        del text
        self._recipients = []
        await self._answer("rset", "250 2.0.0 ok")

    async def _quit(self, text: str) -> None:
        del text
        await self._say("221 2.0.0 bye")
        raise _Over

    async def _data(self, text: str) -> None:
        del text
        if not await self._answer("data", "354 go on"):
            return
        lines: list[bytes] = []
        while True:
            line = await self._reader.readline()
            if not line:
                raise _Over
            if not lines and (step := self._server.step("body")) is not None:
                await self._do(step, "")
            if line == b".\r\n" or (self._server.careless and line == b".\n"):
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        if not await self._passes("end"):
            return
        self._server.take(TakenMail(sender=self._sender, recipients=tuple(self._recipients), content=b"".join(lines)))
        await self._answer("taken", f"250 2.0.0 queued as {len(self._server.taken)}")

    async def _passes(self, phase: Phase) -> bool:
        """Let the plan have its way before something happens; tell whether it does happen."""
        step = self._server.step(phase)
        if step is None:
            return True
        await self._do(step, "")
        return isinstance(step, Hold | Slowly)

    async def _answer(self, phase: Phase, usual: str) -> bool:
        """Answer as planned, or as usual; tell whether it was as usual."""
        step = self._server.step(phase)
        if step is None:
            await self._say(usual)
            return True
        await self._do(step, usual)
        if isinstance(step, Hold):
            await self._say(usual)
        return isinstance(step, Hold | Slowly)

    async def _do(self, step: Step, usual: str) -> None:
        match step:
            case str():
                await self._say(step)
                if step.startswith("421"):
                    raise _Over
            case Drop():
                raise _Over
            case Hang():
                await asyncio.Event().wait()
            case Garbage(text):
                self._writer.write(text)
                await self._writer.drain()
            case Slowly(pause):
                for byte in f"{usual}\r\n".encode() if usual else b"":
                    self._writer.write(bytes([byte]))
                    await asyncio.sleep(pause)
            case Hold():
                step.reached.set()
                await step.go.wait()

    async def _say(self, text: str) -> None:
        self._writer.write(f"{text}\r\n".encode())
        await self._writer.drain()


def _address(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
