"""The jobs of the core itself: what must be tidied up, however nobody looks."""

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_core.accounts import LONGEST_WINDOW
from helpdesk_core.bus import Job
from helpdesk_core.db import idempotency, rate_limits

if TYPE_CHECKING:
    from helpdesk_core.helpdesk import Helpdesk

KEEP_KEYS = timedelta(days=14)
"""How long a repeated form or mail is recognised by its key."""


def housekeeping(helpdesk: "Helpdesk") -> tuple[Job, ...]:
    """Return the jobs."""

    async def forget_keys() -> None:
        await idempotency.forget(helpdesk.clock.now() - KEEP_KEYS)
        await rate_limits.clean_up(helpdesk.clock.now() - LONGEST_WINDOW)

    async def forget_contents() -> None:
        await helpdesk.bus.forget_contents()

    async def sweep_files() -> None:
        await helpdesk.files.sweep(helpdesk.clock.now())

    return (
        Job(name="core.forget_keys", every=timedelta(hours=6), run=forget_keys),
        Job(name="core.forget_contents", every=timedelta(hours=1), run=forget_contents),
        Job(name="core.sweep_files", every=timedelta(hours=24), run=sweep_files),
        *helpdesk.accounts.jobs(),
    )
