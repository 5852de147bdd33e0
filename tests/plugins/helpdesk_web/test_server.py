"""The real server on a real socket: it starts with the site, stops with it, and nothing that was begun is cut."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from helpdesk_web.app import build_app
from helpdesk_web.routing import Access, Data, Request, Route
from helpdesk_web.server import CannotListen, listen, port_of, serve
from helpdesk_web.settings import Limits
from tests.plugins.helpdesk_web.world import WEB, Browser, Build, World

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def served(world: World, *extra: Route) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """Serve the site; yields its address and the task that serves it."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = build_app(world.web, (*world.routes, *extra))
    task = asyncio.create_task(serve(app, world.web, listener=listener))
    try:
        yield f"http://127.0.0.1:{port}", task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_site_is_served_and_a_customer_walks_through_it(world: World):
    await world.create()
    async with served(world) as (url, _):
        browser = Browser(world.app, url)
        browser.client = httpx.AsyncClient(base_url=url)
        await browser.sign_in()
        assert await world.ticket(browser) == "2026-000001"
        head = await browser.client.head("/tickets")
        assert (head.status_code, head.content) == (200, b"")
        assert "server" not in head.headers
        assert (await browser.client.get("/nowhere")).status_code == 404
        await browser.client.aclose()


async def test_the_service_of_the_plugin_serves(world: World):
    service = next(each for each in world.helpdesk.services if each.name == "helpdesk_web.server")
    assert (service.role, service.single) == ("web", False)


async def test_what_was_begun_comes_to_its_end_when_the_server_stops(world: World):
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Data:
        begun.set()
        await go.wait()
        return Data(content=b"done")

    async with (
        served(world, Route(path="/slow", access=Access.PUBLIC, get=slow)) as (url, task),
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        task.cancel()
        # By then the server has stopped to take new requests.
        asyncio.get_running_loop().call_later(0.5, go.set)
        assert (await answer).content == b"done"
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_server_leaves_signals_to_the_program(world: World):
    before = signal.getsignal(signal.SIGTERM)
    async with served(world) as (url, _), httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/healthz/live")).text == "ok\n"
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_port_that_is_taken_is_named_and_ends_no_process(world: World):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1 port {port}"):
            listen("127.0.0.1", port)


def test_the_port_is_that_of_the_setting_or_of_the_environment_or_of_the_address(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PORT", raising=False)
    assert port_of(None, "http://127.0.0.1:8055") == 8055
    assert port_of(None, "https://support.vendor.example") == 8000
    monkeypatch.setenv("PORT", "9000")
    assert port_of(None, "http://127.0.0.1:8055") == 9000
    assert port_of(7000, "http://127.0.0.1:8055") == 7000


@pytest.mark.parametrize(("trusted", "counted"), [((), "127.0.0.1"), (("127.0.0.1",), "198.51.100.9")])
async def test_only_a_proxy_that_the_site_names_says_where_somebody_is(build: Build, trusted, counted):
    world = await build(replace(WEB, trusted_proxies=trusted))
    sources = []

    async def who(request: Request) -> Data:
        sources.append(request.source)
        return Data(content=b"")

    async with (
        served(world, Route(path="/who", access=Access.PUBLIC, get=who)) as (url, _),
        httpx.AsyncClient(base_url=url) as client,
    ):
        await client.get("/who", headers={"x-forwarded-for": "203.0.113.1, 198.51.100.9"})
    assert sources == [counted]


CUT = b"content-length: 8\r\nconnection: close\r\n\r\n--x\r\nabc"


CUT_OFF = b"the server ended the connection"


async def raw(url: str, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return CUT_OFF
    finally:
        writer.close()


async def test_broken_requests_get_an_answer_and_the_server_goes_on(world: World):
    async with served(world) as (url, _), httpx.AsyncClient(base_url=url) as client:
        for request in (
            b"nonsense\r\n\r\n",
            b"GET /%ff%fe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
            b"GET http://evil.example/ HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
            b"POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nab",
            b"POST /login HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=x\r\nhost: x\r\n" + CUT,
        ):
            answer = await raw(url, request)
            assert b"Traceback" not in answer
            assert b" 500 " not in answer.partition(b"\r\n")[0]
            assert b"evil.example" not in answer
        assert (await client.get("/healthz/live")).status_code == 200


async def test_a_head_without_end_is_cut(world: World):
    async with served(world) as (url, _), httpx.AsyncClient(base_url=url) as client:
        line = b"x-many: " + b"a" * 1000 + b"\r\n"
        for head in ((b"GET / HTTP/1.1\r\nx-long: ", *[b"a" * 16_384] * 8), (b"GET / HTTP/1.1\r\n", *[line] * 100)):
            answer = await raw(url, *head)
            assert answer == CUT_OFF or answer.startswith(b"HTTP/1.1 400 ")
        page = await client.get("/login")
        token = dict(_fields(page.text))["csrf"]
        for _twice in range(2):
            fields = {"csrf": token, "email": "x" * 300_000, "password": "x"}
            assert (await client.post("/login", data=fields)).status_code == 422


async def test_a_browser_that_goes_away_is_no_fault_of_ours(world: World, caplog: pytest.LogCaptureFixture):
    async with served(world) as (url, _):
        head = b"POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(head + b"content-length: 100\r\n\r\nemail=")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/healthz/live")).status_code == 200
    assert "error " not in caplog.text


async def test_a_form_larger_than_anybody_may_send_is_refused(build: Build):
    world = await build(replace(WEB, limits=Limits(file=1024, files=1)))
    async with served(world) as (url, _), httpx.AsyncClient(base_url=url) as client:
        page = await client.get("/login")
        token = dict(_fields(page.text))["csrf"]
        answer = await client.post("/login", data={"csrf": token, "email": "x" * (7 * 1024 * 1024)})
        assert answer.status_code == 413
        assert "That was too much at once" in answer.text
        files = [("files", ("big.bin", b"0" * (7 * 1024 * 1024)))]
        answer = await client.post("/login", data={"csrf": token, "email": "x"}, files=files)
        assert answer.status_code == 413
        answer = await client.post("/login", data={"csrf": token, **{f"f{number}": "x" for number in range(400)}})
        assert answer.status_code == 400


def _fields(text: str) -> list[tuple[str, str]]:
    from tests.plugins.helpdesk_web.world import forms_of

    return [pair for form in forms_of(text) for pair in form.fields]


async def test_a_token_of_an_address_stands_in_no_log(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    async with served(world) as (url, _), httpx.AsyncClient(base_url=url) as client:
        await client.get("/reset/a-secret-token-in-an-address")
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert ours
    assert not any("a-secret-token" in record.getMessage() for record in ours)


async def test_a_socket_may_be_given_by_the_program(world: World):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = os.dup(listener.fileno())
        given = socket.socket(fileno=port)
        task = asyncio.create_task(serve(world.app, world.web, listener=given))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            assert (await client.get("/healthz/live")).status_code == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
