"""A channel that sends nothing, remembers everything and answers as it is told."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from helpdesk_core.bus import Outcome, OutgoingMessage, Parcel, Sent, Uncertain

Mark = Callable[[], Awaitable[None]]
Step = Outcome | Callable[[Parcel, Mark], Awaitable[Outcome]]


class RecordingChannel:
    """A `Channel` for tests.

    Without a script every parcel is taken. A script says what becomes of the tries to come, one step for each: an
    outcome, or an async function that is called like `Channel.send`.

        channel = RecordingChannel()
        channel.script(Retry("450 try later"), Uncertain("no answer"), channel.take)

    `Sent` and `Uncertain` pass the point of no return and count as taken (the worse case); `Retry` and `Failed` do
    neither.

    Attributes:
        name: Its name.
        rendered: Every message it was asked to render.
        tries: Every parcel it was asked to send, in order.
        taken: Every parcel the other side has got, in order: what a person would find in their mailbox.
    """

    def __init__(self, name: str = "email") -> None:
        self.name = name
        self.rendered: list[OutgoingMessage] = []
        self.tries: list[Parcel] = []
        self.taken: list[Parcel] = []
        self._script: deque[Step] = deque()
        self._moved = asyncio.Event()

    def script(self, *steps: Step) -> None:
        """Say what becomes of the next tries, after those already said."""
        self._script.extend(steps)

    async def render(self, message: OutgoingMessage) -> bytes:
        """Return the subject and the text."""
        self.rendered.append(message)
        return f"Subject: {message.subject}\n\n{message.text}".encode()

    async def send(self, parcel: Parcel, mark: Mark) -> Outcome:
        """Do what the script says, or take the parcel."""
        self.tries.append(parcel)
        self._move()
        step: Step = self._script.popleft() if self._script else self.take
        if callable(step):
            return await step(parcel, mark)
        if isinstance(step, Sent | Uncertain):
            await mark()
            self.taken.append(parcel)
            self._move()
        return step

    async def take(self, parcel: Parcel, mark: Mark) -> Outcome:
        """Take a parcel: the step of a channel that works."""
        await mark()
        self.taken.append(parcel)
        self._move()
        return Sent("250 taken")

    async def until(self, *, tries: int = 0, taken: int = 0, seconds: float = 10) -> None:
        """Wait until so many tries were begun and so many parcels taken.

        Raises:
            TimeoutError: They were not, in so many seconds.
        """
        async with asyncio.timeout(seconds):
            while len(self.tries) < tries or len(self.taken) < taken:
                self._moved.clear()
                await self._moved.wait()

    def _move(self) -> None:
        self._moved.set()


class Hold:
    """A step that waits until it is let go, before or after the parcel was taken.

        hold = Hold(channel, taken=True)
        channel.script(hold)
        ...
        await hold.reached.wait()

    Args:
        channel: The channel.
        taken: Whether it waits after the other side took the parcel, or before the mark.

    Attributes:
        reached: Set when a try waits here.
        go: Set it to let the try go on.
    """

    def __init__(self, channel: RecordingChannel, *, taken: bool) -> None:
        self._channel = channel
        self._taken = taken
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, parcel: Parcel, mark: Mark) -> Outcome:
        """Wait at the chosen point of a try that succeeds."""
        if self._taken:
            outcome = await self._channel.take(parcel, mark)
            self.reached.set()
            await self.go.wait()
            return outcome
        self.reached.set()
        await self.go.wait()
        return await self._channel.take(parcel, mark)
