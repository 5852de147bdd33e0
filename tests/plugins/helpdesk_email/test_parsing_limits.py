"""No mail costs more than its size allows: the pump list, and what lies beyond the limits."""

import time

import pytest

from helpdesk_email.inbound import limits
from helpdesk_email.inbound.parse import parse, parse_oversize
from tests.plugins.helpdesk_email.hostile_mails import HEAD, PUMPS
from tests.plugins.helpdesk_email.sample_mails import with_fields

SMALL = 100 * 1024


def cost(raw):
    started = time.process_time()
    parse(raw)
    return time.process_time() - started


@pytest.mark.parametrize("pump", PUMPS)
def test_a_pump_of_100_kib_costs_less_than_a_second_b59(pump):
    raw = PUMPS[pump](SMALL)
    assert min(cost(raw) for _ in range(2)) < 1


@pytest.mark.parametrize("pump", PUMPS)
def test_a_pump_of_twice_the_size_costs_no_more_than_its_share_b59(pump):
    """Quadratic work would show as a factor of four every time; a busy machine shows anything once."""
    ratios = []
    for _ in range(4):
        small, large = (min(cost(PUMPS[pump](size)) for _ in range(2)) for size in (SMALL, 2 * SMALL))
        if large < max(0.05, 2.9 * small):
            return
        ratios.append(large / small)
    pytest.fail(f"twice the size costs {ratios} times as much")


def test_more_parts_than_the_limit_are_cut_and_named():
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n" + b"--X\nContent-Type: image/png\n\nx\n" * 200
    mail = parse(raw)
    assert len(mail.attachments) == limits.PARTS
    assert "parts-cut" in mail.defects


def test_deeper_multiparts_than_the_limit_are_cut_and_named():
    mail = parse(PUMPS["nested multiparts"](60 * 300))
    assert "levels-cut" in mail.defects


def test_longer_headers_than_the_limits_are_cut_and_named():
    mail = with_fields(
        b"From: eva@schule.example",
        b"Subject: " + b"a" * 100_000,
        b"Content-Type: text/plain; x=" + b"b" * 10_000,
        b"X-Field: " + b"c" * 400_000,
        b"X-Last: d",
        body=b"Der Text.",
    )
    assert {"header-cut", "subject-cut", "headers-cut"} <= set(mail.defects)
    assert len(mail.subject) == limits.SUBJECT_CHARACTERS
    assert mail.text == "Der Text."


def test_ten_thousand_header_fields_are_read_f31():
    mail = with_fields(b"From: eva@schule.example", *[b"X-Field: y"] * 10_000, b"Subject: am Ende", body=b"Der Text.")
    assert (mail.subject, mail.text) == ("am Ende", "Der Text.")


def test_a_longer_text_than_the_limit_is_cut_and_kept_whole_as_a_file():
    text = b"Zeile\n" * 200_000
    mail = parse(HEAD + b"\n" + text)
    assert len(mail.text) == limits.TEXT_CHARACTERS
    assert "text-cut" in mail.defects
    assert [(file.filename, file.content) for file in mail.attachments] == [("message.txt", text)]


def test_longer_html_than_the_limit_is_cut_and_kept_whole_as_a_file():
    html = b"<p>Zeile</p>" * 100_000
    mail = parse(HEAD + b"Content-Type: text/html\n\n" + html)
    assert mail.html is not None
    assert "html-cut" in mail.defects
    assert [(file.filename, file.content) for file in mail.attachments] == [("message.html", html)]


def test_html_that_is_not_read_is_text_and_a_file():
    mail = parse(HEAD + b"Content-Type: text/html\n\n<p>Hallo</p><p>Welt", read_html=False)
    assert (mail.text, mail.html) == ("Hallo\nWelt", None)
    assert [file.filename for file in mail.attachments] == ["message.html"]
    assert "html-not-read" in mail.defects


def test_an_oversize_mail_keeps_its_headers_and_nothing_else_f31():
    raw = HEAD + b"Message-ID: <gross@schule.example>\n\n" + b"x" * limits.MAIL_BYTES
    mail = parse(raw)
    assert mail.oversize
    assert mail.size == len(raw)
    assert (mail.from_address, mail.message_id, mail.text) == ("eva@schule.example", "<gross@schule.example>", "")
    assert mail.defects == ("mail-too-large",)
    assert parse_oversize(raw[:1000], size=len(raw)) == mail


def test_a_mail_at_the_limit_is_read():
    raw = HEAD + b"\nAnbei.\n" + b"begin 644 x\n"
    mail = parse(raw + b"y" * (limits.MAIL_BYTES - len(raw)))
    assert not mail.oversize
    assert mail.text.startswith("Anbei.")


def test_a_file_of_twenty_mib_is_decoded_whole():
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\n"
    raw = HEAD + b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + line * 250_000
    (file,) = parse(raw).attachments
    assert file.size == 60 * 250_000
