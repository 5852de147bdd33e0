"""A small helpdesk that gets and sends mail: real rooms, a real database, real bytes. Nothing leaves the machine."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core import Actor, Helpdesk, Links, Plugin, Reply, Site, hookimpl
from helpdesk_core.accounts import Account, CreateAccount, Register, Role
from helpdesk_core.bus import Channel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.desks import PASSWORD, Desk, small_site
from helpdesk_core.tickets import Done, Note, TicketView, Viewer, Writing
from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.intake import Intake
from helpdesk_email.plugin import Email, Mailbox, Smtp

SUPPORT = "support@stueber.example"
URL = "https://support.example.org"
AUTHSERV = "mx.stueber.example"
_numbers = itertools.count(1)


class Pages(Plugin):
    """Gives links, as a web channel does."""

    @property
    def name(self) -> str:
        return "pages"

    @hookimpl
    def helpdesk_links(self, helpdesk: Helpdesk) -> Sequence[Links]:
        del helpdesk
        return [
            Links(
                start=f"{URL}/",
                sign_in=f"{URL}/login",
                forgot=f"{URL}/forgot",
                ticket=lambda number: f"{URL}/tickets/{number}",
                confirm=lambda token: f"{URL}/confirm/{token}",
                not_me=lambda token: f"{URL}/confirm/{token}/not-me",
                reset=lambda token: f"{URL}/reset/{token}",
                register=lambda token: f"{URL}/register",
                desk_ticket=lambda number: f"{URL}/desk/tickets/{number}",
            )
        ]


def email_plugin(**changes: Any) -> Email:
    given: dict[str, Any] = {
        "mailboxes": (Mailbox(address=SUPPORT, authserv_id=AUTHSERV),),
        "send": Smtp(),
        "sender_name": "STÜBER SYSTEMS Support",
    }
    return Email(**(given | changes))


def mail_site(database: str, files: Path, email: Email, *plugins: Plugin, **changes: Any) -> Site:
    return small_site(database, files, email, Pages(), *plugins, **changes)


def mail(
    sender: str = "karin.krueger@school.example",
    subject: str = "Es druckt nicht",
    text: str = "Seit heute Morgen druckt nichts mehr.",
    *,
    to: str = SUPPORT,
    auth: str | None = None,
    answers: str | None = None,
    cc: str = "",
    name: str = "",
    fields: dict[str, str] | None = None,
    files: Sequence[tuple[str, bytes]] = (),
    message_id: str | None = None,
) -> bytes:
    """Return a raw mail as somebody's mail program writes it."""
    message = EmailMessage()
    message["From"] = f"{name} <{sender}>" if name else sender
    message["To"] = to
    if cc:
        message["Cc"] = cc
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 10:05:00 +0100"
    message["Message-ID"] = message_id or f"<{next(_numbers)}.{id(message):x}@client.example>"
    if answers:
        message["In-Reply-To"] = answers
        message["References"] = answers
    if auth is not None:
        message["Authentication-Results"] = f"{AUTHSERV}; dmarc={auth} header.from={sender.rpartition('@')[2]}"
    for field, value in (fields or {}).items():
        message[field] = value
    message.set_content(text)
    for filename, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    return message.as_bytes(policy=SMTP)


async def read(raw: bytes) -> ParsedMail:
    return parse(raw)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the journal, as a test looks at it."""

    id: UUID
    state: str
    outcome: str
    ticket: UUID | None
    message: UUID | None
    person: UUID | None
    sender: str | None
    subject: str
    attempts: int
    reason: str | None
    evidence: str
    raw: str | None
    size: int
    headers_only: bool
    vouched_by: str | None
    keep_until: datetime | None
    redacted_at: datetime | None


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that went out."""

    notice: str
    to: str
    message_id: str
    content: bytes
    reply_token: str | None

    @property
    def parsed(self) -> ParsedMail:
        return parse(self.content)

    @property
    def bracketed(self) -> str:
        return f"<{self.message_id}>"


class MailDesk(Desk):
    """A helpdesk with short words for what happens by mail."""

    def __init__(self, helpdesk: Helpdesk, clock: SettableClock, email: Email) -> None:
        super().__init__(helpdesk, clock)
        self.email = email
        self.intake: Intake = email._intake(helpdesk)

    @property
    def sending(self) -> Channel:
        return self.helpdesk.bus.channels["email"]

    async def get(self, raw: bytes, mailbox: str = "") -> Row:
        """Let a mail arrive and be handled; return what became of it."""
        kept = await self.intake.take(raw, via="pipe", mailbox=mailbox)
        await self.handle()
        return await self.row(kept.mail)

    async def handle(self) -> int:
        """Handle what is due, reading in this process: starting others costs more than a test should take."""
        handled = 0
        while await self.intake.processor.one(read):
            handled += 1
        return handled

    async def row(self, key: UUID) -> Row:
        return next(row for row in await self.rows() if row.id == key)

    async def rows(self) -> list[Row]:
        rows = await self.helpdesk.database.fetch("SELECT * FROM helpdesk_email_mail ORDER BY received_at, id")
        return [msgspec.convert(row, Row, strict=False) for row in rows]

    async def sent(self, notice: str = "", to: str = "") -> list[Out]:
        """Let everything that is due go out; return what went out so far, oldest first."""
        await self.deliver()
        rows = await self.helpdesk.database.fetch(
            'SELECT notice, "to", message_id, content, reply_token FROM helpdesk_core_delivery '
            "WHERE state = 'sent' ORDER BY id"
        )
        every = [msgspec.convert(row, Out, strict=False) for row in rows]
        return [out for out in every if notice in ("", out.notice) and to in ("", out.to)]

    async def customer(self, name: str = "Karin Krüger", *, proven: bool = True, confirmed: bool = True) -> Account:
        """Make a customer whose address is proven or not."""
        if confirmed:
            return await self.person(name)
        given, _, family = name.partition(" ")
        address = f"{given}.{family}".lower().replace("ü", "ue").replace("ö", "oe")
        await self.helpdesk.accounts.register(
            Register(
                email=f"{address}@school.example",
                password=PASSWORD,
                given_name=given,
                family_name=family,
                origin="web",
                once=self.once(),
                source="192.0.2.0/24",
            )
        )
        account = await self.helpdesk.accounts.find_by_address(f"{address}@school.example")
        assert account is not None
        if proven:
            async with self.helpdesk.database.unit() as unit:
                await self.helpdesk.accounts.prove_address(
                    unit, account.addresses[0].id, "answer", actor=Actor.of(account.id), origin="email"
                )
        return await self.helpdesk.accounts.get(account.id)

    async def invited(self, email: str) -> Account:
        """Make a customer who has no password yet."""
        return await self.helpdesk.accounts.create(
            CreateAccount(
                actor=Actor.system("test"), origin="cli", once=self.once(), email=email, role=Role.CUSTOMER, tell=False
            )
        )

    async def answer(self, agent: Account, ticket: UUID, text: str = "Bitte starten Sie neu.", **more: Any) -> Done:
        """Let an agent answer at the desk."""
        return await self.helpdesk.tickets.reply(
            Reply(
                actor=Actor.of(agent.id),
                origin="desk",
                once=self.once(),
                ticket=ticket,
                writing=Writing(text=text),
                **more,
            )
        )

    async def note(self, agent: Account, ticket: UUID, text: str) -> Done:
        return await self.helpdesk.tickets.note(
            Note(actor=Actor.of(agent.id), origin="desk", once=self.once(), ticket=ticket, writing=Writing(text=text))
        )

    async def view(self, number: str, viewer: Viewer | None = None) -> TicketView:
        """Return a ticket as an agent sees it, or the given viewer."""
        seen_by = viewer or Viewer(person_id=UUID(int=0), agent=True, confirmed=True)
        return await self.helpdesk.tickets.read.view(seen_by, number)

    async def tickets(self) -> list[Any]:
        return await self.helpdesk.database.fetch(
            "SELECT id, number, subject, status, requester, needs_confirmation "
            "FROM helpdesk_core_ticket ORDER BY number"
        )


START = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
