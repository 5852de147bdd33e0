"""The scripts of the pages in a real browser, under the content policy; and what axe finds on every page."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path
from typing import ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from tests.plugins.helpdesk_web.conftest import Draw
from tests.plugins.helpdesk_web.samples import PAGES

pytestmark = pytest.mark.needs("chromium")

STATIC = Path(str(files("helpdesk_web"))) / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Site(BaseHTTPRequestHandler):
    """Serves the samples by name. A POST is noted and, once the test lets it, answered with the page `leads_to`."""

    draw: ClassVar[Draw]
    posts: ClassVar[list[str]] = []
    leads_to: ClassVar[str] = "start"
    answer: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        if name in PAGES:
            kind, content = "text/html; charset=utf-8", type(self).draw(name).encode()
        elif name.startswith("_dev/"):
            return self.answer_with("text/html", b"<!doctype html><title>mail</title>", "sandbox; default-src 'none'")
        elif name == "static/site.css":
            kind, content = "text/css", b""
        else:
            kind, content = guess_type(name)[0] or "", (STATIC / name.removeprefix("static/")).read_bytes()
        return self.answer_with(kind, content, POLICY)

    def answer_with(self, kind: str, content: bytes, policy: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.posts.append(self.rfile.read(int(self.headers["Content-Length"])).decode(errors="replace"))
        self.answer.wait(10)
        self.send_response(303)
        self.send_header("Location", f"/{self.leads_to}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        """Keep quiet."""


@pytest.fixture(scope="module")
def address(draw: Draw) -> Iterator[str]:
    Site.draw = staticmethod(draw)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        Site.answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab; whatever the browser complains about fails the test."""
    Site.posts.clear()
    Site.answer.clear()
    context = browser.new_context(base_url=address)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    Site.answer.set()
    context.close()
    assert complaints == []


def test_a_form_sent_twice_arrives_once_and_the_button_says_what_happens(tab: Page):
    tab.goto("/ticket")
    tab.fill("#answer-text", "Version 6.20.4")
    said = tab.evaluate(
        """() => {
            const button = document.querySelector("#form-answer [data-primary]");
            const changed = new Promise((resolve) => {
                new MutationObserver(() => resolve(button.innerText)).observe(button, { attributes: true });
            });
            const send = () => document.querySelector("#answer-text").dispatchEvent(
                new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true })
            );
            send();
            return changed.then((words) => {
                send();
                return [words, document.querySelector("#live").textContent];
            });
        }"""
    )
    assert said == ["Wird gesendet …", "Wird gesendet …"]
    Site.leads_to = "start"
    Site.answer.set()
    tab.wait_for_url("**/start")
    assert len(Site.posts) == 1
    assert "Version 6.20.4" in Site.posts[0]


def test_typed_text_comes_back_in_the_same_tab_and_can_be_discarded(tab: Page):
    tab.goto("/ticket-new")
    tab.fill("#ticket-text", "Seit heute Morgen …")
    tab.goto("/login")
    tab.goto("/ticket-new")
    tab.get_by_text("Ihr noch nicht gesendeter Text ist wieder da.").wait_for()
    assert tab.input_value("#ticket-text") == "Seit heute Morgen …"
    tab.get_by_role("button", name="Verwerfen").click()
    assert tab.input_value("#ticket-text") == ""
    tab.reload()
    assert tab.input_value("#ticket-text") == ""


def test_sent_text_is_kept_until_a_page_says_that_it_arrived(tab: Page):
    Site.answer.set()
    tab.goto("/ticket-new")
    tab.fill("#ticket-text", "Seit heute Morgen …")
    Site.leads_to = "login"  # The session has ended: the form does not arrive.
    tab.get_by_role("button", name="Erstellen").click()
    tab.wait_for_url("**/login")
    tab.goto("/ticket-new")
    assert tab.input_value("#ticket-text") == "Seit heute Morgen …"
    Site.leads_to = "ticket"  # That page says "Ihr Ticket #2026-000123 wurde erstellt."
    tab.get_by_role("button", name="Erstellen").click()
    tab.wait_for_url("**/ticket")
    tab.goto("/ticket-new")
    assert tab.input_value("#ticket-text") == ""


def test_no_password_is_ever_kept_and_signing_out_forgets_all_text(tab: Page):
    Site.answer.set()
    tab.goto("/register")
    tab.fill("#register-password", "ein langes Kennwort")
    tab.fill("#register-first_name", "Karin")
    tab.goto("/ticket-merged")
    kept = tab.evaluate("JSON.stringify(Object.values(sessionStorage))")
    assert "Karin" in kept
    assert "Kennwort" not in kept
    Site.leads_to = "start"
    tab.locator("summary", has_text="Karin").click()
    tab.get_by_role("button", name="Abmelden").click()
    tab.wait_for_url("**/start")
    assert tab.evaluate("sessionStorage.length") == 0


def test_a_password_can_be_looked_at_and_is_sent_as_a_password(tab: Page):
    tab.goto("/login")
    tab.fill("#login-password", "ein langes Kennwort")
    tab.get_by_role("button", name="Kennwort anzeigen").click()
    assert tab.get_attribute("#login-password", "type") == "text"
    send = "form.requestSubmit(), form.querySelector('#login-password').type"
    assert tab.locator("#form-login").evaluate(f"form => ({send})") == "password"


def test_chosen_files_add_up_and_can_be_taken_out_again(tab: Page):
    tab.goto("/ticket-new")
    chosen = "[...document.querySelector('#ticket-files').files].map(file => file.name)"
    one, other = (FilePayload(name=f"{name}.txt", mimeType="text/plain", buffer=b"x") for name in "ab")
    tab.set_input_files("#ticket-files", [one])
    tab.set_input_files("#ticket-files", [other])
    assert tab.evaluate(chosen) == ["a.txt", "b.txt"]
    tab.get_by_role("button", name="a.txt entfernen").click()
    assert tab.evaluate(chosen) == ["b.txt"]


def test_only_the_file_that_is_too_big_is_refused_with_its_size(tab: Page):
    tab.goto("/ticket-new")
    tab.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(26_000_000)], "film.mp4"));
            dataTransfer.items.add(new File(["x"], "klein.txt"));
            const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
            document.querySelector("[data-files]").dispatchEvent(drop);
        }"""
    )
    assert " ".join(tab.inner_text("[data-problem]").split()) == "film.mp4 ist zu groß: 26 MB"
    assert tab.locator("[data-list] .name").all_text_contents() == ["klein.txt"]


def test_a_pasted_screenshot_becomes_a_file_with_a_german_name(tab: Page):
    tab.goto("/ticket-new")
    tab.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File(["x"], "image.png", { type: "image/png" }));
            const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.querySelector("#ticket-text").dispatchEvent(paste);
        }"""
    )
    assert tab.locator("[data-list] .name").all_text_contents() == ["Bildschirmfoto 1.png"]


def test_the_composer_shows_the_form_of_its_tab_and_the_note_cannot_be_sent_as_an_answer(tab: Page):
    tab.goto("/desk-ticket")
    reply, note = tab.locator("#form-reply"), tab.locator("#form-note")
    assert (reply.is_visible(), note.is_visible()) == (True, False)
    colour = "getComputedStyle(document.querySelector('.composer')).backgroundColor"
    white = tab.evaluate(colour)
    tab.locator("label[for=compose-note]").click()
    assert (reply.is_visible(), note.is_visible()) == (False, True)
    assert tab.evaluate(colour) != white
    assert tab.get_by_role("button", name="Antwort senden").count() == 0
    assert tab.get_by_role("button", name="Notiz speichern").is_visible()


def test_what_can_be_done_with_many_tickets_shows_when_one_is_ticked(tab: Page):
    tab.goto("/desk")
    assert not tab.locator(".bulk").is_visible()
    tab.get_by_label("#2026-000123 auswählen").check()
    assert tab.locator(".bulk").is_visible()


@pytest.mark.parametrize("width", [320, 1200])
def test_no_page_scrolls_sideways(tab: Page, width: int):
    tab.set_viewport_size({"width": width, "height": 700})
    for name in PAGES:
        tab.goto(f"/{name}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.full
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_any_page(browser: Browser, address: str, name: str):
    for theme, width in (("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)):
        context = browser.new_context(
            base_url=address,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": 800},
        )
        page = context.new_page()
        page.goto(f"/{name}")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        context.close()
        assert found.response["violations"] == [], f"{theme}, {width} px"
