"""Where people are reached, what is known of their addresses, and how a text greets them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from helpdesk_core.accounts import addresses, people
from helpdesk_core.accounts.events import AddressBounced
from helpdesk_core.accounts.ground import Ground, addressee_of, subject_of
from helpdesk_core.accounts.people import EMAIL, Account, AddressView
from helpdesk_core.accounts.tables import Address
from helpdesk_core.bus import Actor, Addressee, Recipient
from helpdesk_core.db import Unit
from helpdesk_core.errors import NotFound
from helpdesk_core.text import N_, Words


class Reach(Ground):
    """The part of `Accounts` that channels and notices ask."""

    async def addressees(self, person_ids: Collection[UUID], channels: Sequence[str] = (EMAIL,)) -> list[Addressee]:
        """Return where notices to these people go: the main address on each channel, in the order of the people.

        Whoever is removed or blocked, and addresses that are removed or bounce, are left out.
        """
        accounts = await people.load(person_ids)
        found = []
        for person_id in dict.fromkeys(person_ids):
            account = accounts.get(person_id)
            if account is None or not account.is_open:
                continue
            where = (account.main_address(channel) for channel in channels)
            found += [addressee_of(account, address) for address in where if address and not address.bounced]
        return found

    async def reachable(self, addressee: Addressee) -> bool:
        """Tell whether what was queued for an addressee may still go there.

        A person must be open and the address still theirs and working. What goes to nobody's account is not judged.
        """
        if addressee.person_id is None:
            return True
        account = (await people.load([addressee.person_id])).get(addressee.person_id)
        address = _address_of(account, addressee)
        return account is not None and account.is_open and address is not None and not address.bounced

    async def recipient(self, addressee: Addressee, words: Words) -> Recipient:
        """Return what a text may know of an addressee, with the greeting in the language of `words`.

        A name, which is something that somebody typed, is shown to proven addresses only.
        """
        account = (await people.load([addressee.person_id])).get(addressee.person_id) if addressee.person_id else None
        address = _address_of(account, addressee)
        if account is None or address is None or not address.proven:
            agent = account is not None and account.is_agent
            return Recipient(salutation=words.gettext("Good day"), name="", proven=False, agent=agent)
        return Recipient(salutation=_greeting(account, words), name=account.name, proven=True, agent=account.is_agent)

    async def prove_address(self, unit: Unit, address_id: UUID, evidence: str, *, actor: Actor, origin: str) -> None:
        """Write down that somebody reads what is sent to an address; nothing happens when that was known.

        Args:
            unit: The unit in which the evidence is stored.
            address_id: The address.
            evidence: What showed it, as a code: `answer`, or a plugin's own word.
            actor: Who did.
            origin: Through which channel.

        Raises:
            NotFound: There is no such address (any more).
        """
        account, address = await self._owner(address_id)
        await self._prove(unit, account.id, address, evidence, actor=actor, origin=origin)

    async def mark_bounced(self, unit: Unit, address_id: UUID, reason: str, *, actor: Actor, origin: str) -> None:
        """Write down that what is sent to an address comes back for good; nothing more is sent there.

        Args:
            unit: The unit in which the bounce is stored.
            address_id: The address.
            reason: What the other side said; for people, may be foreign text.
            actor: Who found out.
            origin: Through which channel.

        Raises:
            NotFound: There is no such address (any more).
        """
        account, address = await self._owner(address_id)
        if address.bounced:
            return
        event = AddressBounced(address_id=address_id)
        await self._bus.record(unit, subject_of(account.id), event, actor=actor, origin=origin)
        await Address.update(
            {Address.bounced_at: self._clock.now(), Address.bounce_reason: reason.replace("\0", "")[:2000]}
        ).where(Address.id == address_id)

    async def works_again(self, address_id: UUID) -> None:
        """Write down that an address takes mail again."""
        await Address.update({Address.bounced_at: None, Address.bounce_reason: None}).where(Address.id == address_id)

    async def may_mail_unproven(self, unit: Unit, email: str) -> bool:
        """Count a mail to an address that nobody has proven; False when it gets no more for now.

        Every mail to an unproven address counts here, whatever it is about and whoever made us send it: three an
        hour and ten a day. Ask in the unit that announces it.

        Raises:
            Invalid: It is no e-mail address.
        """
        del unit  # It says that there is one.
        return await self._may_mail("unproven", addresses.canonical(email), None)

    async def _owner(self, address_id: UUID) -> tuple[Account, AddressView]:
        row = await Address.select(Address.person).where(Address.id == address_id, Address.removed_at.is_null()).first()
        account = (await people.load([row["person"]])).get(row["person"]) if row else None
        address = account.address(address_id) if account else None
        if account is None or address is None:
            raise NotFound(N_("There is no such address."))
        return account, address


def _address_of(account: Account | None, addressee: Addressee) -> AddressView | None:
    """Return the address as it stands today; one that was removed or given to another person is nobody's."""
    if account is None or addressee.address_id is None:
        return None
    return account.address(addressee.address_id)


def _greeting(account: Account, words: Words) -> str:
    if account.salutation and account.family_name:
        return words.gettext(
            "Good day %(salutation)s %(family_name)s",
            salutation=account.salutation,
            family_name=account.family_name,
        )
    return words.gettext("Good day %(name)s", name=account.name) if account.name else words.gettext("Good day")
