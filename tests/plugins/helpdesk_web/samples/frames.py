"""The instant that all samples are shown at, and what stands around them."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from helpdesk_web import views as web

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)


def before(**span: float) -> datetime:
    return NOW - timedelta(**span)


SITE = web.SiteView(
    name="STÜBER SYSTEMS Support",
    url="http://127.0.0.1:8000",
    footer=(
        ("Hilfe und Kontakt", "/help"),
        ("Impressum", "/imprint"),
        ("Datenschutz", "/privacy"),
        ("Barrierefreiheit", "/accessibility"),
    ),
    support_email="support@stueber.de",
    offers_email="office@stueber.de",
    phone="+49 30 555 01 00, Mo bis Fr, 9 bis 16 Uhr",
)
PERSON = web.PersonView(name="Karin Krüger", email="k.krueger@schule.de")
AGENT = web.PersonView(name="Anna Meyer", email="anna.meyer@stueber.de", is_agent=True)


def menu(current: str = "") -> tuple[web.LinkView, ...]:
    entries = (("Neues Ticket", "/tickets/new"), ("Meine Tickets", "/tickets"), ("Hilfe", "/help"))
    return tuple(web.LinkView(label=label, href=href, current=href == current) for label, href in entries)


def page(
    path: str,
    *,
    person: web.PersonView | None = PERSON,
    notices: tuple[web.NoticeView, ...] = (),
    theme: Literal["", "light", "dark"] = "",
) -> web.PageView:
    return web.PageView(
        path=path,
        language="de",
        csrf="token",
        form_key="key",
        languages=(("de", "Deutsch"), ("en", "English")),
        person=person,
        menu=menu(path),
        notices=notices,
        theme=theme,
    )


DESK_PAGE = web.PageView(
    path="/desk",
    language="de",
    csrf="token",
    form_key="key",
    languages=(("de", "Deutsch"), ("en", "English")),
    person=AGENT,
    menu=(
        web.LinkView(label="Arbeitsplatz", href="/desk", current=True),
        web.LinkView(label="Kunden", href="/desk/customers"),
        web.LinkView(label="Neues Ticket", href="/desk/new"),
    ),
)
