"""People as everybody above this room sees them: whole, frozen, without secrets. Reading only; nothing changes here."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.accounts import addresses
from helpdesk_core.accounts.tables import Address, Person, PersonValue
from helpdesk_core.fields import Stored, Values

EMAIL = "email"
"""Name of the channel whose addresses people sign in with."""


class Role(StrEnum):
    """What somebody is to the vendor. An administrator may do all that an agent may."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMINISTRATOR = "administrator"


class AccountState(StrEnum):
    """Whether somebody can sign in.

    `INVITED` has no password yet; `BLOCKED` may not sign in any more; `REMOVED` is a row without a person.
    """

    ACTIVE = "active"
    INVITED = "invited"
    BLOCKED = "blocked"
    REMOVED = "removed"


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is reached.

    Attributes:
        id: Key of the address.
        channel: `email`, or the name of another channel.
        value: The address as its owner typed it.
        main: Whether notices go there.
        proven: Whether its owner is known to read it.
        bounced: Whether what is sent there comes back.
    """

    id: UUID
    channel: str
    value: str
    main: bool
    proven: bool
    bounced: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody.

    Attributes:
        id: Key of the person.
        salutation: "Frau", "Herr" or whatever the site offers; empty when not given.
        given_name: First name, may be empty.
        family_name: Last name, may be empty.
        role: What they may be.
        state: Whether they can sign in.
        language: Tag of their language, None for the site's.
        timezone: Name of their zone, None for the site's.
        confirmed: Whether they may see on the web what came by mail.
        addresses: Their addresses that are not removed, main ones first.
        values: What sites and plugins know of them.
        created_at: When the account was made.
        password_set_at: When the password in force was set. A session that was signed in before is void; every
            change makes this later, also when the clock stands still or goes back.
        version: Goes up with every change of the profile; see `Accounts.update_profile`.
    """

    id: UUID
    salutation: str
    given_name: str
    family_name: str
    role: Role
    state: AccountState
    language: str | None
    timezone: str | None
    confirmed: bool
    addresses: tuple[AddressView, ...]
    values: Values
    created_at: datetime
    password_set_at: datetime | None
    version: int

    @property
    def name(self) -> str:
        """Given and family name, empty when neither is known."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def email(self) -> str:
        """The main e-mail address as typed, empty when there is none."""
        address = self.main_address(EMAIL)
        return address.value if address else ""

    @property
    def is_agent(self) -> bool:
        """Whether they work for the vendor."""
        return self.role in (Role.AGENT, Role.ADMINISTRATOR)

    @property
    def is_administrator(self) -> bool:
        """Whether they may change roles and settings."""
        return self.role is Role.ADMINISTRATOR

    @property
    def can_sign_in(self) -> bool:
        """Whether a right password lets them in."""
        return self.state is AccountState.ACTIVE

    @property
    def is_open(self) -> bool:
        """Whether they are told things: they can sign in, or could once they choose a password."""
        return self.state in (AccountState.ACTIVE, AccountState.INVITED)

    def main_address(self, channel: str) -> AddressView | None:
        """Return the address on a channel that notices go to."""
        return next((address for address in self.addresses if address.channel == channel and address.main), None)

    def address(self, address_id: UUID) -> AddressView | None:
        """Return one of the addresses by its key."""
        return next((address for address in self.addresses if address.id == address_id), None)


async def load(person_ids: Collection[UUID]) -> dict[UUID, Account]:
    """Return the accounts by key; unknown keys are left out, removed people are not."""
    if not person_ids:
        return {}
    ids = list(dict.fromkeys(person_ids))
    people = await Person.select().where(Person.id.is_in(ids))
    rows = (
        await Address.select()
        .where(Address.person.is_in(ids), Address.removed_at.is_null())
        .order_by(Address.main, ascending=False)
        .order_by(Address.id)
    )
    where: dict[UUID, list[AddressView]] = {}
    for row in rows:
        where.setdefault(row["person"], []).append(_address(row))
    values = await load_values(ids)
    return {row["id"]: _account(row, where.get(row["id"], ()), values[row["id"]]) for row in people}


async def person_of(value: str, channel: str = EMAIL) -> UUID | None:
    """Return whose address this is, None when it is nobody's.

    Raises:
        Invalid: It is no e-mail address.
    """
    form = addresses.canonical(value) if channel == EMAIL else value
    found = (
        await Address.select(Address.person)
        .where(Address.channel == channel, Address.canonical == form, Address.removed_at.is_null())
        .first()
    )
    return found["person"] if found else None


async def load_values(person_ids: Collection[UUID]) -> dict[UUID, Values]:
    """Return what sites and plugins know of people, for every key given; claims, nothing proves them."""
    stored: dict[UUID, dict[str, Stored]] = {person_id: {} for person_id in person_ids}
    for row in await PersonValue.select().where(PersonValue.person.is_in(list(stored))):
        stored[row["person"]][row["key"]] = Stored(row["text"], row["number"], row["instant"])
    return {person_id: Values(values) for person_id, values in stored.items()}


def _account(row: Mapping[str, Any], where: Iterable[AddressView], values: Values) -> Account:
    return Account(
        id=row["id"],
        salutation=row["salutation"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        role=Role(row["role"]),
        state=AccountState(row["state"]),
        language=row["language"],
        timezone=row["timezone"],
        confirmed=row["confirmed_at"] is not None,
        addresses=tuple(where),
        values=values,
        created_at=row["created_at"],
        password_set_at=row["password_set_at"],
        version=row["version"],
    )


def _address(row: Mapping[str, Any]) -> AddressView:
    return AddressView(
        id=row["id"],
        channel=row["channel"],
        value=row["value"],
        main=row["main"],
        proven=row["proven_at"] is not None,
        bounced=row["bounced_at"] is not None,
    )
