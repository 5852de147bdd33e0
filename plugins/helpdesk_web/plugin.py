"""The customers' web channel: the plugin that a site names. Its fields are its settings.

Nothing of the server or of the pages is loaded with this module: what a hook needs is imported when it is called.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import quote

import msgspec

from helpdesk_core import AccountField, ConfigurationError, Job, Links, Plugin, Service, hookimpl
from helpdesk_web.colours import DARK, ENOUGH, LIGHT, is_colour, weakest
from helpdesk_web.settings import Contact, FooterLink, Lifetimes, Limits, Registration

if TYPE_CHECKING:
    from helpdesk_core import Helpdesk

__all__ = ["Contact", "FooterLink", "Lifetimes", "Limits", "Registration", "Web"]

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Web(Plugin):
    """The customers' web channel.

    Attributes:
        registration: What somebody is asked who makes an account.
        contact: Other ways to reach the vendor.
        footer: Links at the foot of every page, beside the help page.
        accent: The vendor's colour, as `#0b57a4`; texts and buttons must be readable in it.
        accent_dark: The same for dark pages; derived from `accent` when empty.
        logo: Name of a picture in the site's folder `static/`, shown beside the name.
        known_problem: A sentence at the top of the start page, for times of trouble (message id).
        limits: What forms may bring.
        lifetimes: How long somebody stays signed in.
        host: Address that the server listens on.
        port: Its port; without one the environment's `PORT`, else that of `Site.url`, else 8000. 0 takes a free one.
        trusted_proxies: Addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    """

    registration: Registration = Registration()
    contact: Contact = Contact()
    footer: tuple[FooterLink, ...] = ()
    accent: str = "#0b57a4"
    accent_dark: str = ""
    logo: str = ""
    known_problem: str = ""
    limits: Limits = Limits()
    lifetimes: Lifetimes = Lifetimes()
    host: str = "127.0.0.1"
    port: Port | None = None
    trusted_proxies: tuple[str, ...] = ()

    publishes: ClassVar[str] = "helpdesk_web.hookspecs:WebHooks"

    def validate(self) -> None:
        """Refuse colours that are none, or in which nobody could read."""
        for name, colour, grounds in (("accent", self.accent, LIGHT), ("accent_dark", self.accent_dark, DARK)):
            if not colour and name == "accent_dark":
                continue
            if not is_colour(colour):
                raise ConfigurationError(
                    "Web.%(name)s: %(colour)r is no colour; write it as #0b57a4", name=name, colour=colour
                )
            if (found := weakest(colour, grounds)) < ENOUGH:
                raise ConfigurationError(
                    "Web.%(name)s: text in %(colour)s cannot be read: its contrast is %(found).1f, it needs %(least)s. "
                    "Take a %(other)s colour",
                    name=name,
                    colour=colour,
                    found=found,
                    least=ENOUGH,
                    other="darker" if name == "accent" else "lighter",
                )

    @hookimpl
    def helpdesk_account_fields(self) -> Sequence[AccountField]:
        """What the registration form asks for."""
        return self.registration.fields

    @hookimpl
    def helpdesk_links(self, helpdesk: "Helpdesk") -> Sequence[Links]:
        """Where the pages are."""
        url = helpdesk.site.url.rstrip("/")
        desk = any(plugin.name == "helpdesk_desk" for plugin in helpdesk.site.plugins)
        return [
            Links(
                start=f"{url}/",
                sign_in=f"{url}/login",
                forgot=f"{url}/forgot",
                ticket=lambda number: f"{url}/tickets/{quote(number, safe='')}",
                confirm=lambda token: f"{url}/confirm/{token}",
                not_me=lambda token: f"{url}/confirm/{token}/not-me",
                reset=lambda token: f"{url}/reset/{token}",
                register=lambda token: f"{url}/register?m={quote(token, safe='')}" if token else f"{url}/register",
                desk_ticket=(lambda number: f"{url}/desk/tickets/{quote(number, safe='')}") if desk else None,
            )
        ]

    @hookimpl
    def helpdesk_services(self, helpdesk: "Helpdesk") -> Sequence[Service]:
        """The server. Its pages are put together now, so that what does not fit stops the start."""
        from helpdesk_web.channel import WebChannel
        from helpdesk_web.sitemap import site_map

        channel = WebChannel(helpdesk, self)
        routes = site_map(channel)

        async def run() -> None:
            from helpdesk_web.app import build_app
            from helpdesk_web.server import serve

            await serve(build_app(channel, routes), channel)

        return [Service(name="helpdesk_web.server", run=run, role="web")]

    @hookimpl
    def helpdesk_jobs(self, helpdesk: "Helpdesk") -> Sequence[Job]:
        """Old sessions and files of forms that nobody finished are let go."""
        from helpdesk_web.drafts import Drafts
        from helpdesk_web.sessions import Sessions

        return [
            Job(
                name="helpdesk_web.sessions",
                every=timedelta(hours=6),
                run=Sessions(helpdesk, self.lifetimes).sweep,
            ),
            Job(name="helpdesk_web.drafts", every=timedelta(hours=1), run=Drafts(helpdesk, self.limits).sweep),
        ]
