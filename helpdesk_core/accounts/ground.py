"""What all parts of `Accounts` stand on: database, clock, bus, and the few acts that several parts share."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from helpdesk_core.accounts import addresses, limits, people, tokens
from helpdesk_core.accounts.doorkeeper import Doorkeeper
from helpdesk_core.accounts.events import AddressProven, PersonConfirmed
from helpdesk_core.accounts.limits import Limits
from helpdesk_core.accounts.passwords import Passwords
from helpdesk_core.accounts.people import EMAIL, Account, AccountState, AddressView
from helpdesk_core.accounts.tables import Address, Person, PersonValue
from helpdesk_core.bus import Actor, Addressee, Bus, Subject
from helpdesk_core.checks import Check
from helpdesk_core.clock import Clock
from helpdesk_core.db import Database, Unit, uuid7
from helpdesk_core.errors import Forbidden, HelpdeskError, Invalid, NotFound
from helpdesk_core.fields import Stored
from helpdesk_core.text import N_


class WrongCredentials(HelpdeskError):
    """Address and password do not belong together; never says which is wrong, or whether there is an account."""

    code: ClassVar[str] = "wrong-credentials"

    def __init__(self) -> None:
        super().__init__(N_("The e-mail address or the password is not right."))


class LinkExpired(HelpdeskError):
    """A one-time link is too old, was used, or never existed; nobody learns which."""

    code: ClassVar[str] = "link-expired"

    def __init__(self) -> None:
        super().__init__(N_("This link has expired or has been used already."))


class Ground:
    """The common part of every part of `Accounts`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: Bus,
        *,
        site_words: Sequence[str] = (),
        limits: Limits | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        """Stand on these.

        Args:
            database: Where everything is kept; bound to the tables while this is in use.
            clock: Says what time it is.
            bus: Takes events and notices.
            site_words: Names of the vendor and its products, which make a password weak.
            limits: How often strangers may try; None for the usual figures.
            passwords: Hashes passwords; None for the usual cost.
        """
        self._database = database
        self._clock = clock
        self._bus = bus
        self._site_words = tuple(site_words)
        self._limits = limits or Limits()
        self._passwords = passwords or Passwords()
        self._doorkeeper = Doorkeeper(clock, self._passwords, self._limits)
        self._checks: tuple[Check, ...] = ()
        self._wired = False

    async def _account(self, person_id: UUID) -> Account:
        account = (await people.load([person_id])).get(person_id)
        if account is None or account.state is AccountState.REMOVED:
            raise NotFound(N_("There is no such person."))
        return account

    async def _hold(self, person_id: UUID) -> None:
        """Let changes of one person wait for each other; the first thing in every unit that changes one.

        Without it two units could each hold what the other wants next, a token or a place in the history, and
        PostgreSQL would break one off. SQLite has one writer anyway.
        """
        if self._database.dialect == "postgres":
            sql = "SELECT id FROM helpdesk_core_person WHERE id = {} FOR NO KEY UPDATE"
            await self._database.fetch(sql, person_id)

    async def _by_address(self, canonical: str) -> Account | None:
        """Return whose e-mail address this is; its canonical form is given.

        The same queries are made when it is nobody's, so that the time tells nothing.
        """
        person_id = await people.person_of(canonical) or uuid7()
        return (await people.load([person_id])).get(person_id)

    async def _judged(self, password: str, words: Iterable[str]) -> None:
        reason = await self._passwords.judge(password, (*self._site_words, *words))
        if reason is not None:
            raise Invalid(reason, field="password")

    async def _may_change(self, actor: Actor, account: Account) -> None:
        """People change themselves, agents change customers, administrators and the system change everybody.

        Raises:
            Forbidden: Nothing of this is so.
        """
        if actor.system_name is not None or actor.person_id == account.id:
            return
        who = await self._acting(actor)
        if not (who and (who.is_administrator or (who.is_agent and not account.is_agent))):
            raise Forbidden(N_("You may not change this person."))

    async def _must_be_agent(self, actor: Actor) -> None:
        """Let agents and the system pass.

        Raises:
            Forbidden: It is neither.
        """
        who = await self._acting(actor)
        if actor.system_name is None and not (who and who.is_agent):
            raise Forbidden(N_("Only the support team may do this."))

    async def _acting(self, actor: Actor) -> Account | None:
        if actor.person_id is None:
            return None
        who = (await people.load([actor.person_id])).get(actor.person_id)
        return who if who and who.can_sign_in else None

    async def _store_address(self, person_id: UUID, email: str, now: datetime) -> UUID:
        """Store the main e-mail address of a new person.

        Raises:
            UniqueViolation: It is somebody's already.
        """
        address = Address(
            id=uuid7(),
            person=person_id,
            channel=EMAIL,
            value=addresses.typed(email),
            canonical=addresses.canonical(email),
            main=True,
            created_at=now,
        )
        await Address.insert(address)
        return address.id

    async def _store_values(self, person_id: UUID, values: Mapping[str, Stored]) -> None:
        if values:
            await PersonValue.insert(
                *(
                    PersonValue(
                        id=uuid7(),
                        person=person_id,
                        key=name,
                        text=stored.text,
                        number=stored.number,
                        instant=stored.instant,
                    )
                    for name, stored in values.items()
                )
            )

    async def _confirm(self, unit: Unit, account: Account, address_id: UUID | None, evidence: str, origin: str) -> None:
        """Make the account confirmed and the address proven, if they are not yet."""
        actor = Actor.of(account.id)
        if not account.confirmed:
            await self._bus.record(
                unit, subject_of(account.id), PersonConfirmed(evidence=evidence), actor=actor, origin=origin
            )
            await Person.update({Person.confirmed_at: self._clock.now()}).where(Person.id == account.id)
        address = account.address(address_id) if address_id else None
        if address:
            await self._prove(unit, account.id, address, evidence, actor=actor, origin=origin)

    async def _prove(
        self, unit: Unit, person_id: UUID, address: AddressView, evidence: str, *, actor: Actor, origin: str
    ) -> None:
        if address.proven:
            return
        event = AddressProven(address_id=address.id, evidence=evidence)
        await self._bus.record(unit, subject_of(person_id), event, actor=actor, origin=origin)
        await Address.update({Address.proven_at: self._clock.now()}).where(Address.id == address.id)

    async def _replace_password(self, person_id: UUID, password_hash: str) -> datetime:
        """Put a password in force; returns the moment before which every session is void.

        That moment moves on even when the clock stands still or goes back, or a session of before would live on.
        """
        row = await Person.select(Person.password_set_at).where(Person.id == person_id).first()
        assert row is not None, "whoever sets a password has loaded the person in this unit"
        last: datetime | None = row["password_set_at"]
        now = self._clock.now()
        since = max(now, last + timedelta(microseconds=1)) if last else now
        await Person.update({Person.password_hash: password_hash, Person.password_set_at: since}).where(
            Person.id == person_id
        )
        await tokens.void(person_id, now)
        return since

    async def _may_mail(self, kind: str, canonical: str, account: Account | None) -> bool:
        """Count a mail that a stranger makes us send; unproven addresses share one cap, whatever the mail is about."""
        proven = account is not None and any(each.proven for each in account.addresses if is_address(each, canonical))
        return await limits.count_mail(self._limits, kind if proven else "unproven", canonical, self._clock.now())


def subject_of(person_id: UUID) -> Subject:
    """Return the subject of events about a person."""
    return Subject("person", person_id)


def addressee_of(account: Account, address: AddressView) -> Addressee:
    """Return somebody on one of their addresses, for the bus."""
    return Addressee(channel=address.channel, address=address.value, address_id=address.id, person_id=account.id)


def digest(command: msgspec.Struct) -> str:
    """Return what tells one command from another with the same one-time key.

    Without the password: a quick digest of one, lying in the database, could be guessed from.
    """
    content = {
        name: getattr(command, name) for name in command.__struct_fields__ if name not in ("password", "once", "source")
    }
    return hashlib.sha256(msgspec.json.encode(content, enc_hook=repr, order="deterministic")).hexdigest()


def key_of(command_key: str) -> str:
    """Return a one-time key of a length that every database takes; it may come from a form."""
    return hashlib.sha256(command_key.encode("utf-8", "replace")).hexdigest()


def is_address(address: AddressView, canonical: str) -> bool:
    """Tell whether this is the e-mail address of that canonical form."""
    return address.channel == EMAIL and addresses.canonical(address.value) == canonical
