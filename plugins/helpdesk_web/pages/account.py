"""`/account`: one's own data, password and language, and the devices where one is signed in."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from helpdesk_core import HelpdeskError, Invalid
from helpdesk_core.accounts import Account, UpdateProfile, WrongCredentials
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Answer, Page, Redirect, Request, SignedIn
from helpdesk_web.fields import KEPT, field_view, filled, missing, read_fields, returned, with_errors
from helpdesk_web.pages.registration import name_fields, offered_salutation
from helpdesk_web.pages.signing_in import PASSWORD_HINT
from helpdesk_web.routing import Access, Route
from helpdesk_web.views import AccountPage, ChoiceView, FactView, FieldView, FormView, NoticeView, SessionView


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def show(request: Request) -> Page:
        return await _page(channel, request)

    async def save(request: Request) -> Answer:
        return await _save(channel, request)

    async def password(request: Request) -> Answer:
        return await _change_password(channel, request)

    async def language(request: Request) -> Answer:
        return await _change_language(channel, request)

    async def end(request: Request) -> Redirect:
        try:
            key = UUID(request.form.line("session"))
        except ValueError:
            return Redirect("/account")
        await channel.sessions.end_one_of(request.account.id, key)
        return Redirect("/account", _done(request.words.gettext("That device is signed out.")))

    async def back(request: Request) -> Redirect:
        del request
        return Redirect("/account")

    return (
        Route(path="/account", access=Access.SIGNED_IN, get=show, post=save),
        Route(path="/account/password", access=Access.SIGNED_IN, get=back, post=password),
        Route(path="/account/language", access=Access.SIGNED_IN, get=back, post=language),
        Route(path="/account/sessions/end", access=Access.SIGNED_IN, get=back, post=end),
    )


async def _save(channel: WebChannel, request: Request) -> Answer:
    sent, words, person = request.form, request.words, request.account
    form = filled(await _data_form(channel, request), sent)
    asked = read_fields(channel.helpdesk.account_fields, sent, words)
    errors = missing(form, sent, ("given_name", "family_name"), words) | dict(asked.errors)
    if errors:
        return await _page(channel, request, data=with_errors(form, errors), status=422)
    known = await channel.helpdesk.accounts.values(person.id)
    command = UpdateProfile(
        actor=request.actor,
        origin="web",
        once=sent.once,
        person_id=person.id,
        version=int(sent.line("version")) if sent.line("version").isdecimal() else person.version,
        salutation=_changed(offered_salutation(channel, request, person.salutation), person.salutation),
        given_name=_changed(sent.line("given_name"), person.given_name),
        family_name=_changed(sent.line("family_name"), person.family_name),
        values=asked.changes(known),
    )
    try:
        await channel.helpdesk.accounts.update_profile(command)
    except KEPT as error:
        back = returned(form, error, words)
        return await _page(channel, request, data=back.form, status=back.status, retry_after=back.retry_after)
    return Redirect("/account", _done(words.gettext("Your data is saved.")))


async def _change_password(channel: WebChannel, request: Request) -> Answer:
    sent, words = request.form, request.words
    form = _password_form(request)
    if errors := missing(form, sent, ("password", "new_password"), words):
        return await _page(channel, request, password=with_errors(form, errors), status=422)
    try:
        account = await channel.helpdesk.accounts.change_password(
            request.actor, sent.text("password"), sent.text("new_password"), source=request.source, origin="web"
        )
    except WrongCredentials:
        wrong = {"password": words.gettext("The password is not right.")}
        return await _page(channel, request, password=with_errors(form, wrong), status=422)
    except KEPT as error:
        back = returned(form, _at_new(error), words)
        return await _page(channel, request, password=back.form, status=back.status, retry_after=back.retry_after)
    # Every session of before is void now, this one too: here a new one begins.
    token = await channel.sessions.begin(account, request.device)
    done = _done(words.gettext("Your new password is stored. You are signed out on all other devices."))
    return SignedIn(token=token, account=account, answer=Redirect("/account", done))


async def _change_language(channel: WebChannel, request: Request) -> Answer:
    person, chosen = request.account, request.form.line("language")
    if chosen not in channel.helpdesk.site.spoken:
        return Redirect("/account")
    command = UpdateProfile(
        actor=request.actor,
        origin="web",
        once=request.form.once,
        person_id=person.id,
        version=person.version,
        language=chosen,
    )
    await channel.helpdesk.accounts.update_profile(command)
    words = channel.helpdesk.texts.words(chosen, person.timezone)
    return Redirect("/account", _done(words.gettext("Your language is saved.")))


async def _page(
    channel: WebChannel,
    request: Request,
    *,
    data: FormView | None = None,
    password: FormView | None = None,
    status: int = 200,
    retry_after: int = 0,
) -> Page:
    person = request.account
    view = AccountPage(
        email=person.email,
        data=data or await _data_form(channel, request),
        password=password or _password_form(request),
        language=_language_form(channel, request),
        sessions=await _sessions(channel, request, person),
        facts=(FactView(label=request.words.gettext("Registered"), at=person.created_at),),
        panels=await request.panels("account", person),
    )
    return Page(template="helpdesk_web/account.html", view=view, status=status, retry_after=retry_after)


async def _sessions(channel: WebChannel, request: Request, person: Account) -> tuple[SessionView, ...]:
    unknown = request.words.gettext("Unknown device")
    return tuple(
        SessionView(
            key=str(place.id),
            device=place.device or unknown,
            last_seen=place.seen_at,
            current=place.id == request.session,
        )
        for place in await channel.sessions.of(person)
    )


async def _data_form(channel: WebChannel, request: Request) -> FormView:
    person = request.account
    values = await channel.helpdesk.accounts.values(person.id)
    return FormView(
        name="data",
        action="/account",
        fields=(
            FieldView(name="version", label="", type="hidden", value=str(person.version)),
            *name_fields(channel, request, person.salutation, person.given_name, person.family_name),
            *(field_view(field, request.words, values.get(field.key)) for field in channel.helpdesk.account_fields),
        ),
    )


def _password_form(request: Request) -> FormView:
    _ = request.words.gettext
    return FormView(
        name="password",
        action="/account/password",
        fields=(
            FieldView(
                name="password",
                label=_("Present password"),
                type="password",
                required=True,
                autocomplete="current-password",
            ),
            FieldView(
                name="new_password",
                label=_("New password"),
                type="password",
                required=True,
                autocomplete="new-password",
                hint=_(PASSWORD_HINT),
            ),
        ),
    )


def _language_form(channel: WebChannel, request: Request) -> FormView | None:
    languages = channel.frame.languages
    if len(languages) < 2:
        return None
    field = FieldView(
        name="language",
        label=request.words.gettext("Language"),
        type="select",
        value=request.words.language,
        choices=tuple(ChoiceView(value=tag, label=name) for tag, name in languages),
    )
    return FormView(name="language", action="/account/language", fields=(field,))


def _at_new(error: HelpdeskError) -> HelpdeskError:
    """Return an error about the new password at its field; the accounts know only one."""
    if isinstance(error, Invalid) and error.field == "password":
        return Invalid(error.message, field="new_password", **error.values)
    return error


def _changed(new: str, known: str) -> str | UnsetType:
    """Return the new value, or nothing when it is the known one."""
    return UNSET if new == known else new


def _done(text: str) -> NoticeView:
    return NoticeView(kind="ok", text=text)
