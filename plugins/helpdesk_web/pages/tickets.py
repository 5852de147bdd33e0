"""`/tickets`, `/tickets/NUMBER` and `/files/ID`: what a customer asked, and what was answered."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from helpdesk_core import ChangeState, HelpdeskError, NotFound, Reply, Writing
from helpdesk_core.tickets import STATUSES, Action, Done, TicketHead, TicketQuery, TicketView
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Download, Page, Redirect, Request
from helpdesk_web.fields import KEPT, filled, returned, with_errors
from helpdesk_web.pages import new_ticket
from helpdesk_web.pages.showing import entries_of, people_of, row_of
from helpdesk_web.patience import persistently
from helpdesk_web.routing import Access, Route
from helpdesk_web.views import (
    FactView,
    FieldView,
    FormView,
    NoticeView,
    PagesView,
    TabView,
    TicketPage,
    TicketsPage,
    customer_state,
)

ROWS: Final = 25
"""Tickets on one page of a list."""

SEARCHED: Final = 1000
"""Tickets of one customer that a search looks through, last changed first."""

_LONGEST_TRAIL: Final = 40

_TABS: Final = {"waiting": ("waiting",), "open": ("new", "open"), "solved": ("solved", "closed"), "all": ()}


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""
    read = channel.helpdesk.tickets.read

    async def list_(request: Request) -> Answer:
        return await _list(channel, request)

    async def show(request: Request) -> Answer:
        view = await read.view(request.viewer, request.params["number"])
        if view.head.number != request.params["number"]:
            return Redirect(f"/tickets/{view.head.number}")
        return await _ticket_page(channel, request, view, _answer_form(channel, request, view))

    async def answer(request: Request) -> Answer:
        return await _answer(channel, request)

    async def file(request: Request) -> Download:
        return await _file(channel, request)

    async def picture(request: Request) -> Download:
        return await _file(channel, request, picture=True)

    return (
        Route(path="/tickets", access=Access.SIGNED_IN, get=list_),
        *new_ticket.routes(channel),
        Route(path="/tickets/{number}", access=Access.SIGNED_IN, get=show, post=answer),
        Route(path="/files/{file}", access=Access.SIGNED_IN, get=file),
        Route(path="/files/{file}/picture", access=Access.SIGNED_IN, get=picture),
    )


# --- the list ---------------------------------------------------------------------------------------------------------


async def _list(channel: WebChannel, request: Request) -> Answer:
    read = channel.helpdesk.tickets.read
    chosen = request.query.line("tab")
    tab = chosen if chosen in _TABS else "all"
    wanted = request.query.line("q").lstrip("#")[:200]
    if wanted:
        return await _search(channel, request, wanted)
    counts = {name: await read.count(request.viewer, _query(request, codes)) for name, codes in _TABS.items()}
    trail = request.query.all("after")[:_LONGEST_TRAIL]
    page = await read.list(request.viewer, _query(request, _TABS[tab]), after=trail[-1] if trail else None, limit=ROWS)
    first = len(trail) * ROWS + 1
    pages = PagesView(
        first=first,
        last=first + len(page.tickets) - 1,
        total=counts[tab],
        previous=_address(tab, trail[:-1]) if trail else "",
        next=_address(tab, (*trail, page.after)) if page.after else "",
    )
    view = TicketsPage(
        tabs=_tabs(request, counts, tab),
        rows=tuple(row_of(head, request) for head in page.tickets),
        none_at_all=counts["all"] == 0,
        pages=pages,
    )
    return Page(template="helpdesk_web/tickets.html", view=view)


async def _search(channel: WebChannel, request: Request, wanted: str) -> Answer:
    """Look for words in the subjects and numbers of the reader's own tickets; a whole number leads to its ticket."""
    read = channel.helpdesk.tickets.read
    try:
        return Redirect(f"/tickets/{(await read.view(request.viewer, wanted)).head.number}")
    except NotFound:
        words = wanted.casefold().split()
    page = await read.list(request.viewer, _query(request, ()), limit=SEARCHED)
    found = [head for head in page.tickets if _fits(head, words)]
    view = TicketsPage(
        tabs=_tabs(request, None, ""),
        rows=tuple(row_of(head, request) for head in found[:ROWS]),
        query=wanted,
        pages=PagesView(first=1, last=min(len(found), ROWS), total=len(found)),
    )
    return Page(template="helpdesk_web/tickets.html", view=view)


def _fits(head: TicketHead, words: list[str]) -> bool:
    text = f"{head.number} {head.subject}".casefold()
    return all(word in text for word in words)


def _query(request: Request, statuses: tuple[str, ...]) -> TicketQuery:
    """Return the question for this list; an agent's own tickets are those they opened as a customer."""
    return TicketQuery(statuses=statuses, requester=request.account.id if request.account.is_agent else None)


def _tabs(request: Request, counts: dict[str, int] | None, current: str) -> tuple[TabView, ...]:
    _ = request.words.gettext
    labels = {"waiting": _("Waiting for you"), "open": _("Open"), "solved": _("Solved"), "all": _("All")}
    return tuple(
        TabView(
            label=label,
            href=_address(name, ()),
            count=counts[name] if counts and name != "all" else None,
            current=name == current,
        )
        for name, label in labels.items()
    )


def _address(tab: str, trail: tuple[str, ...]) -> str:
    return "/tickets?" + urlencode([("tab", tab), *(("after", mark) for mark in trail)])


# --- one ticket -------------------------------------------------------------------------------------------------------


async def _ticket_page(
    channel: WebChannel,
    request: Request,
    view: TicketView,
    answer: FormView | None,
    *,
    status: int = 200,
    retry_after: int = 0,
) -> Page:
    _, head = request.words.gettext, view.head
    names = await channel.helpdesk.accounts.find_many(people_of(view))
    kind = channel.helpdesk.tickets.settings.kind(head.kind)
    shown = TicketPage(
        number=head.number,
        subject=head.subject,
        state=customer_state(head.status, _),
        state_sentence=_state_sentence(request, head),
        opened_at=head.opened_at,
        entries=entries_of(view, request, names),
        answer=answer,
        may_solve=Action.SETTLE in view.actions and not _is_over(head),
        facts=(FactView(label=_("Type of ticket"), value=_(kind.label)),) if kind else (),
        participants=tuple(each.name or each.address for each in view.participants if each.state == "active"),
        panels=await request.panels("ticket", view),
    )
    return Page(template="helpdesk_web/ticket.html", view=shown, status=status, retry_after=retry_after)


async def _answer(channel: WebChannel, request: Request) -> Answer:
    _, sent = request.words.gettext, request.form
    view = await channel.helpdesk.tickets.read.view(request.viewer, request.params["number"])
    brought = await request.files()
    form = _answer_form(channel, request, view)
    form = filled(form, sent, {"files": brought.views}) if form else None
    if form and brought.problem:
        form = with_errors(form, {"files": brought.problem})
        return await _ticket_page(channel, request, view, form, status=422)
    solved = sent.line("then") == "solved"
    writing = Writing(text=sent.text("text"), files=brought.new_files, language=request.words.language)

    async def work() -> Done:
        tickets = channel.helpdesk.tickets
        if solved and not writing.text.strip() and not writing.files:
            settle = ChangeState(
                actor=request.actor, origin="web", once=sent.once, ticket=view.head.id, status="solved"
            )
            return await tickets.change_state(settle)
        reply = Reply(
            actor=request.actor,
            origin="web",
            once=sent.once,
            ticket=view.head.id,
            writing=writing,
            status="solved" if solved else None,
        )
        return await tickets.reply(reply)

    try:
        done = await persistently(work)
    except KEPT as error:
        return await _back(channel, request, view, form, error)
    await request.arrived(brought)
    place = f"#message-{done.message}" if done.message else ""
    text = _("Your reply has been sent.") if done.message else _("This ticket is solved now.")
    return Redirect(f"/tickets/{done.number}{place}", NoticeView(kind="ok", text=text))


async def _back(
    channel: WebChannel, request: Request, view: TicketView, form: FormView | None, error: HelpdeskError
) -> Page:
    """Return the ticket with the form as it was sent, and what is wrong with it."""
    if form is None:
        raise error
    back = returned(form, error, request.words)
    return await _ticket_page(channel, request, view, back.form, status=back.status, retry_after=back.retry_after)


def _answer_form(channel: WebChannel, request: Request, view: TicketView) -> FormView | None:
    """Return the form for a reply, None when the reader may not write here."""
    if Action.REPLY not in view.actions:
        return None
    text = FieldView(name="text", label=request.words.gettext("Your reply"), type="textarea", rows=5, required=True)
    return FormView(
        name="answer",
        action=f"/tickets/{view.head.number}",
        fields=(text, new_ticket.files_field(channel, request)),
        draft=True,
    )


def _state_sentence(request: Request, head: TicketHead) -> str:
    """Return who acts next, in a sentence."""
    _ = request.words.gettext
    if head.status == "open" and head.assignee_name:
        return _("%(name)s is taking care of it.", name=head.assignee_name)
    sentences = {
        "new": _("We have received your ticket."),
        "open": _("We are taking care of it."),
        "waiting": _("We are waiting for your answer."),
        "solved": _("This ticket is solved."),
        "closed": _("This ticket is closed."),
    }
    return sentences.get(head.status, "")


def _is_over(head: TicketHead) -> bool:
    return head.status in STATUSES and STATUSES[head.status].over


async def _file(channel: WebChannel, request: Request, *, picture: bool = False) -> Download:
    try:
        key = UUID(request.params["file"])
    except ValueError:
        raise NotFound("There is no such file.") from None
    helpdesk = channel.helpdesk
    attachment = await helpdesk.tickets.read.attachment(request.viewer, key)
    assert attachment.blob is not None, "the reader gives out no erased files"
    return Download(name=attachment.name, content=await helpdesk.files.get(attachment.blob), picture=picture)
