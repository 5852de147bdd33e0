"""Forms that did not come from a page of ours, or not from the one who is signed in: refused, and nothing changes.

The routes are read from the site, so a new form is covered.
"""

import pytest

from helpdesk_core.accounts import Role
from helpdesk_web.csrf import Origin, is_foreign, is_own, matches, token_of
from tests.plugins.helpdesk_web.world import Browser, World

pytestmark = pytest.mark.anyio


async def token_in(browser: Browser) -> str:
    await browser.open("/help")
    return dict(browser.form("/language").fields)["csrf"]


async def attack(browser: Browser, path: str, csrf: str | None, headers: dict[str, str]) -> int:
    fields = [
        ("text", "attack"),
        ("subject", "attack"),
        ("kind", "bug"),
        ("email", "evil@attack.example"),
        ("password", "Regenbogen trifft Zahnrad am Kanal"),
        ("new_password", "Regenbogen trifft Zahnrad am Meer"),
        ("given_name", "Attack"),
        ("family_name", "Attack"),
        ("organisation", "Attack"),
        ("language", "de"),
        *([("csrf", csrf)] if csrf is not None else []),
    ]
    response = await browser.client.post(path, data=dict(fields), headers=headers, follow_redirects=False)
    return response.status_code


ATTACKS = {
    "no token": (None, {}),
    "an empty token": ("", {}),
    "a made-up token": ("A" * 43, {}),
    "the token of another session": ("other", {}),
    "the token of a stranger": ("stranger", {}),
    "a foreign origin": ("own", {"origin": "https://evil.example"}),
    "a foreign origin that looks like ours": ("own", {"origin": "http://127.0.0.1:8000.evil.example"}),
    "an opaque origin": ("own", {"origin": "null"}),
    "another port": ("own", {"origin": "http://127.0.0.1:8001"}),
    "a cross-site request": ("own", {"sec-fetch-site": "cross-site"}),
    "a same-site request": ("own", {"sec-fetch-site": "same-site"}),
    "an unknown relation": ("own", {"sec-fetch-site": "whatever"}),
    "our site named by a foreign origin": ("own", {"sec-fetch-site": "same-origin", "origin": "https://evil.example"}),
}


async def test_every_form_refuses_every_attack_and_nothing_changes(world: World):
    victim = await world.signed_in(role=Role.ADMINISTRATOR)
    number = await world.ticket(victim)
    other = await world.signed_in("other@school.example")
    stranger = world.browser()
    tokens = {
        "own": await token_in(victim),
        "other": await token_in(other),
        "stranger": await token_in(stranger),
    }
    before = await world.snapshot()
    posts = [route for route in world.routes if route.post is not None]
    assert len(posts) >= 12
    for kind, (which, headers) in ATTACKS.items():
        for route in posts:
            if kind == "an opaque origin" and route.secret:
                continue  # The page keeps its address to itself, so browsers say no more; its token is the secret.
            path = route.path.format(number=number, token="x" * 43, mail="1")
            for name, browser in (("own", victim), ("stranger", stranger)):
                foreign = "other" if which == name else which
                given = tokens[name] if which == "own" else tokens.get(foreign or "", foreign)
                assert await attack(browser, path, given, headers) == 403, (kind, route.path, name)
        assert await world.snapshot() == before, kind


async def test_a_token_of_a_visitor_is_worth_nothing_after_the_sign_in(world: World):
    await world.create()
    browser = world.browser()
    old = await token_in(browser)
    await browser.sign_in()
    assert await attack(browser, "/account", old, {}) == 403


async def test_forms_of_our_own_pages_are_taken(world: World):
    for headers in (
        {},
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"},
        {"sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "http://localhost:8000", "host": "localhost:8000"},
    ):
        browser = world.browser()
        await browser.open("/help")
        response = await browser.send("/language", language="de", headers=headers, follow=False)
        assert response.status_code == 303, headers


async def test_get_and_head_change_nothing(world: World):
    browser = await world.signed_in(role=Role.ADMINISTRATOR)
    number = await world.ticket(browser)
    before = await world.snapshot()
    for route in world.routes:
        path = route.path.format(number=number, token="x" * 43, file="1", mail="1")
        for method in ("GET", "HEAD"):
            for who in (browser, world.browser()):
                await who.client.request(method, path, params={"text": "x", "csrf": await token_in(browser)})
    assert await world.snapshot() == before


def test_a_token_belongs_to_one_cookie():
    assert matches(token_of("one"), "one")
    assert not matches(token_of("one"), "two")
    assert not matches("", "")
    assert not matches(token_of(""), "")
    assert "secret-cookie" not in token_of("secret-cookie")


@pytest.mark.parametrize(
    ("fetch_site", "origin", "foreign", "own"),
    [
        (None, None, False, False),
        ("none", None, False, False),
        ("same-origin", None, False, True),
        ("same-origin", "null", False, True),
        (None, "null", True, False),
        (None, "http://site.example", False, True),
        (None, "http://SITE.example", False, True),
        (None, "http://[broken", True, False),
        ("cross-site", "http://site.example", True, False),
    ],
)
def test_what_a_browser_says_of_the_origin(fetch_site, origin, foreign, own):
    said = Origin(fetch_site=fetch_site, origin=origin, host="site.example", own="site.example")
    assert (is_foreign(said), is_own(said)) == (foreign, own)
