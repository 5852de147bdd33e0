"""How other helpdesks were broken, tried on ours: what somebody may see and send (B36 to B49).

Each test names what guards it; without that line it goes red.
"""

import base64
import re
from html.parser import HTMLParser

import pytest

from helpdesk_core.accounts import Role
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, Browser, World

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
CANARY = "<script>alert('canary')</script>\"'><img src=x onerror=alert(1)>"


def without_tokens(text: str) -> str:
    text = re.sub(r'value="[A-Za-z0-9_-]{24,}"', 'value=""', text)
    return re.sub(r'data-now="[^"]+"', "", text)


# B36: what somebody may do is asked with their own key; ids in forms are looked up together with their owner.


async def test_b36_no_field_of_a_form_acts_for_somebody_else(world: World):
    victim = await world.signed_in()
    number = await world.ticket(victim)
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    head = await world.helpdesk.tickets.read.find(number)
    assert account
    assert head
    attacker = await world.signed_in("attacker@school.example", given_name="Mallory")
    foreign = [
        (name, str(value))
        for name in (
            "requester",
            "customer",
            "customer_id",
            "person",
            "person_id",
            "ticket",
            "actor",
            "id",
            "organisation_id",
        )
        for value in (account.id, head.id)
    ]
    await attacker.open("/tickets/new")
    form = [pair for pair in attacker.form("/tickets/new").fields if pair[0] not in {"subject", "text"}]
    await attacker.post("/tickets/new", [*form, ("kind", "bug"), ("subject", "Mine"), ("text", "Mine"), *foreign])
    mine = await world.helpdesk.tickets.read.find(attacker.path.rpartition("/")[2])
    assert mine
    assert mine.requester_name == "Mallory Krüger"
    await attacker.open("/account")
    form = [pair for pair in attacker.form("/account").fields if pair[0] != "given_name"]
    await attacker.post("/account", [*form, ("given_name", "Eve"), ("organisation", "X"), *foreign])
    unchanged = await world.helpdesk.accounts.find(account.id)
    assert unchanged == account


# B39: a file is found through the message that it is on, with the eyes of who asks (`TicketReader.attachment`).


async def test_b39_a_file_is_given_only_to_who_sees_its_message(world: World):
    owner = await world.signed_in()
    await owner.open("/tickets/new")
    await owner.send("/tickets/new", kind="bug", subject="S", text="T", files=[("a.png", PNG)])
    rows = await world.helpdesk.database.fetch("SELECT id, message, blob FROM helpdesk_core_file")
    file, message, blob = rows[0]["id"], rows[0]["message"], rows[0]["blob"]
    assert (await owner.open(f"/files/{file}")).content == PNG
    stranger, other = world.browser(), await world.signed_in("other@school.example")
    for path in (f"/files/{file}", f"/files/{file}/picture"):
        await stranger.open(path)
        assert stranger.path == "/login"
        assert (await other.open(path)).status_code == 404
    for made_up in (str(file)[:-1] + "0", message, blob, "1", "%2e%2e%2fsite.py"):
        if str(made_up) != str(file):
            assert (await owner.open(f"/files/{made_up}")).status_code == 404
    await owner.send("/logout") if "/logout" in owner.text else await _sign_out(owner)
    await owner.open(f"/files/{file}")
    assert owner.path == "/login"


async def _sign_out(browser: Browser) -> None:
    await browser.open("/help")
    await browser.send("/logout")


# B42: handlers read the fields they name and nothing else.


async def test_b42_fields_that_no_form_has_change_nothing(world: World):
    browser = await world.signed_in()
    await browser.open("/account")
    before = await world.snapshot()
    extra = {
        "role": "administrator",
        "is_agent": "1",
        "state": "active",
        "confirmed_at": "2020-01-01",
        "password_hash": "x",
        "password": PASSWORD,
        "email": "other@x.example",
        "created_by": "cli",
        "version": "999999999999",
        "redacted_at": "",
        "language": "de",
        "timezone": "UTC",
    }
    fields = [pair for pair in browser.form("/account").fields if pair[0] not in extra]
    await browser.post("/account", [*fields, ("organisation", "S"), *extra.items()])
    after = await world.snapshot()
    assert after["helpdesk_core_person"] == before["helpdesk_core_person"]
    assert after["helpdesk_core_address"] == before["helpdesk_core_address"]


# B43: a list takes its order and its columns from nobody (`_list` reads `tab`, `q` and `after`).


async def test_b43_parameters_of_a_list_choose_no_column(world: World):
    browser = await world.signed_in()
    await world.ticket(browser, subject="One")
    await world.ticket(browser, subject="Two")
    await browser.open("/tickets")
    plain = without_tokens(browser.text)
    for query in (
        "sort=password_hash",
        "order=requester__password_hash",
        "q__x=1",
        "status=open'--",
        "limit=1",
        "una_sort=x",
    ):
        await browser.open(f"/tickets?{query}")
        assert browser.status == 200
        assert without_tokens(browser.text).replace(f"?{query}", "").replace(query, "").count("Two") == plain.count(
            "Two"
        )


# B48: a download is an attachment in a sandbox, and its type is ours (`responses._download`).

ODD = {
    "evil.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "evil.html": b"<!doctype html><script>alert(1)</script>",
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "evil.png": b"<!doctype html><script>alert(1)</script>",
    "gif.svg": b"GIF89a<svg onload=alert(1)>",
    "evil.xml": b'<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>',
    "paper.pdf": b"%PDF-1.7\n1 0 obj",
    "mail.eml": b"Content-Type: multipart/x-mixed-replace; boundary=x\n\n--x\nContent-Type: text/html\n\n<script>",
    "run.js": b"alert(1)",
    "run.exe": b"MZ\x90\0",
    "archive.zip": b"PK\x03\x04",
    "noend": b"\0\1\2",
    "text.txt": b"<script>alert(1)</script>",
    "strange\u202egnp.exe": b"MZ",
    'quote"name;x=.txt': b"x",
    "../../etc/passwd": b"root",
    "Ünïcödé Bild 1.txt": "ä".encode(),
}


async def test_b48_nothing_that_was_uploaded_is_shown_as_a_page(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    named = list(ODD.items())
    for start in range(0, len(named), 10):
        await browser.send(f"/tickets/{number}", text="files", files=named[start : start + 10])
        assert browser.status == 200
    rows = await world.helpdesk.database.fetch("SELECT id, name FROM helpdesk_core_file")
    assert len(rows) == len(ODD)
    for row in rows:
        for path in (f"/files/{row['id']}", f"/files/{row['id']}/picture"):
            response = await browser.open(path)
            headers = response.headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
            kind = headers["content-type"].partition(";")[0]
            shown = headers["content-disposition"].startswith("inline")
            assert shown == (
                path.endswith("picture") and kind in {"image/png", "image/jpeg", "image/gif", "image/webp"}
            )
            assert kind in {
                "application/octet-stream",
                "application/pdf",
                "application/zip",
                "text/plain",
                "image/gif",
            }, (row["name"], kind)
            assert re.fullmatch(
                r"""(inline|attachment); filename="[A-Za-z0-9 ._-]+"; filename\*=UTF-8''[A-Za-z0-9%._~-]+""",
                headers["content-disposition"],
            ), headers["content-disposition"]
            assert "/" not in row["name"]
            assert "\u202e" not in row["name"]


async def test_b48_a_picture_may_be_shown_small(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    await browser.send(f"/tickets/{number}", text="look", files=[("a.png", PNG)])
    address = re.search(r'<img src="(/files/[^"]+/picture)"', browser.text)
    assert address
    response = await browser.open(address[1])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].startswith("inline")


# B49: templates escape what they are given; nothing is marked as HTML that somebody typed.


async def test_b49_what_somebody_typed_is_never_markup(world: World):
    await world.create("anna@vendor.example", Role.AGENT, given_name="Anna<i>", family_name="<b>Meyer</b>")
    evil = await world.signed_in("evil@school.example", given_name=CANARY[:90], family_name="<u>E</u>")
    agent = {"user-agent": CANARY, "referer": f"http://x/{CANARY}", "x-forwarded-for": CANARY}
    await evil.open("/tickets/new", headers=agent)
    await evil.send(
        "/tickets/new", kind="bug", subject=CANARY, text=CANARY, files=[(f"{CANARY}.png", PNG)], headers=agent
    )
    number = evil.path.rpartition("/")[2]
    await world.agent_answers(number, f"Hello {CANARY}")
    pages = (
        "/",
        "/tickets",
        f"/tickets/{number}",
        "/account",
        f"/tickets?q={CANARY}",
        f"/{CANARY}",
        f"/login?next={CANARY}",
    )
    for path in pages:
        await evil.open(path, headers=agent)
        assert "<script>alert" not in evil.text, path
        assert "<img src=x" not in evil.text, path
        assert "<b>Meyer" not in evil.text, path
        assert not handlers_in(evil.text), path
    await evil.open("/tickets/new")
    await evil.send("/tickets/new", subject=CANARY, text=CANARY, kind=CANARY)
    assert evil.status == 422
    assert "<script>alert" not in evil.text
    stranger = world.browser()
    await stranger.open("/register")
    await stranger.send("/register", email=CANARY, given_name=CANARY, family_name=CANARY, organisation=CANARY)
    assert "<script>alert" not in stranger.text


def handlers_in(text: str) -> list[str]:
    """What in a page would run, were the policy not there."""

    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(name for name, _ in attrs if name.startswith("on") or name == "style")
            found.extend([tag] if tag == "script" and not dict(attrs).get("src") else [])

    Reader().feed(text)
    return found


async def test_b49_a_notice_that_somebody_made_up_is_not_shown(world: World):
    browser = await world.signed_in()
    made_up = base64.urlsafe_b64encode(b"0" * 16 + b'["ok","You won"]').decode()
    browser.client.cookies.set("notice", made_up, domain="127.0.0.1")
    await browser.open("/")
    assert "You won" not in browser.text
