"""The contract of `helpdesk mail inspect --json`: one object for each file, whatever it holds."""

import json
import os
from email.message import EmailMessage

from helpdesk_email.inbound.inspect import inspect_files
from tests.plugins.helpdesk_email.hostile_mails import PUMPS
from tests.plugins.helpdesk_email.sample_mails import MAILS


def inspect(paths):
    lines: list[str] = []
    inspect_files(paths, lines.append)
    assert not any("\n" in line for line in lines)
    return [json.loads(line) for line in lines]


def test_an_object_has_exactly_the_fields_of_the_contract():
    (shown,) = inspect([MAILS / "plain_german.eml"])
    assert list(shown) == [
        "file", "from", "from_name", "to", "subject", "message_id", "in_reply_to", "references", "date", "text",
        "reply", "html", "attachments", "auto_submitted", "bounce", "defects",
    ]  # fmt: skip
    assert shown["file"] == str(MAILS / "plain_german.eml")
    assert shown["from"] == "max.mueller@schule.example"
    assert shown["to"] == ["support@firma.example", "office@firma.example"]
    assert shown["date"] == "2026-11-23T13:00:00+00:00"
    assert shown["auto_submitted"] is False
    assert shown["bounce"] is None
    assert shown["html"] is None


def test_the_address_is_shown_in_lower_case_and_files_without_their_bytes():
    bounce, files, absence, listed = inspect(
        [MAILS / f"{name}.eml" for name in ("bounce_postfix", "files", "absence_exchange_german", "list_post")]
    )
    assert bounce["from"] == "mailer-daemon@mail.firma.example"
    assert bounce["bounce"] == {"recipient": "gone@schule.example", "status": "5.1.1", "permanent": True}
    assert bounce["auto_submitted"] is True
    assert list(files["attachments"][0]) == ["filename", "content_type", "size", "sha256", "inline"]
    assert absence["auto_submitted"] is True
    assert listed["auto_submitted"] is False


def test_files_that_cannot_be_read_are_named_and_the_others_shown_in_order(tmp_path):
    empty = tmp_path / "empty.eml"
    empty.write_bytes(b"")
    missing, shown, folder, nothing = inspect([tmp_path / "missing.eml", MAILS / "files.eml", tmp_path, empty])
    assert missing == {"file": str(tmp_path / "missing.eml"), "error": "No such file or directory"}
    assert shown["subject"] == "Bilder"
    assert folder == {"file": str(tmp_path), "error": "Is a directory"}
    assert nothing["from"] is None
    assert nothing["defects"] == ["empty", "from-missing"]


def test_hostile_mails_are_shown_and_hurt_none_of_the_others(tmp_path):
    paths = []
    for number, pump in enumerate(PUMPS.values()):
        paths += [tmp_path / f"{number}.eml", MAILS / "plain_german.eml"]
        paths[-2].write_bytes(pump(20_000))
    shown = inspect(paths)
    assert all("error" not in line for line in shown)
    assert {line["from"] for line in shown[1::2]} == {"max.mueller@schule.example"}


def test_a_file_name_that_is_no_utf8_can_be_shown(tmp_path):
    path = tmp_path / "gr\udcfc\udcdfe.eml"
    path.write_bytes(b"From: a@b.de\n\nx")
    (shown,) = inspect([path])
    assert shown["file"].endswith("gr\ufffd\ufffde.eml")


def test_three_hundred_ordinary_mails_take_no_more_than_a_second_of_one_core(tmp_path):
    """Counted is processor time, and half of the goal is asked for, since other work may run beside the tests."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Eva Lang <eva@schule.example>", "support@firma.example", "Grüße"
    text = "Der Import geht nicht.\n" * 10 + "\nAm 20.11.2026 um 10:00 schrieb Support:\n" + "> Guten Tag\n" * 20
    mail.set_content(text)
    mail.add_alternative("".join(f'<p style="margin:0">{line}</p>' for line in text.split("\n")), subtype="html")
    path = tmp_path / "mail.eml"
    path.write_bytes(bytes(mail))
    before = sum(os.times()[:4])
    assert len(inspect([path] * 300)) == 300
    assert sum(os.times()[:4]) - before < 2
