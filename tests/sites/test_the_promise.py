"""What the help page promises its readers is there: the page itself, every label it names, every address it gives."""

from pathlib import Path

import httpx
import pytest

import stueber
from tests.sites.conftest import Demonstration, Html

TEXTS = Path(stueber.__file__).parent / "templates"
GERMAN, ENGLISH = TEXTS / "pages" / "help.html", TEXTS / "en" / "pages" / "help.html"

HEADINGS = [
    "Account im Ticketsystem anlegen",
    "Voraussetzung für Unterstützung",
    "Ticketsystem starten",
    "Registrierung",
    "Am Ticketsystem anmelden",
    "Bitte beachten",
    "Was passiert nach dem Erstellen eines neuen Tickets",
    "Kommunikation per E-Mail",
]

SENTENCES = [
    "Wir unterstützen Kunden während des Testzeitraums oder Kunden mit abgeschlossenem Supportvertrag.",
    "Mit einem Supportvertrag sichern Sie sich ein ganzes Jahr Unterstützung",
    "Ein Angebot können Sie unter office@stueber.de anfordern.",
    "Klicken Sie dort auf Registrieren Sie sich jetzt.",
    "Klicken Sie anschließend auf Erstellen.",
    "und klicken Sie auf Anmelden.",
    "indem Sie auf Neues Ticket klicken",
    "Erstellen Sie je Fehler, Frage oder Wunsch ein gesondertes Ticket.",
    "welche den Eingang des Tickets bestätigt und den Vorgang mit einer eindeutigen Ticketnummer verknüpft",
    "(bitte die Betreffzeile dabei nicht manuell ändern)",
    "Sie können neue Tickets auch per E-Mail an support@stueber.de erstellen.",
    "(andernfalls wird ein neues Ticket erstellt)",
]


@pytest.fixture(scope="session")
def help_page(visitor: httpx.Client) -> Html:
    return Html(visitor.get("/help").text)


@pytest.mark.parametrize("sentence", [*HEADINGS, *SENTENCES])
def test_the_help_page_says_what_was_promised(help_page: Html, sentence: str):
    assert sentence in help_page.text


def test_its_steps_are_numbered_and_the_same_in_english():
    german, english = GERMAN.read_text("utf-8"), ENGLISH.read_text("utf-8")
    assert german.count("<ol>") == 4
    for tag in ("<h1>", "<h2>", "<ol>", "<li>", "<p>"):
        assert german.count(tag) == english.count(tag)


def test_it_is_there_in_english_too(demonstration: Demonstration):
    with demonstration.browser("en") as browser:
        text = Html(browser.get("/help").text).text
    assert "Create an account in the ticket system" in text
    assert "Kennwort" not in text


def test_every_link_of_the_help_page_leads_to_a_page(visitor: httpx.Client, help_page: Html):
    own = {href for href in help_page.links.values() if href.startswith("/")}
    assert {"/", "/register", "/login", "/tickets", "/tickets/new"} <= own
    for href in own:
        assert visitor.get(href).status_code == 200, href


def test_it_names_the_address_of_the_site_itself(demonstration: Demonstration, help_page: Html):
    assert help_page.links[demonstration.url] == "/"


def test_the_addresses_for_offers_and_for_tickets_can_be_clicked(help_page: Html):
    assert help_page.links["office@stueber.de"] == "mailto:office@stueber.de"
    assert help_page.links["support@stueber.de"] == "mailto:support@stueber.de"


@pytest.mark.parametrize("page", ["/", "/login"])
def test_visitors_are_led_to_the_registration_in_the_words_of_the_help_page(visitor: httpx.Client, page: str):
    assert Html(visitor.get(page).text).links["Registrieren Sie sich jetzt"] == "/register"


def test_the_registration_asks_for_what_the_help_page_says_and_its_button_is_erstellen(visitor: httpx.Client):
    page = Html(visitor.get("/register").text)
    assert "Erstellen" in page.buttons
    assert {"email", "password"} <= set(page.fields)
    for word in ("E-Mail-Adresse", "Kennwort", "Benutzername"):
        assert word in page.text


def test_the_sign_in_has_a_kennwort_and_the_button_anmelden(visitor: httpx.Client):
    page = Html(visitor.get("/login").text)
    assert "Anmelden" in page.buttons
    assert {"email", "password"} <= set(page.fields)
    for word in ("Benutzername", "Kennwort"):
        assert word in page.text


@pytest.mark.parametrize("page", ["/", "/tickets"])
def test_customers_find_neues_ticket(customer: httpx.Client, page: str):
    assert Html(customer.get(page).text).links["Neues Ticket"] == "/tickets/new"


def test_a_new_ticket_is_an_error_a_question_or_a_wish_with_files_and_is_made_by_erstellen(customer: httpx.Client):
    text = customer.get("/tickets/new").text
    page = Html(text)
    assert "Erstellen" in page.buttons
    assert "Bitte erstellen Sie je Fehler, Frage oder Wunsch ein gesondertes Ticket." in page.text
    assert {"subject", "files"} <= set(page.fields)
    for kind in ("bug", "question", "wish"):
        assert f'name="kind" value="{kind}"' in text
