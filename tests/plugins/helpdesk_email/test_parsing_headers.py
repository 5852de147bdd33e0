"""What stands in the header of a mail: names, subjects, identifiers, dates, results of authentication."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk_email.inbound.headers import decode_header_safe
from helpdesk_email.inbound.identifiers import message_id, message_ids, parse_date
from tests.plugins.helpdesk_email.sample_mails import sample, with_fields


def test_an_ordinary_answer_is_read_whole():
    mail = sample("plain_german")
    assert mail.from_address == "max.mueller@schule.example"
    assert mail.from_name == "Max Müller"
    assert [mailbox.address for mailbox in mail.to] == ["support@firma.example", "office@firma.example"]
    assert [mailbox.name for mailbox in mail.cc] == ["Sekretariat"]
    assert mail.subject == "Re: Stundenplan lässt sich nicht drucken [#2026-000123]"
    assert mail.message_id == "<aaa.111@schule.example>"
    assert mail.in_reply_to == "<ticket.1@firma.example>"
    assert mail.references == ("<first@schule.example>", "<ticket.1@firma.example>")
    assert mail.date == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    assert mail.return_path == "max.mueller@schule.example"
    assert mail.automatic is None
    assert mail.defects == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_aus_K=C3=B6ln?=", "Grüße aus Köln"),
        (b"=?utf-8?B?w?= =?utf-8?B?7w==?=", "ï"),
        (b"=?iso-8859-1*de?Q?M=FCller?=", "Müller"),
        (b'"=?utf-8?Q?M=C3=BCller?=" <a@b.de>', '"Müller" <a@b.de>'),
        (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        (b"=?nonsense?Q?a=FCb?=", "aüb"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("Привет, как дела".encode("koi8-r"), "Привет, как дела"),
        ("Привет, как дела".encode("cp1251"), "Привет, как дела"),
        (b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        (b"=?utf-8?Q?not closed", "=?utf-8?Q?not closed"),
    ],
)
def test_a_header_is_decoded_however_it_was_written(value, text):
    assert decode_header_safe(value) == text


def test_header_injection_values_are_neutral_b08():
    mail = sample("injected_headers")
    shown = (mail.subject, mail.from_name, *(name for _, name in mail.headers), mail.attachments[0].filename)
    assert mail.from_address == "eva@schule.example"
    assert mail.subject == "Hallo Bcc: opfer@boese.example Body"
    for value in shown:
        assert not {"\r", "\n", "\0", "\u2028", "\u2029", "\x85"} & set(value)


@pytest.mark.parametrize(
    "separator", [b"\r", b"\0", b"\x0b", b"\x1b", "\u2028".encode(), "\u2029".encode(), b"\xc2\x85"]
)
def test_no_separator_survives_in_a_subject_b08(separator):
    mail = with_fields(b"From: eva@schule.example", b"Subject: a" + separator + b"Bcc: x@boese.example")
    assert mail.subject == "a Bcc: x@boese.example"


def test_foreign_control_fields_have_no_effect_b07():
    plain = with_fields(b"From: eva@schule.example", b"To: support@firma.example", b"Subject: x")
    forged = with_fields(
        b"X-Helpdesk-Ticket: 2026-000001",
        b"X-Helpdesk-Agent: admin",
        b"X-Helpdesk-Person: 1",
        b"RT-Owner: root",
        b"X-Zammad-Ticket-Priority: 3 high",
        b"Resent-From: chef@firma.example",
        b"Resent-To: opfer@boese.example",
        b"From: eva@schule.example",
        b"To: support@firma.example",
        b"Subject: x",
    )
    compared = [name for name in plain.__struct_fields__ if name not in {"headers", "size"}]
    assert [getattr(forged, name) for name in compared] == [getattr(plain, name) for name in compared]


def test_a_junk_line_between_the_headers_does_not_hide_the_sender():
    mail = sample("junk_between_headers")
    assert mail.from_address == "eva@schule.example"
    assert mail.text == "Der Text."
    assert mail.defects == ("header-junk",)


def test_headers_without_a_blank_line_end_where_the_text_begins():
    mail = with_fields(b"From: eva@schule.example", b"Subject: x", b"Hier beginnt der Text", b"und geht weiter")
    assert mail.subject == "x"
    assert mail.text.startswith("Hier beginnt der Text\nund geht weiter")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"<a@b> <c @d> <a@b>", ("<a@b>", "<c@d>")),
        (b"a@b c@d", ("<a@b>", "<c@d>")),
        (b'Message from "x" of today <a@b>', ("<a@b>",)),
        (b"", ()),
    ],
)
def test_identifiers_are_found_once_and_in_order(value, found):
    assert message_ids(value) == found


def test_an_identifier_without_brackets_or_at_sign_is_kept():
    assert message_id(b"123-abc") == "<123-abc>"
    assert message_id(b"two words") is None


def test_of_too_many_references_the_newest_remain():
    references = b" ".join(b"<%d@x>" % number for number in range(1000))
    mail = with_fields(b"From: eva@schule.example", b"References: " + references)
    assert len(mail.references) == 200
    assert mail.references[-1] == "<999@x>"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (b"Mon, 23 Nov 2026 14:00:00 +0100", datetime(2026, 11, 23, 13, 0, tzinfo=UTC)),
        (b"23 Nov 2026 14:00 MEZ", datetime(2026, 11, 23, 13, 0, tzinfo=UTC)),
        (b"Mon, 23 Nov 2026 14:00:00 +0100 (CET)", datetime(2026, 11, 23, 13, 0, tzinfo=UTC)),
        (b"Mon, 23 Nov 2026 14:00:00", datetime(2026, 11, 23, 14, 0, tzinfo=UTC)),
        (b"Mon, 23 Nov 2026 14:00:60 -0000", datetime(2026, 11, 23, 14, 0, 59, tzinfo=UTC)),
        (b"32 Nov 2026 14:00:00 +0100", None),
        (b"23 Nov 2026 14:00:00 +9999999", None),
        (b"gestern", None),
        (b"", None),
    ],
)
def test_a_date_is_a_moment_or_nothing(value, moment):
    assert parse_date(value) == moment


def test_a_date_is_in_utc_whatever_the_zone_of_the_sender():
    date = parse_date(b"Mon, 23 Nov 2026 14:00:00 +0100")
    assert date is not None
    assert date.utcoffset() == timedelta(0)


def test_results_of_authentication_come_in_the_order_of_the_fields():
    mail = with_fields(
        b"Authentication-Results: mx.firma.example 1; dkim=pass (good; dmarc=pass) header.d=schule.example;",
        b'  spf=fail reason="a; dmarc=pass" smtp.mailfrom=eva@schule.example; dmarc=none',
        b"Authentication-Results: mx.boese.example; dmarc=pass header.from=schule.example",
        b"From: eva@schule.example",
    )
    first, second = mail.authentication_results
    assert first.authserv_id == "mx.firma.example"
    assert [(method.method, method.result) for method in first.methods] == [
        ("dkim", "pass"),
        ("spf", "fail"),
        ("dmarc", "none"),
    ]
    assert first.methods[0].properties == (("header.d", "schule.example"),)
    assert second.authserv_id == "mx.boese.example"


@pytest.mark.parametrize(
    "value",
    [
        b"mx.firma.example (unclosed; dmarc=pass",
        b'mx.firma.example "unclosed; dmarc=pass',
        b"mx.firma.example; (dmarc=pass)",
        b'mx.firma.example; x="; dmarc=pass"',
        b"mx.firma.example; dmarc pass",
        b"mx.firma.example; none",
        b"= ; dmarc=pass",
        b"one two three; dmarc=pass",
        b"",
    ],
)
def test_a_broken_or_quoted_result_proves_nothing(value):
    mail = with_fields(b"Authentication-Results: " + value, b"From: eva@schule.example")
    assert not any(method.method == "dmarc" for result in mail.authentication_results for method in result.methods)


def test_the_order_of_different_fields_does_not_matter():
    fields = [
        b"From: Eva <eva@schule.example>",
        b"To: support@firma.example",
        b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
        b"Auto-Submitted: auto-replied",
        b"Message-ID: <a@b>",
        b"Date: Mon, 23 Nov 2026 14:00:00 +0100",
        b"Content-Type: text/plain; charset=utf-8",
    ]
    one, other = with_fields(*fields), with_fields(*reversed(fields))
    compared = [name for name in one.__struct_fields__ if name != "headers"]
    assert [getattr(one, name) for name in compared] == [getattr(other, name) for name in compared]
    assert one.headers == other.headers[::-1]


def test_a_mail_without_readable_sender_is_read_all_the_same():
    mail = sample("no_sender")
    assert mail.from_address is None
    assert not mail.from_ambiguous
    assert mail.text == "Inhalt"
    assert mail.defects == ("from-missing",)


def test_the_recorded_headers_are_decoded_and_bounded():
    mail = with_fields(b"From: eva@schule.example", b"X-Long: " + b"a" * 5000, *[b"X-Many: y"] * 400)
    assert mail.header("from") == "eva@schule.example"
    assert mail.header("X-Long") == "a" * 1000
    assert mail.header("X-None") is None
    assert len(mail.headers) == 200


def test_the_values_of_our_loop_header_are_kept():
    mail = with_fields(b"From: eva@schule.example", b"X-Helpdesk-Loop: installation-1", b"X-Helpdesk-Loop: other")
    assert mail.loop == ("installation-1", "other")
