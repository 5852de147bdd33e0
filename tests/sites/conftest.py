"""The site of STÜBER SYSTEMS as a demonstration: one process for all tests here, in an empty folder."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from helpdesk_core.sample import PASSWORD

_VOID = {"area", "br", "hr", "img", "input", "link", "meta", "source", "wbr"}
_ALONE = {"address", "button", "dd", "div", "dt", "h1", "h2", "h3", "label", "legend", "li", "p", "summary", "title"}


class Html(HTMLParser):
    """What a test wants to know of a page.

    Attributes:
        fields: Name and value of everything that a form sends.
        links: Where links lead, by their words.
        buttons: The words of the buttons.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.buttons: list[str] = []
        self._pieces: list[str] = []
        self._open: list[tuple[str, str, int]] = []
        self.feed(text)

    @property
    def text(self) -> str:
        """The words of the page with single blanks."""
        return " ".join("".join(self._pieces).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name") and found.get("type") not in {"radio", "checkbox", "submit"}:
            self.fields.setdefault(str(found["name"]), found.get("value") or "")
        if tag in _ALONE:
            self._pieces.append(" ")
        if tag not in _VOID:
            self._open.append((tag, found.get("href") or "", len(self._pieces)))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, href, begin = self._open.pop()
            words = " ".join("".join(self._pieces[begin:]).split())
            if name == "a":
                self.links[words] = href
            elif name == "button":
                self.buttons.append(words)
            if name in _ALONE:
                self._pieces.append(" ")
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1][0] not in {"script", "style"}:
            self._pieces.append(data)


class Demonstration:
    """A running demonstration.

    Attributes:
        url: Where it is.
        said: What it printed when it started.
        folder: Its folder.
    """

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.said: list[str] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HELPDESK_", "PORT"))}
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("helpdesk")), "--site", "stueber", "demo", "--serve"],
            cwd=folder,
            env=kept | {"PORT": str(port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def wait(self) -> None:
        """Wait until it has greeted and listens."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip("\n"))
            if "Strg+C" in line:
                break
        else:
            pytest.fail(f"the demonstration did not start:\n{self.log}")
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"{self.url}/healthz/live").raise_for_status()

    def stop(self) -> int:
        """End it as Ctrl+C does; return its exit code."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=20)
        finally:
            self._process.kill()
            self._log.close()
        return self._process.returncode

    @property
    def log(self) -> str:
        """What it logged."""
        return (self.folder / "log").read_text()

    def sign_in_of(self, role: str) -> str:
        """Return the address that was printed for a role."""
        return next(line.partition(":")[2].strip() for line in self.said if line.strip().startswith(f"{role}:"))

    def browser(self, language: str = "de") -> httpx.Client:
        """Return a browser without scripts."""
        headers = {"Accept-Language": language, "Sec-Fetch-Site": "same-origin", "Origin": self.url}
        return httpx.Client(base_url=self.url, headers=headers, follow_redirects=True, timeout=30)

    @contextmanager
    def signed_in(self, role: str) -> Iterator[httpx.Client]:
        """Open a browser in which somebody of the sample is signed in."""
        with self.browser() as browser:
            form = Html(browser.get("/login").text).fields
            entry = {"email": self.sign_in_of(role), "password": PASSWORD}
            answer = browser.post("/login", data=form | entry)
            assert "Abmelden" in Html(answer.text).text, answer.text
            yield browser


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    running = Demonstration(tmp_path_factory.mktemp("demonstration"))
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def visitor(demonstration: Demonstration) -> Iterator[httpx.Client]:
    with demonstration.browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def customer(demonstration: Demonstration) -> Iterator[httpx.Client]:
    with demonstration.signed_in("Kunde") as browser:
        yield browser


@pytest.fixture(scope="session")
def agent(demonstration: Demonstration) -> Iterator[httpx.Client]:
    with demonstration.signed_in("Support-Team") as browser:
        yield browser


def numbers_on(page: str) -> list[str]:
    """Return the ticket numbers on a page, in their order."""
    return list(dict.fromkeys(re.findall(r"/tickets/(\d{4}-\d{6})", page)))
