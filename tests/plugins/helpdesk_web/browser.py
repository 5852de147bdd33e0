"""A browser without scripts: it opens pages of an application in process, and sends the forms that they show."""

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
from litestar.types import ASGIApp

URL = "http://127.0.0.1:8000"
EMAIL = "k.krueger@schule.example"
PASSWORD = "Regenbogen trifft Zahnrad am Kanal"


class FoundForm:
    """A form of a page: where it goes, and what a browser without scripts would send."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get")
        self.multipart = attributes.get("enctype") == "multipart/form-data"
        self.fields: list[tuple[str, str]] = []
        self.names: set[str] = set()


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self._form: FoundForm | None = None
        self._select: str | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = FoundForm(given)
            self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            self._form.names.add(name)
            kind = given.get("type", "text")
            if kind == "file" or (kind in {"checkbox", "radio"} and "checked" not in given):
                return
            self._form.fields.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._form.names.add(name)
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._form.fields.append((self._select, given.get("value", "")))
        elif tag == "textarea" and name:
            self._form.names.add(name)
            self._area = (name, [])

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area and self._form:
            # Browsers drop the first line break of a text area.
            self._form.fields.append((self._area[0], "".join(self._area[1]).removeprefix("\n")))
            self._area = None


def forms_of(text: str) -> list[FoundForm]:
    parser = _Forms()
    parser.feed(text)
    return parser.forms


class Browser:
    """A browser without scripts: follows redirects, keeps cookies, sends the forms that pages show."""

    def __init__(self, app: ASGIApp, url: str = URL, *, address: str = "192.0.2.7", headers: Any = None) -> None:
        transport = httpx.ASGITransport(app, client=(address, 4711))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=url, headers=headers)
        self.response = httpx.Response(0)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        return self.response.text

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def plain(self) -> str:
        """The words of the page, without tags."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.text).split())

    async def open(self, path: str, **options: Any) -> httpx.Response:
        self.response = await self.client.get(path, follow_redirects=True, **options)
        return self.response

    def form(self, action: str) -> FoundForm:
        found = [form for form in forms_of(self.text) if form.action == action]
        assert found, f"no form goes to {action} on {self.path}: {[form.action for form in forms_of(self.text)]}"
        return found[0]

    async def send(
        self,
        action: str,
        *,
        files: Iterable[tuple[str, bytes]] = (),
        untick: Iterable[str] = (),
        follow: bool = True,
        headers: dict[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        **more: str,
    ) -> httpx.Response:
        """Fill in and send a form of the page that is open."""
        form, typed = self.form(action), {**(fields or {}), **more}
        assert set(typed) <= form.names | {"then", "session", "language", "helpful"}, f"{set(typed)} / {form.names}"
        left = [(name, value) for name, value in form.fields if name not in typed and name not in set(untick)]
        return await self.post(action, [*left, *typed.items()], files=files, follow=follow, headers=headers)

    async def post(
        self,
        path: str,
        fields: Iterable[tuple[str, str]],
        *,
        files: Iterable[tuple[str, bytes]] = (),
        follow: bool = True,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        sent = [("files", (name, content)) for name, content in files]
        self.response = await self.client.post(
            path, data=data, files=sent or None, follow_redirects=follow, headers=headers
        )
        return self.response

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
        await self.open("/login")
        return await self.send("/login", email=email, password=password)

    def cookie(self, name: str) -> str | None:
        return self.client.cookies.get(name)
