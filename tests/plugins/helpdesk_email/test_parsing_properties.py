"""Whatever arrives is read: any bytes, and valid mail damaged in any way."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk_email.inbound.html_clean import clean_html
from helpdesk_email.inbound.parse import parse, without_contents
from helpdesk_email.inbound.parsed import ParsedMail
from tests.plugins.helpdesk_email.hostile_mails import PUMPS
from tests.plugins.helpdesk_email.sample_mails import MAILS

NAMES = sorted(path.name for path in MAILS.glob("*.eml"))
SAMPLES = [(MAILS / name).read_bytes() for name in NAMES]


def judge(raw):
    mail = parse(raw)
    assert mail.size == len(raw)
    assert not any("-failed:" in defect for defect in mail.defects)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(mail), type=ParsedMail) == mail
    assert "\n" not in mail.subject
    assert not (mail.from_ambiguous and mail.from_address)
    if mail.html is not None:
        assert clean_html(mail.html)[0] == mail.html
    for file in mail.attachments:
        assert file.filename
        assert file.size == len(file.content)
    return mail


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw):
    judge(raw)


@st.composite
def damaged_mails(draw):
    """A sample mail with bytes changed, pieces cut out, doubled or exchanged with those of another."""
    raw = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(len(raw) - 1, 0)))
        end = min(len(raw), start + draw(st.integers(0, 200)))
        match draw(st.sampled_from(["cut", "change", "double", "exchange", "bytes", "line"])):
            case "cut":
                del raw[start:end]
            case "change":
                raw[start : start + 1] = draw(st.binary(max_size=3))
            case "double":
                raw[start:start] = raw[start:end]
            case "exchange":
                other = draw(st.sampled_from(SAMPLES))
                raw[start:end] = other[start:end]
            case "bytes":
                raw[start:start] = draw(st.binary(max_size=40))
            case _:
                raw[start:start] = draw(
                    st.sampled_from(
                        [
                            b"\n",
                            b"\r\n",
                            b"\n\n",
                            b"--A\n",
                            b"Content-Type: text/html\n",
                            b"Content-Transfer-Encoding: base64\n",
                            b"\0",
                            b"=?utf-8?B?",
                        ]
                    )
                )
    return bytes(raw)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged_mails())
def test_damaged_mail_is_read(raw):
    judge(raw)


@pytest.mark.parametrize("name", NAMES)
def test_sample_mails_cut_off_anywhere_are_read(name):
    raw = (MAILS / name).read_bytes()
    for end in range(0, len(raw), max(len(raw) // 40, 1)):
        judge(raw[:end])


@pytest.mark.parametrize("pump", PUMPS)
def test_hostile_mail_is_read(pump):
    judge(PUMPS[pump](5000))


@settings(max_examples=50)
@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=80), st.sampled_from(["\n", "\r\n"])
)
def test_the_text_of_a_plain_mail_survives(text, line_end):
    head = f"From: eva@schule.example{line_end}Content-Type: text/plain; charset=utf-8{line_end}{line_end}"
    mail = parse((head + "| " + text).encode())
    assert mail.text == "| " + text


def test_leaving_out_the_contents_keeps_size_and_hash():
    mail = parse((MAILS / "files.eml").read_bytes())
    lighter = without_contents(mail)
    assert [file.sha256 for file in lighter.attachments] == [file.sha256 for file in mail.attachments]
    assert not any(file.content for file in lighter.attachments)
