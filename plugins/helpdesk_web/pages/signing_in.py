"""`/login`, `/logout`, `/forgot`, `/reset/TOKEN`: who has an account gets in, out, and back in.

No sentence here says whether an address has an account.
"""

from urllib.parse import urlsplit

import msgspec

from helpdesk_core import HelpdeskError, Invalid, TooMany
from helpdesk_core.accounts import LinkExpired, Purpose, WrongCredentials
from helpdesk_core.text import N_
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Carried, Page, Redirect, Request, SignedIn, SignedOut
from helpdesk_web.fields import KEPT, filled, missing, returned, with_errors
from helpdesk_web.redirects import own_path
from helpdesk_web.routing import Access, Route
from helpdesk_web.sentences import explained
from helpdesk_web.views import FieldView, ForgotPage, FormView, LoginPage, NoticeView, ResetPage

PASSWORD_HINT = N_("At least 12 characters. Best are several words that do not belong together.")


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def show(request: Request) -> Answer:
        on = own_path(request.query.line("next"))
        return Redirect(on) if request.person is not None else sign_in_page(request, on=on)

    async def sign_in(request: Request) -> Answer:
        return await _sign_in(channel, request)

    async def sign_out(request: Request) -> SignedOut:
        if request.session is not None:
            await channel.sessions.end(request.session)
        return SignedOut()

    async def nowhere(request: Request) -> Redirect:
        del request
        return Redirect("/")

    async def ask(request: Request) -> Page:
        return Page(template="helpdesk_web/forgot.html", view=ForgotPage(form=_forgot_form(request)))

    async def forgot(request: Request) -> Page:
        return await _forgot(channel, request)

    async def choose(request: Request) -> Page:
        token = request.params["token"]
        address = await channel.helpdesk.accounts.look_at_token(Purpose.RESET, token)
        return _reset_page(_reset_form(request, token) if address else None)

    async def reset(request: Request) -> Answer:
        return await _reset(channel, request)

    return (
        Route(path="/login", access=Access.PUBLIC, get=show, post=sign_in),
        Route(path="/logout", access=Access.PUBLIC, get=nowhere, post=sign_out),
        Route(path="/forgot", access=Access.PUBLIC, get=ask, post=forgot),
        Route(path="/reset/{token}", access=Access.PUBLIC, get=choose, post=reset, secret=True),
    )


def sign_in_page(
    request: Request,
    *,
    on: str = "/",
    carried: Carried | None = None,
    status: int = 200,
    form: FormView | None = None,
    retry_after: int = 0,
) -> Page:
    """Return the sign-in page.

    Args:
        request: What it answers.
        on: Where the sign-in leads.
        carried: A form whose session ran out; it is answered after the sign-in.
        status: HTTP status.
        form: The form that comes back, None for an empty one.
        retry_after: Seconds until a new try makes sense.
    """
    view = LoginPage(form=form or _sign_in_form(request, on, carried), again=carried is not None)
    return Page(template="helpdesk_web/login.html", view=view, status=status, retry_after=retry_after)


async def _sign_in(channel: WebChannel, request: Request) -> Answer:
    sent, _ = request.form, request.words.gettext
    on, carried = own_path(sent.line("next")), _read_carried(sent.text("carried"))
    form = filled(_sign_in_form(request, on, carried), sent)
    try:
        account = await channel.helpdesk.accounts.sign_in(
            sent.line("email"), sent.text("password"), source=request.source
        )
    except WrongCredentials as error:
        form = with_errors(form, {"": explained(request.words, error)})
        return sign_in_page(request, form=form, carried=carried, status=422)
    except TooMany as error:
        back = returned(form, error, request.words)
        return sign_in_page(request, form=back.form, carried=carried, status=429, retry_after=back.retry_after)
    if channel.settings.registration.confirm_first and not account.confirmed:
        text = _("Please open the link in our e-mail first. It confirms that the address is yours.")
        return sign_in_page(request, form=with_errors(form, {"": text}), carried=carried, status=403)
    token = await channel.sessions.begin(account, request.device)
    links = channel.helpdesk.links
    if on == "/" and account.is_agent and links is not None and links.desk_ticket is not None:
        on = "/desk"
    return SignedIn(token=token, account=account, answer=carried or Redirect(on))


async def _forgot(channel: WebChannel, request: Request) -> Page:
    sent = request.form
    form = filled(_forgot_form(request), sent)
    try:
        if errors := missing(form, sent, ("email",), request.words):
            return _forgot_page(with_errors(form, errors), status=422)
        await channel.helpdesk.accounts.forgot(sent.line("email"), source=request.source, origin="web")
    except KEPT as error:
        back = returned(form, error, request.words)
        return _forgot_page(back.form, status=back.status, retry_after=back.retry_after)
    return Page(template="helpdesk_web/forgot.html", view=ForgotPage(form=form, sent=True))


async def _reset(channel: WebChannel, request: Request) -> Answer:
    token, _ = request.params["token"], request.words.gettext
    try:
        await channel.helpdesk.accounts.reset(token, request.form.text("password"), source=request.source)
    except LinkExpired:
        return _reset_page(None, status=410)
    except KEPT as error:
        back = returned(_reset_form(request, token), _at("password", error), request.words)
        return _reset_page(back.form, status=back.status, retry_after=back.retry_after)
    # Of kind "info": a form that waits in this browser for its sign-in has not arrived yet.
    text = _("Your new password is stored. Please sign in with it.")
    return Redirect("/login", NoticeView(kind="info", text=text))


def _at(field: str, error: HelpdeskError) -> HelpdeskError:
    """Return an error about a password at the field of this form."""
    return Invalid(error.message, field=field, **error.values) if isinstance(error, Invalid) else error


def _forgot_page(form: FormView, *, status: int, retry_after: int = 0) -> Page:
    view = ForgotPage(form=form)
    return Page(template="helpdesk_web/forgot.html", view=view, status=status, retry_after=retry_after)


def _reset_page(form: FormView | None, *, status: int | None = None, retry_after: int = 0) -> Page:
    code = status or (200 if form else 410)
    return Page(template="helpdesk_web/reset.html", view=ResetPage(form=form), status=code, retry_after=retry_after)


def _sign_in_form(request: Request, on: str, carried: Carried | None) -> FormView:
    _ = request.words.gettext
    where = FieldView(name="next", label="", type="hidden", value=on)
    if carried is not None:
        where = FieldView(name="carried", label="", type="hidden", value=msgspec.json.encode(carried).decode())
    return FormView(
        name="login",
        action="/login",
        fields=(
            FieldView(
                name="email",
                label=_("User name (e-mail address)"),
                type="email",
                required=True,
                autocomplete="username",
            ),
            FieldView(
                name="password",
                label=_("Password"),
                type="password",
                required=True,
                autocomplete="current-password",
            ),
            where,
        ),
    )


def _forgot_form(request: Request) -> FormView:
    label = request.words.gettext("E-mail address")
    field = FieldView(name="email", label=label, type="email", required=True, autocomplete="username")
    return FormView(name="forgot", action="/forgot", fields=(field,))


def _reset_form(request: Request, token: str) -> FormView:
    _ = request.words.gettext
    field = FieldView(
        name="password",
        label=_("New password"),
        type="password",
        required=True,
        autocomplete="new-password",
        hint=_(PASSWORD_HINT),
    )
    return FormView(name="reset", action=f"/reset/{token}", fields=(field,))


def _read_carried(text: str) -> Carried | None:
    """Return the form that the sign-in page carried, None when there is none."""
    if not text:
        return None
    try:
        carried = msgspec.json.decode(text, type=Carried)
    except msgspec.MsgspecError:
        return None
    path = own_path(carried.path, "")
    return carried if path and not urlsplit(path).query else None
