"""Health, the mails of a demonstration, the texts of a site, and what a busy or broken database looks like."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from helpdesk_core.accounts import Role
from helpdesk_core.db import DatabaseBusy, DatabaseFull, DatabaseUnavailable
from helpdesk_core.errors import Refused, TooMany
from helpdesk_core.health import Finding, HealthCheck, Level
from helpdesk_web.app import build_app
from helpdesk_web.errors import error_page
from helpdesk_web.routing import Access, Page, Request, Route
from helpdesk_web.views import ErrorPage
from tests.plugins.helpdesk_web.world import EMAIL, WEB, Browser, Build, World

pytestmark = pytest.mark.anyio


# --- health -----------------------------------------------------------------------------------------------------------


async def test_strangers_learn_two_words_and_agents_what_was_found(world: World):
    async def fine():
        return [Finding(level=Level.WARNING, text="%(number)d mails wait.", values={"number": 3})]

    world.helpdesk.health_checks = (HealthCheck(name="test.mails", ask=fine),)
    stranger, agent = world.browser(), await world.signed_in(role=Role.AGENT)
    assert (await stranger.open("/healthz/ready")).text == "ready\n"
    found = json.loads((await agent.open("/healthz/ready")).text)
    assert found == {"database": [], "test.mails": [{"level": "warning", "text": "3 mails wait."}]}


async def test_a_part_that_fails_makes_the_site_not_ready(world: World):
    async def broken():
        raise RuntimeError("secret of the insides")

    world.helpdesk.health_checks = (HealthCheck(name="test.part", ask=broken),)
    browser = world.browser()
    await browser.open("/healthz/ready")
    assert (browser.status, browser.text) == (503, "not ready\n")
    await browser.open("/healthz/live")
    assert browser.status == 200


# --- the mails of a demonstration -------------------------------------------------------------------------------------


async def test_a_site_that_is_no_demonstration_shows_no_mails(world: World):
    assert not world.helpdesk.demo
    browser = await world.signed_in(role=Role.ADMINISTRATOR)
    for path in ("/_dev/mail", "/_dev/mail/1", "/_dev/mail/1/html", "/_dev/mail/1/source"):
        assert (await browser.open(path)).status_code == 404
        assert (await browser.client.post(path)).status_code == 404
    assert not any(route.path.startswith("/_dev") for route in world.routes)


MAIL = b"""From: Vendor <support@vendor.example>\r
To: k.krueger@schule.example\r
Subject: Printing fails [#2026-000001]\r
Message-ID: <one@vendor.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=x\r
\r
--x\r
Content-Type: text/plain; charset=utf-8\r
\r
We have received it.\r
--x\r
Content-Type: text/html; charset=utf-8\r
\r
<p>We have <b>received</b> it.</p><script>alert(1)</script>\r
--x--\r
"""


async def test_a_demonstration_shows_mails_and_takes_answers_through_the_real_intake(build: Build):
    world = await build(demo=True)
    taken: list[bytes] = []

    async def intake(raw: bytes) -> None:
        taken.append(raw)

    world.helpdesk.intake = intake
    world.web.helpdesk.intake = intake
    customer = await world.signed_in()
    await world.ticket(customer)
    await world.deliver()
    await world.helpdesk.database.execute("UPDATE helpdesk_core_delivery SET content = {}", MAIL)
    browser = world.browser()
    await browser.open("/_dev/mail")
    assert "Printing fails [#2026-000001]" in browser.text
    link = re.search(r'href="(/_dev/mail/[^"]+)"', browser.text)
    assert link
    await browser.open(link[1])
    assert "We have received it." in browser.text
    assert 'sandbox src="' in browser.text
    assert "frame-src 'self'" in browser.response.headers["content-security-policy"]
    await browser.open(f"{link[1]}/html")
    assert browser.response.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    await browser.open(f"{link[1]}/source")
    assert browser.response.headers["content-type"].startswith("text/plain")
    assert browser.response.content == MAIL
    await browser.open(link[1])
    await browser.send(link[1], text="Thank you, it works.")
    assert "The e-mail was handed to the helpdesk." in browser.text
    answer = taken[0].decode()
    assert f"From: {EMAIL}" in answer
    assert "Subject: Re: Printing fails [#2026-000001]" in answer
    assert "In-Reply-To: <one@vendor.example>" in answer
    assert "Thank you, it works." in answer
    assert "> We have received it." in answer
    await browser.send("/_dev/mail", sender="not an address", subject="S", text="T")
    assert browser.status == 422
    await browser.send("/_dev/mail", sender="new@school.example", subject="New\r\nBcc: x@x.example", text="T")
    assert b"Subject: New Bcc: x@x.example" in taken[1]


# --- texts of the site ------------------------------------------------------------------------------------------------


async def test_a_site_brings_its_own_texts(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "made_site" / "templates" / "pages"
    folder.mkdir(parents=True)
    (tmp_path / "made_site" / "__init__.py").write_text("")
    (folder / "help.html").write_text("<h1>Our help</h1>")
    (folder / "privacy.html").write_text("<h1>Our privacy</h1>")
    (tmp_path / "made_site" / "static").mkdir()
    (tmp_path / "made_site" / "static" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    monkeypatch.syspath_prepend(str(tmp_path))
    web = replace(WEB, logo="logo.svg", known_problem="The license server is slow.")
    world = await build(web, package="made_site")
    browser = world.browser()
    await browser.open("/")
    assert "The license server is slow." in browser.text
    logo = re.search(r'<img src="(/static/logo\.[0-9a-f]{16}\.svg)" alt="">', browser.text)
    assert logo
    assert (await browser.open(logo[1])).status_code == 200
    await browser.open("/help")
    assert "<h1>Our help</h1>" in browser.text
    await browser.open("/privacy")
    assert "<h1>Our privacy</h1>" in browser.text
    assert "<title>Privacy notice \u2013 Vendor Support</title>" in browser.text
    await browser.open("/imprint")
    assert browser.status == 404


async def test_without_a_text_of_its_own_the_help_page_tells_the_short_way(world: World):
    browser = world.browser()
    await browser.open("/help")
    assert "The quickest way to help is a ticket" in browser.text
    await browser.open("/privacy")
    assert browser.status == 404


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "pause"),
    [
        (DatabaseBusy("busy"), 503, 10),
        (DatabaseUnavailable("gone"), 503, 10),
        (DatabaseFull("full"), 507, 10),
        (TooMany("Wait.", retry_after=61), 429, 61),
        (Refused("Later.", rule="x", temporary=True), 503, 10),
        (Refused("No.", rule="x"), 403, 0),
        (RuntimeError("insides"), 500, 0),
    ],
)
async def test_what_passes_says_when_to_try_again(world: World, error: Exception, status: int, pause: int):
    page = error_page(error, world.helpdesk.texts.words("en"))
    assert (page.status, page.retry_after) == (status, pause)
    assert isinstance(page.view, ErrorPage)
    assert (page.view.minutes == 2) == isinstance(error, TooMany)


@pytest.mark.parametrize("database_dialect", ["sqlite"], indirect=True)
async def test_a_form_survives_a_database_that_is_busy(build: Build, database_url: str):
    """Only on SQLite another program locks the whole database."""
    world = await build()
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await browser.send("/tickets/new", kind="bug", subject="S", text="The whole story.")
        assert browser.status == 503
        assert browser.response.headers["retry-after"] == "10"
        assert "We are very busy just now." in browser.text
        await browser.send("/tickets/new", kind="bug", files=[("a.txt", b"text")])
        assert "a.txt could not be stored just now. Please add it again." in browser.text
    assert dict(browser.form("/tickets/new").fields)["text"] == "The whole story."
    await browser.send("/tickets/new", kind="bug")
    assert browser.path == "/tickets/2026-000001"


async def test_an_unknown_page_needs_no_database(world: World):
    browser = await world.signed_in()
    await world.helpdesk.close()
    await browser.open("/nowhere")
    assert browser.status == 404
    assert "This page does not exist" in browser.text
    await browser.open("/tickets")
    assert browser.status in {500, 503}
    assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", browser.plain)


async def test_a_method_that_a_page_does_not_know_is_refused(world: World):
    browser: Browser = await world.signed_in()
    assert (await browser.client.post("/tickets")).status_code == 405
    assert (await browser.client.get("/language")).status_code == 405


async def test_a_page_may_say_when_to_come_back(world: World):
    async def later(request: Request) -> Page:
        raise TooMany("Too many.", retry_after=300)

    world.app = build_app(world.web, (*world.routes, Route(path="/later", access=Access.PUBLIC, get=later)))
    browser = world.browser()
    await browser.open("/later")
    assert browser.status == 429
    assert browser.response.headers["retry-after"] == "300"
    assert "please wait 5 minutes" in browser.text
