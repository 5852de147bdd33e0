"""Header fields of our mails: what was given comes back, and nothing that was given becomes another field."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.parse import parse
from helpdesk_email.outbound.headers import (
    HeaderRefused,
    identifiers_field,
    mailbox_field,
    one_line,
    text_field,
    token_field,
)

ANY_TEXT = st.text(max_size=400)
LINE_ENDS = ["\r\n", "\n", "\r", "\0", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1b"]


def only_field(raw: bytes, name: str) -> None:
    """Assert that the bytes are one field of this name, folded as it should be, and nothing else."""
    assert raw.endswith(b"\r\n")
    assert raw.isascii()
    lines = raw[:-2].split(b"\r\n")
    assert re.match(rb"^" + name.encode() + rb": ", lines[0] + b" ")
    for line in lines:
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line
    for line in lines[1:]:
        assert line[:1] == b" "
        assert line.strip()


@given(ANY_TEXT)
def test_a_subject_comes_back_as_it_was(text: str) -> None:
    subject = one_line(text)
    raw = text_field("Subject", subject)
    only_field(raw, "Subject")
    assert parse(raw + b"\r\nx").subject == subject


@given(ANY_TEXT)
def test_a_name_comes_back_as_it_was(text: str) -> None:
    name = one_line(text)[:150]
    raw = mailbox_field("From", name, "k@school.example")
    only_field(raw, "From")
    mail = parse(raw + b"\r\nx")
    assert mail.from_address == "k@school.example"
    assert re.sub(r"\W", "", mail.from_name) == re.sub(r"\W", "", name)


@pytest.mark.parametrize("end", LINE_ENDS)
def test_b08_a_line_end_is_refused_wherever_it_stands(end: str) -> None:
    """Guarded by `_checked`."""
    for text in (f"x{end}Bcc: victim@example.org", f"{end}x", f"ä{end} y"):
        with pytest.raises(HeaderRefused):
            text_field("Subject", text)
        with pytest.raises(HeaderRefused):
            mailbox_field("From", text, "k@school.example")
        with pytest.raises(HeaderRefused):
            mailbox_field("From", "x", f"k{end}@school.example")
        with pytest.raises(HeaderRefused):
            token_field("Auto-Submitted", f"no{end}x: y")
        assert identifiers_field("References", [f"<a{end}@b>"]) == b""


@given(st.text(max_size=60), st.text(max_size=60))
def test_b08_whatever_is_given_is_one_field_or_refused(name: str, value: str) -> None:
    for make in (
        lambda: text_field("Subject", value),
        lambda: mailbox_field("To", value, name),
        lambda: identifiers_field("References", [name, value]),
        lambda: token_field("X-Token", value),
    ):
        try:
            raw = make()
        except HeaderRefused:
            continue
        assert raw.count(b"\r\n") == len(re.findall(rb"\r\n(?= |$)", raw))


@pytest.mark.parametrize(
    "address", ["a b@x.example", "a@b@c", "a>@x.example", "<a@x.example", "a@x.example,b@y", "ä@x.de", "a"]
)
def test_b08_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(HeaderRefused):
        mailbox_field("To", "", address)


def test_a_field_name_cannot_carry_anything() -> None:
    with pytest.raises(HeaderRefused):
        text_field("Subject: x\r\nBcc", "y")


def test_long_fields_are_folded_at_the_width_of_a_mail() -> None:
    raw = text_field("Subject", "Ein langer Betreff, " * 20)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    references = identifiers_field("References", [f"<{number:060}@example.org>" for number in range(30)])
    assert max(len(line) for line in references.split(b"\r\n")) <= 90


def test_what_looks_like_an_encoded_word_stays_text() -> None:
    raw = text_field("Subject", "=?utf-8?q?evil?=")
    assert parse(raw + b"\r\nx").subject == "=?utf-8?q?evil?="
