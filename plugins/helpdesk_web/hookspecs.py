"""The hooks of the web channel: what other plugins may put on its pages. This file is their reference.

A plugin implements them as methods marked with `@hookimpl(of="helpdesk_web")` and imports the types inside the
method, so that a site without this plugin loads nothing of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpdesk_core.hookspecs import hookspec
from helpdesk_web.routing import MenuEntry, Panel, Route

if TYPE_CHECKING:
    from helpdesk_core import Helpdesk


class WebHooks:
    """The hooks of the web channel."""

    __slots__ = ()

    @hookspec
    def helpdesk_web_routes(self, helpdesk: "Helpdesk") -> Sequence[Route]:
        """Pages: an address, who may open it, and what it answers.

        When: once, when the site is built. Two plugins with one address, or one of this plugin's own, are an error
        that names both.
        Failing: an exception of a page becomes an error page with a number, and a line in the log.
        Smallest example: `return [Route(path="/hello", access=Access.PUBLIC, get=hello)]`
        Shipped user: `helpdesk_desk`.
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_web_menu(self, helpdesk: "Helpdesk") -> Sequence[MenuEntry]:
        """Entries of the main menu, after this plugin's own, in the order of the site.

        When: once, when the site is built.
        Smallest example: `return [MenuEntry(label=N_("Workspace"), path="/desk", see=Access.AGENT)]`
        Shipped user: `helpdesk_desk`.
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_web_panels(self, helpdesk: "Helpdesk") -> Sequence[Panel]:
        """Small parts of pages that others own, such as what a contract says beside a ticket.

        When: once, when the site is built; `load` is called for each page that has the panel's slot.
        Failing or longer than two seconds: the page is shown without the panel, and the log says so.
        Smallest example: `return [Panel(name="my_plugin.hello", slot="account", label=N_("Hello"),
        see=Access.SIGNED_IN, template="my_plugin/hello.html", load=hello)]`
        Shipped user: `helpdesk_contracts`.
        Since: 0.1
        """
        del helpdesk
        return ()
