"""What stands around every page, and the panels that others put on it: values into HTML. Reads no database itself."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from babel import Locale
from markupsafe import Markup

from helpdesk_core import Site
from helpdesk_core.text import Words
from helpdesk_web.exchange import Page, Request
from helpdesk_web.routing import MenuEntry, Panel
from helpdesk_web.settings import Contact, FooterLink
from helpdesk_web.static import Assets
from helpdesk_web.views import LinkView, NoticeView, PageView, PanelView, PersonView, SiteView

logger = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Seconds that a panel may take before the page goes without it."""


class Frame:
    """Puts the pages of one site into their frame.

    Attributes:
        languages: Tag and own name of each language of the site.
    """

    def __init__(
        self,
        site: Site,
        assets: Assets,
        *,
        contact: Contact,
        footer: Sequence[FooterLink],
        logo: str,
        menu: Sequence[MenuEntry],
        panels: Sequence[Panel],
    ) -> None:
        self._site = site
        self._assets = assets
        self._contact = contact
        self._footer = tuple(footer)
        self._logo = logo
        self._menu = tuple(menu)
        self._panels = tuple(panels)
        self.languages = tuple((tag, _own_name(tag)) for tag in site.spoken)

    def html(self, request: Request, page: Page, notices: Sequence[NoticeView] = ()) -> str:
        """Return a page as HTML.

        Args:
            request: What it answers.
            page: The page.
            notices: Sentences of the page before, above the page's own.
        """
        return request.words.render(
            page.template,
            site=self._site_view(request.words),
            page=self._page_view(request, page, notices),
            words=request.words,
            asset=self._assets.address,
            now=request.now,
            view=page.view,
        )

    async def panels(self, slot: str, request: Request, subject: Any) -> tuple[PanelView, ...]:
        """Return the panels of a slot that the reader may see; one that fails is left out."""
        shown = []
        for panel in self._panels:
            if panel.slot == slot and panel.see.allows(request.person):
                body = await self._body(panel, request, subject)
                if body is not None:
                    shown.append(PanelView(name=panel.name, label=request.words.gettext(panel.label), body=body))
        return tuple(shown)

    async def _body(self, panel: Panel, request: Request, subject: Any) -> Markup | None:
        try:
            async with asyncio.timeout(PATIENCE):
                view = await panel.load(request, subject)
            if view is None:
                return None
            words = request.words
            text = words.render(panel.template, view=view, words=words, now=request.now, asset=self._assets.address)
        except Exception:  # A plugin may fail in any way; the page of somebody else must not suffer for it.
            logger.exception("panel failed", extra={"panel": panel.name})
            return None
        return Markup(text)  # noqa: S704 - templates escape what they are given

    def _site_view(self, words: Words) -> SiteView:
        contact = self._contact
        phone = ", ".join(filter(None, (contact.phone, words.gettext(contact.hours) if contact.hours else "")))
        return SiteView(
            name=self._site.name,
            url=self._site.url,
            footer=tuple((words.gettext(link.label), link.href) for link in self._footer),
            support_email=contact.email or None,
            offers_email=contact.offers or None,
            phone=phone or None,
            logo=self._logo,
        )

    def _page_view(self, request: Request, page: Page, notices: Sequence[NoticeView]) -> PageView:
        person = request.person
        return PageView(
            path=request.path,
            language=request.words.language,
            csrf=request.csrf,
            form_key=request.form_key,
            # Without a token no form would be taken: the switch is left out, as on the page of an error.
            languages=self.languages if request.csrf else (),
            person=PersonView(
                name=person.name or person.email,
                email=person.email,
                is_agent=person.is_agent,
                confirmed=person.confirmed,
            )
            if person
            else None,
            menu=self._menu_of(request),
            notices=(*notices, *page.notices),
            title=page.title,
        )

    def _menu_of(self, request: Request) -> tuple[LinkView, ...]:
        here = urlsplit(request.path).path
        entries = [entry for entry in self._menu if entry.see.allows(request.person)]
        nearest = max((entry.path for entry in entries if _is_below(here, entry.path)), key=len, default="")
        return tuple(
            LinkView(label=request.words.gettext(entry.label), href=entry.path, current=entry.path == nearest)
            for entry in entries
        )


def _is_below(here: str, path: str) -> bool:
    return here == path or here.startswith(f"{path}/")


def _own_name(tag: str) -> str:
    """Return what a language calls itself."""
    locale = Locale.parse(tag, sep="-")
    name = locale.get_display_name(locale) or tag
    return name[:1].upper() + name[1:]
