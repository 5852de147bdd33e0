"""Mails that were set aside, let go again: because their sender registered, vouched for them, or an agent asks.

A released mail goes its whole way anew, with what is known by then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from helpdesk_core import Actor, Helpdesk, Recorded
from helpdesk_core.accounts import EMAIL, Account, AddressProven, PersonCreated, PersonRegistered
from helpdesk_core.bus import Event, Subject
from helpdesk_core.db import Unit
from helpdesk_email.events import MailReleased
from helpdesk_email.inbound.identify import canonical
from helpdesk_email.inbound.journal import TOPIC
from helpdesk_email.notices import hash_of
from helpdesk_email.tables import DROPPED, FAILED, HELD, KEPT, REFUSED, WAITING

SYSTEM: Final = Actor.system("helpdesk_email")
AGAIN: Final = (WAITING, HELD, REFUSED, FAILED, KEPT, DROPPED)
"""States from which a mail can be run again: all in which it is part of no ticket and its bytes are there."""

_RELEASE = """
UPDATE helpdesk_email_mail
SET state = 'received', outcome = '', attempts = 0, lease_until = NULL, available_at = {{}}, keep_until = NULL,
    confirm_hash = NULL, vouched_by = {{}}
WHERE {where} AND state IN ({states}) AND redacted_at IS NULL RETURNING id
"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that somebody is asked about.

    Attributes:
        subject: Its subject.
        received_at: When it came.
    """

    subject: str
    received_at: datetime


class Releasing:
    """Lets mails of one site go again."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk

    async def of_person(self, recorded: Recorded[PersonRegistered | PersonCreated | AddressProven]) -> None:
        """Let the mails go that waited for somebody to be known; a reaction to an event of theirs."""
        account = await self._helpdesk.accounts.find(recorded.subject.id)
        if account is not None:
            await self._waiting_of(account)

    async def of_everybody(self) -> int:
        """Let the mails go whose senders are known by now, however they became so; return how many."""
        rows = await self._helpdesk.database.fetch(
            "SELECT DISTINCT a.person FROM helpdesk_email_mail m JOIN helpdesk_core_address a "
            "ON a.canonical = m.sender AND a.channel = 'email' AND a.removed_at IS NULL WHERE m.state = 'waiting'"
        )
        released = 0
        for row in rows:
            account = await self._helpdesk.accounts.find(row["person"])
            released += await self._waiting_of(account) if account else 0
        return released

    async def vouch(self, token: str) -> bool:
        """Let a mail go whose sender says by the link in our question that it is theirs; False for a dead link."""
        return bool(await self._release("confirm_hash = {}", (HELD,), "vouched", "sender", hash_of(token)))

    async def look_at(self, token: str) -> Question | None:
        """Return subject and time of the mail that a link is about; None for a dead link. Changes nothing."""
        rows = await self._helpdesk.database.fetch(
            "SELECT subject, received_at FROM helpdesk_email_mail WHERE confirm_hash = {} AND state = 'held'",
            hash_of(token),
        )
        return Question(subject=rows[0]["subject"], received_at=rows[0]["received_at"]) if rows else None

    async def again(self, mail: UUID, *, vouched: bool) -> bool:
        """Let an agent or operator run a mail again; False when it is not to be had.

        Args:
            mail: The mail.
            vouched: Whether they answer for its sender.
        """
        return bool(await self._release("id = {}", AGAIN, "asked", "agent" if vouched else None, mail))

    async def drop(self, mail: UUID, reason: str) -> bool:
        """Put a mail away; it can be run again as long as it is kept. False when it is not to be had."""
        rows = await self._helpdesk.database.fetch(
            "UPDATE helpdesk_email_mail SET state = {}, outcome = 'dropped', reason = {} "
            "WHERE id = {} AND state IN ('waiting', 'held', 'refused', 'failed') RETURNING id",
            DROPPED,
            reason[:2000],
            mail,
        )
        return bool(rows)

    async def _waiting_of(self, account: Account) -> int:
        senders = {canonical(address.value) for address in account.addresses if address.channel == EMAIL}
        known = [sender for sender in senders if sender is not None]
        holders = ", ".join("{}" for _ in known)
        return (
            len(await self._release(f"sender IN ({holders})", (WAITING,), "registered", None, *known)) if known else 0
        )

    async def _release(
        self, where: str, states: Sequence[str], reason: str, vouched_by: str | None, *values: object
    ) -> list[UUID]:
        sql = _RELEASE.format(where=where, states=", ".join(f"'{state}'" for state in states))
        async with self._helpdesk.database.unit() as unit:
            now = await self._helpdesk.database.now()
            rows = await self._helpdesk.database.fetch(sql, now, vouched_by, *values)
            for row in rows:
                await self._record(unit, row["id"], reason)
            if rows:
                unit.wake(TOPIC)
        return [row["id"] for row in rows]

    async def _record(self, unit: Unit, mail: UUID, reason: str) -> None:
        event: Event = MailReleased(reason=reason)
        await self._helpdesk.bus.record(unit, Subject("mail", mail), event, actor=SYSTEM, origin=EMAIL)
