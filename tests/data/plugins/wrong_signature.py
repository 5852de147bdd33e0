"""A plugin with two mistakes that a type checker finds before any site starts."""

from collections.abc import Sequence

from helpdesk_core import Helpdesk, Job, Plugin, hookimpl


class Wrong(Plugin):
    """Forgets an argument, and contributes the wrong thing."""

    @hookimpl
    def helpdesk_jobs(self) -> Sequence[Job]:
        """The argument is missing."""
        return ()

    @hookimpl
    def helpdesk_channels(self, helpdesk: Helpdesk) -> Sequence[Job]:
        """A job is no channel."""
        del helpdesk
        return ()
