"""Who is signed in, for how long, and what ends it."""

import hashlib
from datetime import timedelta

import pytest

from helpdesk_core.accounts import Role
from helpdesk_core.bus import Actor
from helpdesk_core.testing.clock import SettableClock
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, Browser, World, job

pytestmark = pytest.mark.anyio


async def is_signed_in(browser: Browser) -> bool:
    await browser.open("/account")
    return browser.path == "/account"


async def test_only_the_hash_of_a_token_is_stored(world: World):
    browser = await world.signed_in()
    token = browser.cookie("session")
    assert token is not None
    assert len(token) >= 43
    rows = await world.helpdesk.database.fetch("SELECT * FROM helpdesk_web_session")
    assert [row["token_hash"] for row in rows] == [hashlib.sha256(token.encode()).hexdigest()]
    assert token not in repr(rows)


async def test_a_token_that_somebody_chose_signs_nobody_in(world: World):
    await world.create()
    browser = world.browser()
    chosen = "A" * 43
    browser.client.cookies.set("session", chosen, domain="127.0.0.1")
    await browser.sign_in()
    assert browser.cookie("session") != chosen
    thief = world.browser()
    thief.client.cookies.set("session", chosen, domain="127.0.0.1")
    assert not await is_signed_in(thief)


async def test_signing_in_again_ends_the_session_of_before(world: World):
    browser = await world.signed_in()
    old = browser.cookie("session")
    await browser.open("/logout")
    await world.create("second@school.example")
    token = dict((await _form(browser, "/help", "/language")).fields)["csrf"]
    await browser.post("/login", [("csrf", token), ("email", "second@school.example"), ("password", PASSWORD)])
    assert browser.cookie("session") != old
    thief = world.browser()
    thief.client.cookies.set("session", old or "", domain="127.0.0.1")
    assert not await is_signed_in(thief)
    rows = await world.helpdesk.database.fetch("SELECT id FROM helpdesk_web_session")
    assert len(rows) == 1


async def _form(browser: Browser, path: str, action: str):
    await browser.open(path)
    return browser.form(action)


async def test_signing_out_deletes_the_session(world: World):
    browser = await world.signed_in()
    token = browser.cookie("session")
    await browser.send("/logout")
    assert browser.cookie("session") is None
    assert await world.helpdesk.database.fetch("SELECT id FROM helpdesk_web_session") == []
    thief = world.browser()
    thief.client.cookies.set("session", token or "", domain="127.0.0.1")
    assert not await is_signed_in(thief)


@pytest.mark.parametrize(
    ("role", "idle", "whole"),
    [
        (Role.CUSTOMER, timedelta(days=14), timedelta(days=90)),
        (Role.AGENT, timedelta(hours=8), timedelta(days=7)),
        (Role.ADMINISTRATOR, timedelta(hours=8), timedelta(days=7)),
    ],
)
async def test_a_session_ends_when_idle_and_in_any_case(
    world: World, clock: SettableClock, role: Role, idle: timedelta, whole: timedelta
):
    browser = await world.signed_in(role=role)
    clock.advance(idle - timedelta(minutes=10))
    assert await is_signed_in(browser)
    clock.advance(idle - timedelta(seconds=1))
    assert await is_signed_in(browser), "every visit begins the idle time anew"
    clock.advance(idle)
    assert not await is_signed_in(browser)
    await browser.sign_in()
    passed = timedelta(0)
    while passed + idle / 2 < whole:
        clock.advance(idle / 2)
        passed += idle / 2
        assert await is_signed_in(browser)
    clock.advance(whole - passed)
    assert not await is_signed_in(browser)


async def test_a_customer_who_becomes_an_agent_has_an_agents_lifetime(world: World, clock: SettableClock):
    browser = await world.signed_in()
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    await world.helpdesk.accounts.change_role(
        Actor.system("test"), account.id, account.version, Role.AGENT, origin="cli"
    )
    clock.advance(timedelta(hours=9))
    assert not await is_signed_in(browser)


async def test_a_clock_that_goes_back_does_not_prolong_a_session(world: World, clock: SettableClock):
    browser = await world.signed_in()
    start = clock.now()
    clock.advance(timedelta(hours=-1))
    assert await is_signed_in(browser)
    clock.set(start + timedelta(days=15))
    assert not await is_signed_in(browser)


async def test_who_is_blocked_is_signed_out_at_once(world: World):
    browser = await world.signed_in()
    await world.helpdesk.database.execute("UPDATE helpdesk_core_person SET state = 'blocked'")
    assert not await is_signed_in(browser)


async def test_one_sees_where_one_is_signed_in_and_ends_it(world: World):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
    desk = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await world.create()
    here, there = world.browser(headers={"user-agent": desk}), world.browser(headers={"user-agent": phone})
    await here.sign_in()
    await there.sign_in()
    await here.open("/account")
    assert "Firefox, Windows" in here.text
    assert "Safari, iPhone" in here.text
    key = next(line for line in here.text.split('name="session" value="')[1:]).partition('"')[0]
    await here.send("/account/sessions/end", session=key)
    assert "That device is signed out." in here.text
    assert "Safari, iPhone" not in here.text
    assert not await is_signed_in(there)
    assert await is_signed_in(here)


async def test_nobody_ends_a_session_of_somebody_else(world: World):
    victim = await world.signed_in()
    rows = await world.helpdesk.database.fetch("SELECT id FROM helpdesk_web_session")
    other = await world.signed_in("other@school.example")
    await other.open("/account")
    for key in (str(rows[0]["id"]), "nonsense", ""):
        await other.send("/account/sessions/end", session=key)
    assert await is_signed_in(victim)


async def test_the_job_forgets_sessions_that_ran_out_long_ago(world: World, clock: SettableClock):
    await world.signed_in()
    await job(world, "helpdesk_web.sessions").run()
    assert await world.helpdesk.database.fetch("SELECT id FROM helpdesk_web_session")
    clock.advance(timedelta(days=22))
    await job(world, "helpdesk_web.sessions").run()
    assert await world.helpdesk.database.fetch("SELECT id FROM helpdesk_web_session") == []


async def test_looking_at_pages_writes_once_in_five_minutes(world: World, clock: SettableClock):
    browser = await world.signed_in()

    async def seen():
        return (await world.helpdesk.database.fetch("SELECT seen_at FROM helpdesk_web_session"))[0]["seen_at"]

    first = await seen()
    clock.advance(timedelta(minutes=4))
    await browser.open("/tickets")
    assert await seen() == first
    clock.advance(timedelta(minutes=2))
    await browser.open("/tickets")
    assert await seen() == clock.now()
