"""Whether mail comes in and goes out, for the health page and `helpdesk check`. Looks at rows, and connects nowhere."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from helpdesk_core import Finding, Helpdesk, Level
from helpdesk_core.text import N_
from helpdesk_email.settings import Mailbox

OVERDUE: Final = timedelta(minutes=5)
"""Mail that is not read for so long, or a mailbox nobody looked into."""


class Health:
    """Looks at the mail of one site.

    Args:
        helpdesk: The site.
        read: The mailboxes that this site reads itself.
    """

    def __init__(self, helpdesk: Helpdesk, read: Sequence[Mailbox]) -> None:
        self._helpdesk = helpdesk
        self._read = tuple(read)

    async def mailboxes(self) -> Sequence[Finding]:
        """Say which mailboxes cannot be read."""
        rows = await self._helpdesk.database.fetch(
            "SELECT address, looked_at, failing_since, reason FROM helpdesk_email_box"
        )
        by_address = {row["address"]: row for row in rows}
        now = self._helpdesk.clock.now()
        findings = []
        for mailbox in self._read:
            row = by_address.get(mailbox.canonical)
            values = {"mailbox": mailbox.address}
            if row is None:
                text = N_("The mailbox %(mailbox)s was never looked into; start `helpdesk serve` or `helpdesk worker`.")
                findings.append(Finding(level=Level.WARNING, text=text, values=values))
            elif row["reason"] is not None:
                text = N_("The mailbox %(mailbox)s cannot be read since %(since)s: %(reason)s")
                since = row["failing_since"].isoformat(timespec="minutes")
                findings.append(
                    Finding(level=Level.FAILURE, text=text, values=values | {"since": since, "reason": row["reason"]})
                )
            elif now - row["looked_at"] > OVERDUE:
                text = N_("Nobody has looked into the mailbox %(mailbox)s since %(since)s; is the worker running?")
                since = row["looked_at"].isoformat(timespec="minutes")
                findings.append(Finding(level=Level.FAILURE, text=text, values=values | {"since": since}))
            else:
                text = N_("The mailbox %(mailbox)s is read.")
                findings.append(Finding(level=Level.OK, text=text, values=values))
        return findings

    async def waiting(self) -> Sequence[Finding]:
        """Say how many mails wait to be read, and how many for a person."""
        rows = await self._helpdesk.database.fetch(
            "SELECT state, COUNT(*) AS number, MIN(available_at) AS oldest FROM helpdesk_email_mail "
            "WHERE state IN ('received', 'held', 'failed') GROUP BY state"
        )
        by_state = {row["state"]: row for row in rows}
        findings = []
        overdue = await self._helpdesk.database.fetch(
            "SELECT COUNT(*) AS number FROM helpdesk_email_mail WHERE state = 'received' AND received_at < {}",
            self._helpdesk.clock.now() - OVERDUE,
        )
        if number := int(overdue[0]["number"]):
            text = N_("%(number)s mails wait for more than five minutes to be read; is the worker running?")
            findings.append(Finding(level=Level.FAILURE, text=text, values={"number": number}))
        aside = sum(int(by_state[state]["number"]) for state in ("held", "failed") if state in by_state)
        if aside:
            text = N_("%(number)s mails wait for somebody to look at them: `helpdesk mail list`.")
            findings.append(Finding(level=Level.WARNING, text=text, values={"number": aside}))
        return findings or [Finding(level=Level.OK, text=N_("No mail waits."))]

    async def sending(self) -> Sequence[Finding]:
        """Say whether mails are put off, and what the server said."""
        rows = await self._helpdesk.database.fetch(
            "SELECT reason, first_failed_at, changed_at FROM helpdesk_core_delivery "
            "WHERE channel = 'email' AND state = 'deferred' ORDER BY changed_at DESC LIMIT 100"
        )
        if not rows:
            return [Finding(level=Level.OK, text=N_("Mails go out."))]
        text = N_("%(number)s mails could not be sent yet. The server said last: %(reason)s")
        values = {"number": len(rows), "reason": rows[0]["reason"]}
        return [Finding(level=Level.WARNING if len(rows) < 10 else Level.FAILURE, text=text, values=values)]
