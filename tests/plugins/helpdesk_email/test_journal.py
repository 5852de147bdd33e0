"""The journal on both databases: every mail once, every arrival written down, whoever receives at the same moment."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core import Helpdesk
from helpdesk_core.testing.clock import SettableClock
from helpdesk_email.inbound.journal import Journal, Place, fingerprint_of
from tests.plugins.helpdesk_email.mail_world import START, MailDesk, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio

INBOX = Place(mailbox="support@stueber.example", via="imap", folder="INBOX", uidvalidity=1, uid=1)
_uids = itertools.count(10)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[MailDesk]:
    email = email_plugin()
    helpdesk = Helpdesk(mail_site(database_url, tmp_path / "files", email), {}, clock=clock, demo=True)
    async with helpdesk:
        with helpdesk.database.use():
            yield MailDesk(helpdesk, clock, email)


@pytest.fixture
def journal(desk: MailDesk) -> Journal:
    return desk.intake.journal


def place(**changes: object) -> Place:
    import msgspec

    return msgspec.structs.replace(INBOX, **({"uid": next(_uids)} | changes))


async def arrivals(desk: MailDesk) -> list[dict[str, object]]:
    return await desk.helpdesk.database.fetch(
        "SELECT mail, mailbox, via, uid, raw FROM helpdesk_email_arrival ORDER BY id"
    )


async def uses(desk: MailDesk) -> dict[str, int]:
    rows = await desk.helpdesk.database.fetch("SELECT hash, uses FROM helpdesk_core_blob")
    return {row["hash"]: row["uses"] for row in rows}


async def test_a_mail_is_a_row_and_its_bytes_are_safe(desk: MailDesk, journal: Journal) -> None:
    raw = mail()
    kept = await journal.receive(raw, place())
    row = await desk.row(kept.mail)
    assert (kept.new, row.state, row.size) == (True, "received", len(raw))
    assert row.raw is not None
    assert await desk.helpdesk.files.get(row.raw) == raw
    assert await uses(desk) == {row.raw: 1}


async def test_b65_the_same_bytes_twice_are_one_mail_and_two_arrivals(desk: MailDesk, journal: Journal) -> None:
    raw = mail()
    first, second = await journal.receive(raw, place()), await journal.receive(raw, place())
    assert (first.mail == second.mail, second.new) == (True, False)
    assert len(await desk.rows()) == 1
    assert [row["raw"] for row in await arrivals(desk)] == [None, None]
    assert set((await uses(desk)).values()) == {1}


async def test_b65_two_mails_with_one_message_id_are_two(desk: MailDesk, journal: Journal) -> None:
    """Guarded by the body in `fingerprint_of`."""
    one, other = mail(text="Eins", message_id="<x@y>"), mail(text="Zwei", message_id="<x@y>")
    assert (await journal.receive(one, place())).mail != (await journal.receive(other, place())).mail


async def test_b65_two_different_mails_without_message_id_are_two(desk: MailDesk, journal: Journal) -> None:
    without = b"From: a@b.example\r\nSubject: x\r\nDate: Mon, 23 Nov 2026 10:05:00 +0100\r\n\r\n"
    keys = {(await journal.receive(without + body, place())).mail for body in (b"one", b"two", b"one")}
    assert len(keys) == 2


async def test_f13_one_mail_in_two_mailboxes_is_one_and_both_are_noted(desk: MailDesk, journal: Journal) -> None:
    raw = mail()
    first = b"Delivered-To: support@stueber.example\r\nReceived: by mx with A\r\n" + raw
    second = b"Delivered-To: sales@stueber.example\r\nReceived: by mx with B\r\n" + raw.replace(b"\r\n", b"\n")
    one = await journal.receive(first, place())
    other = await journal.receive(second, place(mailbox="sales@stueber.example"))
    piped = await journal.receive(second, Place(mailbox="support@stueber.example", via="pipe"))
    assert one.mail == other.mail == piped.mail
    found = await arrivals(desk)
    assert [row["mailbox"] for row in found] == [INBOX.mailbox, "sales@stueber.example", INBOX.mailbox]
    # The bytes of each copy are kept as they came.
    assert await desk.helpdesk.files.get(str(found[1]["raw"])) == second


async def test_f11_one_uid_is_one_arrival_and_another_epoch_is_another(desk: MailDesk, journal: Journal) -> None:
    raw = mail()
    await journal.receive(raw, INBOX)
    await journal.receive(raw, INBOX)
    assert len(await arrivals(desk)) == 1
    await journal.receive(raw, place(uid=1, uidvalidity=2))
    assert len(await arrivals(desk)) == 2
    assert len(await desk.rows()) == 1
    assert await journal.known(INBOX.mailbox, "INBOX", 1) == {1}


async def test_b64_many_receivers_of_the_same_mails_keep_each_once(desk: MailDesk, journal: Journal) -> None:
    """Guarded by the unique keys, not by looking first."""
    mails = [mail(text=f"Nummer {number}") for number in range(6)]
    results = await asyncio.gather(
        *(journal.receive(raw, place(uid=uid)) for _ in range(4) for uid, raw in enumerate(mails, 100))
    )
    assert sum(kept.new for kept in results) == 6
    assert len(await desk.rows()) == 6
    assert len(await arrivals(desk)) == 6
    assert set((await uses(desk)).values()) == {1}


async def test_a_mail_is_handled_once_however_many_workers_there_are(desk: MailDesk) -> None:
    customer = await desk.customer()
    for number in range(4):
        await desk.intake.take(mail(customer.email, f"Sache {number}", f"Text {'abcd'[number]}"), via="pipe")
    await asyncio.gather(*(desk.handle() for _ in range(3)))
    assert sorted(ticket["subject"] for ticket in await desk.tickets()) == [f"Sache {number}" for number in range(4)]
    assert {row.state for row in await desk.rows()} == {"done"}


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_fingerprint_tells_bodies_apart_and_ignores_line_ends(one: bytes, other: bytes) -> None:
    head = b"Message-ID: <x@y>\r\nFrom: a@b.example\r\n\r\n"
    plain = [body.replace(b"\r\n", b"\n").strip(b"\n") for body in (one, other)]
    assert (fingerprint_of(head + one) == fingerprint_of(head + other)) == (plain[0] == plain[1])
    assert fingerprint_of((head + one).replace(b"\r\n", b"\n")) == fingerprint_of(head + one)


def test_the_fingerprint_does_not_depend_on_what_servers_write_on_top() -> None:
    raw = mail()
    assert fingerprint_of(b"Received: from a\r\n by b\r\nX-Spam: no\r\n" + raw) == fingerprint_of(raw)
    assert START.tzinfo is not None
