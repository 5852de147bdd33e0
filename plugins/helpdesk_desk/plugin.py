"""The plugin `Desk`: the agents' workspace at `/desk`.

What it shows is imported when its hooks are called, so that naming it loads no page.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from helpdesk_core import N_, Helpdesk, Plugin, hookimpl

if TYPE_CHECKING:
    from helpdesk_web.routing import MenuEntry, Route


class Desk(Plugin):
    """The agents' workspace.

    Attributes:
        page_size: Tickets on a page of a list.
    """

    page_size: int = 25
    requires: ClassVar[tuple[str, ...]] = ("helpdesk_web",)

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_routes(self, helpdesk: Helpdesk) -> "Sequence[Route]":
        """The pages of the desk."""
        from helpdesk_desk.pages import Pages

        return Pages(helpdesk, page_size=self.page_size).routes()

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_menu(self, helpdesk: Helpdesk) -> "Sequence[MenuEntry]":
        """The way into the desk."""
        from helpdesk_web.routing import Access, MenuEntry

        del helpdesk
        return [MenuEntry(label=N_("Workspace"), path="/desk", see=Access.AGENT)]
