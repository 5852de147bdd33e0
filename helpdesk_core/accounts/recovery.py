"""A forgotten password: a link by mail, and a new password by the link.

Asking tells nothing about who has an account: the same is looked up, counted and stored for every address. A reset
is as good as a confirmation, since it shows who reads the mail, and it voids whatever password was there before.
"""

from collections.abc import Callable
from uuid import UUID

from helpdesk_core.accounts import addresses, limits, people, tokens
from helpdesk_core.accounts.events import PasswordForgotten
from helpdesk_core.accounts.ground import LinkExpired, addressee_of, is_address, subject_of
from helpdesk_core.accounts.notices import PasswordResetRequested
from helpdesk_core.accounts.people import EMAIL, Account, AccountState, AddressView
from helpdesk_core.accounts.sign_in import SigningIn
from helpdesk_core.accounts.tables import Person
from helpdesk_core.accounts.tokens import Found, Purpose
from helpdesk_core.bus import Actor, Addressee, Event, Notice, Subject
from helpdesk_core.db import uuid7


class Recovery(SigningIn):
    """The part of `Accounts` that lets people back in."""

    async def forgot(self, email: str, *, source: str, origin: str) -> None:
        """Send a link for a new password to the address, if it is somebody's.

        Raises:
            Invalid: It is no e-mail address.
            TooMany: There were too many requests from there; whether the address is known makes no difference.
        """
        canonical = addresses.canonical(email)
        now = self._clock.now()
        await limits.count_request("forgot", self._limits.forgotten_of_source, source, now)
        await self._answer_by_mail(
            "forgot",
            canonical,
            PasswordForgotten(),
            lambda account, address: PasswordResetRequested(person_id=account.id, address_id=address.id),
            origin=origin,
        )

    async def reset(self, token: str, new_password: str, *, source: str = "", origin: str = "web") -> Account:
        """Set a new password by a link; also the first password of somebody who was invited.

        The account is confirmed and the address of the link proven; all sessions and all other links of the person
        are void; all proven addresses are told, unless it is the first password.

        Whoever was invited may choose the password by any of their links, also by one that confirms an address.

        Raises:
            LinkExpired: The link does not work (any more).
            Invalid: The new password is not good enough; the link still works.
        """
        now = self._clock.now()
        found = await tokens.find(tuple(Purpose), token, now)
        account = await self._holder(found)
        await self._judged(new_password, self._words_of(account))
        password_hash = await self._passwords.hash(new_password)
        async with self._database.unit() as unit:
            await self._hold(account.id)
            if found is None or not await tokens.use(found, now):
                raise LinkExpired
            account = await self._holder(found)
            await self._confirm(unit, account, found.address_id, "reset", origin)
            if account.state is AccountState.INVITED:
                await Person.update({Person.state: AccountState.ACTIVE.value}).where(Person.id == account.id)
            if account.password_set_at is None:
                await self._replace_password(account.id, password_hash)
            else:
                actor = Actor.of(account.id)
                await self._set_password(unit, account.id, password_hash, "reset", actor=actor, origin=origin)
        address = account.address(found.address_id) if found.address_id else None
        if address and source:
            await limits.remember(addresses.canonical(address.value), source, now)
        return await self._account(account.id)

    async def _answer_by_mail(
        self,
        kind: str,
        canonical: str,
        event: Event,
        notice_for: Callable[[Account, AddressView], Notice],
        *,
        origin: str,
    ) -> None:
        """Tell the owner of an address something that a stranger asked for, if it has an owner and mails are left.

        For nobody the same rows are written, under a made-up subject; they are withdrawn when they are due.
        """
        async with self._database.unit() as unit:
            account = await self._by_address(canonical)
            address = _address_of(account, canonical)
            await self._hold(account.id if account else uuid7())
            if not await self._may_mail(kind, canonical, account):
                return
            if account and address:
                subject, notice = subject_of(account.id), notice_for(account, address)
                addressee = addressee_of(account, address)
            else:
                subject, notice = Subject("visitor", uuid7()), PasswordResetRequested(person_id=None, address_id=None)
                addressee = Addressee(channel=EMAIL, address="")
            actor = Actor.system("accounts")
            recorded = await self._bus.record(unit, subject, event, actor=actor, origin=origin)
            await self._bus.announce(unit, recorded, notice, [addressee])

    async def _holder(self, found: Found | None) -> Account:
        """Return the account of a link, if it is open and the address of the link still theirs."""
        account = (await people.load([found.person_id])).get(found.person_id) if found else None
        if found is None or account is None or not account.is_open or not _holds(account, found.address_id):
            raise LinkExpired
        if found.purpose is Purpose.CONFIRM and account.state is not AccountState.INVITED:
            raise LinkExpired
        return account


def _holds(account: Account, address_id: UUID | None) -> bool:
    return address_id is not None and account.address(address_id) is not None


def _address_of(account: Account | None, canonical: str) -> AddressView | None:
    if account is None or not account.is_open:
        return None
    return next((address for address in account.addresses if is_address(address, canonical)), None)
