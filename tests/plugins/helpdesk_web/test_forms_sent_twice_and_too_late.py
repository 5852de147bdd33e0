"""Double clicks, the back button, a session that ran out meanwhile: nothing is lost, nothing happens twice."""

from datetime import timedelta

import anyio
import pytest

from helpdesk_core.testing.clock import SettableClock
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, Browser, World, job

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


async def count(world: World, table: str) -> int:
    return len(await world.helpdesk.database.fetch(f"SELECT * FROM {table}"))


async def fill(browser: Browser, text: str = "It prints nothing.") -> list[tuple[str, str]]:
    await browser.open("/tickets/new")
    fields = [pair for pair in browser.form("/tickets/new").fields if pair[0] not in {"subject", "text", "kind"}]
    return [*fields, ("kind", "bug"), ("subject", "Printing fails"), ("text", text)]


async def test_a_form_sent_twice_leads_to_the_first_ticket(world: World):
    browser = await world.signed_in()
    fields = await fill(browser)
    for _ in range(3):
        await browser.post("/tickets/new", fields, files=[("a.png", PNG)])
        assert browser.path == "/tickets/2026-000001"
    assert await count(world, "helpdesk_core_ticket") == 1
    assert await count(world, "helpdesk_core_file") == 1


async def test_a_double_click_makes_one_ticket(world: World):
    browser = await world.signed_in()
    fields = await fill(browser)
    places = []

    async def click() -> None:
        response = await browser.client.post("/tickets/new", data=dict(fields))
        places.append(response.headers["location"])

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(click)
    assert set(places) == {"/tickets/2026-000001"}
    assert await count(world, "helpdesk_core_ticket") == 1


async def test_going_back_and_sending_another_text_asks_instead_of_guessing(world: World):
    browser = await world.signed_in()
    await browser.post("/tickets/new", await fill(browser))
    fields = [*[pair for pair in await fill(browser) if pair[0] not in {"text", "form_key"}]]
    used = await world.helpdesk.database.fetch("SELECT key FROM helpdesk_core_idempotency_key WHERE scope LIKE 'Open%'")
    fields += [("form_key", used[0]["key"]), ("text", "Something new.")]
    await browser.post("/tickets/new", fields)
    assert browser.status == 409
    assert "You have sent this form already" in browser.text
    assert dict(browser.form("/tickets/new").fields)["text"] == "Something new."
    await browser.send("/tickets/new", kind="bug")
    assert browser.path == "/tickets/2026-000002"


async def test_a_reply_sent_twice_is_one_reply(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    fields = [*[pair for pair in browser.form(f"/tickets/{number}").fields if pair[0] != "text"], ("text", "And this.")]
    for _ in range(2):
        await browser.post(f"/tickets/{number}", fields)
    assert await count(world, "helpdesk_core_message") == 2


async def test_a_registration_sent_twice_is_one_account_and_one_mail(world: World):
    browser = world.browser()
    await browser.open("/register")
    typed = {"email": EMAIL, "password": PASSWORD, "given_name": "K", "family_name": "K", "organisation": "S"}
    fields = {**dict(browser.form("/register").fields), **typed}
    for _ in range(2):
        await browser.post("/register", fields.items())
        assert "Please look into your mailbox" in browser.text
    await world.deliver()
    assert [parcel.content.partition(b"\n")[0] for parcel in world.post.taken] == [
        b"Subject: Your account has been created"
    ]


# --- a session that ran out -------------------------------------------------------------------------------------------


async def test_a_form_whose_session_ran_out_is_sent_after_the_sign_in(world: World, clock: SettableClock):
    browser = await world.signed_in()
    fields = await fill(browser, "Umlaute: äöü <b>&amp;</b>\r\nZeile 2")
    clock.advance(timedelta(days=15))
    await browser.post("/tickets/new", fields, files=[("a.png", PNG), ("b.txt", b"text")])
    assert browser.status == 401
    assert "Please sign in once more; your text is still there." in browser.text
    assert await count(world, "helpdesk_core_ticket") == 0
    await browser.send("/login", email=EMAIL, password="wrong")
    assert browser.status == 422
    assert "your text is still there" in browser.text
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert browser.path == "/tickets/2026-000001"
    assert "Umlaute: äöü &lt;b&gt;&amp;amp;&lt;/b&gt;\nZeile 2" in browser.text
    assert "a.png" in browser.text
    assert "b.txt" in browser.text


async def test_a_form_that_was_wrong_as_well_comes_back_after_the_sign_in(world: World, clock: SettableClock):
    browser = await world.signed_in()
    fields = [pair for pair in await fill(browser) if pair[0] != "subject"]
    clock.advance(timedelta(days=15))
    await browser.post("/tickets/new", fields, files=[("a.png", PNG)])
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert browser.status == 422
    assert "Please fill in “Subject”." in browser.text
    assert "a.png" in browser.text
    await browser.send("/tickets/new", subject="Printing fails")
    assert browser.path == "/tickets/2026-000001"
    assert "a.png" in browser.text


async def test_a_form_of_somebody_who_signed_out_elsewhere_is_kept_too(world: World):
    browser = await world.signed_in()
    fields = await fill(browser)
    token = browser.cookie("session")
    await browser.open("/help")
    await browser.send("/logout")
    assert token
    same_origin = {"sec-fetch-site": "same-origin"}
    await browser.post("/tickets/new", fields, files=[("a.png", PNG)], headers=same_origin)
    assert browser.status == 401
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert browser.status == 422, "a stranger's file was not kept, and that is said instead of leaving it out"
    assert "a.png could not be kept while you were not signed in. Please add it again." in browser.text
    assert dict(browser.form("/tickets/new").fields)["text"] == "It prints nothing."


async def test_a_form_from_before_a_new_sign_in_asks_for_the_password_and_is_sent(world: World):
    browser = await world.signed_in()
    fields = await fill(browser)
    await browser.open("/help")
    await browser.send("/logout")
    await browser.sign_in()
    await browser.post("/tickets/new", fields, headers={"sec-fetch-site": "same-origin"})
    assert browser.status == 403
    assert await count(world, "helpdesk_core_ticket") == 0
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert browser.path == "/tickets/2026-000001"


async def test_a_password_is_never_carried(world: World, clock: SettableClock):
    browser = await world.signed_in()
    await browser.open("/account")
    fields = [pair for pair in browser.form("/account/password").fields if "password" not in pair[0]]
    clock.advance(timedelta(days=15))
    secret = "Geheime Wolken ziehen weiter"
    await browser.post("/account/password", [*fields, ("password", PASSWORD), ("new_password", secret)])
    assert browser.status == 401
    assert secret not in browser.text
    assert PASSWORD not in browser.text
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert "Please fill in “New password”." in browser.text


async def test_what_was_carried_is_judged_like_any_other_form(world: World, clock: SettableClock):
    theirs = await world.signed_in("other@school.example")
    number = await world.ticket(theirs)
    browser = await world.signed_in()
    fields = await fill(browser)
    clock.advance(timedelta(days=15))
    await browser.post(f"/tickets/{number}", fields)
    assert browser.status == 401
    await browser.send("/login", email=EMAIL, password=PASSWORD)
    assert browser.status == 404
    assert await count(world, "helpdesk_core_message") == 1


MADE_UP = (
    "nonsense",
    '["https://evil.example/", []]',
    '["//evil.example", []]',
    '["/no/such/page", []]',
    '["/tickets", []]',
    '{"path": "/no/such/page", "fields": []}',
    '{"path": "//evil.example/account", "fields": [["given_name", "X"]]}',
    '{"path": "/account", "fields": [["given_name", 7]]}',
    '{"path": "/healthz/live", "fields": []}',
)


async def test_a_made_up_form_leads_nowhere(world: World):
    await world.create()
    for carried in MADE_UP:
        browser = world.browser()
        await browser.open("/login")
        fields = [pair for pair in browser.form("/login").fields if pair[0] not in {"email", "password"}]
        await browser.post("/login", [*fields, ("carried", carried), ("email", EMAIL), ("password", PASSWORD)])
        assert (browser.status, browser.path) == (200, "/"), carried
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert account.given_name == "Karin"


# --- files ------------------------------------------------------------------------------------------------------------


async def test_files_of_a_form_with_mistakes_are_kept_and_need_not_be_sent_again(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", subject="", text="T", kind="bug", files=[("a.png", PNG), ("b.txt", b"text")])
    assert browser.status == 422
    assert browser.text.count('name="files_kept"') == 2
    await browser.send("/tickets/new", subject="", files=[("c.txt", b"more")])
    assert browser.text.count('name="files_kept"') == 3
    kept = browser.form("/tickets/new").fields
    await browser.send("/tickets/new", subject="Now it is right")
    assert browser.path == "/tickets/2026-000001"
    for name in ("a.png", "b.txt", "c.txt"):
        assert name in browser.text
    again = [pair for pair in kept if pair[0] != "subject"]
    await browser.post("/tickets/new", [*again, ("subject", "Now it is right")])
    assert browser.path == "/tickets/2026-000001", "a repeat still finds its files"
    assert await count(world, "helpdesk_core_file") == 3


async def test_a_kept_file_can_be_taken_out(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", subject="", text="T", kind="bug", files=[("a.png", PNG)])
    await browser.send("/tickets/new", subject="S", untick=["files_kept"])
    assert "a.png" not in browser.text
    assert await count(world, "helpdesk_core_file") == 0


async def test_only_the_file_that_is_too_big_is_refused(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    big = b"0" * (10 * 1024 * 1024 + 1)
    files = [("small.txt", b"small"), ("film.mp4", big)]
    await browser.send("/tickets/new", subject="S", text="T", kind="bug", files=files)
    assert browser.status == 422
    assert "film.mp4 has 10 MB. A file may have 10 MB at most." in browser.text
    assert browser.text.count('name="files_kept"') == 1
    assert dict(browser.form("/tickets/new").fields)["text"] == "T"


async def test_a_file_too_many_is_refused_and_the_others_stay(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    files = [(f"{number}.txt", b"%d" % number) for number in range(12)]
    await browser.send("/tickets/new", subject="S", text="T", kind="bug", files=files)
    assert browser.status == 422
    assert browser.text.count('name="files_kept"') == 10
    assert "10.txt is one file too many" in browser.text
    assert "11.txt is one file too many" in browser.text


async def test_somebody_elses_kept_file_is_not_found(world: World):
    theirs = await world.signed_in("other@school.example")
    await theirs.open("/tickets/new")
    await theirs.send("/tickets/new", subject="", text="T", kind="bug", files=[("secret.txt", b"secret")])
    key = dict(theirs.form("/tickets/new").fields)["files_kept"]
    browser = await world.signed_in()
    for tried in (key, "nonsense"):
        await browser.post("/tickets/new", [*await fill(browser), ("files_kept", tried)])
        assert browser.status == 422
        assert "secret.txt" not in browser.text
        assert "A file that you added before is no longer here." in browser.text


async def test_a_stranger_stores_nothing(world: World):
    browser = world.browser()
    await browser.open("/register")
    fields = browser.form("/register").fields
    await browser.post("/register", fields, files=[("a.png", PNG)])
    await browser.post("/tickets/new", fields, files=[("a.png", PNG)])
    assert browser.status == 401
    assert await count(world, "helpdesk_web_draft_file") == 0
    assert not world.helpdesk.files.root.exists()


async def test_what_nobody_comes_back_for_is_let_go(world: World, clock: SettableClock):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", subject="", text="T", kind="bug", files=[("a.png", PNG), ("b.txt", b"text")])
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", subject="S", text="T", kind="bug", files=[("a.png", PNG)])
    clock.advance(timedelta(hours=2))
    await job(world, "helpdesk_web.drafts").run()
    assert await count(world, "helpdesk_web_draft_file") == 2, "the one of the finished form is gone"
    clock.advance(timedelta(days=7))
    await job(world, "helpdesk_web.drafts").run()
    assert await count(world, "helpdesk_web_draft_file") == 0
    rows = await world.helpdesk.database.fetch("SELECT uses FROM helpdesk_core_blob ORDER BY uses")
    assert [row["uses"] for row in rows] == [0, 1], "only the picture of the ticket is still needed"
