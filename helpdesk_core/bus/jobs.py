"""Jobs and services: work that is due by the clock, and parts that run as long as the site runs."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is due again and again; one worker of the site does it at a time.

    Attributes:
        name: `plugin.purpose`, stable.
        every: Time between two starts.
        run: Opens its own units of work; must be repeatable, since a crash repeats it.
        budget: A run that takes longer is cut and counts as failed.
    """

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]
    budget: timedelta = timedelta(minutes=10)


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A long-running part, such as a mail poller; started again with a pause when it fails.

    Attributes:
        name: `plugin.purpose`, stable.
        run: Runs until it is cancelled.
        single: Whether only one process of the site may run it at a time (by a lease in the database).
        role: Which kind of process runs it where they are apart: `web` or `worker`.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    single: bool = False
    role: Literal["web", "worker"] = "worker"
