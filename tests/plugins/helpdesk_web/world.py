"""A small site with the web channel, served in process, and a browser without scripts to walk through it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.types import ASGIApp

from helpdesk_core import (
    AccountField,
    Choice,
    Entitlement,
    Helpdesk,
    Job,
    Key,
    Kind,
    Plugin,
    Reply,
    Site,
    TicketField,
    Tickets,
    Writing,
    hookimpl,
)
from helpdesk_core.accounts import Account, CreateAccount, Role
from helpdesk_core.bus import Actor, Channel
from helpdesk_core.db import App
from helpdesk_core.plugins import app_of
from helpdesk_core.tables import CORE
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_web.app import build_app
from helpdesk_web.channel import WebChannel
from helpdesk_web.plugin import Contact, FooterLink, Registration, Web
from helpdesk_web.routing import Route
from helpdesk_web.sitemap import site_map
from tests.plugins.helpdesk_web.browser import EMAIL, PASSWORD, URL, Browser, forms_of

__all__ = [
    "EMAIL",
    "PASSWORD",
    "START",
    "URL",
    "WEB",
    "Browser",
    "Build",
    "Postbox",
    "World",
    "forms_of",
    "job",
    "site",
]

START = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
VERSION = Key("version", str)


class Postbox(Plugin):
    """What the web channel needs of others here: somebody who carries mail, and whoever else a test brings."""

    channel: Channel
    entitlements: tuple[Entitlement, ...] = ()
    fields: tuple[TicketField, ...] = ()

    @hookimpl
    def helpdesk_channels(self, helpdesk: Helpdesk) -> Sequence[Channel]:
        return [self.channel]

    @hookimpl
    def helpdesk_entitlements(self, helpdesk: Helpdesk) -> Sequence[Entitlement]:
        return self.entitlements

    @hookimpl
    def helpdesk_ticket_fields(self) -> Sequence[TicketField]:
        return self.fields


WEB = Web(
    registration=Registration(
        salutations=("Frau", "Herr"),
        privacy="/privacy",
        fields=(
            AccountField(key=Key("organisation", str), label="School", required=True, autocomplete="organization"),
            AccountField(key=Key("customer_number", str), label="Customer number"),
            AccountField(
                key=Key("product", str),
                label="Product",
                choices=(Choice("magellan", "Magellan"), Choice("davinci", "DaVinci")),
            ),
        ),
    ),
    contact=Contact(email="support@vendor.example", phone="+49 30 1", hours="9 to 16", offers="office@vendor.example"),
    footer=(FooterLink("Privacy", "/privacy"), FooterLink("Imprint", "/imprint")),
)


class World:
    """A running site, and the people of it."""

    def __init__(self, helpdesk: Helpdesk, channel: RecordingChannel) -> None:
        self.helpdesk = helpdesk
        self.post = channel
        web = next(plugin for plugin in helpdesk.site.plugins if isinstance(plugin, Web))
        self.web = WebChannel(helpdesk, web)
        self.routes: tuple[Route, ...] = site_map(self.web)
        self.app: ASGIApp = build_app(self.web, self.routes)

    def browser(self, **options: Any) -> "Browser":
        return Browser(self.app, self.helpdesk.site.url, **options)

    async def create(self, email: str = EMAIL, role: Role = Role.CUSTOMER, **names: str) -> Account:
        """Make a confirmed account, as an operator does."""
        return await self.helpdesk.accounts.create(
            CreateAccount(
                actor=Actor.system("test"),
                origin="cli",
                once=f"create {email}",
                email=email,
                role=role,
                password=PASSWORD,
                given_name=names.get("given_name", "Karin"),
                family_name=names.get("family_name", "Krüger"),
            )
        )

    async def signed_in(self, email: str = EMAIL, role: Role = Role.CUSTOMER, **names: str) -> "Browser":
        """Return a browser in which somebody new is signed in."""
        await self.create(email, role, **names)
        browser = self.browser()
        await browser.sign_in(email)
        return browser

    async def ticket(
        self, browser: "Browser", subject: str = "Printing fails", text: str = "It prints nothing."
    ) -> str:
        """Create a ticket as a customer does, and return its number."""
        await browser.open("/tickets/new")
        await browser.send("/tickets/new", kind="bug", subject=subject, text=text)
        assert browser.status == 200, browser.text
        return browser.path.rpartition("/")[2]

    async def agent_answers(self, number: str, text: str, status: str | None = None) -> None:
        """Answer as the vendor does."""
        agent = await self.helpdesk.accounts.find_by_address("anna@vendor.example")
        agent = agent or await self.create("anna@vendor.example", Role.AGENT, given_name="Anna", family_name="Meyer")
        head = await self.helpdesk.tickets.read.find(number)
        assert head is not None
        await self.helpdesk.tickets.reply(
            Reply(
                actor=Actor.of(agent.id),
                origin="desk",
                once=f"{number} {text}",
                ticket=head.id,
                writing=Writing(text=text),
                status=status,
            )
        )

    async def deliver(self) -> None:
        """Let everything be sent that is due."""
        await self.helpdesk.relay().drain(20)

    async def mailed_link(self, part: str) -> str:
        """Return the path of the newest link that was mailed and holds this part."""
        await self.deliver()
        for parcel in reversed(self.post.taken):
            links: list[str] = re.findall(r"https?://[^\s/]+(/[^\s]+)", parcel.content.decode())
            for link in links:
                if part in link:
                    return link
        raise AssertionError(f"no mail holds {part}")

    async def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything that is stored, but what only says that somebody was there."""
        tables = [table._meta.tablename for app in self.helpdesk.apps for table in app.tables]
        quiet = {"helpdesk_core_rate_limit"}
        stored = {}
        for table in tables:
            if table not in quiet:
                rows = await self.helpdesk.database.fetch(f"SELECT * FROM {table}")
                stored[table] = sorted(rows, key=repr)
        return stored


Build = Callable[..., Awaitable[World]]


def site(database_url: str, folder: Path, post: Postbox, web: Web = WEB, **changes: Any) -> Site:
    return Site(
        **{
            "name": "Vendor Support",
            "url": URL,
            "language": "en",
            "languages": ("en", "de"),
            "timezone": "Europe/Berlin",
            "database": database_url,
            "files": str(folder / "files"),
            "tickets": Tickets(kinds=(Kind("bug", "Bug"), Kind("question", "Question"))),
            "plugins": (web, post),
            **changes,
        }
    )


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    web = app_of("helpdesk_web")
    assert web is not None
    return [CORE, web]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
async def build(database_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[Build]:
    """Builds a site for this test, with other settings where it needs them."""
    running: list[Helpdesk] = []

    async def make(
        web: Web = WEB,
        *,
        entitlements: tuple[Entitlement, ...] = (),
        fields: tuple[TicketField, ...] = (),
        plugins: tuple[Plugin, ...] = (),
        demo: bool = False,
        **changes: Any,
    ) -> World:
        channel = RecordingChannel()
        post = Postbox(channel=channel, entitlements=entitlements, fields=fields)
        made = site(database_url, tmp_path, post, web, **changes)
        made = site(database_url, tmp_path, post, web, **{**changes, "plugins": (*made.plugins, *plugins)})
        helpdesk = Helpdesk(made, {}, clock=clock, demo=demo)
        await helpdesk.start()
        running.append(helpdesk)
        await helpdesk.identify()
        return World(helpdesk, channel)

    yield make
    for helpdesk in running:
        await helpdesk.close()


@pytest.fixture
async def world(build: Build) -> World:
    return await build()


def job(world: World, name: str) -> Job:
    return next(each for each in world.helpdesk.jobs if each.name == name)
