"""Mails as they leave: readable by everybody, the same text that was written, and nothing that a server must change."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk_core import Helpdesk
from helpdesk_core.bus import Addressee, Enclosure, OutgoingMessage, Recipient
from helpdesk_core.testing.clock import SettableClock
from helpdesk_email.inbound.parse import parse
from helpdesk_email.outbound.building import Builder, installation_of, plus_address
from helpdesk_email.outbound.threads import Thread
from helpdesk_email.plugin import Mailbox
from tests.plugins.helpdesk_email.mail_world import SUPPORT, MailDesk, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio
MAILBOX = Mailbox(address=SUPPORT)


def message(text: str = "Guten Tag", subject: str = "Betreff", **changes: object) -> OutgoingMessage:
    given: dict[str, object] = {
        "delivery_id": uuid4(),
        "message_id": "0123456789abcdef0123456789abcdef.abcdef012345@support.example.org",
        "addressee": Addressee(channel="email", address="k@school.example"),
        "recipient": Recipient(salutation="Guten Tag", name="Karin Krüger", proven=True, agent=False),
        "notice": "ticket_answered",
        "subject": subject,
        "text": text,
        "short": "kurz",
        "html": None,
        "language": "de",
        "automatic": False,
        "answerable": True,
        "thread": (),
        "reply_token": "f" * 40,
        "enclosures": (),
        "created_at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return OutgoingMessage(**(given | changes))  # type: ignore[arg-type]


def thread(*references: str, answers: str | None = None, mailbox: Mailbox = MAILBOX) -> Thread:
    return Thread(mailbox=mailbox, answers=answers, references=references)


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Helpdesk:
    from helpdesk_german.plugin import German

    folder = tmp_path_factory.mktemp("building")
    site = mail_site(
        f"sqlite:///{folder}/x.db", folder / "files", email_plugin(), German(), language="de", languages=("de", "en")
    )
    return Helpdesk(site, {}, clock=SettableClock(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)), demo=True)


@pytest.fixture(scope="module")
def builder(helpdesk: Helpdesk) -> Builder:
    return Builder(
        helpdesk.clock,
        helpdesk.files,
        helpdesk.texts,
        sender_name="STÜBER SYSTEMS Support",
        list_host="support.example.org",
        marker=True,
        outgoing_bytes=10_000,
    )


def judge(raw: bytes) -> None:
    """Assert what every mail of ours must be (RFC 5321, RFC 5322)."""
    assert raw.isascii()
    assert b"\0" not in raw
    for line in raw.split(b"\r\n"):
        assert b"\n" not in line
        assert b"\r" not in line
        assert len(line) <= 998


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(text=st.text(max_size=600), subject=st.text(max_size=120))
async def test_any_text_arrives_as_it_was_sent(builder: Builder, text: str, subject: str) -> None:
    raw = await builder.build(message(text=f"Anfang {text} Ende", subject=subject), thread())
    judge(raw)
    mail_read = parse(raw)
    # Of control characters only the ends of lines mean something in a mail.
    sent = "".join(each for each in f"Anfang {text} Ende".encode("utf-8", "replace").decode() if each.isprintable())
    assert "".join(sent.split()) in "".join(
        each for each in mail_read.text if each.isprintable() and not each.isspace()
    )
    assert mail_read.subject == " ".join(mail_read.subject.split())
    assert mail_read.from_address == SUPPORT


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "ä" * 5000,
        ".\n..\n. \n",
        "From here\nFrom there",
        "\u202eRTL\u202c",
        "\ud800 half",
        "a\rb",
        "=\n=20\n",
        "  Einzug\n\tTab",
    ],
)
async def test_odd_texts_arrive_as_they_were_sent(builder: Builder, text: str) -> None:
    raw = await builder.build(message(text=text), thread())
    judge(raw)
    expected = "\n".join(lines_of(text.encode("utf-8", "replace").decode())).strip()
    assert expected in "\n".join(lines_of(parse(raw).text))


async def test_the_marker_is_the_first_line_in_the_readers_language(builder: Builder) -> None:
    assert parse(await builder.build(message(), thread())).text.startswith(
        "-- Bitte antworten Sie oberhalb dieser Zeile --\n"
    )
    english = await builder.build(message(language="en"), thread())
    assert parse(english).text.startswith("-- Please reply above this line --\n")
    assert "antworten Sie oberhalb" not in parse(await builder.build(message(answerable=False), thread())).text


async def test_what_is_answered_above_the_marker_is_told_from_our_mail(builder: Builder) -> None:
    ours = parse(await builder.build(message("Unser Text."), thread())).text
    quoted = "".join(f"> {line}\n" for line in ours.splitlines())
    answer = parse(mail(text=f"Mein Text.\n\nAm 23.11.2026 schrieb Support:\n{quoted}"))
    assert answer.reply == "Mein Text."
    assert parse(mail(text=f"Mein Text.\n\n{ours}")).reply == "Mein Text."


async def test_an_agents_answer_does_not_call_itself_automatic(builder: Builder) -> None:
    assert parse(await builder.build(message(), thread())).automatic is None


@pytest.mark.parametrize(("answers", "keyword"), [(None, "auto-generated"), ("<a@b>", "auto-replied")])
async def test_a_machines_mail_says_so(builder: Builder, answers: str | None, keyword: str) -> None:
    raw = await builder.build(message(automatic=True), thread(*([answers] if answers else []), answers=answers))
    parsed = parse(raw)
    assert parsed.auto_submitted == keyword
    assert parsed.header("X-Auto-Response-Suppress") == "All"
    assert parsed.precedence == "bulk"
    assert parsed.list_id == "<notices.support.example.org>"


async def test_every_mail_carries_our_loop_header_and_its_own_id(builder: Builder) -> None:
    parsed = parse(await builder.build(message(), thread("<first@x>", "<last@x>")))
    assert parsed.loop == ("abcdef012345",)
    assert parsed.message_id == f"<{message().message_id}>"
    assert parsed.references == ("<first@x>", "<last@x>")
    assert parsed.in_reply_to == "<last@x>"
    assert parsed.header("Content-Language") == "de"
    assert parsed.header("Reply-To") is None


async def test_where_the_mailbox_takes_tokens_the_answer_carries_one(builder: Builder) -> None:
    mailbox = Mailbox(address=SUPPORT, plus=True)
    parsed = parse(await builder.build(message(), thread(mailbox=mailbox)))
    assert [box.address for box in parsed.reply_to] == [plus_address(mailbox, "f" * 40)]


async def test_a_name_is_told_only_to_a_proven_address(builder: Builder) -> None:
    stranger = Recipient(salutation="Guten Tag", name="<b>Spam</b>", proven=False, agent=False)
    parsed = parse(await builder.build(message(recipient=stranger), thread()))
    assert [(box.name, box.address) for box in parsed.to] == [("", "k@school.example")]


async def test_an_address_with_an_international_domain_is_written_in_ascii(builder: Builder) -> None:
    addressee = Addressee(channel="email", address="K.Krueger@Müller.example")
    raw = await builder.build(message(addressee=addressee), thread())
    assert b"<K.Krueger@xn--mller-kva.example>" in raw


async def test_b08_nothing_that_was_typed_becomes_a_header(builder: Builder) -> None:
    evil = "x\r\nBcc: victim@example.org\r\n\r\nbody"
    person = Recipient(salutation="x", name=evil, proven=True, agent=False)
    enclosed = await enclose(builder, [(evil, b"x")])
    raw = await builder.build(message(subject=evil, recipient=person, enclosures=enclosed), thread("<a\r\nBcc: b@c>"))
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0] for line in head if line[:1] not in b" \t"]
    assert names == [
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Content-Language", b"X-Helpdesk-Loop"),
        *(b"MIME-Version", b"Content-Type"),
    ]
    assert raw.count(b"Bcc") == raw.count(b"x Bcc") + raw.count(b"xBcc") + raw.count(b"Bcc%3A") + raw.count(b"_Bcc")


async def enclose(builder: Builder, files: Sequence[tuple[str, bytes]]) -> tuple[Enclosure, ...]:
    kept = []
    for name, content in files:
        stored = await builder._files.put(content)
        kept.append(Enclosure(name=name, media_type="application/pdf", size=stored.size, blob=stored.blob))
    return tuple(kept)


@pytest.mark.parametrize("name", ["bild.png", "Prüfung Größe.pdf", "名前.txt", "a" * 150 + ".pdf", 'q"uo;te.pdf'])
async def test_files_travel_along_with_their_names(builder: Builder, name: str) -> None:
    raw = await builder.build(message(enclosures=await enclose(builder, [(name, b"\0\xff" * 500)])), thread())
    judge(raw)
    [file] = parse(raw).attachments
    assert file.content == b"\0\xff" * 500
    assert file.filename[:100] == name.replace('"', "_")[:100]


async def test_files_that_are_too_large_together_stay_and_are_named(builder: Builder) -> None:
    enclosures = await enclose(
        builder, [("klein.pdf", b"a" * 4000), ("groß.pdf", b"b" * 9000), ("auch.pdf", b"c" * 4000)]
    )
    parsed = parse(await builder.build(message(enclosures=enclosures, html="<body><p>x</p></body>"), thread()))
    assert [file.filename for file in parsed.attachments] == ["klein.pdf", "auch.pdf"]
    assert "groß.pdf" in parsed.text
    assert parsed.html is not None
    assert "groß.pdf" in parsed.html


async def test_a_file_that_is_gone_is_named_and_the_rest_goes_out(builder: Builder) -> None:
    gone = Enclosure(name="weg.pdf", media_type="application/pdf", size=3, blob="0" * 64)
    assert "weg.pdf" in parse(await builder.build(message(enclosures=(gone,)), thread())).text


async def test_the_html_loads_nothing_and_is_laid_out_without_its_head(builder: Builder) -> None:
    style = "p { color: red } @media print { p { color: blue } }"
    html = f"<html><head><style>{style}</style></head><body><p>x</p></body></html>"
    raw = await builder.build(message(html=html), thread())
    judge(raw)
    content = raw.replace(b"=\r\n", b"").replace(b"=3D", b"=")
    assert b'<p style="color: red;">' in content
    assert b"@media print" in content
    assert b"http" not in content


def test_the_installation_stands_in_every_message_id() -> None:
    assert installation_of(message().message_id) == "abcdef012345"


async def test_an_answer_follows_what_its_reader_wrote(desk: MailDesk) -> None:
    customer, agent = await desk.customer(), await desk.agent()
    await desk.get(mail(customer.email, message_id="<first@client.example>"))
    [ticket] = await desk.tickets()
    [receipt] = await desk.sent("ticket_received")
    await desk.get(mail(customer.email, f"Re: [#{ticket['number']}]", "Mehr.", message_id="<second@client.example>"))
    await desk.answer(agent, ticket["id"])
    [answer] = await desk.sent("ticket_answered")
    assert answer.parsed.references == ("<first@client.example>", receipt.bracketed, "<second@client.example>")
    assert answer.parsed.in_reply_to == "<second@client.example>"


async def test_the_answer_comes_from_the_address_that_was_written_to(
    sqlite_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    email = email_plugin(mailboxes=(Mailbox(address=SUPPORT), Mailbox(address="schule@stueber.example")))
    async with Helpdesk(mail_site(sqlite_url, tmp_path / "files", email), {}, clock=clock, demo=True) as helpdesk:
        with helpdesk.database.use():
            desk = MailDesk(helpdesk, clock, email)
            customer = await desk.customer()
            await desk.get(mail(customer.email), mailbox="schule@stueber.example")
            [receipt] = await desk.sent("ticket_received")
            assert receipt.parsed.from_address == "schule@stueber.example"
