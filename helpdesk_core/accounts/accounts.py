"""`Accounts`: the door of this room. Its parts stand in files of their own; this one puts them together."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from helpdesk_core.accounts import people, removal, tokens
from helpdesk_core.accounts.organisations import Organisations
from helpdesk_core.accounts.people import EMAIL, Account, AccountState, Role
from helpdesk_core.accounts.profiles import Profiles
from helpdesk_core.accounts.reach import Reach
from helpdesk_core.accounts.recovery import Recovery
from helpdesk_core.accounts.registration import Registration
from helpdesk_core.accounts.tables import Person
from helpdesk_core.bus import Actor, Job
from helpdesk_core.checks import Check
from helpdesk_core.fields import Values


class Accounts(Registration, Recovery, Profiles, Reach, Organisations):
    """Who somebody is: the only way in which accounts are made, changed, proven and taken away."""

    def wire(self, checks: Sequence[Check]) -> None:
        """Connect the checks that the plugins brought; called once, before anybody registers.

        They are asked about `Register`, `CreateAccount` and `UpdateProfile`.

        Raises:
            RuntimeError: It was called before.
        """
        if self._wired:
            raise RuntimeError("the checks of accounts are wired once")
        self._wired = True
        self._checks = tuple(checks)

    def close(self) -> None:
        """End the threads that hash passwords."""
        self._passwords.close()

    async def get(self, person_id: UUID) -> Account:
        """Return an account.

        Raises:
            NotFound: There is no such person, or not any more.
        """
        return await self._account(person_id)

    async def find(self, person_id: UUID) -> Account | None:
        """Return an account, None when there is no such person, or not any more."""
        account = (await people.load([person_id])).get(person_id)
        return account if account and account.state is not AccountState.REMOVED else None

    async def find_many(self, person_ids: Collection[UUID]) -> dict[UUID, Account]:
        """Return accounts by key, removed ones too (they have no name); unknown keys are left out."""
        return await people.load(person_ids)

    async def find_by_address(self, address: str, channel: str = EMAIL) -> Account | None:
        """Return whose address this is, None when it is nobody's.

        Raises:
            Invalid: It is no e-mail address (on channel `email`).
        """
        person_id = await people.person_of(address, channel)
        return await self.find(person_id) if person_id else None

    async def with_role(self, *roles: Role) -> list[Account]:
        """Return the active accounts of these roles, by name."""
        rows = await Person.select(Person.id).where(
            Person.role.is_in([role.value for role in roles]), Person.state == AccountState.ACTIVE.value
        )
        found = await people.load([row["id"] for row in rows])
        return sorted(found.values(), key=lambda account: (account.name.casefold(), account.email))

    async def values(self, person_id: UUID) -> Values:
        """Return what the site and its plugins know of a person; claims, nothing proves them."""
        return (await people.load_values([person_id]))[person_id]

    async def hash_password(self, password: str) -> str:
        """Return the text to store for a password, for those who write accounts in bulk."""
        return await self._passwords.hash(password)

    async def remove(self, actor: Actor, person_id: UUID, *, origin: str) -> None:
        """Take a person away at their wish; what something else still needs stays as a row without a person.

        What they wrote is not judged here: tickets decide over their texts.

        Raises:
            Forbidden: The actor may not change this person.
            NotFound: There is no such person.
        """
        account = await self._account(person_id)
        await self._may_change(actor, account)
        now = self._clock.now()
        async with self._database.unit() as unit:
            await self._hold(person_id)
            await removal.remove(
                self._database, self._bus, unit, person_id, "asked", actor=actor, origin=origin, now=now
            )

    def jobs(self) -> tuple[Job, ...]:
        """Return what is due by the clock: unconfirmed accounts and dead tokens are taken away."""
        return (
            Job(name="accounts.unconfirmed", every=timedelta(hours=1), run=self._remove_unconfirmed),
            Job(name="accounts.tokens", every=timedelta(days=1), run=self._forget_tokens),
        )

    async def _remove_unconfirmed(self) -> None:
        await self.remove_unconfirmed()

    async def _forget_tokens(self) -> None:
        await tokens.forget(self._clock.now() - timedelta(days=30))
