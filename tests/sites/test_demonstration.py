"""The demonstration of the STÜBER site: what it prints is true, and everything it shows is there."""

import re
from time import monotonic, sleep

import httpx
import pytest

from helpdesk_core.sample import PASSWORD
from tests.sites.conftest import Demonstration, Html, numbers_on

STATES = ("Eingegangen", "In Bearbeitung", "Wartet auf Ihre Antwort", "Gelöst", "Abgeschlossen")


def tickets(browser: httpx.Client) -> list[str]:
    return numbers_on(browser.get("/tickets?tab=all").text)


def test_it_says_in_german_what_to_open_and_who_signs_in(demonstration: Demonstration):
    said = "\n".join(demonstration.said)
    assert "STÜBER SYSTEMS" in said
    for address in ("/", "/desk", "/_dev/mail"):
        assert f"{demonstration.url}{address}\n" in said
    assert PASSWORD in said
    assert "Es wird nichts nach außen gesendet. Strg+C beendet das Programm." in said


def test_every_page_that_it_names_is_there(demonstration: Demonstration, visitor: httpx.Client):
    for address in re.findall(r"http://\S+", "\n".join(demonstration.said)):
        assert visitor.get(address).status_code == 200, address


def test_the_cookie_follows_the_address(demonstration: Demonstration):
    with demonstration.browser() as browser:
        form = Html(browser.get("/login").text).fields
        entry = {"email": demonstration.sign_in_of("Kunde"), "password": PASSWORD}
        answer = browser.post("/login", data=form | entry, follow_redirects=False)
    assert answer.status_code == 303
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("Secure" not in cookie and "__Host-" not in cookie for cookie in cookies)


def test_forms_of_another_origin_are_refused(demonstration: Demonstration):
    with demonstration.browser() as browser:
        form = Html(browser.get("/login").text).fields
        entry = {"email": demonstration.sign_in_of("Kunde"), "password": PASSWORD}
        foreign = {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "cross-site"}
        assert browser.post("/login", data=form | entry, headers=foreign).status_code == 403


def test_the_customer_has_a_ticket_in_every_state(customer: httpx.Client):
    shown = Html(customer.get("/tickets?tab=all").text).text
    for state in STATES:
        assert state in shown


def test_one_of_their_tickets_has_thirty_messages(customer: httpx.Client):
    counts = [customer.get(f"/tickets/{number}").text.count('id="message-') for number in tickets(customer)]
    assert max(counts) == 30


def test_files_of_each_kind_can_be_opened_and_are_whole(customer: httpx.Client, agent: httpx.Client):
    pages = [agent.get(f"/desk/tickets/{number}").text for number in numbers_on(agent.get("/desk?view=all").text)]
    links = [link for page in pages for link in Html(page).links.items()]
    found = {words: href for words, href in links if re.search(r"\.(png|pdf|txt|csv)$", words)}
    assert {name.rpartition(".")[2] for name in found} == {"png", "pdf", "txt", "csv"}
    begins = {"png": b"\x89PNG", "pdf": b"%PDF-1.4", "txt": b"08:12:04", "csv": b"Name;Vorname"}
    for name, href in found.items():
        answer = agent.get(href)
        assert answer.status_code == 200
        assert answer.content.startswith(begins[name.rpartition(".")[2]])


def test_the_customer_sees_no_internal_note(customer: httpx.Client):
    for number in tickets(customer):
        assert "am Telefon bestätigt" not in customer.get(f"/tickets/{number}").text


def test_agents_see_the_tickets_of_all(agent: httpx.Client, customer: httpx.Client):
    page = agent.get("/desk")
    assert page.status_code == 200
    assert set(numbers_on(page.text)) - set(tickets(customer))


def test_agents_read_beside_a_ticket_whether_a_contract_runs_has_ended_or_is_a_trial(agent: httpx.Client):
    numbers = numbers_on(agent.get("/desk?view=all").text)
    pages = " ".join(Html(agent.get(f"/desk/tickets/{number}").text).text for number in numbers)
    for sentence in ("Supportvertrag bis", "Testzeitraum bis", "Der Supportvertrag ist am"):
        assert f"Supportvertrag {sentence} " in pages


def test_the_account_says_that_the_support_contract_runs(customer: httpx.Client):
    text = Html(customer.get("/account").text).text
    assert re.search(r"Supportvertrag Ihr Supportvertrag gilt bis \d\d\.\d\d\.\d{4}\.", text)


def test_a_new_ticket_gets_its_number_and_a_mail_that_links_to_it(
    demonstration: Demonstration, customer: httpx.Client, visitor: httpx.Client
):
    form = Html(customer.get("/tickets/new").text).fields
    entry = {"kind": "bug", "subject": "Drucker druckt nicht (größer)", "text": "Seit heute früh."}
    answer = customer.post("/tickets/new", data=form | entry, files={"files": ("", b"")})
    assert answer.status_code == 200
    page = Html(answer.text)
    number = str(answer.url).rpartition("/")[2]
    assert f"Ihr Ticket #{number} wurde erstellt." in page.text
    mail = _mail_about(visitor, number)
    assert f"Drucker druckt nicht (größer) [#{number}]" in mail
    assert f"{demonstration.url}/tickets/{number}" in mail


def _mail_about(visitor: httpx.Client, number: str) -> str:
    """Return the page of the mail about a ticket; another process sends it a moment after the ticket."""
    until = monotonic() + 20
    while monotonic() < until:
        for words, href in Html(visitor.get("/_dev/mail").text).links.items():
            if number in words:
                return visitor.get(href).text
        sleep(0.1)
    pytest.fail(f"no mail about {number} was sent")


def test_nothing_went_wrong_meanwhile(demonstration: Demonstration):
    assert "Traceback" not in demonstration.log
    assert " ERROR " not in demonstration.log
