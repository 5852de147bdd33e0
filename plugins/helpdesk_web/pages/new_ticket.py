"""`/tickets/new`: one form, and before it is written what the customer is entitled to."""

import msgspec

from helpdesk_core import HelpdeskError, OpenTicket, TicketField, Writing
from helpdesk_core.tickets import NotEntitled, Verdict
from helpdesk_web.channel import WebChannel
from helpdesk_web.drafts import Brought
from helpdesk_web.exchange import Answer, Page, Redirect, Request
from helpdesk_web.fields import KEPT, Asked, field_view, filled, missing, read_fields, returned, with_errors
from helpdesk_web.patience import persistently
from helpdesk_web.routing import Access, Route
from helpdesk_web.sentences import sentence
from helpdesk_web.views import ChoiceView, FieldView, FormView, NoticeView, TicketNewPage

_ICONS = {"bug": "bug", "question": "help", "wish": "idea"}
"""Symbols of `icons.svg` for kinds that most sites have."""


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the page."""

    async def show(request: Request) -> Page:
        form = _with_kind(_form(channel, request), request.query.line("kind"))
        return await _page(channel, request, form)

    async def create(request: Request) -> Answer:
        return await _create(channel, request)

    return (Route(path="/tickets/new", access=Access.SIGNED_IN, get=show, post=create),)


def files_field(channel: WebChannel, request: Request) -> FieldView:
    """Return the field for files, with the limits of the site."""
    limits = channel.settings.limits
    return FieldView(
        name="files",
        label=request.words.gettext("Files"),
        type="files",
        most=limits.files,
        max_bytes=limits.file,
    )


def _with_kind(form: FormView, code: str) -> FormView:
    """Return the form with a kind chosen, if there is such a kind."""
    fields = tuple(
        msgspec.structs.replace(field, value=code)
        if field.name == "kind" and code in {choice.value for choice in field.choices}
        else field
        for field in form.fields
    )
    return msgspec.structs.replace(form, fields=fields)


async def _create(channel: WebChannel, request: Request) -> Answer:
    sent, words = request.form, request.words
    tickets = channel.helpdesk.tickets
    brought = await request.files()
    form = filled(_form(channel, request), sent, {"files": brought.views})
    kinds = tickets.settings.kinds
    kind = sent.line("kind") or (kinds[0].code if len(kinds) == 1 else "")
    fields = [field for field in _asked_fields(channel) if field.asked_for(kind)]
    asked = read_fields(fields, sent, words)
    errors = _errors(request, form, kind=kind, kinds={each.code for each in kinds}, brought=brought, asked=asked)
    if errors:
        return await _page(channel, request, with_errors(form, errors), status=422)
    command = OpenTicket(
        actor=request.actor,
        origin="web",
        once=sent.once,
        requester=request.account.id,
        kind=kind,
        subject=sent.line("subject"),
        writing=Writing(text=sent.text("text"), files=brought.new_files, language=words.language),
        values=asked.puts,
    )
    try:
        done = await persistently(lambda: tickets.open(command))
    except KEPT as error:
        return await _back(channel, request, form, error)
    await request.arrived(brought)
    text = words.gettext(
        "Your ticket #%(number)s has been created. A confirmation goes to %(email)s.",
        number=done.number,
        email=request.account.email,
    )
    return Redirect(f"/tickets/{done.number}", NoticeView(kind="ok", text=text))


async def _back(channel: WebChannel, request: Request, form: FormView, error: HelpdeskError) -> Page:
    """Return the form as it was sent; text and files are kept, also when the site says no."""
    if isinstance(error, NotEntitled):
        form = with_errors(form, {"": request.words.gettext("Your ticket was not created.")})
        notice = _notice(request, error.verdict)
        return _shown(form, notice, status=403)
    back = returned(form, error, request.words)
    return await _page(channel, request, back.form, status=back.status, retry_after=back.retry_after)


def _errors(
    request: Request, form: FormView, *, kind: str, kinds: set[str], brought: Brought, asked: Asked
) -> dict[str, str]:
    errors = missing(form, request.form, ("subject", "text"), request.words) | dict(asked.errors)
    if kind not in kinds:
        errors["kind"] = request.words.gettext("Please choose what it is about.")
    if brought.problem:
        errors["files"] = brought.problem
    return errors


async def _page(
    channel: WebChannel, request: Request, form: FormView, *, status: int = 200, retry_after: int = 0
) -> Page:
    return _shown(form, await _entitlement(channel, request), status=status, retry_after=retry_after)


def _shown(form: FormView, notice: NoticeView | None, *, status: int, retry_after: int = 0) -> Page:
    view = TicketNewPage(form=form, entitlement=notice)
    return Page(template="helpdesk_web/ticket_new.html", view=view, status=status, retry_after=retry_after)


async def _entitlement(channel: WebChannel, request: Request) -> NoticeView | None:
    """Return what is known before anything is written; nothing where everybody may open tickets."""
    question = OpenTicket(
        actor=request.actor,
        origin="web",
        once=request.form_key,
        requester=request.account.id,
        subject="",
        writing=Writing(text=""),
    )
    try:
        verdict = await channel.helpdesk.tickets.entitlement(question)
    except KEPT:
        # The form is worth more than this line; the question is asked again when it is sent.
        return None
    return _notice(request, verdict) if verdict.answers else None


def _notice(request: Request, verdict: Verdict) -> NoticeView:
    answer, words = verdict.answer, request.words
    parts = [sentence(words, answer.text, answer.values)]
    if answer.next_step:
        parts.append(sentence(words, answer.next_step, answer.values))
    match verdict.outcome:
        case "grant":
            return NoticeView(kind="ok" if answer.outcome == "grant" else "info", text=" ".join(parts))
        case "review":
            return NoticeView(kind="info", text=" ".join(parts))
        case "refuse":
            return NoticeView(kind="warn", text=" ".join(parts))


def _asked_fields(channel: WebChannel) -> list[TicketField]:
    return [field for field in channel.helpdesk.tickets.fields if field.ask and field.see == "customer"]


def _form(channel: WebChannel, request: Request) -> FormView:
    _ = request.words.gettext
    kinds = channel.helpdesk.tickets.settings.kinds
    cards = FieldView(
        name="kind",
        label=_("What is it about?"),
        type="radio",
        required=True,
        choices=tuple(
            ChoiceView(
                value=kind.code,
                label=_(kind.label),
                hint=_(kind.hint) if kind.hint else "",
                icon=_ICONS.get(kind.code, ""),
            )
            for kind in kinds
        ),
    )
    return FormView(
        name="ticket",
        action="/tickets/new",
        draft=True,
        fields=(
            *((cards,) if len(kinds) > 1 else ()),
            FieldView(
                name="subject",
                label=_("Subject"),
                required=True,
                max_length=250,
                hint=_("In a few words."),
                autocomplete="off",
            ),
            FieldView(
                name="text",
                label=_("Description"),
                type="textarea",
                rows=8,
                required=True,
                # Where the kinds say what to write, this would say it twice.
                hint=""
                if any(kind.hint for kind in kinds)
                else _("What did you do, what did you expect, what happened?"),
            ),
            *(field_view(field, request.words) for field in _asked_fields(channel)),
            files_field(channel, request),
        ),
    )
