"""Where a redirect may lead (B33 of the catalogue of breaks): never to another site, whatever an address looks like."""

import pytest

from helpdesk_web.app import build_app
from helpdesk_web.redirects import own_path
from helpdesk_web.routing import Access, Redirect, Request, Route
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, World

pytestmark = pytest.mark.anyio

# B33: `own_path` decides where a redirect leads.

FOREIGN = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "/%252fevil.example",
    "/%5cevil.example",
    "javascript:alert(1)",
    "/\tevil.example",
    "/%09/evil.example",
    "/\r\nset-cookie: a=b",
    "/%0d%0aset-cookie:%20a=b",
    " //evil.example",
    "data:text/html,x",
    "evil.example",
    "user@evil.example",
    "",
]


@pytest.mark.parametrize("wanted", FOREIGN)
def test_b33_what_looks_like_another_site_becomes_the_start_page(wanted: str):
    assert own_path(wanted) == "/"


async def test_b33_a_redirect_stays_on_this_site(world: World):
    await world.create()
    for wanted in FOREIGN:
        browser = world.browser()
        await browser.open("/login", params={"next": wanted})
        response = await browser.send("/login", email=EMAIL, password=PASSWORD, follow=False)
        assert response.headers["location"] == "/", wanted
        await browser.open("/help")
        fields = [("back", wanted), *(pair for pair in browser.form("/language").fields if pair[0] != "back")]
        response = await browser.post("/language", [*fields, ("language", "en")], follow=False)
        assert response.headers["location"] == "/", wanted


async def test_b33_no_page_leads_to_another_site_whatever_it_answers(world: World):
    async def lead(request: Request) -> Redirect:
        return Redirect(request.query.text("to"))

    world.app = build_app(world.web, (*world.routes, Route(path="/lead", access=Access.PUBLIC, get=lead)))
    browser = world.browser()
    for wanted in FOREIGN:
        response = await browser.client.get("/lead", params={"to": wanted})
        assert response.headers["location"] == "/", wanted


@pytest.mark.parametrize(
    "wanted", ["/", "/tickets?tab=open&after=a%3Ab", "/tickets/2026-1#answer", "/q?x=%20//y", "/user@host"]
)
def test_b33_a_path_of_this_site_is_kept(wanted: str):
    assert own_path(wanted) == wanted
