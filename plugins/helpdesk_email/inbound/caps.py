"""How often mail of one sender makes something happen: the net under loops that no header shows (R13, R14).

Counted inside the unit of work of a mail, so that a mail that is tried again is counted once. What is over a limit is
held for a person and never lost.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from helpdesk_core import Helpdesk
from helpdesk_core.db import Unit, rate_limits
from helpdesk_email.inbound.contents import letters_of
from helpdesk_email.inbound.identify import Claim
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.inbound.route import Route, Step
from helpdesk_email.settings import Limits

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
NOTES_AN_HOUR: Final = 10
"""Mails of machines that become notes of one ticket."""


class Caps:
    """The counters of one site."""

    def __init__(self, helpdesk: Helpdesk, limits: Limits) -> None:
        self._helpdesk = helpdesk
        self._limits = limits

    async def over(self, mail: ParsedMail, claim: Claim, decided: Route) -> str | None:
        """Count a mail that is about to do something; return the reason to hold it, None to let it pass."""
        now, sender = self._helpdesk.clock.now(), claim.sender or ""
        if decided.step is Step.NOTE:
            fits = await self._hit("note", NOTES_AN_HOUR, now, str(decided.ticket))
            return None if fits else "too-many"
        if decided.step not in {Step.OPEN, Step.JOIN}:
            return None
        ticket = str(decided.ticket or "")
        if not await self._hit("same", self._limits.repeats_per_hour, now, sender, ticket, letters_of(mail)):
            return "repeats-itself"
        most = self._limits.tickets_per_hour if decided.step is Step.OPEN else self._limits.replies_per_hour
        if not await self._hit(decided.step.value, most, now, sender, ticket):
            return "too-many"
        return None

    async def may_hint(self, unit: Unit, sender: str) -> bool:
        """Count a mail that tells an unknown sender how to register; at most one a day for each."""
        now = self._helpdesk.clock.now()
        return (
            await rate_limits.hit(_bucket("hint", sender), 1, DAY, now)
            and await self._hit("hints", self._limits.hints_per_hour, now)
            and await self._helpdesk.accounts.may_mail_unproven(unit, sender)
        )

    async def may_ask(self, unit: Unit, sender: str, *, proven: bool) -> bool:
        """Count a question or refusal to the owner of an address that a mail says it is from."""
        now = self._helpdesk.clock.now()
        if not await self._hit("ask", self._limits.repeats_per_hour, now, sender):
            return False
        return proven or await self._helpdesk.accounts.may_mail_unproven(unit, sender)

    async def _hit(self, what: str, most: int, now: datetime, *about: str) -> bool:
        return await rate_limits.hit(_bucket(what, *about), most, HOUR, now)


def _bucket(what: str, *about: str) -> str:
    digest = hashlib.sha256("\0".join(about).encode("utf-8", "replace")).hexdigest()
    return f"helpdesk_email.{what}:{digest}"
