"""`/`, `/help` and the texts of a site, and the switch of the language."""

from markupsafe import Markup

from helpdesk_core import NotFound
from helpdesk_core.accounts import UpdateProfile
from helpdesk_core.errors import Changed
from helpdesk_core.text import N_
from helpdesk_core.tickets import TicketQuery
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Data, Page, Request, Translated
from helpdesk_web.pages.showing import row_of
from helpdesk_web.redirects import own_path
from helpdesk_web.routing import Access, Handler, Route
from helpdesk_web.views import HelpPage, NoticeView, StartPage, TicketRow

RECENT = 3
"""Tickets that the start page shows to their customer."""

TEXTS = (
    ("imprint", N_("Imprint")),
    ("privacy", N_("Privacy notice")),
    ("accessibility", N_("Accessibility")),
)
"""Pages of which a site brings the text as `templates/pages/NAME.html`; without one the page does not exist."""

ROBOTS = b"User-agent: *\nDisallow: /\nAllow: /$\nAllow: /help\nAllow: /static/\n"


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def start(request: Request) -> Page:
        known = channel.settings.known_problem
        problem = NoticeView(kind="warn", text=request.words.gettext(known)) if known else None
        recent: tuple[TicketRow, ...] = ()
        if request.person is not None:
            query = TicketQuery(requester=request.person.id)
            page = await channel.helpdesk.tickets.read.list(request.viewer, query, limit=RECENT)
            recent = tuple(row_of(head, request) for head in page.tickets)
        return Page(template="helpdesk_web/start.html", view=StartPage(recent=recent, known_problem=problem))

    async def help_(request: Request) -> Page:
        return Page(template="helpdesk_web/help.html", view=HelpPage(body=_text(request, "help")))

    async def language(request: Request) -> Answer:
        spoken = channel.helpdesk.site.spoken
        wanted = request.form.line("language")
        chosen = wanted if wanted in spoken else channel.helpdesk.site.language
        if request.person is not None and request.person.language != chosen:
            await _remember(channel, request, chosen)
        return Translated(chosen, own_path(request.form.line("back")))

    async def robots(request: Request) -> Data:
        del request
        return Data(content=ROBOTS)

    return (
        Route(path="/", access=Access.PUBLIC, get=start),
        Route(path="/help", access=Access.PUBLIC, get=help_),
        Route(path="/language", access=Access.PUBLIC, post=language),
        Route(path="/robots.txt", access=Access.PUBLIC, get=robots),
        *(Route(path=f"/{name}", access=Access.PUBLIC, get=_site_text(name, title)) for name, title in TEXTS),
    )


def _site_text(name: str, title: str) -> Handler:
    async def show(request: Request) -> Page:
        body = _text(request, name)
        if body is None:
            raise NotFound("There is no such page.")
        heading = request.words.gettext(title)
        return Page(template="helpdesk_web/help.html", view=HelpPage(body=body), title=heading)

    return show


def _text(request: Request, name: str) -> Markup | None:
    """Return a text of the site, which is a template of its own making."""
    words, template = request.words, f"pages/{name}.html"
    if not words.has(template):
        return None
    return Markup(words.render(template, words=words, now=request.now))  # noqa: S704 - the site's own HTML


async def _remember(channel: WebChannel, request: Request, language: str) -> None:
    person = request.account
    try:
        await channel.helpdesk.accounts.update_profile(
            UpdateProfile(
                actor=request.actor,
                origin="web",
                once=request.form.once,
                person_id=person.id,
                version=person.version,
                language=language,
            )
        )
    except Changed:
        # Somebody changed the profile at this moment; the cookie speaks for this browser, and the page shows it.
        return
