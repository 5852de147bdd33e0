"""How other helpdesks were broken, tried on ours: accounts, sessions and links (B23 to B35).

Each test names what guards it; without that line it goes red.
"""

import re
import statistics
import time
from datetime import timedelta

import anyio
import pytest

from helpdesk_core.accounts import Role
from helpdesk_core.testing.clock import SettableClock
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, World

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
CANARY = "<script>alert('canary')</script>\"'><img src=x onerror=alert(1)>"


def without_tokens(text: str) -> str:
    text = re.sub(r'value="[A-Za-z0-9_-]{24,}"', 'value=""', text)
    return re.sub(r'data-now="[^"]+"', "", text)


async def try_form(world: World, path: str, fields: dict[str, str]) -> tuple[int, str]:
    browser = world.browser()
    await browser.open(path)
    response = await browser.send(path, fields=fields)
    return response.status_code, without_tokens(response.text)


# B23: the accounts do the same work for every address, and the pages say the same (`Registration`, `_forgot`).


@pytest.mark.parametrize("path", ["/login", "/register", "/forgot"])
async def test_b23_a_page_does_not_tell_who_has_an_account(world: World, path: str):
    known, unknown = "known@school.example", "nobod@school.example"
    await world.create(known)
    fields = {
        "/login": {"password": "wrong wrong wrong"},
        "/register": {"password": PASSWORD, "given_name": "K", "family_name": "K", "organisation": "S"},
        "/forgot": {},
    }[path]
    one = await try_form(world, path, {"email": known, **fields})
    other = await try_form(world, path, {"email": unknown, **fields})
    assert one[0] == other[0]
    assert one[1].replace(known, unknown).replace("k…@", "n…@") == other[1]


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", ["/login", "/forgot"])
async def test_b23_the_time_does_not_tell_who_has_an_account(world: World, path: str, clock: SettableClock):
    """Measured in up to three rounds, since this machine does other things, too: a real difference shows in each."""
    await world.create("known@school.example")
    fields = {"password": "wrong wrong wrong"} if path == "/login" else {}
    differences = []
    for _ in range(3):
        took: dict[str, list[float]] = {"known@school.example": [], "nobod@school.example": []}
        for _ in range(60):
            clock.advance(timedelta(hours=2))
            for email, times in took.items():
                browser = world.browser()
                await browser.open(path)
                start = time.perf_counter()
                await browser.send(path, email=email, fields=fields)
                times.append(time.perf_counter() - start)
        one, other = (statistics.median(times) for times in took.values())
        differences.append(abs(one - other) / max(one, other))
        if differences[-1] < 0.1:
            return
    pytest.fail(f"the medians differ by {differences}")


# B24: links begin with `Site.url`; nothing reads the Host header to build one (`Web.helpdesk_links`).


async def test_b24_a_link_in_a_mail_never_follows_a_header(world: World, clock: SettableClock):
    await world.create()
    for header in ("host", "x-forwarded-host", "x-host", "forwarded", "x-original-host"):
        clock.advance(timedelta(hours=2))
        browser = world.browser()
        await browser.open("/forgot")
        value = "host=evil.example" if header == "forwarded" else "evil.example"
        response = await browser.send("/forgot", email=EMAIL, headers={header: value})
        assert "evil.example" not in response.text
        await world.deliver()
    assert len(world.post.taken) == 5
    for parcel in world.post.taken:
        text = parcel.content.decode()
        assert "http://127.0.0.1:8000/reset/" in text
        assert "evil.example" not in text


# B25: `Sessions.begin` makes a token; `Sessions.find` knows only those.


async def test_b25_a_session_that_was_planted_before_the_sign_in_is_nobodys(world: World):
    await world.create()
    victim, thief = world.browser(), world.browser()
    planted = "planted-planted-planted-planted-planted-pla"
    for browser in (victim, thief):
        browser.client.cookies.set("session", planted, domain="127.0.0.1")
    await victim.sign_in()
    await thief.open("/account")
    assert thief.path == "/login"


# B26: a token is found by the hash of the whole and works once (`accounts.tokens.find`, `use`).


async def test_b26_a_link_that_was_not_mailed_opens_nothing(world: World):
    await world.create()
    browser = world.browser()
    await browser.open("/login")
    csrf = dict(browser.form("/login").fields)["csrf"]
    before = await world.snapshot()
    for token in ("%20", "null", "[]", "0", "%00", "a" * 43, "..%2f..", "'%20OR%201=1--"):
        for path in ("/reset/{}", "/confirm/{}", "/confirm/{}/not-me"):
            address = path.format(token)
            fields = {"csrf": csrf, "password": "Neues Wort mit Wolken drin"}
            for answer in (await browser.client.get(address), await browser.client.post(address, data=fields)):
                assert answer.status_code in {404, 410}, address
    assert await world.snapshot() == before


async def test_b26_a_link_is_for_one_purpose_for_one_person_and_for_one_time(world: World, clock: SettableClock):
    await world.create()
    browser = world.browser()
    await browser.open("/forgot")
    await browser.send("/forgot", email=EMAIL)
    link = await world.mailed_link("/reset/")
    await browser.open(link.replace("/reset/", "/confirm/"))
    assert browser.status == 410
    clock.advance(timedelta(minutes=61))
    await browser.open(link)
    assert browser.status == 410


# B27, B29: who is signed in stands in a cookie and nowhere else (`Dispatcher._recognised`).


async def test_b27_no_address_signs_anybody_in(world: World):
    browser = await world.signed_in()
    token = browser.cookie("session")
    before = await world.snapshot()
    for path in (f"/account?session={token}", f"/account?token={token}", f"/account;session={token}", f"/t/{token}"):
        stranger = world.browser()
        await stranger.open(path)
        assert stranger.path in {"/login", path.partition("?")[0]}
        assert EMAIL not in stranger.text
        assert stranger.cookie("session") is None
    assert await world.snapshot() == before


async def test_b29_no_token_stands_in_an_address_after_the_first_step(world: World):
    await world.create()
    browser = world.browser()
    await browser.open("/forgot")
    await browser.send("/forgot", email=EMAIL)
    link = await world.mailed_link("/reset/")
    await browser.open(link)
    assert browser.response.headers["referrer-policy"] == "no-referrer"
    await browser.send(link, password="Neues Wort mit Wolken drin")
    assert link.rpartition("/")[2] not in str(browser.response.url)
    assert link.rpartition("/")[2] not in browser.text


# B28: there are no links to tickets that need no sign-in; a number and an address open nothing.


async def test_b28_a_number_opens_no_ticket_without_signing_in(world: World):
    number = await world.ticket(await world.signed_in())
    stranger = world.browser()
    await stranger.open(f"/tickets/{number}?email={EMAIL}")
    assert stranger.path == "/login"
    assert "Printing fails" not in stranger.text


# B30: nothing reads such headers.


async def test_b30_a_header_signs_nobody_in(world: World):
    await world.create(role=Role.ADMINISTRATOR)
    names = (
        "x-remote-user",
        "remote-user",
        "x-forwarded-user",
        "x-webauth-user",
        "x-authenticated-user",
        "authorization",
    )
    browser = world.browser(headers=dict.fromkeys(names, EMAIL))
    await browser.open("/account")
    assert browser.path == "/login"


# B31: only a proxy that the site names may say where a request comes from (`trusted_proxies`, `source_of`).


async def test_b31_changing_headers_do_not_give_new_tries(world: World):
    await world.create()
    blocked = 0
    for number in range(60):
        headers = {
            "x-forwarded-for": f"10.0.{number}.1",
            "x-real-ip": f"10.0.{number}.1",
            "cf-connecting-ip": f"<img src=x{number}>",
            "forwarded": f"for=10.0.{number}.1",
        }
        browser = world.browser()
        await browser.open("/login", headers=headers)
        await browser.send("/login", email=f"nobody{number}@x.example", password="wrong", headers=headers)
        assert "<img" not in browser.text
        if browser.status == 429:
            assert int(browser.response.headers["retry-after"]) > 0
            blocked += 1
    assert blocked >= 10


async def test_b31_ten_wrong_passwords_close_an_account_for_a_while(world: World, clock: SettableClock):
    await world.create()
    for number in range(11):
        browser = world.browser(address=f"192.0.2.{number}")
        await browser.sign_in(password="wrong")
    assert browser.status == 429
    assert "Too many tries." in browser.text
    await browser.sign_in()
    assert browser.status == 429
    clock.advance(timedelta(minutes=17))
    await browser.sign_in()
    assert browser.path == "/"


# B32: one of many that come at once finds the token unused (`accounts.tokens.use`).


async def test_b32_a_link_used_twenty_times_at_once_works_once(world: World):
    await world.create()
    browser = world.browser()
    await browser.open("/forgot")
    await browser.send("/forgot", email=EMAIL)
    link = await world.mailed_link("/reset/")
    await browser.open(link)
    csrf = dict(browser.form(link).fields)["csrf"]
    statuses = []

    async def use(number: int) -> None:
        fields = {"csrf": csrf, "password": f"Wolke {number} trifft Zahnrad am Kanal"}
        response = await browser.client.post(link, data=fields)
        statuses.append(response.status_code)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(use, number)
    assert sorted(statuses) == [303, *[410] * 19]


# B34: there is no page that makes an account for an agent; the command line does.


async def test_b34_a_fresh_site_has_no_account_and_no_installer(world: World):
    assert await world.helpdesk.database.fetch("SELECT id FROM helpdesk_core_person") == []
    browser = world.browser()
    for path in (
        "/install",
        "/setup",
        "/wizard",
        "/admin",
        "/_dev/mail",
        "/schema",
        "/schema/openapi.json",
        "/metrics",
    ):
        await browser.open(path)
        assert browser.status == 404, path
