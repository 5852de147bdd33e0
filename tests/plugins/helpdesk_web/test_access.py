"""Who may open what: every route with every role, read from the site and compared with what its access says."""

import pytest
from msgspec.structs import replace

from helpdesk_core.accounts import Role
from helpdesk_desk.plugin import Desk
from helpdesk_web.app import build_app
from helpdesk_web.routing import Access, Page, Request, Route
from helpdesk_web.views import HelpPage
from tests.plugins.helpdesk_web.world import PASSWORD, Browser, Build, World

pytestmark = pytest.mark.anyio

ALLOWED = {
    Access.PUBLIC: {"stranger", "customer", "agent", "administrator"},
    Access.SIGNED_IN: {"customer", "agent", "administrator"},
    Access.AGENT: {"agent", "administrator"},
    Access.ADMINISTRATOR: {"administrator"},
}


async def people(world: World) -> dict[str, Browser]:
    return {
        "stranger": world.browser(),
        "customer": await world.signed_in("customer@school.example"),
        "agent": await world.signed_in("agent@vendor.example", Role.AGENT),
        "administrator": await world.signed_in("admin@vendor.example", Role.ADMINISTRATOR),
    }


async def test_each_access_lets_in_exactly_whom_it_names(world: World):
    async def hello(request: Request) -> Page:
        return Page(template="helpdesk_web/help.html", view=HelpPage(), title=f"hello {request.method}")

    extra = tuple(Route(path=f"/only/{each.value}", access=each, get=hello, post=hello) for each in Access)
    world.app = build_app(world.web, (*world.routes, *extra))
    for name, browser in (await people(world)).items():
        for access in Access:
            path = f"/only/{access.value}"
            answer = await browser.client.get(path)
            await browser.open("/help")
            token = dict(browser.form("/language").fields)["csrf"]
            posted = await browser.client.post(path, data={"csrf": token})
            if name in ALLOWED[access]:
                assert "hello GET" in answer.text
                assert "hello POST" in posted.text
                continue
            assert "hello" not in answer.text + posted.text
            if name == "stranger":
                assert answer.headers["location"] == f"/login?next={path}"
                assert posted.status_code == 401
            else:
                assert (answer.status_code, posted.status_code) == (403, 403)


async def test_every_page_of_the_site_asks_strangers_to_sign_in_unless_it_is_public(world: World):
    public = {route.path for route in world.routes if route.access is Access.PUBLIC}
    assert public == {
        "/",
        "/help",
        "/imprint",
        "/privacy",
        "/accessibility",
        "/language",
        "/robots.txt",
        "/register",
        "/confirm/{token}",
        "/confirm/{token}/not-me",
        "/login",
        "/logout",
        "/forgot",
        "/reset/{token}",
        "/healthz/live",
        "/healthz/ready",
    }, "a new public page is decided here, not by accident"
    stranger = world.browser()
    for route in world.routes:
        if route.get is not None and route.path not in public:
            response = await stranger.client.get(route.path.format(number="1", file="1"))
            assert response.status_code == 303
            assert response.headers["location"].startswith("/login?next=")


async def test_the_menu_shows_what_one_may_open(world: World):
    stranger = world.browser()
    await stranger.open("/")
    assert 'href="/tickets/new">New ticket</a></li>' not in stranger.text
    assert 'href="/help">Help</a></li>' in stranger.text
    customer = await world.signed_in()
    await customer.open("/tickets/new")
    assert '<a href="/tickets/new" aria-current="page">New ticket</a>' in customer.text
    assert '<a href="/tickets">My tickets</a>' in customer.text


async def test_after_signing_in_one_is_where_one_wanted_to_be(world: World):
    await world.create()
    browser = world.browser()
    await browser.open("/tickets?tab=solved")
    assert browser.path == "/login"
    await browser.send("/login", email="k.krueger@school.example", password="wrong")
    await browser.send("/login", email="k.krueger@schule.example", password="Regenbogen trifft Zahnrad am Kanal")
    assert str(browser.response.url).endswith("/tickets?tab=solved")


async def test_an_agent_begins_at_the_desk_where_there_is_one(build: Build):
    world = await build(plugins=(Desk(),))
    agent = world.browser()
    await world.create("anna@vendor.example", Role.AGENT)
    await agent.open("/login")
    response = await agent.send("/login", email="anna@vendor.example", password=PASSWORD, follow=False)
    assert response.headers["location"] == "/desk"


async def test_a_page_that_does_not_exist_knows_who_asks(world: World):
    browser = await world.signed_in()
    await browser.open("/no/such/page")
    assert browser.status == 404
    assert "Karin Krüger" in browser.text
    assert (await browser.client.post("/no/such/page")).status_code == 404
    assert (await browser.client.post("/tickets")).status_code == 405


def test_a_route_says_who_may_open_it():
    with pytest.raises(TypeError, match="access"):
        Route(path="/x", get=None)  # type: ignore[call-arg]
    with pytest.raises(Exception, match="neither GET nor POST"):
        Route(path="/x", access=Access.PUBLIC)
    assert replace(Route(path="/x/{a}", access=Access.PUBLIC, get=_none), path="/x/{b}").shape == "/x/{}"


async def _none(request: Request) -> Page:
    raise AssertionError
