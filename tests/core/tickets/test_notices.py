"""What people read about tickets: every notice in both languages, to those who proved their address and to others.

A mail to an unproven address says nothing that somebody typed; `TicketNotice.context` is where that is decided. What
was typed is text and nothing else: no template runs in it, and no HTML gets out of it.
"""

import re
from pathlib import Path

import msgspec
import pytest

from helpdesk_core.accounts.tables import Person
from helpdesk_core.bus import Actor, OutgoingMessage
from helpdesk_core.site import Site
from helpdesk_core.testing.desks import Desk, small_site
from helpdesk_core.tickets import NOTICES, STATUSES, NewFile, Note, OpenTicket, Writing
from helpdesk_core.tickets.tables import Ticket
from helpdesk_german.plugin import German
from tests.core.tickets.cast import Cast, Reached

pytestmark = pytest.mark.anyio

PROBES = "{{7*7}} ${7*7} {% raw %} {ticket.__class__} {0.__init__} %(x)s %s #{7*7} <%= 7*7 %>"
MARKUP = "<script>alert(1)</script> <img src=x onerror=alert(1)> \"' & </p>"
SIGN = "§"
"""Stands in every word that somebody typed in the first test, so that the words counted there are our own."""


@pytest.fixture
def desk_site(database_url: str, tmp_path: Path) -> Site:
    return small_site(database_url, tmp_path / "files", German(), Reached(), languages=("de", "en"))


def everything_in(message: OutgoingMessage) -> str:
    return "\n".join((message.subject, message.text, message.short, message.html or ""))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("proven", [True, False])
async def test_every_notice_is_short_and_says_what_it_may_to_whom_it_goes(desk: Desk, language: str, proven: bool):  # noqa: FBT001
    cast = Cast(desk, language, f"kanari{SIGN} {PROBES.replace(' ', SIGN)}", f"nachti{SIGN}gall")
    messages = await cast.everything(proven=proven)
    assert {message.notice for message in messages} == {notice.name for notice in NOTICES}
    for message in messages:
        assert re.search(r" \[#2026-000001\]$", message.subject)
        assert message.recipient.proven == proven
        own = [word for word in message.text.split() if SIGN not in word and not word.startswith("https://")]
        assert len(own) <= 120
        assert len(message.short.split()) <= 40
        whole = everything_in(message)
        assert "None" not in whole
        if message.addressee.person_id is not None:
            assert message.language == language
        if not proven:
            assert not re.search(r"kanari|nachti|gall|7\*7|Karin|Krüger|Emre|Weber|Anna|Meyer|secret|pixels", whole)
            assert message.enclosures == ()
            assert bool(re.search(r"/confirm/[\w-]{20}", whole)) == (message.notice == "ticket_received")
    changed = [message.text for message in messages if message.notice == "ticket_status_changed"]
    for code in ("open", "waiting", "closed"):
        label = desk.helpdesk.texts.words(language).gettext(STATUSES[code].customer)
        assert any(label in text for text in changed)


@pytest.mark.parametrize("style", ["plain", "markdown"])
async def test_what_was_typed_stays_text_in_every_mail(desk: Desk, style: str):
    """B50; red when a template is made of typed text anywhere."""
    cast = Cast(desk, "en", f"{PROBES} {MARKUP}", f"{PROBES}\n{MARKUP}")
    requester, anna = await cast.person("Karin Krüger"), await cast.person("Anna Meyer", agent=True)
    ticket = await cast.ticket(requester)
    await cast.write(anna, ticket, style=style)
    await cast.write(requester, ticket)
    await desk.deliver()
    rendered = {message.notice: message for message in desk.channel.rendered}
    assert set(rendered) == {"ticket_received", "ticket_answered", "customer_wrote"}
    for message in rendered.values():
        assert PROBES in message.subject
        assert PROBES in message.text
        assert "49" not in everything_in(message)
        html = message.html or ""
        assert "{{7*7}}" in html
        assert "{ticket.__class__}" in html
        assert "%(x)s" in html
        assert "<script" not in html
        assert "<img" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


async def test_a_line_break_in_a_subject_ends_no_header(desk: Desk):
    karin = await desk.person("Karin Krüger")
    await desk.ticket(karin, "It does not print\r\nBcc: x@evil.example\x00\x1b[31m\u2028\u0085 at all")
    await desk.deliver()
    ((_, subject, _),) = desk.mails(karin)
    assert subject == "It does not print Bcc: x@evil.example [31m at all [#2026-000001]"


async def test_who_takes_part_later_reads_nothing_of_before_not_even_quoted(desk: Desk):
    """Red when `load_for_notice` quotes anybody's words but the reader's own."""
    karin, emre, anna = [await desk.person("Karin Krüger"), await desk.person("Emre Weber"), await desk.agent()]
    cast = Cast(desk, "en", "Subject", "new words")
    done = await desk.ticket(karin, text="kanarienvogel")
    await cast.join(done, emre, since=2)
    await cast.write(anna, done)
    await desk.deliver()
    ((_, _, to_emre),) = desk.mails(emre)
    assert "new words" in to_emre
    assert "kanarienvogel" not in to_emre
    assert "> kanarienvogel" in desk.mails(karin)[-1][2]


async def test_everybody_is_quoted_what_they_wrote_themselves(desk: Desk):
    karin, emre, anna = [await desk.person("Karin Krüger"), await desk.person("Emre Weber"), await desk.agent()]
    done = await desk.ticket(karin, text="first of Karin")
    await Cast(desk, "", "", "").join(done, emre, since=2)
    await Cast(desk, "en", "", "words of Emre").write(emre, done)
    await Cast(desk, "en", "", "the answer").write(anna, done)
    await desk.deliver()
    quoted = {who.given_name: re.findall(r"^> (.*)$", desk.mails(who)[-1][2], re.MULTILINE) for who in (karin, emre)}
    assert quoted == {"Karin": ["first of Karin"], "Emre": ["words of Emre"]}


async def test_the_agent_in_charge_reads_who_wrote_also_when_it_was_not_the_requester(desk: Desk):
    karin, emre, anna = [await desk.person("Karin Krüger"), await desk.person("Emre Weber"), await desk.agent()]
    cast = Cast(desk, "en", "", "words")
    done = await desk.ticket(karin)
    await cast.join(done, emre)
    await cast.write(anna, done)
    await cast.write(emre, done)
    await desk.deliver()
    ((name, _, text),) = desk.mails(anna)
    assert name == "customer_wrote"
    assert "Emre Weber wrote in ticket" in text


async def test_a_customer_without_a_name_is_called_unknown(desk: Desk):
    karin, anna = await desk.person("Karin Krüger"), await desk.agent()
    await Person.update({Person.given_name: "", Person.family_name: ""}).where(Person.id == karin.id)
    cast = Cast(desk, "en", "", "words")
    done = await desk.ticket(karin)
    await cast.write(anna, done)
    await cast.write(karin, done)
    await desk.deliver()
    assert "Unknown wrote in ticket" in desk.mails(anna)[0][2]


async def test_what_was_folded_is_neither_said_nor_quoted(desk: Desk):
    karin, anna = await desk.person("Karin Krüger"), await desk.agent()
    folded = Writing(text="Yes.\r\n> the whole old mail\r\n", folds=((6, 28),))
    command = OpenTicket(
        actor=Actor.of(karin.id), origin="email", once="a", requester=karin.id, subject="Hello", writing=folded
    )
    done = await desk.helpdesk.tickets.open(command)
    await Cast(desk, "en", "", "the answer").write(anna, done)
    await desk.deliver()
    assert all("old mail" not in text for _, _, text in desk.mails())
    assert "> Yes." in desk.mails(karin)[-1][2]


async def test_files_travel_with_answers_and_messages_and_never_with_a_note(desk: Desk):
    karin, anna = await desk.person("Karin Krüger"), await desk.agent()
    cast = Cast(desk, "en", "Subject", "words")
    done = await cast.ticket(karin)
    await cast.write(anna, done)
    stored = await desk.helpdesk.files.put(b"internal")
    note = Note(actor=Actor.of(anna.id), origin="desk", once="n", ticket=done.ticket, writing=Writing(text="kanari"))
    file = NewFile(name="internal.png", stored=stored, media_type="image/png")
    await desk.helpdesk.tickets.note(msgspec.structs.replace(note, writing=Writing(text="kanari", files=(file,))))
    await desk.deliver()
    enclosed = {message.notice: [file.name for file in message.enclosures] for message in desk.channel.rendered}
    assert enclosed == {"ticket_received": [], "ticket_answered": ["secret.png"]}


async def test_nothing_is_told_any_more_of_a_ticket_that_was_erased(desk: Desk):
    karin = await desk.person("Karin Krüger")
    done = await desk.ticket(karin)
    await Ticket.update({Ticket.redacted_at: desk.clock.now()}).where(Ticket.id == done.ticket)
    await desk.deliver()
    assert desk.mails() == []
