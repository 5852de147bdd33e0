"""Accounts that others make, and what is known of people: names, language, role, values of sites and plugins."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Column

from helpdesk_core.accounts import addresses
from helpdesk_core.accounts.entries import language_tag, plain_name, zone_name
from helpdesk_core.accounts.events import PersonConfirmed, PersonCreated, ProfileChanged, RoleChanged
from helpdesk_core.accounts.ground import Ground, addressee_of, digest, key_of, subject_of
from helpdesk_core.accounts.notices import Invited
from helpdesk_core.accounts.people import Account, AccountState, Role
from helpdesk_core.accounts.tables import Person, PersonValue
from helpdesk_core.bus import Actor
from helpdesk_core.checks import ask_all
from helpdesk_core.db import UniqueViolation, Unit, idempotency, uuid7
from helpdesk_core.errors import Changed, Forbidden, Invalid
from helpdesk_core.fields import Put, Values, to_columns
from helpdesk_core.text import N_


class CreateAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An operator, an agent or an import makes an account for somebody.

    Attributes:
        actor: Who does it.
        origin: The channel: `cli`, `desk`, `email`, `import` or a plugin's own.
        once: One-time key; a repeat returns the first account.
        email: The address.
        role: What they may be; only administrators and the system make agents.
        password: With one, whoever makes the account vouches for the address: the account is confirmed. Without,
            the person is invited.
        salutation: May be empty.
        given_name: May be empty.
        family_name: May be empty.
        values: Values of sites and plugins, made by `put`.
        language: Tag of their language, None for the site's.
        timezone: Name of their zone, None for the site's.
        tell: Whether somebody without a password gets a mail with a link to choose one.
    """

    actor: Actor
    origin: str
    once: str
    email: str
    role: Role = Role.CUSTOMER
    password: str | None = None
    salutation: str = ""
    given_name: str = ""
    family_name: str = ""
    values: tuple[Put[Any], ...] = ()
    language: str | None = None
    timezone: str | None = None
    tell: bool = True

    def __repr__(self) -> str:
        return f"CreateAccount(role={self.role!r}, origin={self.origin!r})"


class UpdateProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody changes what is known of a person; what is not given stays.

    Attributes:
        actor: The person, an agent or the system.
        origin: The channel.
        once: One-time key; a repeat changes nothing more.
        person_id: Whose profile it is.
        version: `Account.version` as the actor saw it.
        salutation: New value.
        given_name: New value.
        family_name: New value.
        language: New value, None for the site's.
        timezone: New value, None for the site's.
        values: Changes of values, made by `put`.
    """

    actor: Actor
    origin: str
    once: str
    person_id: UUID
    version: int
    salutation: str | UnsetType = UNSET
    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    timezone: str | UnsetType | None = UNSET
    values: tuple[Put[Any], ...] = ()


class Profiles(Ground):
    """The part of `Accounts` that knows who people are."""

    async def create(self, command: CreateAccount) -> Account:
        """Make an account for somebody.

        Raises:
            Invalid: A field does not hold what it should, or the address belongs to somebody (field `email`).
            Forbidden: The actor may not make such an account.
            Refused: A check said no.
        """
        await self._may_create(command)
        person = await self._person(command)
        await ask_all(self._checks, command)
        if command.password is not None:
            person.password_hash = await self._passwords.hash(command.password)

        async def make() -> UUID:
            await self._create(unit, command, person)
            return person.id

        try:
            async with self._database.unit() as unit:
                made = await idempotency.once("accounts.create", key_of(command.once), digest(command), make)
        except UniqueViolation as taken:
            raise Invalid(N_("This address belongs to somebody already."), field="email") from taken
        return await self._account(UUID(made))

    async def update_profile(self, command: UpdateProfile) -> Account:
        """Change what is known of a person.

        Raises:
            Changed: Somebody else changed it since; load it again.
            Invalid: A field does not hold what it should.
            Forbidden: The actor may not change this person.
            NotFound: There is no such person.
            Refused: A check said no.
        """
        account = await self._account(command.person_id)
        await self._may_change(command.actor, account)
        columns = _columns(command)
        await ask_all(self._checks, command)

        async def change() -> None:
            await self._next_version(account.id, command.version, columns)
            await self.put(unit, account.id, *command.values)
            event = ProfileChanged(fields=(*columns, *(change.key.name for change in command.values)))
            subject = subject_of(account.id)
            await self._bus.record(unit, subject, event, actor=command.actor, origin=command.origin)

        if columns or command.values:
            async with self._database.unit() as unit:
                await idempotency.once("accounts.profile", key_of(command.once), digest(command), change)
        return await self._account(account.id)

    async def change_role(self, actor: Actor, person_id: UUID, version: int, role: Role, *, origin: str) -> Account:
        """Let somebody do more, or less.

        Raises:
            Changed: Somebody else changed the person since; load it again.
            Forbidden: The actor is neither an administrator nor the system.
            NotFound: There is no such person.
        """
        account = await self._account(person_id)
        await self._must_be_administrator(actor)
        if account.role is role:
            return account
        async with self._database.unit() as unit:
            await self._next_version(person_id, version, {"role": role.value})
            event = RoleChanged(before=account.role.value, after=role.value)
            await self._bus.record(unit, subject_of(person_id), event, actor=actor, origin=origin)
        return await self._account(person_id)

    async def put(self, unit: Unit, person_id: UUID, *changes: Put[Any]) -> None:
        """Change values of a person in a unit of the caller's; no event is recorded and nobody is asked."""
        del unit  # It says that there is one.
        for change in changes:
            mine = (PersonValue.person == person_id, PersonValue.key == change.key.name)
            await PersonValue.delete().where(*mine)
            if change.value is not None:
                stored = to_columns(change.value, field=change.key.name)
                await self._store_values(person_id, {change.key.name: stored})

    async def _create(self, unit: Unit, command: CreateAccount, person: Person) -> None:
        now = person.created_at
        if command.password is not None:
            person.password_set_at = person.confirmed_at = now
        await Person.insert(person)
        await self._store_address(person.id, command.email, now)
        await self._store_values(person.id, Values().changed(*command.values).columns)
        subject, actor, origin = subject_of(person.id), command.actor, command.origin
        event = PersonCreated(role=person.role, state=person.state)
        recorded = await self._bus.record(unit, subject, event, actor=actor, origin=origin)
        account = await self._account(person.id)
        address = account.addresses[0]
        if command.password is not None:
            await self._bus.record(unit, subject, PersonConfirmed(evidence="created"), actor=actor, origin=origin)
            await self._prove(unit, person.id, address, "created", actor=actor, origin=origin)
        elif command.tell and await self._may_mail("invite", addresses.canonical(address.value), account):
            notice = Invited(person_id=person.id, address_id=address.id)
            await self._bus.announce(unit, recorded, notice, [addressee_of(account, address)])

    async def _person(self, command: CreateAccount) -> Person:
        """Return the row of the new account, without password.

        Raises:
            Invalid: A field does not hold what it should.
        """
        addresses.canonical(command.email)
        if command.password is not None:
            await self._judged(command.password, (command.given_name, command.family_name, command.email))
        return Person(
            id=uuid7(),
            salutation=plain_name(command.salutation, "salutation", 40),
            given_name=plain_name(command.given_name, "given_name"),
            family_name=plain_name(command.family_name, "family_name"),
            role=command.role.value,
            state=(AccountState.INVITED if command.password is None else AccountState.ACTIVE).value,
            language=language_tag(command.language),
            timezone=zone_name(command.timezone),
            created_at=self._clock.now(),
            created_by=command.origin,
        )

    async def _may_create(self, command: CreateAccount) -> None:
        if command.role is Role.CUSTOMER:
            await self._must_be_agent(command.actor)
        else:
            await self._must_be_administrator(command.actor)

    async def _must_be_administrator(self, actor: Actor) -> None:
        who = await self._acting(actor)
        if actor.system_name is None and not (who and who.is_administrator):
            raise Forbidden(N_("Only an administrator may do this."))

    async def _next_version(self, person_id: UUID, version: int, columns: dict[str, Any]) -> None:
        """Change columns of a person who is still as the actor saw them.

        Raises:
            Changed: They are not.
        """
        changes: dict[Column | str, Any] = dict([("version", version + 1), *columns.items()])
        done = (
            await Person.update(changes).where(Person.id == person_id, Person.version == version).returning(Person.id)
        )
        if not done:
            raise Changed(N_("Somebody else changed this meanwhile. Please load the page again."))


def _columns(command: UpdateProfile) -> dict[str, Any]:
    """Return the columns that change.

    Raises:
        Invalid: A field does not hold what it should.
    """
    columns: dict[str, Any] = {}
    for field in ("salutation", "given_name", "family_name"):
        value = getattr(command, field)
        if value is not UNSET:
            columns[field] = plain_name(value, field, 40 if field == "salutation" else 100)
    if command.language is not UNSET:
        columns["language"] = language_tag(command.language)
    if command.timezone is not UNSET:
        columns["timezone"] = zone_name(command.timezone)
    return columns
