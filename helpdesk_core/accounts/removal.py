"""Taking accounts away: those that were never confirmed, and those that somebody else made.

A person of whom nothing else is kept is deleted. When another row still needs them, a ticket for example, the row
stays without name, address and password. The database knows who is needed: no list of such tables is kept here.
"""

from datetime import datetime, timedelta
from uuid import UUID

from helpdesk_core.accounts.events import PersonRemoved
from helpdesk_core.accounts.people import AccountState
from helpdesk_core.accounts.tables import Address, Membership, OneTimeToken, Person, PersonValue
from helpdesk_core.bus import Actor, Bus, Subject
from helpdesk_core.db import Database, ForeignKeyViolation, Unit

# An account is somebody's when one of its addresses answered us, even if nobody typed the password again. Accounts
# made by operators are invited or confirmed.
_UNCONFIRMED = """
FROM helpdesk_core_person
WHERE state = 'active' AND created_at < {} AND confirmed_at IS NULL
AND NOT EXISTS (
    SELECT 1 FROM helpdesk_core_address a WHERE a.person = helpdesk_core_person.id AND a.proven_at IS NOT NULL
)
"""


async def remove(
    database: Database, bus: Bus, unit: Unit, person_id: UUID, reason: str, *, actor: Actor, origin: str, now: datetime
) -> None:
    """Delete a person, or empty the row when something else needs it."""
    await bus.record(unit, Subject("person", person_id), PersonRemoved(reason=reason), actor=actor, origin=origin)
    try:
        async with database.unit():
            await Person.delete().where(Person.id == person_id)
    except ForeignKeyViolation:
        await _empty(person_id, reason, now)


async def unconfirmed(database: Database, before: datetime) -> list[UUID]:
    """Return the accounts that were registered before a moment and that nobody confirmed since."""
    rows = await database.fetch(f"SELECT id {_UNCONFIRMED} ORDER BY id", before)
    return [row["id"] for row in rows]


async def forget_unconfirmed(database: Database, bus: Bus, person_id: UUID, before: datetime) -> bool:
    """Delete one of them in a unit of its own; False when it was confirmed meanwhile or something needs it."""
    actor = Actor.system("accounts")
    event = PersonRemoved(reason="unconfirmed")
    try:
        async with database.unit() as unit:
            if not await database.execute(f"DELETE {_UNCONFIRMED} AND id = {{}}", before, person_id):
                return False
            await bus.record(unit, Subject("person", person_id), event, actor=actor, origin="system")
    except ForeignKeyViolation:
        return False
    return True


async def _empty(person_id: UUID, reason: str, now: datetime) -> None:
    """Leave the key of the row and nothing that says who it was; sessions of before are void."""
    await OneTimeToken.delete().where(OneTimeToken.person == person_id)
    await Address.delete().where(Address.person == person_id)
    await PersonValue.delete().where(PersonValue.person == person_id)
    await Membership.delete().where(Membership.person == person_id)
    await Person.update(
        {
            Person.salutation: "",
            Person.given_name: "",
            Person.family_name: "",
            Person.language: None,
            Person.timezone: None,
            Person.state: AccountState.REMOVED.value,
            Person.password_hash: None,
            Person.password_set_at: now + timedelta(microseconds=1),
            Person.confirmed_at: None,
            Person.redacted_at: now,
            Person.redaction_reason: reason,
        }
    ).where(Person.id == person_id)
