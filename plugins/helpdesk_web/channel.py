"""The web channel of one site: what its pages share. Made once, when the site is built; opens nothing."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from helpdesk_core import ConfigurationError, Helpdesk
from helpdesk_core.text import N_
from helpdesk_web.colours import lightened
from helpdesk_web.drafts import Drafts
from helpdesk_web.frame import Frame
from helpdesk_web.hookspecs import WebHooks
from helpdesk_web.routing import Access, MenuEntry, Panel
from helpdesk_web.sessions import Sessions
from helpdesk_web.static import Assets

if TYPE_CHECKING:
    from helpdesk_web.plugin import Web

OWN_MENU = (
    MenuEntry(label=N_("New ticket"), path="/tickets/new", see=Access.SIGNED_IN),
    MenuEntry(label=N_("My tickets"), path="/tickets", see=Access.SIGNED_IN),
    MenuEntry(label=N_("Help"), path="/help", see=Access.PUBLIC),
)


class WebChannel:
    """What the pages of one site share.

    Attributes:
        helpdesk: The running site.
        settings: The plugin, as the site names it.
        encrypted: Whether the site's public address is `https`.
        host: Host and port of the site's public address.
        sessions, drafts, assets, frame: See there.
    """

    def __init__(self, helpdesk: Helpdesk, settings: "Web") -> None:
        """Put it together.

        Raises:
            ConfigurationError: Something does not fit: the address, a static file, an entry or a panel of a plugin.
        """
        parts = urlsplit(helpdesk.site.url)
        if parts.path not in ("", "/"):
            raise ConfigurationError(
                "Site.url is %(url)r, but the web channel serves a whole host; leave out %(path)r",
                url=helpdesk.site.url,
                path=parts.path,
            )
        self.helpdesk = helpdesk
        self.settings = settings
        self.encrypted = parts.scheme == "https"
        self.host = parts.netloc
        self.sessions = Sessions(helpdesk, settings.lifetimes)
        self.drafts = Drafts(helpdesk, settings.limits)
        self.assets = Assets(
            helpdesk.site.package,
            (plugin.name for plugin in helpdesk.site.plugins),
            {"site.css": _colours(settings).encode()},
        )
        if settings.logo and settings.logo not in self.assets:
            raise ConfigurationError("Web.logo: there is no %(logo)r in the site's folder static/", logo=settings.logo)
        menu = helpdesk.plugins.collect(WebHooks.helpdesk_web_menu, MenuEntry, helpdesk)
        panels = helpdesk.plugins.collect(WebHooks.helpdesk_web_panels, Panel, helpdesk)
        self.frame = Frame(
            helpdesk.site,
            self.assets,
            contact=settings.contact,
            footer=settings.footer,
            logo=settings.logo,
            menu=(*OWN_MENU, *(each.value for each in menu)),
            panels=tuple(each.value for each in panels),
        )


def _colours(settings: "Web") -> str:
    dark = settings.accent_dark or lightened(settings.accent)
    return f":root {{ --accent: {settings.accent}; --accent-dark: {dark}; }}\n"
