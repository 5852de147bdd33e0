"""What kind of file it is: read from its bytes, from its name only among harmless kinds, never from the sender."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.files import PICTURES, UNKNOWN, media_type_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 100
GIF = b"GIF89a" + b"\0" * 100
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 100
PDF = b"%PDF-1.7\n" + b"x" * 100
EXE = b"MZ" + b"\0" * 300
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'

RUNS_IN_A_BROWSER = {
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/xml",
    "text/xsl",
    "application/javascript",
    "text/javascript",
    "multipart/x-mixed-replace",
}


def zipped(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.gif", GIF, "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.pdf", PDF, "application/pdf"),
        # The bytes win over the name.
        ("a.png", PDF, "application/pdf"),
        ("a.txt", PNG, "image/png"),
        ("a.csv", EXE, "application/x-msdownload"),
        # A name makes nothing a picture or a page.
        ("a.png", HTML, UNKNOWN),
        ("a.html", HTML, UNKNOWN),
        ("a.svg", SVG, UNKNOWN),
        ("a.xml", SVG, UNKNOWN),
        ("a.js", b"alert(1)", UNKNOWN),
        ("a", b"", UNKNOWN),
        ("", b"", UNKNOWN),
        # Texts, when they are texts.
        ("a.txt", HTML, "text/plain"),
        ("a.TXT", b"hello", "text/plain"),
        ("a.log", b"hello", "text/plain"),
        ("a.csv", b"a;b", "text/csv"),
        ("a.ics", b"BEGIN:VCALENDAR", "text/calendar"),
        ("a.eml", b"From: a@b.example", "message/rfc822"),
        ("a.txt", b"a\0b", UNKNOWN),
        ("a.json", b"{}", "application/json"),
        # Office files are archives; only their ending tells which.
        ("a.zip", zipped("a"), "application/zip"),
        ("a.txt", zipped("a"), "application/zip"),
        ("a.html", zipped("a"), "application/zip"),
        ("a.odt", zipped("a"), "application/vnd.oasis.opendocument.text"),
        ("a.xlsx", zipped("a"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_the_kind_is_judged_by_the_bytes_and_only_then_by_the_ending(name, head, expected):
    assert media_type_of(name, head) == expected


endings = st.sampled_from(["html", "svg", "xml", "htm", "js", "png", "txt", "csv", "docx", "xhtml", "swf", "", "eml"])
heads = st.sampled_from([b"", PNG, HTML, SVG, b"FWS\x09", b"CWS\x09", b"<?xml", b"\xef\xbb\xbf<html>"])


@given(st.text(max_size=20), endings, heads, st.binary(max_size=300))
def test_no_name_and_no_bytes_make_something_that_runs_in_a_browser(stem, ending, head, tail):
    kind = media_type_of(f"{stem}.{ending}", head + tail)
    assert kind not in RUNS_IN_A_BROWSER
    assert kind.count("/") == 1
    assert kind.isprintable()


@given(st.text(max_size=20), st.binary(max_size=300))
def test_only_what_begins_like_a_picture_is_shown_as_one(name, content):
    if media_type_of(name, content) in PICTURES:
        assert content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF", b"RIFF"))
