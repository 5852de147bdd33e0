"""What only a real browser shows: its memory after signing out, forms with and without scripts, the policy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Page, async_playwright

from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.parts import find_program
from helpdesk_web.server import listen
from tests.plugins.helpdesk_web.test_server import served
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, Build, World

pytestmark = [pytest.mark.anyio, pytest.mark.needs("chromium")]

OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@asynccontextmanager
async def chromium(**options: object) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        program = find_program("chromium", "chromium-browser")
        browser = await playwright.chromium.launch(executable_path=program, args=OPTIONS)
        try:
            context = await browser.new_context(locale="en", **options)  # type: ignore[arg-type]
            yield await context.new_page()
        finally:
            await browser.close()


async def sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/login")
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", PASSWORD)
    await page.click("[data-primary]")


# B35: every page carries `Cache-Control: no-store` (`headers._ALWAYS`).
async def test_b35_after_signing_out_the_way_back_shows_nothing(world: World):
    await world.create()
    async with served(world) as (url, _), chromium() as page:
        await sign_in(page, url)
        await page.goto(f"{url}/account")
        assert EMAIL in await page.content()
        await page.click("summary:has-text('Karin')")
        await page.click("text=Sign out")
        await page.wait_for_url(f"{url}/")
        for _back in range(3):
            await page.go_back()
            assert "Karin" not in await page.content()


@pytest.mark.parametrize("scripts", [True, False])
async def test_text_and_files_survive_a_session_that_ran_out(world: World, clock: SettableClock, *, scripts: bool):
    await world.create()
    async with served(world) as (url, _), chromium(java_script_enabled=scripts) as page:
        await sign_in(page, url)
        await page.goto(f"{url}/tickets/new")
        await page.check("input[value=bug]")
        await page.fill("[name=subject]", "Printing fails")
        await page.fill("[name=text]", "First line\n\nThird line")
        file = {"name": "log.txt", "mimeType": "text/plain", "buffer": b"log"}
        await page.set_input_files("[name=files]", file)  # type: ignore[arg-type]
        clock.advance(timedelta(days=15))
        await page.click("[data-primary]")
        assert "your text is still there" in await page.content()
        await page.fill("[name=email]", EMAIL)
        await page.fill("[name=password]", PASSWORD)
        await page.click("[data-primary]")
        await page.wait_for_url(f"{url}/tickets/2026-000001")
        assert await page.inner_text(".typed") == "First line\n\nThird line"
        assert "log.txt" in await page.content()


async def test_pages_load_nothing_from_elsewhere_and_break_no_rule_of_theirs(build: Build):
    world = await build(demo=True)
    await world.create()
    async with served(world) as (url, _), chromium() as page:
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        await sign_in(page, url)
        for path in ("/", "/tickets", "/tickets/new", "/account", "/help", "/_dev/mail"):
            await page.goto(f"{url}{path}")
        assert said == []
        assert all(address.startswith((url, "data:")) for address in asked)


async def test_a_page_of_another_site_cannot_send_our_forms(world: World):
    """With every cookie sent along, as no browser would: what the browser says of the origin is enough."""
    await world.create()
    async with served(world) as (url, _), chromium() as page:
        await sign_in(page, url)
        form = f'<form method="post" action="{url}/tickets/new"><input name="subject" value="x"></form>'
        foreign = listen("127.0.0.1", 0)
        address = f"http://localhost:{foreign.getsockname()[1]}/"
        foreign.close()
        await page.route(address, lambda route: route.fulfill(body=form, content_type="text/html"))
        await page.goto(address)
        async with page.expect_navigation() as arrived:
            await page.evaluate("document.forms[0].submit()")
        answer = await (await arrived.value).request.response()
        assert answer is not None
        assert answer.status == 403
        assert await world.helpdesk.database.fetch("SELECT id FROM helpdesk_core_ticket") == []
