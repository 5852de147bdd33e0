"""Somebody registers at the STÜBER site as the help page says, and has support during the trial."""

import re

import httpx

from helpdesk_core.sample import PASSWORD as SAMPLE_PASSWORD
from tests.sites.conftest import Demonstration, Html, numbers_on

PASSWORD = "Vier-blaue-Boote-9"


def register(browser: httpx.Client, email: str, school: str) -> Html:
    form = Html(browser.get("/register").text).fields
    names = {"given_name": "Zoë", "family_name": "Groß", "organisation": school, "product": "stundenplan"}
    entry = {"email": email, "password": PASSWORD} | names
    answer = browser.post("/register", data=form | entry)
    assert answer.status_code == 200, Html(answer.text).text
    return Html(answer.text)


def sign_in(browser: httpx.Client, email: str) -> None:
    form = Html(browser.get("/login").text).fields
    answer = browser.post("/login", data=form | {"email": email, "password": PASSWORD})
    assert "Abmelden" in Html(answer.text).text


def test_a_school_that_registers_has_support_during_the_trial_and_creates_its_first_ticket(
    demonstration: Demonstration,
):
    with demonstration.browser() as browser:
        register(browser, "neu@waldschule.example", "Waldschule Düren")
        sign_in(browser, "neu@waldschule.example")
        page = Html(browser.get("/tickets/new").text)
        assert re.search(r"Ihr Testzeitraum läuft bis \d\d\.\d\d\.\d{4}\.", page.text)
        assert "Ein Angebot für einen Supportvertrag können Sie unter office@stueber.de anfordern." in page.text
        entry = {"kind": "question", "subject": "Erste Frage", "text": "Wie fangen wir an?"}
        answer = browser.post("/tickets/new", data=page.fields | entry, files={"files": ("", b"")})
        assert re.search(r"Ihr Ticket #\d{4}-\d{6} wurde erstellt\.", Html(answer.text).text)


def test_the_second_registration_of_a_school_is_checked_and_may_create_its_ticket_already(
    demonstration: Demonstration,
):
    with demonstration.browser() as first:
        register(first, "eins@bergschule.example", "Bergschule Goslar")
    with demonstration.browser() as browser:
        register(browser, "zwei@bergschule.example", "bergschule  GOSLAR")
        sign_in(browser, "zwei@bergschule.example")
        page = Html(browser.get("/tickets/new").text)
        assert "Wir prüfen Ihre Angaben; Sie können Ihr Ticket schon erstellen." in page.text
        entry = {"kind": "bug", "subject": "Zweite Frage", "text": "Geht das auch?"}
        answer = browser.post("/tickets/new", data=page.fields | entry, files={"files": ("", b"")})
        assert re.search(r"Ihr Ticket #\d{4}-\d{6} wurde erstellt\.", Html(answer.text).text)


def test_the_sample_school_whose_contract_has_ended_is_refused_with_reason_and_next_step(
    demonstration: Demonstration,
):
    """The sample goes round its schools: every fifth customer belongs to the one whose contract has ended."""
    with demonstration.signed_in("Support-Team") as agent:
        pages = [agent.get(f"/desk/tickets/{number}").text for number in numbers_on(agent.get("/desk?view=all").text)]
    ended = next(page for page in pages if "Der Supportvertrag ist am" in page)
    staff = {demonstration.sign_in_of(role) for role in ("Support-Team", "Verwaltung")}
    email = next(each for each in re.findall(r"[a-z.-]+@schule\.example", ended) if each not in staff)
    with demonstration.browser() as browser:
        form = Html(browser.get("/login").text).fields
        browser.post("/login", data=form | {"email": email, "password": SAMPLE_PASSWORD})
        page = Html(browser.get("/tickets/new").text)
        assert re.search(r"Ihr Supportvertrag ist am \d\d\.\d\d\.\d{4} abgelaufen\.", page.text)
        entry = {"kind": "bug", "subject": "Noch eine Frage", "text": "Bitte dieses eine Mal."}
        answer = browser.post("/tickets/new", data=page.fields | entry, files={"files": ("", b"")})
    back = Html(answer.text)
    assert answer.status_code == 403
    assert "Ihr Supportvertrag ist am" in back.text
    assert "office@stueber.de" in back.text
    assert "Bitte dieses eine Mal." in back.text
