"""A plugin whose hooks fit their specifications: a type checker has nothing to say."""

from collections.abc import Sequence
from datetime import timedelta

from helpdesk_core import Helpdesk, Job, Key, Plugin, TicketField, hookimpl

DUE = Key("right_due", str)


class Right(Plugin):
    """Contributes a field and a job."""

    @hookimpl
    def helpdesk_ticket_fields(self) -> Sequence[TicketField]:
        """A field."""
        return [TicketField(key=DUE, label="Due")]

    @hookimpl
    def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
        """A job."""

        async def sweep() -> None:
            await helpdesk.close()

        return [Job(name="right.sweep", every=timedelta(hours=1), run=sweep)]
