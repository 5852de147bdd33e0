"""Signing in with address and password, and changing the password of the one who is signed in.

This part knows no sessions: it says who somebody is. A channel that keeps sessions treats one that was signed in
before `Account.password_set_at` as void, and lets a new one begin no earlier than that: it may lie a moment ahead.
"""

import hashlib
from uuid import UUID

from helpdesk_core.accounts import addresses
from helpdesk_core.accounts.events import PasswordSet
from helpdesk_core.accounts.ground import Ground, WrongCredentials, addressee_of, subject_of
from helpdesk_core.accounts.notices import PasswordWasSet
from helpdesk_core.accounts.people import Account
from helpdesk_core.accounts.tables import Person
from helpdesk_core.bus import Actor
from helpdesk_core.db import Unit, uuid7
from helpdesk_core.errors import Forbidden, Invalid
from helpdesk_core.text import N_


class SigningIn(Ground):
    """The part of `Accounts` that deals with passwords in force."""

    async def sign_in(self, email: str, password: str, *, source: str) -> Account:
        """Return the account that address and password belong to.

        Args:
            email: As typed.
            password: As typed.
            source: Block of network addresses that it comes from, as the channel sees it.

        Raises:
            WrongCredentials: They do not belong together, or the account is not open; nobody learns which.
            TooMany: There were too many wrong tries, for this address or from there.
        """
        try:
            name = addresses.canonical(email)
        except Invalid:
            # Counted and compared like any other, or the time would tell what we hold for an address.
            name = f"no address: {hashlib.sha256(email.encode('utf-8', 'replace')).hexdigest()}"
            account = None
        else:
            account = await self._by_address(name)
        known = await self._password_hash(account.id if account else uuid7())
        stored = known if account and account.can_sign_in else None
        if not await self._doorkeeper.is_right(name, stored, password, source) or account is None or stored is None:
            raise WrongCredentials
        if self._passwords.is_outdated(stored):
            await self._rehash(account.id, stored, password)
        return account

    async def change_password(self, actor: Actor, old: str, new: str, *, source: str, origin: str) -> Account:
        """Set another password; everybody who is signed in as this person has to sign in again.

        Returns:
            The account; its `password_set_at` is what the channel signs the present session in anew after.

        Raises:
            WrongCredentials: The old password is not right.
            Invalid: The new password is not good enough.
            TooMany: There were too many wrong tries.
            Forbidden: The actor is no person who could have a password.
        """
        if actor.person_id is None:
            raise Forbidden(N_("Only a person can change their own password."))
        account = await self._account(actor.person_id)
        stored = await self._password_hash(account.id)
        name = addresses.canonical(account.email) if account.email else str(account.id)
        if not await self._doorkeeper.is_right(name, stored, old, source):
            raise WrongCredentials
        await self._judged(new, self._words_of(account))
        password_hash = await self._passwords.hash(new)
        async with self._database.unit() as unit:
            await self._hold(account.id)
            await self._set_password(unit, account.id, password_hash, "changed", actor=actor, origin=origin)
        return await self._account(account.id)

    async def _set_password(
        self, unit: Unit, person_id: UUID, password_hash: str, reason: str, *, actor: Actor, origin: str
    ) -> None:
        """Put a password in force in place of another, and tell all proven addresses of the person."""
        event = PasswordSet(reason=reason)
        recorded = await self._bus.record(unit, subject_of(person_id), event, actor=actor, origin=origin)
        since = await self._replace_password(person_id, password_hash)
        account = await self._account(person_id)
        proven = [addressee_of(account, address) for address in account.addresses if address.proven]
        await self._bus.announce(unit, recorded, PasswordWasSet(person_id=person_id, at=since), proven)

    async def _password_hash(self, person_id: UUID) -> str | None:
        row = await Person.select(Person.password_hash).where(Person.id == person_id).first()
        found: str | None = row["password_hash"] if row else None
        return found

    async def _rehash(self, person_id: UUID, stored: str, password: str) -> None:
        """Keep the same password at today's cost, unless it was changed meanwhile."""
        renewed = await self._passwords.hash(password)
        await Person.update({Person.password_hash: renewed}).where(
            Person.id == person_id, Person.password_hash == stored
        )

    def _words_of(self, account: Account) -> tuple[str, ...]:
        return (account.given_name, account.family_name, *(address.value for address in account.addresses))
