"""The STÜBER site as a value: what is promised and fixed, what the environment sets, and its words in two languages."""

from typing import TypeVar

import pytest

from helpdesk_contracts.plugin import Contracts
from helpdesk_core import ConfigurationError, Helpdesk, Site, load_site
from helpdesk_core.settings import resolve
from helpdesk_core.text import Layer
from helpdesk_core.text.extract import missing_translations
from helpdesk_email.plugin import Email
from helpdesk_web.plugin import Web
from stueber.sample import SAMPLE


def site(**environ: str) -> Site:
    return resolve(load_site("stueber"), environ)


T = TypeVar("T")


def plugin(of: type[T], **environ: str) -> T:
    return next(each for each in site(**environ).plugins if isinstance(each, of))


def test_it_needs_no_environment():
    found = site()
    assert (found.url, found.database, found.files) == (
        "http://127.0.0.1:8000",
        "sqlite:///var/stueber.db",
        "var/files",
    )
    assert Helpdesk(load_site("stueber"), {}).site == found


def test_it_speaks_german_first_and_counts_days_in_berlin():
    assert (site().spoken, site().timezone) == (("de", "en"), "Europe/Berlin")


def test_a_ticket_is_an_error_a_question_or_a_wish():
    kinds = site().tickets.kinds
    assert [(kind.code, kind.label) for kind in kinds] == [("bug", "Fehler"), ("question", "Frage"), ("wish", "Wunsch")]
    assert all(kind.hint for kind in kinds)


def test_nobody_is_supported_without_a_trial_or_a_contract():
    assert site().tickets.unentitled == "refuse"
    contracts = plugin(Contracts)
    assert contracts.trial is not None
    assert (contracts.trial.days, contracts.offers) == (30, "office@stueber.de")


def test_mails_find_their_ticket_by_the_subject_alone():
    email = plugin(Email)
    assert email.threading == ("subject",)
    assert [mailbox.address for mailbox in email.mailboxes] == ["support@stueber.de"]


def test_registration_asks_for_the_school_and_the_product_and_not_for_a_confirmation_first():
    registration = plugin(Web).registration
    assert [(field.key.name, field.required) for field in registration.fields] == [
        ("organisation", True),
        ("customer_number", False),
        ("phone", False),
        ("product", True),
    ]
    assert registration.confirm_first is False


def test_the_environment_names_the_servers_for_mail():
    email = plugin(
        Email,
        HELPDESK_SMTP_HOST="mail.example.org",
        HELPDESK_SMTP_PORT="587",
        HELPDESK_SMTP_USER="support",
        HELPDESK_SMTP_PASSWORD="geheim",
        HELPDESK_SMTP_TLS="starttls",
        HELPDESK_IMAP_HOST="imap.example.org",
        HELPDESK_IMAP_PORT="1993",
        HELPDESK_IMAP_USER="box",
        HELPDESK_IMAP_PASSWORD="streng-geheim",
    )
    send, receive = email.send, email.mailboxes[0].receive
    assert receive is not None
    assert (send.host, send.at, send.user, send.tls) == ("mail.example.org", 587, "support", "starttls")
    assert send.password is not None
    assert send.password.reveal() == "geheim"
    assert (receive.host, receive.at, receive.user) == ("imap.example.org", 1993, "box")
    assert receive.password.reveal() == "streng-geheim"
    assert "geheim" not in repr(email)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"HELPDESK_SMTP_PORT": "fünfundzwanzig"}, r"Smtp.port, from environment variable HELPDESK_SMTP_PORT"),
        ({"HELPDESK_SMTP_TLS": "yes"}, r"Smtp.tls, from environment variable HELPDESK_SMTP_TLS"),
        ({"HELPDESK_SMTP_USER": "support"}, "both user and password"),
        ({"HELPDESK_IMAP_HOST": "imap.example.org", "HELPDESK_IMAP_TLS": "none"}, "in the clear"),
        ({"HELPDESK_URL": "support.stueber.de"}, "whole address"),
    ],
)
def test_a_wrong_variable_stops_the_start_with_its_name(environ: dict[str, str], says: str):
    with pytest.raises(ConfigurationError, match=says):
        site(**environ)


def test_its_own_words_are_all_there_in_english():
    assert missing_translations([Layer("stueber", "stueber", kind="site")], "en") == []


def test_the_sample_is_german_with_umlauts_and_no_address_that_exists():
    assert SAMPLE.domain.endswith(".example")
    assert (len(SAMPLE.organisations), len(SAMPLE.files)) == (5, 4)
    assert SAMPLE.thread is not None
    assert len(SAMPLE.thread.texts) == 30
    words = " ".join((*SAMPLE.family_names, *SAMPLE.organisations, *(matter.text for matter in SAMPLE.matters)))
    assert set("äöüß") <= set(words)


def test_the_sample_knows_every_kind_of_ticket():
    assert {matter.kind for matter in SAMPLE.matters} == {kind.code for kind in site().tickets.kinds}
