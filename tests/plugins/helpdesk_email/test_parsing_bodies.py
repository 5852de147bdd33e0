"""What a person wrote and attached, out of bytes in every condition."""

# ruff: noqa: RUF001 - texts of many alphabets

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound import charsets
from helpdesk_email.inbound.filenames import clean_file_name
from helpdesk_email.inbound.flowed import unflow
from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.transfer import decode
from tests.plugins.helpdesk_email.sample_mails import sample, with_fields


def body(raw, content_type=b"text/plain", encoding=b"8bit"):
    return with_fields(
        b"From: eva@schule.example",
        b"Content-Type: " + content_type,
        b"Content-Transfer-Encoding: " + encoding,
        body=raw,
    )


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("iso-8859-1", "latin-1"),
        ("iso-8859-1", "cp1252"),
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "cp1252"),
        ("us-ascii", "utf-8"),
        ("x-unknown", "utf-8"),
        ("unknown-8bit", "cp1252"),
        ("utf-8", "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("utf-7", "utf-7"),
    ],
)
def test_german_text_is_read_under_a_right_wrong_or_unknown_charset(declared, written):
    text = "Grüße, schöne Straße; Äpfel kosten fünf"
    mail = body(base64.encodebytes(text.encode(written)), f"text/plain; charset={declared}".encode(), b"base64")
    assert mail.text == text


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("gb2312", "gb18030", "您好，镕基"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠방각하"),
        ("shift_jis", "cp932", "こんにちは①㈱"),
        ("big5", "cp950", "您好，請問"),
        ("koi8-r", "koi8-r", "Здравствуйте"),
        ("windows-1251", "cp1251", "Здравствуйте"),
        ("iso-8859-8-i", "cp1255", "שלום"),
    ],
)
def test_charsets_are_read_in_the_extended_form_that_senders_mean(declared, codec, text):
    assert body(text.encode(codec), f"text/plain; charset={declared}".encode()).text == text


@pytest.mark.parametrize(
    "name",
    ["zlib", "base64", "hex", "rot13", "idna", "punycode", "unicode_escape", "undefined", "../x", "a" * 200, "\0", ""],
)
def test_codecs_that_are_no_charset_are_unknown(name):
    assert charsets.codec_name(name) is None
    assert body(b"abc", b"text/plain; charset=" + name.encode()).text == "abc"


def test_a_damaged_utf8_text_keeps_everything_but_the_damage():
    assert sample("damaged_utf8").text == "Здравствуйте, программа не запускается.\ufffd"


def test_undeclared_bytes_of_header_and_body_are_read():
    mail = sample("undeclared_latin1")
    assert (mail.from_name, mail.subject) == ("Jörg Kühn", "Grüße aus Köln")
    assert mail.text == "Das Menü für Änderungen fehlt."


def test_japanese_with_vendor_letters_is_read():
    assert sample("japanese_vendor_letters").text == "①ご質問"


@given(
    st.binary(max_size=200),
    st.sampled_from(["utf-8", "utf-7", "utf-16", "iso-2022-jp", "hz", "gb2312", "big5", "cp1252", None, "x"]),
)
def test_any_bytes_decode_under_any_charset_to_text_that_can_be_stored(raw, declared):
    text, _ = charsets.decode_body(raw, declared)
    text.encode("utf-8")
    assert not {"\r", "\0"} & set(text)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=100))
def test_text_in_utf8_arrives_as_it_was_written(text):
    raw = ("a" + text).encode()
    assert charsets.decode_body(raw, "utf-8")[0] == "a" + text


@given(
    st.binary(max_size=300),
    st.integers(0, 20),
    st.sampled_from(["base64", "quoted-printable", "x-uuencode", "7bit", "x"]),
)
def test_no_transfer_encoding_breaks_the_reading(raw, cut, encoding):
    decode(raw, encoding)
    whole = base64.encodebytes(raw)
    decoded, _ = decode(whole[: max(len(whole) - cut, 0)], "base64")
    assert raw.startswith(decoded)


def test_text_after_every_padding_is_decoded():
    assert decode(b"SGVsbG8=\nV2VsdA==\n", "base64")[0] == b"HelloWelt"


def test_a_text_that_claims_to_be_base64_and_is_not_is_shown():
    mail = body(b"Guten Tag, das hier ist gar kein Base64!", b"text/plain", b"base64")
    assert mail.text == "Guten Tag, das hier ist gar kein Base64!"
    assert "base64-missing" in mail.defects


def test_a_cut_off_base64_text_is_shown_as_far_as_it_came():
    mail = sample("cut_base64")
    assert mail.text == "Guten Tag, hier ist der Tex"
    assert mail.defects == ("boundary-unclosed", "base64-cut")


def test_a_multipart_without_boundary_shows_text_and_file():
    mail = sample("no_boundary")
    assert mail.text == "Der Text."
    assert [file.filename for file in mail.attachments] == ["Rechnung.pdf"]
    assert "boundary-missing" in mail.defects


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/mixed; boundary=nirgends",
        b"multipart/mixed",
        b"multipart/; boundary=x",
        b"text",
        b"/",
        b'text/plain; charset="',
        b"\xff",
    ],
)
def test_a_malformed_content_type_still_shows_the_text(content_type):
    assert body(b"Der Text.", content_type).text == "Der Text."


def test_similar_boundaries_are_kept_apart():
    raw = (
        b"From: a@b.de\nContent-Type: multipart/mixed; boundary=AA\n\n--AA\n"
        b"Content-Type: multipart/alternative; boundary=AAA\n\n--AAA\n\ninnen\n--AAA--\n--AA\n\naussen\n--AA--\n"
    )
    assert parse(raw).text == "innen\n\naussen"


def test_the_parts_of_a_mail_become_text_pictures_and_files():
    mail = sample("files")
    assert mail.text == "Siehe Bild: [Fehler]"
    assert mail.html == '<p>Siehe Bild: <img src="cid:bild1@x" alt="Fehler"><img></p>'
    assert [(file.filename, file.content_type, file.inline) for file in mail.attachments] == [
        ("attachment-1.png", "image/png", True),
        ("Angebot für Schule.pdf", "application/pdf", False),
        ("winmail.dat", "application/ms-tnef", False),
        ("attachment-4.ics", "text/calendar", False),
        ("Innere Nachricht.eml", "message/rfc822", False),
    ]
    assert mail.attachments[0].content_id == "bild1@x"
    for file in mail.attachments:
        assert file.size == len(file.content)
        assert file.sha256 == hashlib.sha256(file.content).hexdigest()


def test_plain_text_is_preferred_and_html_kept_beside_it():
    mail = sample("gmail_reply")
    assert mail.text.startswith("Ja, bitte löschen.\n\nEva\n")
    assert mail.html is not None
    assert "gmail_quote" in mail.html


def test_an_empty_plain_part_gives_way_to_the_html():
    raw = (
        b"From: a@b.de\nContent-Type: multipart/alternative; boundary=A\n\n--A\n\n \n--A\n"
        b"Content-Type: text/html\n\n<p>Inhalt</p>\n--A--\n"
    )
    assert parse(raw).text == "Inhalt"


def test_uuencoded_files_are_taken_out_of_the_text():
    mail = sample("uuencode")
    assert mail.text == "Anbei die Datei.\n\n\nGruss"
    assert [(file.filename, file.content) for file in mail.attachments] == [("hallo.txt", b"hallo\n")]


def test_a_text_that_merely_speaks_of_uuencode_stays():
    text = "begin 644 x\nDas ist kein uuencode.\nend"
    assert body(text.encode()).text == text


def test_flowed_lines_are_joined_and_quotes_kept():
    assert sample("flowed").text == (
        "Dies ist eine lange Zeile, die weitergeht.\n> Zitat, das weitergeht.\nNeue Zeile.\n-- \nEva"
    )
    assert unflow("eins \nzwei", delete_space=True) == "einszwei"
    assert unflow(" >kein Zitat\n From hier", delete_space=False) == ">kein Zitat\nFrom hier"


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\r\n", b"\r.\r", b"\n.\r\n", b"\r\n.\r"])
def test_a_smuggled_end_of_data_is_text_of_one_mail_b10(end):
    mail = body(b"Davor" + end + b"MAIL FROM:<a@evil.test>" + end + b"Danach")
    assert mail.text == "Davor\n.\nMAIL FROM:<a@evil.test>\n.\nDanach"
    assert mail.from_address == "eva@schule.example"


def test_a_mail_of_nothing_is_read():
    assert parse(b"").defects == ("empty", "from-missing")
    assert parse(b"\r\n\r\n").text == ""


def test_a_mailbox_line_and_a_byte_order_mark_before_the_headers_are_passed_over():
    assert parse(b"From eva Mon Nov 23 14:00:00 2026\nFrom: a@b.de\n\nx").from_address == "a@b.de"
    assert parse(b"\xef\xbb\xbfFrom: a@b.de\n\nx").from_address == "a@b.de"


def test_lines_ended_by_carriage_returns_alone_are_read():
    mail = parse(b"From: a@b.de\rSubject: x\r\rText\rzwei")
    assert (mail.from_address, mail.subject, mail.text) == ("a@b.de", "x", "Text\nzwei")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Rechnung 10.2026.pdf", "Rechnung 10.2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Windows\\system32\\calc.exe", "calc.exe"),
        ("\u200b.htaccess", "htaccess"),
        (".htaccess", "htaccess"),
        ("-rf", "rf"),
        ("a\0b.txt", "ab.txt"),
        ("a\r\nb.txt", "a b.txt"),
        ("rechnung\u202efdp.exe", "rechnungfdp.exe"),
        ("datei.txt:strom", "datei.txt_strom"),
        ("a\uff0f\uff0e\uff0e\uff0fb", "b"),
        ("\u2024\u2024\u2215x", "x"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1.log", "_COM1.log"),
        ('<img src=x onerror="alert(1)">.png', "_img src=x onerror=_alert(1)__.png"),
        ("u\u0308ber.txt", "über.txt"),
        ("\U0001f600.png", "\U0001f600.png"),
        ("datei. . .", "datei"),
        ("...", ""),
        ("", ""),
        ("/", ""),
        ("\u200b", ""),
    ],
)
def test_file_names_are_harmless_b51(written, shown):
    assert clean_file_name(written) == shown


@given(st.text(max_size=400))
def test_every_file_name_becomes_harmless_and_stays_so_b51(written):
    name = clean_file_name(written)
    assert clean_file_name(name) == name
    assert len(name.encode()) <= 240
    assert len(name) <= 150
    assert not name.startswith((".", "-", " "))
    assert not set('/\\:<>"|?*\0\r\n') & set(name)


def test_long_file_names_keep_their_extension_b51():
    assert clean_file_name("x" * 5000 + ".pdf").endswith("x.pdf")
    assert clean_file_name("ü" * 5000 + ".pdf").endswith("ü.pdf")
