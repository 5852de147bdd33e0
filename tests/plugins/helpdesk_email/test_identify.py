"""What a mail claims about itself, and which of it is believed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.tickets import Number
from helpdesk_email.inbound.identify import Auth, Claim, Loop, identify
from helpdesk_email.inbound.parse import parse
from tests.plugins.helpdesk_email.mail_world import AUTHSERV, SUPPORT, mail

NUMBER = Number("{year}-{seq:06}").pattern()


def claim(raw: bytes, *, authserv_id: str | None = AUTHSERV, number: re.Pattern[str] = NUMBER) -> Claim:
    return identify(
        parse(raw),
        number=number,
        mailboxes={SUPPORT},
        authserv_id=authserv_id,
        installation="abcdef012345",
        message_domain="support.example.org",
    )


def result(text: str, *more: str) -> bytes:
    fields = "".join(f"Authentication-Results: {each}\r\n" for each in (text, *more))
    return fields.encode() + b"From: k@school.example\r\nSubject: x\r\n\r\ny\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dmarc=pass header.from=school.example", Auth.PASS),
        ("dmarc=fail header.from=school.example", Auth.FAIL),
        ("dmarc=none", Auth.NONE),
        ("dmarc=temperror", Auth.NONE),
        ("spf=pass smtp.mailfrom=school.example", Auth.PASS),
        ("spf=pass smtp.mailfrom=k@mail.school.example", Auth.PASS),
        ("spf=pass smtp.mailfrom=evil.example", Auth.NONE),
        ("spf=pass smtp.mailfrom=notschool.example", Auth.NONE),
        ("spf=pass smtp.mailfrom=example", Auth.NONE),
        ("dkim=pass header.d=school.example", Auth.PASS),
        ("dkim=pass header.i=@school.example", Auth.PASS),
        ("dkim=pass header.d=evil.example; dkim=pass header.d=school.example", Auth.PASS),
        ("dkim=pass header.d=evil.example; spf=fail smtp.mailfrom=school.example", Auth.NONE),
        ("dkim=fail header.d=school.example", Auth.NONE),
        ("spf=pass smtp.mailfrom=school.example; dmarc=fail", Auth.FAIL),
        ("none", Auth.NONE),
    ],
)
def test_what_the_own_server_says_of_the_sender(text: str, expected: Auth) -> None:
    assert claim(result(f"{AUTHSERV}; {text}")).auth is expected


def test_only_the_mailboxs_own_server_is_believed() -> None:
    forged = result("mx.evil.example; dmarc=pass header.from=school.example")
    assert claim(forged).auth is Auth.NONE
    assert claim(result(f"{AUTHSERV}.evil.example; dmarc=pass")).auth is Auth.NONE


def test_without_an_own_server_nothing_is_believed() -> None:
    assert claim(result(f"{AUTHSERV}; dmarc=fail"), authserv_id=None).auth is Auth.NONE


def test_the_topmost_word_counts_and_a_failure_always() -> None:
    assert claim(result(f"{AUTHSERV}; dmarc=pass", f"{AUTHSERV}; dmarc=none")).auth is Auth.PASS
    assert claim(result(f"{AUTHSERV}; dmarc=none", f"{AUTHSERV}; dmarc=pass")).auth is Auth.NONE
    assert claim(result(f"{AUTHSERV}; dmarc=pass", f"{AUTHSERV}; dmarc=fail")).auth is Auth.FAIL


def test_the_last_number_in_the_subject_comes_first() -> None:
    assert claim(mail(subject="Re: [#2026-000001] war [#2026-000002]")).numbers == ("2026-000002", "2026-000001")


@pytest.mark.parametrize("subject", ["2026-000001", "#2026-000001", "[2026-000001]", "[#26-1]", "[#2026-000001"])
def test_what_is_no_number_of_ours_is_none(subject: str) -> None:
    assert claim(mail(subject=subject)).numbers == ()


def test_the_mails_it_answers_stand_nearest_first() -> None:
    raw = mail(fields={"References": "<a@x> <b@x> <c@x>", "In-Reply-To": "<c@x>"})
    assert claim(raw).answers == ("c@x", "b@x", "a@x")


TOKEN = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (f"support+{TOKEN}@stueber.example", (TOKEN,)),
        (f"Support+{TOKEN.upper()}@STUEBER.example", (TOKEN,)),
        (f"support+{TOKEN}@evil.example", ()),
        (f"other+{TOKEN}@stueber.example", ()),
        (f"support+{TOKEN}0@stueber.example", ()),
        (f"support+{TOKEN[:-1]}@stueber.example", ()),
        ("support+@stueber.example", ()),
    ],
)
def test_b04_a_token_has_one_form_only(address: str, found: tuple[str, ...]) -> None:
    assert claim(mail(to=address)).tokens == found


def test_our_own_loop_header_is_told_from_anothers() -> None:
    assert claim(mail(fields={"X-Helpdesk-Loop": "abcdef012345"})).loop is Loop.OURS
    assert claim(mail(fields={"X-Helpdesk-Loop": "ffffff012345"})).loop is Loop.OTHERS
    assert claim(mail()).loop is None


@given(st.binary(max_size=2000))
def test_whatever_comes_makes_a_claim(raw: bytes) -> None:
    made = claim(raw)
    assert made.sender is None or made.sender == made.sender.lower()


@given(st.text(max_size=200))
def test_no_subject_names_a_ticket_without_its_number_in_it(subject: str) -> None:
    raw = b"From: k@school.example\r\nSubject: " + subject.encode("utf-8", "replace") + b"\r\n\r\nx"
    for number in claim(raw).numbers:
        assert re.fullmatch(r"\d{4}-\d+", number)
