"""`/register` and `/confirm/TOKEN`: people make accounts, prove that they are theirs, or say that they are not."""

from helpdesk_core.accounts import LinkExpired, Purpose, Register, WrongCredentials
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Page, Redirect, Request, SignedIn
from helpdesk_web.fields import KEPT, field_view, filled, missing, read_fields, returned, with_errors
from helpdesk_web.pages.signing_in import PASSWORD_HINT
from helpdesk_web.routing import Access, Route
from helpdesk_web.views import (
    ChoiceView,
    ConfirmDonePage,
    ConfirmPage,
    FieldView,
    FormView,
    RegisteredPage,
    RegisterPage,
)


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def show(request: Request) -> Answer:
        if request.person is not None:
            return Redirect("/")
        return _register_page(channel, request, registration_form(channel, request))

    async def register(request: Request) -> Answer:
        return await _register(channel, request)

    async def look(request: Request) -> Page:
        token = request.params["token"]
        address = await channel.helpdesk.accounts.look_at_token(Purpose.CONFIRM, token)
        return _confirm_page(address, _confirm_form(request, token), token)

    async def confirm(request: Request) -> Answer:
        return await _confirm(channel, request)

    async def deny(request: Request) -> Page:
        token = request.params["token"]
        address = await channel.helpdesk.accounts.look_at_token(Purpose.CONFIRM, token)
        return _confirm_page(address, None, token, removing=True)

    async def not_me(request: Request) -> Page:
        token = request.params["token"]
        try:
            await channel.helpdesk.accounts.not_me(token)
        except LinkExpired:
            return _confirm_page(None, None, token)
        return Page(template="helpdesk_web/confirm_done.html", view=ConfirmDonePage(removed=True))

    return (
        Route(path="/register", access=Access.PUBLIC, get=show, post=register),
        Route(path="/confirm/{token}", access=Access.PUBLIC, get=look, post=confirm, secret=True),
        Route(path="/confirm/{token}/not-me", access=Access.PUBLIC, get=deny, post=not_me, secret=True),
    )


def registration_form(channel: WebChannel, request: Request) -> FormView:
    """Return the empty form."""
    _ = request.words.gettext
    return FormView(
        name="register",
        action="/register",
        draft=True,
        fields=(
            FieldView(
                name="email",
                label=_("E-mail address"),
                type="email",
                required=True,
                autocomplete="email",
                hint=_("It is your user name; we will also use it to write to you."),
                max_length=254,
            ),
            FieldView(
                name="password",
                label=_("Password"),
                type="password",
                required=True,
                autocomplete="new-password",
                hint=_(PASSWORD_HINT),
            ),
            *name_fields(channel, request),
            *(field_view(field, request.words) for field in channel.settings.registration.fields),
        ),
    )


def name_fields(
    channel: WebChannel, request: Request, salutation: str = "", given: str = "", family: str = ""
) -> tuple[FieldView, ...]:
    """Return the fields for a person's name, as registration and account ask for it."""
    _ = request.words.gettext
    offered = tuple(_(each) for each in channel.settings.registration.salutations)
    asked = (*offered, *((salutation,) if salutation and salutation not in offered else ()))
    choices = (ChoiceView(value="", label=_("not given")), *(ChoiceView(value=each, label=each) for each in asked))
    first = FieldView(
        name="salutation",
        label=_("Form of address"),
        type="select",
        choices=choices,
        value=salutation,
        autocomplete="honorific-prefix",
    )
    return (
        *((first,) if offered else ()),
        FieldView(
            name="given_name",
            label=_("First name"),
            required=True,
            half=True,
            autocomplete="given-name",
            max_length=100,
            value=given,
        ),
        FieldView(
            name="family_name",
            label=_("Last name"),
            required=True,
            half=True,
            autocomplete="family-name",
            max_length=100,
            value=family,
        ),
    )


def offered_salutation(channel: WebChannel, request: Request, now: str = "") -> str:
    """Return the form of address that was chosen, if it is one of those offered; else the one until now."""
    offered = [request.words.gettext(each) for each in channel.settings.registration.salutations]
    chosen = request.form.line("salutation")
    return chosen if chosen in ("", *offered) else now


async def _register(channel: WebChannel, request: Request) -> Answer:
    sent, words = request.form, request.words
    form = filled(registration_form(channel, request), sent)
    asked = read_fields(channel.settings.registration.fields, sent, words)
    errors = missing(form, sent, ("email", "password", "given_name", "family_name"), words) | dict(asked.errors)
    if errors:
        return _register_page(channel, request, with_errors(form, errors), status=422)
    try:
        done = await channel.helpdesk.accounts.register(
            Register(
                email=sent.line("email"),
                password=sent.text("password"),
                salutation=offered_salutation(channel, request),
                given_name=sent.line("given_name"),
                family_name=sent.line("family_name"),
                values=asked.puts,
                language=words.language,
                origin="web",
                once=sent.once,
                source=request.source,
            )
        )
    except KEPT as error:
        back = returned(form, error, words)
        return _register_page(channel, request, back.form, status=back.status, retry_after=back.retry_after)
    return Page(template="helpdesk_web/registered.html", view=RegisteredPage(email=done.email))


async def _confirm(channel: WebChannel, request: Request) -> Answer:
    token, words = request.params["token"], request.words
    accounts = channel.helpdesk.accounts
    try:
        account = await accounts.confirm(token, request.form.text("password"), source=request.source)
    except LinkExpired:
        return _confirm_page(None, None, token)
    except WrongCredentials:
        wrong = {"password": words.gettext("The password is not right.")}
        form = with_errors(_confirm_form(request, token), wrong)
        return _confirm_page(await accounts.look_at_token(Purpose.CONFIRM, token), form, token, status=422)
    except KEPT as error:
        back = returned(_confirm_form(request, token), error, words)
        address = await accounts.look_at_token(Purpose.CONFIRM, token)
        return _confirm_page(address, back.form, token, status=back.status, retry_after=back.retry_after)
    page = Page(template="helpdesk_web/confirm_done.html", view=ConfirmDonePage())
    return SignedIn(token=await channel.sessions.begin(account, request.device), account=account, answer=page)


def _register_page(
    channel: WebChannel, request: Request, form: FormView, *, status: int = 200, retry_after: int = 0
) -> Page:
    privacy = channel.settings.registration.privacy
    view = RegisterPage(form=form, waiting=bool(request.query.line("m")), privacy=privacy)
    return Page(template="helpdesk_web/register.html", view=view, status=status, retry_after=retry_after)


def _confirm_form(request: Request, token: str) -> FormView:
    password = FieldView(
        name="password",
        label=request.words.gettext("Password"),
        type="password",
        required=True,
        autocomplete="current-password",
    )
    return FormView(name="confirm", action=f"/confirm/{token}", fields=(password,))


def _confirm_page(
    address: str | None,
    form: FormView | None,
    token: str,
    *,
    removing: bool = False,
    status: int = 200,
    retry_after: int = 0,
) -> Page:
    if address is None:
        return Page(template="helpdesk_web/confirm.html", view=ConfirmPage(), status=410)
    view = ConfirmPage(email=address, form=form, not_me=f"/confirm/{token}/not-me", removing=removing)
    return Page(template="helpdesk_web/confirm.html", view=view, status=status, retry_after=retry_after)
