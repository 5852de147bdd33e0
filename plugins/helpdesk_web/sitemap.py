"""All pages of a site: those of this plugin and those that others bring, each at an address of its own."""

from helpdesk_web.channel import WebChannel
from helpdesk_web.hookspecs import WebHooks
from helpdesk_web.pages import account, dev_mail, health, registration, signing_in, start, tickets
from helpdesk_web.routing import Route, judge


def site_map(channel: WebChannel) -> tuple[Route, ...]:
    """Return all pages.

    Raises:
        ConfigurationError: Two have one address; names both plugins.
    """
    helpdesk = channel.helpdesk
    parts = (start, registration, signing_in, tickets, account, health, *((dev_mail,) if helpdesk.demo else ()))
    own = [("helpdesk_web", route) for part in parts for route in part.routes(channel)]
    others = helpdesk.plugins.collect(WebHooks.helpdesk_web_routes, Route, helpdesk)
    pages = [*own, *((each.plugin, each.value) for each in others)]
    judge(pages)
    return tuple(route for _, route in pages)
