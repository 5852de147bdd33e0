"""A small site around the accounts: real database, bus, relay, texts and mails; only the mailbox is ours."""

import itertools
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Literal
from uuid import UUID

from argon2 import PasswordHasher

from helpdesk_core.accounts import (
    EVENTS,
    NOTICES,
    Account,
    Accounts,
    CreateAccount,
    Limits,
    Passwords,
    Register,
    Role,
)
from helpdesk_core.accounts.tables import Address, Membership, OneTimeToken, Person, PersonValue
from helpdesk_core.bus import Actor, Bus, EventTypes, NoticeTypes, OutgoingMessage, Relay, Subject
from helpdesk_core.composer import Composer
from helpdesk_core.db import Database
from helpdesk_core.links import Links
from helpdesk_core.site import Site
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.text import Layer, Texts
from helpdesk_core.tickets import Kind, Tickets
from helpdesk_german.plugin import German

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "korrekt Pferd Batterie"
OTHER = "anderes Schiff am Ufer"
SYSTEM = Actor.system("core.cli")
URL = "https://support.example.org"
LINKS = Links(
    start=f"{URL}/",
    sign_in=f"{URL}/login",
    forgot=f"{URL}/forgot",
    ticket=lambda number: f"{URL}/tickets/{number}",
    confirm=lambda token: f"{URL}/confirm/{token}",
    not_me=lambda token: f"{URL}/confirm/{token}/not-me",
    reset=lambda token: f"{URL}/reset/{token}",
    register=lambda token: f"{URL}/register?m={token}",
)
TABLES = (Person, PersonValue, Address, Membership, OneTimeToken)

_keys = itertools.count()


def key() -> str:
    """Return a one-time key that no other form has."""
    return f"form-{next(_keys)}"


def form(email: str = "K.Krueger@Schule.example", **changed: Any) -> Register:
    """Return a form as Frau Krüger fills it in."""
    filled: dict[str, Any] = {
        "email": email,
        "password": PASSWORD,
        "salutation": "Frau",
        "given_name": "Karin",
        "family_name": "Krüger",
        "origin": "web",
        "once": key(),
        "source": "192.0.2.0/24",
    }
    return Register(**(filled | changed))


class CountingHasher(PasswordHasher):
    """Counts what it is asked to do; as cheap as argon2 gets."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.hashed = 0
        self.compared = 0

    def hash(self, *args: Any, **named: Any) -> str:
        """Hash."""
        self.hashed += 1
        return super().hash(*args, **named)

    def verify(self, *args: Any, **named: Any) -> Literal[True]:
        """Compare."""
        self.compared += 1
        return super().verify(*args, **named)

    @property
    def work(self) -> tuple[int, int]:
        """What was done so far."""
        return (self.hashed, self.compared)


def make_texts() -> Texts:
    """Return the words of the core, in English and German."""
    return Texts(
        [
            Layer("helpdesk_german", "helpdesk_german", languages_of=German.translates),
            Layer("helpdesk_core", "helpdesk_core", kind="core"),
        ],
        languages=("de", "en"),
        default_language="de",
        timezone="Europe/Berlin",
        globals={
            "site": Site(name="STÜBER SYSTEMS", url=URL, tickets=Tickets(kinds=(Kind("bug", "Bug"),)), plugins=())
        },
    )


class World:
    """The site."""

    def __init__(
        self,
        database: Database,
        clock: SettableClock,
        texts: Texts,
        *,
        limits: Limits | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.hasher = CountingHasher()
        self.bus = Bus(
            database,
            clock,
            events=EventTypes(EVENTS),
            notices=NoticeTypes(NOTICES),
            message_domain="support.example.org",
            installation="test",
        )
        self.channel = RecordingChannel()
        self.bus.wire(channels=[self.channel], subscribers=[])
        self.accounts = Accounts(
            database,
            clock,
            self.bus,
            site_words=("STÜBER SYSTEMS", "support.example.org"),
            limits=limits or Limits(),
            passwords=passwords or Passwords(self.hasher),
        )
        composer = Composer(self.bus, self.accounts, texts, clock, LINKS)
        self.relay = Relay(
            self.bus,
            worker="test",
            compose=composer.compose,
            may_still_receive=lambda pending: self.accounts.reachable(pending.addressee),
        )
        self._seen = 0

    async def mails(self) -> list[OutgoingMessage]:
        """Send what is due and return the mails that went out since the last call."""
        await self.relay.drain(30)
        new = self.channel.rendered[self._seen :]
        self._seen = len(self.channel.rendered)
        assert len(self.channel.taken) == self._seen
        return sorted(new, key=lambda mail: mail.created_at)

    async def mail(self) -> OutgoingMessage:
        """Send what is due and return the one mail that went out."""
        (mail,) = await self.mails()
        return mail

    async def registered(self, email: str = "K.Krueger@Schule.example", **changed: Any) -> tuple[Account, str]:
        """Register somebody; return the account and the token of the link that confirms it."""
        await self.accounts.register(form(email, **changed))
        account = await self.accounts.find_by_address(email)
        assert account is not None
        return account, token_in(await self.mail())

    async def confirmed(self, email: str = "K.Krueger@Schule.example", **changed: Any) -> Account:
        """Register somebody and confirm the account."""
        _, token = await self.registered(email, **changed)
        return await self.accounts.confirm(token, changed.get("password", PASSWORD))

    async def confirmed_after_mails(self, email: str) -> Account:
        """Register and confirm somebody while mails to others are waiting, too."""
        await self.accounts.register(form(email))
        (mail,) = (mail for mail in await self.mails() if mail.addressee.address == email)
        return await self.accounts.confirm(token_in(mail), PASSWORD)

    async def prove(self, account: Account) -> None:
        """Let an answer prove the address of somebody."""
        async with self.database.unit() as unit:
            await self.accounts.prove_address(
                unit, account.addresses[0].id, "answer", actor=Actor.of(account.id), origin="email"
            )

    async def created(self, email: str, role: Role = Role.CUSTOMER, **more: Any) -> Account:
        """Let the operator make an account, with the usual password unless told otherwise."""
        command: dict[str, Any] = {
            "actor": SYSTEM,
            "origin": "cli",
            "once": key(),
            "email": email,
            "role": role,
            "password": PASSWORD,
        }
        return await self.accounts.create(CreateAccount(**(command | more)))

    async def history(self, person_id: UUID) -> list[str]:
        """Return the names of what happened to a person."""
        return [recorded.event.name for recorded in await self.bus.history(Subject("person", person_id))]

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything that accounts are stored in, to see whether anything changed."""
        return {table.__name__: await table.select().order_by(table.id) for table in TABLES}


def token_in(mail: OutgoingMessage) -> str:
    """Return the token of the link in a mail."""
    found = re.search(rf"{re.escape(URL)}/(?:confirm|reset)/([\w-]+)", mail.text)
    assert found, mail.text
    return found[1]


async def take_as_long(one: Callable[[int], Awaitable[object]], other: Callable[[int], Awaitable[object]]) -> bool:
    """Tell whether the medians of the times of two things lie within ten percent.

    Measured in up to three rounds, since this machine does other things, too: a real difference shows in each.
    """
    for start in (0, 1000, 2000):
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(100):
            for call, taken in zip((one, other), times, strict=True):
                started = perf_counter()
                await call(start + number)
                taken.append(perf_counter() - started)
        if 0.9 < median(times[0]) / median(times[1]) < 1.1:
            return True
    return False
