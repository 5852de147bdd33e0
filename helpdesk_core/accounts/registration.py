"""Registration: people make accounts for themselves, confirm them, or say that it was not them.

Whoever registers learns nothing about who is registered already: the answer, and the work behind it, are the same.
An account works before it is confirmed, but only for what it typed itself; that is decided by the rooms above.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk_core.accounts import addresses, limits, people, removal, tokens
from helpdesk_core.accounts.entries import language_tag, plain_name, zone_name
from helpdesk_core.accounts.events import PersonRegistered, RegistrationRepeated
from helpdesk_core.accounts.ground import (
    LinkExpired,
    WrongCredentials,
    addressee_of,
    digest,
    is_address,
    key_of,
    subject_of,
)
from helpdesk_core.accounts.notices import AccountCreated, AccountExists, Invited
from helpdesk_core.accounts.people import EMAIL, Account, AccountState, AddressView, Role
from helpdesk_core.accounts.recovery import Recovery
from helpdesk_core.accounts.tables import Person
from helpdesk_core.accounts.tokens import Purpose
from helpdesk_core.bus import Actor, Addressee, Notice
from helpdesk_core.checks import ask_all
from helpdesk_core.db import UniqueViolation, Unit, idempotency, uuid7
from helpdesk_core.fields import Put, Values

UNCONFIRMED_FOR = timedelta(days=7)
"""How long an account that nobody confirms is kept."""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody makes an account for themselves.

    Attributes:
        email: As typed; also their user name.
        password: As typed.
        salutation: As chosen, may be empty.
        given_name: As typed, may be empty.
        family_name: As typed, may be empty.
        values: Further fields of the site, made by `put`; claims, nothing proves them.
        language: Tag of the language they read, None for the site's.
        timezone: Name of their zone, None for the site's.
        origin: The channel: `web`.
        once: One-time key of the form; a repeat returns the first result.
        source: Block of network addresses that it comes from, as the channel sees it, for limits.
    """

    email: str
    password: str
    salutation: str = ""
    given_name: str = ""
    family_name: str = ""
    values: tuple[Put[Any], ...] = ()
    language: str | None = None
    timezone: str | None = None
    origin: str
    once: str
    source: str

    def __repr__(self) -> str:
        return f"Register(origin={self.origin!r})"


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever registers gets to know; the same whether there was an account or not.

    Attributes:
        email: Where a mail went, masked.
    """

    email: str


class Registration(Recovery):
    """The part of `Accounts` that makes accounts at the wish of strangers."""

    async def register(self, command: Register) -> Registered:
        """Make an account, or tell the owner of the address by mail that there is one.

        Raises:
            Invalid: A field does not hold what it should; the field is named.
            Refused: A check said no.
            TooMany: There were too many registrations from there.
            KeyReused: The one-time key came with another form before.
        """
        canonical = addresses.canonical(command.email)
        person = _person(command, self._clock.now())
        await self._judged(command.password, (command.given_name, command.family_name, command.email))
        most = self._limits.registrations_of_source
        await limits.count_request("register", most, command.source, self._clock.now())
        await ask_all(self._checks, command)
        person.password_hash = await self._passwords.hash(command.password)
        try:
            await self._register(command, canonical, person)
        except UniqueViolation:
            # Somebody registered this address at the same moment: then it is known, and that is all there is to it.
            await self._register(command, canonical, person)
        return Registered(email=addresses.masked(addresses.typed(command.email)))

    async def send_again(self, email: str, *, source: str, origin: str) -> None:
        """Send the mail of the registration again to whom it did not reach; a confirmed account gets the other one.

        Raises:
            Invalid: It is no e-mail address.
            TooMany: There were too many requests from there; whether the address is known makes no difference.
        """
        canonical = addresses.canonical(email)
        most = self._limits.registrations_of_source
        await limits.count_request("register", most, source, self._clock.now())
        await self._answer_by_mail("register", canonical, RegistrationRepeated(), _first_mail, origin=origin)

    async def confirm(self, token: str, password: str, *, source: str = "") -> Account:
        """Confirm an account: the link was opened, and the password of the registration typed.

        Somebody who was invited has no password yet: what they type becomes it, as by `reset`.

        Raises:
            LinkExpired: The link does not work (any more).
            WrongCredentials: The password is not right; the link still works.
            Invalid: The first password is not good enough; the link still works.
            TooMany: There were too many wrong passwords.
        """
        now = self._clock.now()
        found = await tokens.find((Purpose.CONFIRM,), token, now)
        account = (await people.load([found.person_id])).get(found.person_id) if found else None
        address = account.address(found.address_id) if account and found and found.address_id else None
        if account is not None and account.state is AccountState.INVITED:
            return await self.reset(token, password, source=source)
        if found is None or account is None or address is None or not account.can_sign_in:
            raise LinkExpired
        name = addresses.canonical(address.value)
        stored = await self._password_hash(account.id)
        if not await self._doorkeeper.is_right(name, stored, password, source):
            # Meanwhile somebody may have said "not me": then there is no password any more, and no link either.
            raise WrongCredentials if await tokens.find((Purpose.CONFIRM,), token, now) else LinkExpired
        async with self._database.unit() as unit:
            await self._hold(account.id)
            if not await tokens.use(found, now):
                raise LinkExpired
            await self._confirm(unit, account, address.id, "link", "web")
            await tokens.void(account.id, now)
        return await self._account(account.id)

    async def look_at_token(self, purpose: Purpose, token: str) -> str | None:
        """Return the address, masked, that a link was sent to; None when the link does not work (any more).

        Changes nothing: mail programs and scanners open links. `Purpose.RESET` also answers for invitations, which
        lead to the same page.
        """
        purposes = (Purpose.RESET, Purpose.INVITE) if purpose is Purpose.RESET else (purpose,)
        found = await tokens.find(purposes, token, self._clock.now())
        account = (await people.load([found.person_id])).get(found.person_id) if found else None
        address = account.address(found.address_id) if account and found and found.address_id else None
        return addresses.masked(address.value) if address else None

    async def not_me(self, token: str) -> None:
        """Remove an account that somebody else made with the address of the one who holds the link.

        Raises:
            LinkExpired: The link does not work (any more), or the account was confirmed meanwhile.
        """
        now = self._clock.now()
        found = await tokens.find((Purpose.CONFIRM,), token, now)
        if found is None:
            raise LinkExpired
        async with self._database.unit() as unit:
            await self._hold(found.person_id)
            account = (await people.load([found.person_id])).get(found.person_id)
            if account is None or account.confirmed or not await tokens.use(found, now):
                raise LinkExpired
            actor = Actor.system("accounts")
            await removal.remove(
                self._database, self._bus, unit, account.id, "not_me", actor=actor, origin="web", now=now
            )

    async def remove_unconfirmed(self, older_than: timedelta = UNCONFIRMED_FOR) -> int:
        """Remove accounts that were registered so long ago and never confirmed; return how many.

        Those of which something else is kept, such as a ticket, stay; so do those whose address is proven.
        """
        before = self._clock.now() - older_than
        removed = 0
        for person_id in await removal.unconfirmed(self._database, before):
            removed += await removal.forget_unconfirmed(self._database, self._bus, person_id, before)
        return removed

    async def _register(self, command: Register, canonical: str, person: Person) -> None:
        async def make() -> None:
            known = await self._by_address(canonical)
            if known is not None:
                await self._tell_that_there_is_one(unit, known, canonical, command.origin)
            else:
                await self._make(unit, command, canonical, person)

        async with self._database.unit() as unit:
            await idempotency.once("accounts.register", key_of(command.once), digest(command), make)

    async def _make(self, unit: Unit, command: Register, canonical: str, person: Person) -> None:
        await Person.insert(person)
        address_id = await self._store_address(person.id, command.email, person.created_at)
        await self._store_values(person.id, Values().changed(*command.values).columns)
        recorded = await self._bus.record(
            unit, subject_of(person.id), PersonRegistered(), actor=Actor.of(person.id), origin=command.origin
        )
        if await self._may_mail("register", canonical, None):
            addressee = Addressee(
                channel=EMAIL, address=addresses.typed(command.email), address_id=address_id, person_id=person.id
            )
            notice = AccountCreated(person_id=person.id, address_id=address_id)
            await self._bus.announce(unit, recorded, notice, [addressee])

    async def _tell_that_there_is_one(self, unit: Unit, known: Account, canonical: str, origin: str) -> None:
        await self._hold(known.id)
        may_mail = await self._may_mail("register", canonical, known)
        actor = Actor.system("accounts")
        recorded = await self._bus.record(
            unit, subject_of(known.id), RegistrationRepeated(), actor=actor, origin=origin
        )
        if may_mail:
            address = next(each for each in known.addresses if is_address(each, canonical))
            notice = AccountExists(person_id=known.id)
            await self._bus.announce(unit, recorded, notice, [addressee_of(known, address)])


def _first_mail(account: Account, address: AddressView) -> Notice:
    if account.confirmed:
        return AccountExists(person_id=account.id)
    if account.state is AccountState.INVITED:
        return Invited(person_id=account.id, address_id=address.id)
    return AccountCreated(person_id=account.id, address_id=address.id)


def _person(command: Register, now: datetime) -> Person:
    """Return the row of a new account, without password.

    Raises:
        Invalid: A name is none.
    """
    return Person(
        id=uuid7(),
        salutation=plain_name(command.salutation, "salutation", 40),
        given_name=plain_name(command.given_name, "given_name"),
        family_name=plain_name(command.family_name, "family_name"),
        role=Role.CUSTOMER.value,
        state=AccountState.ACTIVE.value,
        language=language_tag(command.language),
        timezone=zone_name(command.timezone),
        created_at=now,
        created_by=command.origin,
        password_set_at=now,
    )
