"""The way of a request: who asks, whether they may, what they sent, what they get. The same for every page.

The order is the point. Before a byte of a form is read, its origin and the reader's rights are known; a stranger's
files are let go; nothing reaches a handler whose token does not belong to the one who sent it.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request as HttpRequest
from litestar import Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException

from helpdesk_core import Forbidden
from helpdesk_core.db import DatabaseError
from helpdesk_core.text import N_, Words
from helpdesk_web import csrf, forms, responses
from helpdesk_web.channel import WebChannel
from helpdesk_web.cookies import Cookies, seal, unseal
from helpdesk_web.errors import BadForm, Unknown, error_page
from helpdesk_web.exchange import (
    Answer,
    Carried,
    Page,
    Redirect,
    Request,
    SignedIn,
    SignedOut,
    Translated,
)
from helpdesk_web.pages.signing_in import sign_in_page
from helpdesk_web.routing import Access, Route, find_route
from helpdesk_web.sent import Form
from helpdesk_web.sessions import Found
from helpdesk_web.visitors import device_of, source_of

_TOKEN: Final = len(secrets.token_urlsafe(32))

Http = HttpRequest[Any, Any, Any]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request with what handlers need not see.

    Attributes:
        request: What handlers are given.
        route: The page that was asked for, None when there is no such page.
        http: The request as the server has it.
        visitor: The random value that a stranger's forms are bound to.
        found: What the session's cookie stands for.
        secret: What the forms of this reader are bound to: the session's token, or `visitor`.
    """

    request: Request
    route: Route | None
    http: Http
    visitor: str
    found: Found | None = None
    secret: str


class Dispatcher:
    """Answers the requests of one site."""

    def __init__(self, channel: WebChannel, routes: Sequence[Route]) -> None:
        self._channel = channel
        self._routes = tuple(routes)
        self._cookies = Cookies(encrypted=channel.encrypted)

    async def handle(self, route: Route, http: Http) -> Response[bytes]:
        """Answer a request for a page."""
        with self._channel.helpdesk.database.use():
            visit = self._arrived(http, route)
            try:
                visit = await self._recognised(visit)
                answer = await self._answer(route, visit)
            except Exception as error:  # noqa: BLE001 - whatever it is, people get a page that says what to do
                answer = error_page(error, visit.request.words)
            return await self._respond(visit, answer, [])

    async def nowhere(self, http: Http) -> Response[bytes]:
        """Answer a request for a page that does not exist, in the frame of the one who asks."""
        with self._channel.helpdesk.database.use():
            visit = self._arrived(http, None)
            # The page needs no database: without one it is the page that a stranger sees.
            with suppress(DatabaseError):
                visit = await self._recognised(visit)
            return await self._respond(visit, error_page(Unknown(404), visit.request.words), [])

    def fail(self, http: Http, error: Exception) -> Response[bytes]:
        """Answer a request that no page takes, without looking into the database."""
        visit = self._arrived(http, None)
        # Nobody knows who asks: a form on such a page would not be taken.
        request = msgspec.structs.replace(visit.request, csrf="")
        return responses.page(self._channel.frame, request, error_page(error, request.words), ())

    # --- who asks -------------------------------------------------------------------------------------------------

    def _arrived(self, http: Http, route: Route | None) -> Visit:
        visitor = http.cookies.get(self._cookies.visitor, "")
        if len(visitor) != _TOKEN or not visitor.isascii():
            visitor = secrets.token_urlsafe(32)
        query = http.scope["query_string"]
        path = quote(http.scope["path"], safe="/:@!$&'()*+,;=~-._")
        request = Request(
            channel=self._channel,
            method="GET" if http.method == "HEAD" else http.method,
            path=f"{path}?{query.decode('latin-1')}" if query else path,
            words=self._words(http),
            now=self._channel.helpdesk.clock.now(),
            source=source_of(http.client.host if http.client else ""),
            form_key=forms.new_key(),
            csrf=csrf.token_of(visitor),
            params={name: str(value) for name, value in http.path_params.items()} if route else {},
            query=forms.read_query(query),
            device=device_of(http.headers.get("user-agent", "")),
        )
        return Visit(request=request, route=route, http=http, visitor=visitor, secret=visitor)

    async def _recognised(self, visit: Visit) -> Visit:
        token = visit.http.cookies.get(self._cookies.session, "")
        found = await self._channel.sessions.find(token) if token else None
        if found is None or not found.alive:
            return msgspec.structs.replace(visit, found=found)
        request = msgspec.structs.replace(
            visit.request,
            person=found.account,
            session=found.id,
            csrf=csrf.token_of(token),
            words=self._words(visit.http, found.account.language, found.account.timezone),
        )
        return msgspec.structs.replace(visit, request=request, found=found, secret=token)

    def _words(self, http: Http, language: str | None = None, timezone: str | None = None) -> Words:
        texts = self._channel.helpdesk.texts
        chosen = language or http.cookies.get(self._cookies.language, "")
        return texts.words(chosen or texts.negotiate(http.headers.get("accept-language")), timezone)

    # --- whether they may, and what they sent ---------------------------------------------------------------------

    async def _answer(self, route: Route, visit: Visit) -> Answer:
        request = visit.request
        if request.method == "POST":
            return await self._answer_form(route, visit)
        if route.access.allows(request.person):
            assert route.get is not None, "the server asks only for what a route answers"
            return await route.get(request)
        if request.person is not None:
            raise Forbidden("You may not open this page.")
        return Redirect(f"/login?next={quote(request.path)}")

    async def _answer_form(self, route: Route, visit: Visit) -> Answer:
        request = visit.request
        origin = self._origin(visit, route)
        if csrf.is_foreign(origin):
            raise BadForm("This form was sent from another site.")
        allowed = route.access.allows(request.person)
        if request.person is not None and not allowed:
            raise Forbidden("You may not open this page.")
        form = await self._form(visit, takes_files=visit.found is not None)
        try:
            bound = self._is_bound(visit, form)
            if allowed and bound:
                assert route.post is not None, "the server asks only for what a route answers"
                return await route.post(msgspec.structs.replace(request, form=form))
            if not bound and (route.access is Access.PUBLIC or not csrf.is_own(origin)):
                raise BadForm("This form does not belong to your session.")
            return await self._carried(visit, form)
        finally:
            forms.close(form)

    def _origin(self, visit: Visit, route: Route) -> csrf.Origin:
        headers = visit.http.headers
        return csrf.Origin(
            fetch_site=headers.get("sec-fetch-site"),
            origin=headers.get("origin"),
            host=headers.get("host", ""),
            own=self._channel.host,
            secret_page=route.secret,
        )

    def _is_bound(self, visit: Visit, form: Form) -> bool:
        """Tell whether the form's token belongs to its sender: to the session, or to one that ran out meanwhile."""
        token = form.text("csrf")
        ran_out = visit.http.cookies.get(self._cookies.session, "") if visit.request.person is None else ""
        return csrf.matches(token, visit.secret) or csrf.matches(token, ran_out)

    async def _form(self, visit: Visit, *, takes_files: bool) -> Form:
        allowance = forms.allowance_of(self._channel.settings.limits, takes_files=takes_files)
        try:
            return await forms.read_form(visit.http.stream(), visit.http.headers.get("content-type", ""), allowance)
        except HTTPException as error:  # The browser went away in the middle of it.
            raise forms.Unreadable(N_("This form cannot be read.")) from error

    async def _carried(self, visit: Visit, form: Form) -> Page:
        """Keep a form whose session is over: its text goes with the sign-in page, its files wait for their sender."""
        # A password is typed again: no page ever holds one.
        fields = [(name, value) for name, value in form if name != "csrf" and "password" not in name]
        if visit.found is not None:
            person, words = visit.found.account.id, visit.request.words
            for name in dict.fromkeys(upload.field for upload in form.uploads):
                # What was named as kept stays named; only what came now is added.
                arrived = Form(uploads=tuple(each for each in form.uploads if each.field == name))
                brought = await self._channel.drafts.receive(person, arrived, words, name)
                fields += [(f"{name}_kept", str(file.id)) for file in brought.files]
        fields += [(f"{each.field}_lost", each.name) for each in form.left_out]
        carried = Carried(visit.http.scope["path"], tuple(fields))
        return sign_in_page(visit.request, carried=carried, status=401 if visit.request.person is None else 403)

    # --- what they get --------------------------------------------------------------------------------------------

    async def _respond(self, visit: Visit, answer: Answer, cookies: list[Cookie]) -> Response[bytes]:
        match answer:
            case SignedIn():
                return await self._signed_in(visit, answer)
            case Page():
                response = self._page(visit, answer, cookies)
            case Redirect():
                response = responses.redirect(answer.path)
                if answer.notice is not None:
                    cookies.append(self._cookies.set(self._cookies.notice, seal(answer.notice, visit.secret)))
            case SignedOut():
                response = responses.redirect(answer.path)
                cookies += [self._cookies.unset(self._cookies.session), self._cookies.unset(self._cookies.notice)]
            case Translated():
                response = responses.redirect(answer.path)
                cookies.append(self._cookies.set_language(answer.language))
            case _:
                response = responses.plain(answer)
        for cookie in cookies:
            response.set_cookie(cookie)
        if visit.route is not None and visit.route.secret:
            response.headers["referrer-policy"] = "no-referrer"
        return response

    def _page(self, visit: Visit, page: Page, cookies: list[Cookie]) -> Response[bytes]:
        given = visit.http.cookies
        sealed = given.get(self._cookies.notice, "")
        notice = unseal(sealed, visit.secret) if sealed else None
        if sealed:
            cookies.append(self._cookies.unset(self._cookies.notice))
        if visit.request.person is None and given.get(self._cookies.visitor) != visit.visitor:
            cookies.append(self._cookies.set(self._cookies.visitor, visit.visitor))
        return responses.page(self._channel.frame, visit.request, page, (notice,) if notice else ())

    async def _signed_in(self, visit: Visit, answer: SignedIn) -> Response[bytes]:
        """Begin the new session: the old one is gone, and a form that was carried is answered now."""
        account, sessions = answer.account, self._channel.sessions
        if visit.found is not None:
            await sessions.end(visit.found.id)
        request = msgspec.structs.replace(
            visit.request,
            person=account,
            csrf=csrf.token_of(answer.token),
            words=self._words(visit.http, account.language, account.timezone),
        )
        lifetime = int(sessions.longest(account).total_seconds())
        cookie = self._cookies.set(self._cookies.session, answer.token, lifetime)
        visit = msgspec.structs.replace(visit, request=request, secret=answer.token)
        then: Answer
        if isinstance(answer.answer, Carried):
            try:
                then = await self._resumed(visit.request, answer.answer)
            except Exception as error:  # noqa: BLE001 - as for every request
                then = error_page(error, request.words)
        else:
            then = answer.answer
        return await self._respond(visit, then, [cookie])

    async def _resumed(self, request: Request, carried: Carried) -> Answer:
        """Answer a form that was carried through the sign-in, as the one who signed in."""
        found = find_route(self._routes, carried.path)
        if found is None or found[0].post is None:
            return Redirect("/")
        route, params = found
        if not route.access.allows(request.person):
            raise Forbidden("You may not open this page.")
        form = forms.carried_form(carried.fields)
        request = msgspec.structs.replace(request, path=carried.path, params=params, form=form)
        return await found[0].post(request)
