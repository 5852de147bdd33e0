"""Organisations, and who belongs to them: by the word of agents, imports and domain rules, never by a typed claim."""

import unicodedata
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.accounts.events import MembershipEnded, MembershipGranted, OrganisationCreated
from helpdesk_core.accounts.ground import Ground, subject_of
from helpdesk_core.accounts.tables import Membership, Organisation
from helpdesk_core.bus import Actor, Subject
from helpdesk_core.db import UniqueViolation, uuid7
from helpdesk_core.errors import Invalid, NotFound
from helpdesk_core.text import N_

_MEMBERSHIPS = """
SELECT m.id, m.organisation, m.person, m.role, m.valid_from, m.valid_to, m.source, o.name
FROM helpdesk_core_membership m JOIN helpdesk_core_organisation o ON o.id = m.organisation
"""
_ON = "(m.valid_from IS NULL OR m.valid_from <= {}) AND (m.valid_to IS NULL OR m.valid_to >= {})"


class OrganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """A school, a firm.

    Attributes:
        id: Its key.
        name: As written by whoever made it.
        customer_number: The vendor's number for it, None when it has none.
        version: Goes up with every change.
    """

    id: UUID
    name: str
    customer_number: str | None
    version: int


class MembershipView(msgspec.Struct, frozen=True, kw_only=True):
    """A person in an organisation.

    Attributes:
        id: Key of the membership.
        person: The person.
        organisation: The organisation.
        organisation_name: Its name.
        role: What the person is in it.
        valid_from: First day, None for ever since.
        valid_to: Last day, which still counts; None for until further notice.
        source: Who says so.
    """

    id: UUID
    person: UUID
    organisation: UUID
    organisation_name: str
    role: str
    valid_from: date | None
    valid_to: date | None
    source: str


class Organisations(Ground):
    """The part of `Accounts` that knows schools and firms."""

    async def create_organisation(
        self, actor: Actor, name: str, *, customer_number: str | None = None, origin: str
    ) -> OrganisationView:
        """Make an organisation known.

        Raises:
            Invalid: It has no name, or another one has this customer number.
            Forbidden: The actor is neither an agent nor the system.
        """
        await self._must_be_agent(actor)
        if not fold_name(name) or len(name) > 300:
            raise Invalid(N_("Please enter a name of at most 300 characters."), field="name")
        row = Organisation(
            id=uuid7(),
            name=name.strip(),
            folded_name=fold_name(name)[:300],
            customer_number=_number(customer_number),
            created_at=self._clock.now(),
        )
        try:
            async with self._database.unit() as unit:
                await Organisation.insert(row)
                subject = Subject("organisation", row.id)
                await self._bus.record(unit, subject, OrganisationCreated(), actor=actor, origin=origin)
        except UniqueViolation as taken:
            raise Invalid(N_("Another organisation has this customer number."), field="customer_number") from taken
        return await self.organisation(row.id)

    async def organisation(self, organisation_id: UUID) -> OrganisationView:
        """Return an organisation.

        Raises:
            NotFound: There is no such organisation.
        """
        row = await Organisation.select().where(Organisation.id == organisation_id).first()
        if row is None:
            raise NotFound(N_("There is no such organisation."))
        return _organisation(row)

    async def organisations_named(self, name: str) -> list[OrganisationView]:
        """Return the organisations of a name, whatever its case, accents, blanks and signs, oldest first."""
        rows = (
            await Organisation.select()
            .where(Organisation.folded_name == fold_name(name)[:300])
            .order_by(Organisation.created_at)
            .order_by(Organisation.id)
        )
        return [_organisation(row) for row in rows]

    async def organisation_numbered(self, customer_number: str) -> OrganisationView | None:
        """Return the organisation with this customer number, None when there is none."""
        number = _number(customer_number)
        row = await Organisation.select().where(Organisation.customer_number == number).first() if number else None
        return _organisation(row) if row else None

    async def grant_membership(
        self,
        actor: Actor,
        person_id: UUID,
        organisation_id: UUID,
        *,
        role: str = "member",
        valid_from: date | None = None,
        valid_to: date | None = None,
        source: str = "agent",
        origin: str,
    ) -> MembershipView:
        """Let a person belong to an organisation, from the first to the last day named.

        Raises:
            Invalid: The last day lies before the first.
            Forbidden: The actor is neither an agent nor the system.
            NotFound: There is no such person or organisation.
        """
        await self._must_be_agent(actor)
        if valid_from and valid_to and valid_to < valid_from:
            raise Invalid(N_("The last day lies before the first."), field="valid_to")
        await self._account(person_id)
        await self.organisation(organisation_id)
        row = Membership(
            id=uuid7(),
            organisation=organisation_id,
            person=person_id,
            role=role,
            valid_from=valid_from,
            valid_to=valid_to,
            source=source,
            created_at=self._clock.now(),
        )
        event = MembershipGranted(membership_id=row.id, organisation_id=organisation_id, role=role, source=source)
        async with self._database.unit() as unit:
            await Membership.insert(row)
            await self._bus.record(unit, subject_of(person_id), event, actor=actor, origin=origin)
        return await self._membership(row.id)

    async def end_membership(self, actor: Actor, membership_id: UUID, valid_to: date, *, origin: str) -> MembershipView:
        """Let a membership end; `valid_to` is its last day.

        Raises:
            Forbidden: The actor is neither an agent nor the system.
            NotFound: There is no such membership.
        """
        await self._must_be_agent(actor)
        known = await self._membership(membership_id)
        event = MembershipEnded(membership_id=membership_id, organisation_id=known.organisation)
        async with self._database.unit() as unit:
            await Membership.update({Membership.valid_to: valid_to}).where(Membership.id == membership_id)
            await self._bus.record(unit, subject_of(known.person), event, actor=actor, origin=origin)
        return await self._membership(membership_id)

    async def memberships(self, person_id: UUID, on: date) -> list[MembershipView]:
        """Return where a person belongs on a day (of the site's zone), oldest membership first."""
        sql = f"{_MEMBERSHIPS} WHERE m.person = {{}} AND {_ON} ORDER BY m.id"
        return [_view(row) for row in await self._database.fetch(sql, person_id, on, on)]

    async def members(self, organisation_id: UUID, on: date) -> list[MembershipView]:
        """Return who belongs to an organisation on a day (of the site's zone), oldest membership first."""
        sql = f"{_MEMBERSHIPS} WHERE m.organisation = {{}} AND {_ON} ORDER BY m.id"
        return [_view(row) for row in await self._database.fetch(sql, organisation_id, on, on)]

    async def _membership(self, membership_id: UUID) -> MembershipView:
        rows = await self._database.fetch(f"{_MEMBERSHIPS} WHERE m.id = {{}}", membership_id)
        if not rows:
            raise NotFound(N_("There is no such membership."))
        return _view(rows[0])


def fold_name(name: str) -> str:
    """Return the form by which names of organisations are compared: letters and digits in lower case, single blanks.

    "St.-Martin-Schule  (Köln)" and "st martin schule koln" are one name; "ß" is "ss".
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    kept = (letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(kept).split())


def _number(text: str | None) -> str | None:
    """Return a customer number without blanks and in capitals; None for nothing."""
    number = "".join((text or "").split()).upper()
    if len(number) > 60:
        raise Invalid(N_("Please use at most 60 characters."), field="customer_number")
    return number or None


def _organisation(row: dict[str, Any]) -> OrganisationView:
    return OrganisationView(
        id=row["id"], name=row["name"], customer_number=row["customer_number"], version=row["version"]
    )


def _view(row: dict[str, Any]) -> MembershipView:
    return MembershipView(
        id=row["id"],
        person=row["person"],
        organisation=row["organisation"],
        organisation_name=row["name"],
        role=row["role"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        source=row["source"],
    )
