"""Every notice, in German and English, in every state it can be in: whole sentences, short, and nothing left over.

The templates are rendered with every combination of what may be there and what may not. What other people wrote is
the sign §, so that the words that are counted are our own.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import meta
from markupsafe import Markup

from helpdesk_core.bus import Notice, Recipient
from helpdesk_core.text import Texts
from helpdesk_core.tickets import STATUSES
from tests.plugins.helpdesk_german.conftest import NOTICES

URL = "https://support.example.org/x"
NUMBER = "2026-000123"
MOST_WORDS = 120
FOREIGN = "§"

AUTHOR = SimpleNamespace(name=FOREIGN)
FILE = SimpleNamespace(name=FOREIGN, size=240_000, inline=False)
SAID = SimpleNamespace(visible=FOREIGN, author=AUTHOR, files=(FILE,))

VALUES: dict[str, tuple[Any, ...]] = {
    "recipient": (Recipient(salutation="Guten Tag Frau Krüger", name="Karin Krüger", proven=True, agent=False),),
    "at": (datetime(2026, 11, 23, 9, 5, tzinfo=UTC),),
    "until": (datetime(2026, 11, 23, 9, 5, tzinfo=UTC),),
    "number": (NUMBER,),
    "requester": (FOREIGN,),
    "days": (14,),
    "reason": (FOREIGN,),
    "subject": (FOREIGN, ""),
    "next_step": (FOREIGN, ""),
    "message": (SAID, None),
    "message_html": (Markup("<p>§</p>"),),
    "quoted": (SAID, None),
    "shown": (True, False),
    "whole": (True, False),
    "files": ((FILE,), ()),
    "status": ("Gelöst",),
    "status_changed": (True, False),
    "status_code": tuple(STATUSES),
    "link": (URL, None),
    "confirm": (URL, None),
    "forgot": (URL, None),
    "sign_in": (URL,),
    "register": (URL,),
    "reset": (URL,),
    "set_password": (URL,),
    "not_me": (URL,),
}
"""What templates are given: everything a value can be."""

GIVEN = {"words", "site"}
ALWAYS = {
    "account_created": {"confirm": (URL,)},
    "account_exists": {"forgot": (URL,)},
    "confirm_sender": {"confirm": (URL,)},
}
"""What a notice cannot be without."""


@cache
def used(texts: Texts, name: str, language: str) -> frozenset[str]:
    """Return the names that a template asks for."""
    file = texts._current_index().find(name, language)
    assert file is not None, f"there is no template {name} in {language}"
    names = meta.find_undeclared_variables(texts._environments[language].parse(file.path.read_text("utf-8")))
    return frozenset(names - GIVEN)


def states(texts: Texts, notice: type[Notice], part: str, language: str) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values that a template asks for."""
    names = sorted(used(texts, f"notices/{notice.name}/{part}", language))
    fixed = ALWAYS.get(notice.name, {})
    for chosen in product(*(fixed.get(name, VALUES[name]) for name in names)):
        yield dict(zip(names, chosen, strict=True))


def renderings(texts: Texts, notice: type[Notice], part: str, language: str) -> Iterator[str]:
    for values in states(texts, notice, part, language):
        yield texts.words(language).render(f"notices/{notice.name}/{part}", **values)


every_notice = pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
every_language = pytest.mark.parametrize("language", ["de", "en"])


@every_language
@every_notice
def test_a_text_has_a_greeting_whole_paragraphs_and_few_words_in_every_state(
    texts: Texts, notice: type[Notice], language: str
):
    for text in renderings(texts, notice, "body.txt", language):
        own = [word for word in text.split() if word.strip(">") and FOREIGN not in word and word != URL]
        assert len(own) <= MOST_WORDS
        assert "None" not in text
        assert "\n\n\n" not in text.strip()
        assert "Guten Tag Frau Krüger," in text or text.lstrip().startswith(FOREIGN)
        assert text.strip().splitlines()[-1].endswith("STÜBER SYSTEMS")
        assert max(map(len, text.splitlines())) <= 90


@every_language
@every_notice
def test_a_link_stands_alone_on_its_line(texts: Texts, notice: type[Notice], language: str):
    for text in renderings(texts, notice, "body.txt", language):
        assert all(line.strip() == URL for line in text.splitlines() if URL in line)


@every_language
@every_notice
def test_the_html_says_the_same_with_one_button_and_no_picture(texts: Texts, notice: type[Notice], language: str):
    for html in renderings(texts, notice, "body.html", language):
        assert html.count('class="button"') <= 1
        assert "<img" not in html
        assert f'<html lang="{language}">' in html
        body = html.partition("<body>")[2]
        plain = re.sub(r"<[^>]*>", " ", body)
        assert len([word for word in plain.split() if FOREIGN not in word and word != URL]) <= MOST_WORDS
        assert "None" not in plain


@every_language
@every_notice
def test_a_subject_is_one_line_and_ends_in_the_number_where_there_is_a_ticket(
    texts: Texts, notice: type[Notice], language: str
):
    for subject in renderings(texts, notice, "subject.txt", language):
        assert subject.strip()
        assert "\n" not in subject.strip()
        if "number" in used(texts, f"notices/{notice.name}/subject.txt", language):
            assert subject.strip().endswith(f"[#{NUMBER}]")


@every_language
@every_notice
def test_the_short_form_is_one_or_two_sentences(texts: Texts, notice: type[Notice], language: str):
    for short in renderings(texts, notice, "short.txt", language):
        words = [word for word in short.split() if word != URL]
        assert 3 < len(words) <= 30
        assert "None" not in short


@every_notice
def test_both_languages_ask_for_the_same_values(texts: Texts, notice: type[Notice]):
    for part in ("subject.txt", "body.txt", "body.html", "short.txt"):
        name = f"notices/{notice.name}/{part}"
        assert used(texts, name, "de") == used(texts, name, "en")


def test_every_value_of_the_table_is_asked_for_by_a_notice(texts: Texts):
    parts = ("subject.txt", "body.txt", "body.html", "short.txt")
    asked = {
        name for notice in NOTICES for part in parts for name in used(texts, f"notices/{notice.name}/{part}", "en")
    }
    assert asked == set(VALUES)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("open", "Unser Support-Team kümmert sich darum; Sie müssen nichts tun."),
        ("waiting", "Damit es weitergeht, brauchen wir eine Antwort von Ihnen."),
        ("closed", "Es ist nichts mehr zu tun."),
    ],
)
def test_a_changed_status_says_who_acts_next(texts: Texts, status: str, says: str):
    words = texts.words("de")
    values = {"recipient": VALUES["recipient"][0], "number": NUMBER, "status": "X", "status_code": status, "link": None}
    text = words.render("notices/ticket_status_changed/body.txt", **values)
    assert says in " ".join(text.split())


def test_a_receipt_to_an_unproven_address_quotes_nothing(texts: Texts):
    for values in states(texts, next(n for n in NOTICES if n.name == "ticket_received"), "body.txt", "de"):
        if not values["shown"]:
            text = texts.words("de").render("notices/ticket_received/body.txt", **values)
            assert FOREIGN not in text
            assert NUMBER in text
