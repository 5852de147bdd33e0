"""Every answer carries the whole bar of headers: the routes are read from the site, so a new page is covered."""

from collections.abc import AsyncIterator

import pytest

from helpdesk_core.accounts import Role
from tests.plugins.helpdesk_web.world import EMAIL, WEB, Browser, Build, World

pytestmark = pytest.mark.anyio

ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
STRICT = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


async def addresses(world: World, browser: Browser) -> AsyncIterator[str]:
    """Every address that answers GET, with something that exists for each name in it where we can."""
    number = await world.ticket(browser)
    await browser.send(f"/tickets/{number}", text="x", files=[("a.png", b"\x89PNG\r\n\x1a\n0")])
    rows = await world.helpdesk.database.fetch("SELECT id FROM helpdesk_core_file")
    known = {"number": number, "file": str(rows[0]["id"]), "token": "x" * 43, "mail": "1"}
    for route in world.routes:
        if route.get is not None:
            yield route.path.format(**known)


@pytest.mark.parametrize("encrypted", [False, True])
async def test_every_answer_to_every_get_and_head_carries_the_bar(build: Build, *, encrypted: bool):
    world = await build(url="https://support.vendor.example" if encrypted else "http://127.0.0.1:8000", demo=True)
    browser = await world.signed_in(role=Role.ADMINISTRATOR)
    stranger = world.browser()
    await stranger.open("/")
    assets = [world.web.assets.address("css/helpdesk.css"), "/static/nothing.css", "/nowhere", "/login/"]
    count = 0
    async for path in addresses(world, browser):
        for who in (browser, stranger):
            for address in (path, *assets):
                for method in ("GET", "HEAD"):
                    response = await who.client.request(method, address, follow_redirects=False)
                    judge(response.headers, f"{method} {address} {response.status_code}", encrypted=encrypted)
                    assert method == "GET" or not response.content
                    count += 1
            assets = []
    assert count > 60


async def test_every_refusal_carries_the_bar(world: World):
    browser = await world.signed_in()
    for method, path in (
        ("POST", "/tickets/new"),
        ("POST", "/nowhere"),
        ("PUT", "/tickets"),
        ("DELETE", "/account"),
        ("OPTIONS", "/account"),
        ("TRACE", "/"),
        ("POST", "/tickets"),
    ):
        response = await browser.client.request(method, path)
        judge(response.headers, f"{method} {path} {response.status_code}", encrypted=False)


def judge(headers, where: str, *, encrypted: bool) -> None:
    for name, value in ALWAYS.items():
        assert headers.get(name) == value, (where, name)
        assert len(headers.get_list(name)) == 1, (where, name)
    policy = headers.get("content-security-policy", "")
    if "sandbox" in policy:
        assert policy.startswith("sandbox; default-src 'none'"), where
    else:
        for rule in STRICT:
            assert rule in policy, (where, rule)
        assert not {"unsafe", "*"} & set(policy.replace("-", " ").split()), where
    assert headers["referrer-policy"] in {"same-origin", "no-referrer"}, where
    assert ("/confirm/" in where or "/reset/" in where) == (headers["referrer-policy"] == "no-referrer"), where
    assert "server" not in headers, where
    if "max-age" in headers["cache-control"]:
        assert "/static/" in where, where
    else:
        assert headers["cache-control"] == "no-store", where
    hsts = headers.get("strict-transport-security", "")
    assert hsts == ("max-age=63072000; includeSubDomains" if encrypted else ""), where


@pytest.mark.parametrize("encrypted", [False, True])
async def test_every_cookie_is_kept_from_scripts_and_from_other_hosts(build: Build, *, encrypted: bool):
    world = await build(url="https://support.vendor.example" if encrypted else "http://127.0.0.1:8000")
    await world.create()
    browser = world.browser()
    set_cookies: list[str] = []
    browser.client.event_hooks["response"] = [
        lambda response: _collect(response, set_cookies),
    ]
    await browser.sign_in()
    await browser.open("/account")
    await browser.send("/account", given_name="Karina", organisation="S")
    await browser.open("/account")
    await browser.send("/language", language="de")
    await browser.send("/logout")
    names = {each.partition("=")[0].removeprefix("__Host-") for each in set_cookies}
    assert names == {"visitor", "session", "notice", "language"}
    for cookie in set_cookies:
        attributes = {each.strip().lower() for each in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= attributes, cookie
        assert cookie.startswith("__Host-") == encrypted
        assert ("secure" in attributes) == encrypted
        assert not any(each.startswith("domain") for each in attributes)


async def _collect(response, into: list[str]) -> None:
    into += response.headers.get_list("set-cookie")


async def test_a_stranger_who_only_looks_at_files_gets_no_cookie(world: World):
    browser = world.browser()
    await browser.open(world.web.assets.address("css/helpdesk.css"))
    await browser.open("/healthz/live")
    await browser.open("/robots.txt")
    assert not browser.client.cookies


async def test_a_static_file_is_kept_for_ever_under_an_address_that_changes_with_it(world: World):
    browser = world.browser()
    address = world.web.assets.address("css/helpdesk.css")
    response = await browser.open(address)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert (await browser.open(address.replace("helpdesk.", "helpdesk.0"))).status_code == 404
    assert (await browser.open("/static/../plugin.py")).status_code == 404
    assert (await browser.open("/static/%2e%2e/plugin.py")).status_code == 404
    colours = await browser.open(world.web.assets.address("site.css"))
    assert f"--accent: {WEB.accent}" in colours.text


async def test_a_page_of_somebody_is_in_no_cache_after_signing_out(world: World):
    browser = await world.signed_in()
    for path in ("/", "/tickets", "/account", "/tickets/new"):
        assert (await browser.open(path)).headers["cache-control"] == "no-store"
    assert EMAIL in (await browser.open("/account")).text
