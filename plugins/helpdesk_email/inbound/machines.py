"""Mails of machines about mails of ours: reports of failure, absence notices, receipts. Nobody is ever answered.

They become notes at the ticket, for agents alone. An address that its own server calls unknown gets no more mail.
"""

import re
from typing import Final
from uuid import UUID

from helpdesk_core import Actor, Helpdesk, NotFound
from helpdesk_core.accounts import EMAIL
from helpdesk_core.db import Unit
from helpdesk_core.text import N_
from helpdesk_core.tickets import Done, Note, Writing
from helpdesk_email.inbound.identify import canonical
from helpdesk_email.inbound.lookup import Known, Told
from helpdesk_email.inbound.parsed import Automatic, Bounce, ParsedMail

LONGEST_NOTE: Final = 5000

_SYSTEM: Final = Actor.system("helpdesk_email")
_NO_SUCH_ADDRESS: Final = re.compile(r"5\.1\.\d+|5\.2\.1")
"""Only these say that nobody is there (RFC 3463): a full mailbox or a policy passes."""

_SENTENCES: Final = {
    "failed": N_("An e-mail about this ticket could not be delivered to %(address)s (%(status)s)."),
    "late": N_("An e-mail about this ticket to %(address)s is late; the mail server goes on trying (%(status)s)."),
    Automatic.AUTO_REPLY: N_("Automatic reply from %(address)s:"),
    Automatic.DELIVERY_RECEIPT: N_("The mail server of %(address)s confirms delivery."),
    Automatic.READ_RECEIPT: N_("The mail program of %(address)s says that an e-mail about this ticket was shown."),
    Automatic.ABUSE_REPORT: N_("The provider of %(address)s reports a complaint about an e-mail about this ticket."),
}
_OTHERWISE: Final = N_("A machine answered an e-mail about this ticket (%(address)s):")


class Machines:
    """Handles mails of machines for one site."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk

    async def note(self, unit: Unit, mail: ParsedMail, known: Known, ticket: UUID, original: UUID) -> Done:
        """Write the note at the ticket, and mark an address that is gone."""
        told = next((each for each in known.told if each.ticket == ticket), None)
        if mail.bounce is not None and told is not None:
            await self._mark(unit, mail.bounce, told)
        writing = Writing(text=self._text(mail, told), original=original)
        return await self._helpdesk.tickets.note(
            Note(actor=_SYSTEM, origin=EMAIL, once=f"mail:{original}", ticket=ticket, writing=writing)
        )

    async def _mark(self, unit: Unit, bounce: Bounce, told: Told) -> None:
        """Stop sending to an address that does not exist. The report must be about a mail that went there."""
        about_it = bounce.recipient is None or canonical(bounce.recipient) == told.to
        gone = bounce.permanent and _NO_SUCH_ADDRESS.fullmatch(bounce.status or "") is not None
        if told.address is None or not about_it or not gone:
            return
        try:
            await self._helpdesk.accounts.mark_bounced(
                unit, told.address, f"bounced: {bounce.status}", actor=_SYSTEM, origin=EMAIL
            )
        except NotFound:
            # The address was taken away meanwhile: nothing is sent there anyway.
            return

    def _text(self, mail: ParsedMail, told: Told | None) -> str:
        words = self._helpdesk.texts.words(None)
        bounce, address = mail.bounce, mail.from_address or ""
        if bounce is not None:
            sentence = _SENTENCES["failed" if bounce.permanent else "late"]
            to = bounce.recipient or (told.to if told else None) or "?"
            return words.gettext(sentence, address=to, status=bounce.status or "?")
        sentence = _SENTENCES.get(mail.automatic or "", _OTHERWISE)
        said = mail.reply.strip()[:LONGEST_NOTE]
        return f"{words.gettext(sentence, address=address)}\n\n{said}".strip()
