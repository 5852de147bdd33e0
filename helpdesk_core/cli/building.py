"""Building the site a command is for, and running its asynchronous part until it ends or is told to."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import click
import msgspec

from helpdesk_core.cli import reference_of
from helpdesk_core.errors import ConfigurationError, HelpdeskError
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.site import load_site

T = TypeVar("T")


class NotMigrated(HelpdeskError):
    """The database is older than the code."""

    code = "not-migrated"


def build(ctx: click.Context) -> Helpdesk:
    """Return the Helpdesk of the site named on the command line, built once for a command.

    Raises:
        ConfigurationError: No site is named, or it does not fit.
    """
    root = ctx.find_root()
    if not isinstance(root.obj, Helpdesk):
        root.obj = Helpdesk(load_site(_reference(ctx)))
    return root.obj


def build_demo(ctx: click.Context, url: str | None) -> Helpdesk:
    """Return the Helpdesk as a demonstration: nothing leaves the machine, and changed templates are seen at once.

    Args:
        ctx: The command.
        url: The address of the demonstration; None leaves that of the site.

    Raises:
        ConfigurationError: No site is named, or it does not fit.
    """
    site = load_site(_reference(ctx))
    if url is not None:
        site = msgspec.structs.replace(site, url=url)
    return Helpdesk(site, demo=True, reload=True)


async def require_migrated(helpdesk: Helpdesk) -> None:
    """Stop a command on an old database.

    Raises:
        NotMigrated: Migrations wait.
        DatabaseIsNewer: The database is ahead of the code.
    """
    waiting = await count_waiting(helpdesk)
    if waiting:
        raise NotMigrated(
            "the database is not ready, %(waiting)s changes to it wait; run `helpdesk --site … migrate` first",
            waiting=waiting,
        )


async def count_waiting(helpdesk: Helpdesk) -> int:
    """Return how many migrations wait.

    Raises:
        DatabaseIsNewer: The database is ahead of the code.
    """
    from helpdesk_core.db.migrations import plan

    return sum(len(names) for names in (await plan(helpdesk.database, helpdesk.apps)).values())


def open_and_run(ctx: click.Context, work: Callable[[Helpdesk], Awaitable[T]]) -> T:
    """Open the site of this command, run the work, close the site.

    Raises:
        NotMigrated: Its database is not ready.
    """
    helpdesk = build(ctx)

    async def run() -> T:
        await helpdesk.start()
        try:
            await require_migrated(helpdesk)
            await helpdesk.identify()
            return await work(helpdesk)
        finally:
            await helpdesk.close()

    return asyncio.run(run())


def run_until_told(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGTERM or SIGINT, then let the work end in order; a second signal ends the process at once."""

    async def run() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        told = False

        def stop(number: int) -> None:
            nonlocal told
            told = True
            loop.remove_signal_handler(number)
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)
        try:
            await main()
        except asyncio.CancelledError:
            if not told:
                raise
            task.uncancel()

    asyncio.run(run())


def _reference(ctx: click.Context) -> str:
    reference = reference_of(ctx)
    if not reference:
        raise ConfigurationError("no site is named; write `helpdesk --site MODULE …` or set HELPDESK_SITE")
    return reference
