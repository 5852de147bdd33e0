"""`/_dev/mail`: what a demonstration would have sent, and mails as customers would write them.

These pages exist only where the Helpdesk runs as a demonstration; elsewhere the routes are not built. What is
written here goes through the real intake of mail.
"""

from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import format_datetime, make_msgid
from typing import Any
from uuid import UUID

from helpdesk_core import Invalid, NotFound
from helpdesk_core.accounts import addresses
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Data, Page, Redirect, Request, Sandboxed
from helpdesk_web.fields import filled, missing, returned, with_errors
from helpdesk_web.routing import Access, Route
from helpdesk_web.views import FieldView, FileView, FormView, NoticeView
from helpdesk_web.views.dev_mail import DevMailPage, DevMailsPage, SentMail

SHOWN = 100
"""Mails that the list shows, newest first."""

_PARSER = BytesParser(policy=default)


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def list_(request: Request) -> Page:
        return await _list(channel, request, _write_form(channel, request))

    async def write(request: Request) -> Answer:
        return await _write(channel, request)

    async def show(request: Request) -> Page:
        row, mail = await _mail(channel, request)
        return _page(row, mail, _answer_form(channel, request))

    async def answer(request: Request) -> Answer:
        return await _answer(channel, request)

    async def html(request: Request) -> Sandboxed:
        _, mail = await _mail(channel, request)
        return Sandboxed(_body(mail, "html"))

    async def source(request: Request) -> Data:
        row, _ = await _mail(channel, request)
        return Data(content=bytes(row["content"]), media_type="text/plain")

    return (
        Route(path="/_dev/mail", access=Access.PUBLIC, get=list_, post=write),
        Route(path="/_dev/mail/{mail}", access=Access.PUBLIC, get=show, post=answer),
        Route(path="/_dev/mail/{mail}/html", access=Access.PUBLIC, get=html),
        Route(path="/_dev/mail/{mail}/source", access=Access.PUBLIC, get=source),
    )


async def _list(channel: WebChannel, request: Request, form: FormView | None, *, status: int = 200) -> Page:
    pgettext = request.words.pgettext
    states = {"sent": pgettext("e-mail", "sent"), "failed": pgettext("e-mail", "not deliverable")}
    rows = await channel.helpdesk.database.fetch(
        'SELECT id, "to", content, created_at, state FROM helpdesk_core_delivery '
        "WHERE channel = 'email' AND content IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT {}",
        SHOWN,
    )
    mails = tuple(
        SentMail(
            href=f"/_dev/mail/{row['id']}",
            to=row["to"],
            subject=_subject(_PARSER.parsebytes(bytes(row["content"]), headersonly=True)),
            at=row["created_at"],
            state=states.get(row["state"], pgettext("e-mail", "not sent yet")),
        )
        for row in rows
    )
    view = DevMailsPage(mails=mails, write=form)
    return Page(template="helpdesk_web/dev_mails.html", view=view, status=status)


async def _write(channel: WebChannel, request: Request) -> Answer:
    sent, words = request.form, request.words
    form, intake = _write_form(channel, request), channel.helpdesk.intake
    if form is None or intake is None:
        raise NotFound("This site takes no mail.")
    form = filled(form, sent)
    errors = missing(form, sent, ("sender", "subject", "text"), words)
    if errors:
        return await _list(channel, request, with_errors(form, errors), status=422)
    try:
        sender = addresses.deliverable(sent.line("sender"))
    except Invalid as error:
        back = returned(form, Invalid(error.message, field="sender"), words)
        return await _list(channel, request, back.form, status=back.status)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = channel.settings.contact.email or f"support@{channel.helpdesk.site.host}"
    mail["Subject"] = sent.line("subject")
    await intake(_finished(channel, request, mail, sent.text("text")))
    return Redirect("/_dev/mail", _taken(request))


async def _answer(channel: WebChannel, request: Request) -> Answer:
    sent, intake = request.form, channel.helpdesk.intake
    row, original = await _mail(channel, request)
    form = _answer_form(channel, request)
    if form is None or intake is None:
        raise NotFound("This site takes no mail.")
    if errors := missing(form, sent, ("text",), request.words):
        return _page(row, original, with_errors(form, errors), status=422)
    subject, own_id = _subject(original), str(original["Message-ID"] or "")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = row["to"]
    mail["To"] = str(original["Reply-To"] or original["From"])
    mail["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    if own_id:
        mail["In-Reply-To"] = own_id
        mail["References"] = " ".join(filter(None, (str(original["References"] or ""), own_id)))
    quoted = "\n".join(f"> {line}" for line in _body(original, "plain").splitlines())
    await intake(_finished(channel, request, mail, f"{sent.text('text')}\n\n{quoted}\n"))
    return Redirect("/_dev/mail", _taken(request))


def _finished(channel: WebChannel, request: Request, mail: EmailMessage, text: str) -> bytes:
    mail["Date"] = format_datetime(request.now)
    mail["Message-ID"] = make_msgid(domain=channel.helpdesk.site.host)
    mail.set_content(text.replace("\r\n", "\n"))
    return mail.as_bytes()


def _taken(request: Request) -> NoticeView:
    return NoticeView(kind="ok", text=request.words.gettext("The e-mail was handed to the helpdesk."))


async def _mail(channel: WebChannel, request: Request) -> tuple[dict[str, Any], EmailMessage]:
    """Return the row of a mail and the mail itself.

    Raises:
        NotFound: There is none.
    """
    try:
        key = UUID(request.params["mail"])
    except ValueError:
        raise NotFound("There is no such mail.") from None
    rows = await channel.helpdesk.database.fetch(
        'SELECT id, "to", content, created_at FROM helpdesk_core_delivery '
        "WHERE id = {} AND channel = 'email' AND content IS NOT NULL",
        key,
    )
    if not rows:
        raise NotFound("There is no such mail.")
    mail = _PARSER.parsebytes(bytes(rows[0]["content"]))
    assert isinstance(mail, EmailMessage), "the policy says so"
    return rows[0], mail


def _page(row: dict[str, Any], mail: EmailMessage, form: FormView | None, *, status: int = 200) -> Page:
    here = f"/_dev/mail/{row['id']}"
    view = DevMailPage(
        sender=str(mail["From"]),
        to=row["to"],
        subject=_subject(mail),
        at=row["created_at"],
        text=_body(mail, "plain"),
        source=f"{here}/source",
        html=f"{here}/html" if mail.get_body(("html",)) else "",
        files=tuple(_file(part) for part in mail.iter_attachments()),
        answer=form,
    )
    return Page(template="helpdesk_web/dev_mail.html", view=view, status=status, frames=True)


def _file(part: MIMEPart) -> FileView:
    content = part.get_payload(decode=True)
    return FileView(name=part.get_filename() or "", size=len(content) if isinstance(content, bytes) else 0)


def _subject(mail: Any) -> str:
    return str(mail["Subject"] or "")


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _answer_form(channel: WebChannel, request: Request) -> FormView | None:
    if channel.helpdesk.intake is None:
        return None
    text = FieldView(name="text", label=request.words.gettext("Your answer"), type="textarea", required=True)
    return FormView(name="answer", action=request.path, fields=(text,))


def _write_form(channel: WebChannel, request: Request) -> FormView | None:
    if channel.helpdesk.intake is None:
        return None
    _ = request.words.gettext
    return FormView(
        name="write",
        action="/_dev/mail",
        fields=(
            FieldView(name="sender", label=_("From"), type="email", required=True),
            FieldView(name="subject", label=_("Subject"), required=True),
            FieldView(name="text", label=_("Text"), type="textarea", required=True),
        ),
    )
