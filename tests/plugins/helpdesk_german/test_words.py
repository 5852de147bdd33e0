"""German is whole, formal, and calls things as the vendor's help page does."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import pytest

from helpdesk_core.text import Texts
from helpdesk_core.text.catalogues import parse_po
from helpdesk_core.text.extract import find_messages, missing_translations
from helpdesk_core.tickets import STATUSES
from tests.plugins.helpdesk_german.conftest import NOTICES, TRANSLATED, layers

INFORMAL = re.compile(
    r"\b(?:du|dich|dir|dein|deine|deinem|deinen|deiner|deines|euch|euer|eure[mnrs]?)\b", re.IGNORECASE
)
ENGLISH = re.compile(
    r"\b(?:the|and|your|you|please|with|from|has|have|been|not|this|that|account|password|user|login|sign|submit|"
    r"cancel|ticket system|email|e-mails? address|file|files|settings|save|edit|delete|search|dashboard|"
    r"customer|agent|assignee|open|closed|solved|pending|waiting)\b",
    re.IGNORECASE,
)
"""Words that are no German ones; "E-Mail" and "Ticket" are."""

MARKUP = re.compile(r"\{[{%#].*?[}%#]\}|<[^>]*>|%\(\w+\)[sd]|`[^`]*`|https?://\S+", re.DOTALL)


@cache
def marked(package: str) -> frozenset[str]:
    """Return every text of a package that is marked for translation."""
    return frozenset(found.id for found in find_messages(package))


def catalogue() -> Iterator[tuple[str, str]]:
    """Yield place and text of every translation."""
    content = files("helpdesk_german").joinpath("locale/de/LC_MESSAGES/helpdesk.po").read_bytes()
    for message in parse_po(content, "de"):
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if message.id:
            yield from ((f"line {message.lineno}", form) for form in forms)


def templates() -> Iterator[tuple[str, str]]:
    """Yield place and text of every German template."""
    folder = files("helpdesk_german").joinpath("templates/de/notices")
    for notice in folder.iterdir():
        for file in notice.iterdir():
            yield f"{notice.name}/{file.name}", file.read_text("utf-8")


@pytest.mark.parametrize("package", TRANSLATED)
def test_there_are_texts_to_translate_in_every_package(package: str):
    assert marked(package)


def test_every_text_of_the_core_and_of_the_shipped_plugins_has_its_german():
    missing = missing_translations(tuple(layers()), "de")
    assert missing == []


def test_nothing_german_is_informal_or_english_or_calls_a_kennwort_by_another_name():
    wrong = []
    for place, text in (*catalogue(), *templates()):
        plain = MARKUP.sub(" ", text)
        wrong += [f"{place}: {found.group()}" for found in INFORMAL.finditer(plain)]
        wrong += [f"{place}: {found.group()}" for found in ENGLISH.finditer(plain)]
        wrong += [f"{place}: {plain}" for _ in re.finditer("passwor[td]", plain, re.IGNORECASE)]
    assert wrong == []


def test_no_german_text_shouts():
    assert [text for _, text in catalogue() if "!" in text] == []
    assert [place for place, text in templates() if "!" in MARKUP.sub(" ", text)] == []


def test_quotation_marks_and_dashes_are_german():
    wrong = [text for _, text in (*catalogue(), *templates()) if re.search(r'(?<![=\w])"\w|“\w', MARKUP.sub(" ", text))]
    assert wrong == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Register now", "Registrieren Sie sich jetzt"),
        ("Create", "Erstellen"),
        ("Sign in", "Anmelden"),
        ("New ticket", "Neues Ticket"),
        ("Password", "Kennwort"),
        ("Send reply", "Antwort senden"),
        ("My tickets", "Meine Tickets"),
        ("Internal note", "Interne Notiz"),
    ],
)
def test_the_fixed_labels_are_those_of_the_vendors_help_page(texts: Texts, english: str, german: str):
    assert english in {message for package in TRANSLATED for message in marked(package)}
    assert texts.words("de").gettext(english) == german


@pytest.mark.parametrize(
    ("code", "customer", "agent"),
    [
        ("new", "Eingegangen", "Neu"),
        ("open", "In Bearbeitung", "Offen"),
        ("waiting", "Wartet auf Ihre Antwort", "Wartet"),
        ("solved", "Gelöst", "Gelöst"),
        ("closed", "Abgeschlossen", "Geschlossen"),
    ],
)
def test_each_status_has_its_word_for_customers_and_for_agents(texts: Texts, code: str, customer: str, agent: str):
    words, status = texts.words("de"), STATUSES[code]
    assert words.gettext(status.customer) == customer
    assert words.pgettext("agent", status.agent) == agent


def test_salutations_name_a_person_as_far_as_the_person_is_known(texts: Texts):
    words = texts.words("de")
    known = words.gettext("Good day %(salutation)s %(family_name)s", salutation="Frau", family_name="Krüger")
    assert known == "Guten Tag Frau Krüger"
    assert words.gettext("Good day %(name)s", name="Karin Krüger") == "Guten Tag Karin Krüger"
    assert words.gettext("Good day") == "Guten Tag"


def test_every_notice_has_its_four_german_templates_and_no_other_stands_there():
    parts = ("subject.txt", "body.txt", "body.html", "short.txt")
    wanted = {f"{notice.name}/{part}" for notice in NOTICES for part in parts}
    assert {place for place, _ in templates()} == wanted
