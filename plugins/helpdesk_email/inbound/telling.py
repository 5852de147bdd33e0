"""Who is told something because of a mail, beside what its ticket tells: counted, so that nobody is flooded."""

from helpdesk_core import Helpdesk, Notice
from helpdesk_core.db import Unit
from helpdesk_email.inbound.caps import Caps
from helpdesk_email.inbound.letters import Letter, Result
from helpdesk_email.inbound.route import Tell
from helpdesk_email.notices import ConfirmSender, FilesDropped, SenderUnknown, TicketRefused
from helpdesk_email.settings import Keep
from helpdesk_email.tables import HELD, REFUSED, WAITING


class Telling:
    """Decides whom to tell, for one site.

    Args:
        helpdesk: The site.
        caps: Its counters.
        keep: How long mail is kept.
        register_hint: Whether unknown senders are told how to register.
        asks: Whether there is a page on which somebody can vouch for a mail.
    """

    def __init__(self, helpdesk: Helpdesk, caps: Caps, keep: Keep, *, register_hint: bool, asks: bool) -> None:
        self._helpdesk = helpdesk
        self._caps = caps
        self._keep = keep
        self._hints = register_hint and helpdesk.links is not None
        self._asks = asks

    async def notice(self, unit: Unit, letter: Letter, result: Result, *, dropped: bool) -> Notice | None:
        """Return what the sender is told, None for nothing.

        Args:
            unit: The unit in which the mail is settled.
            letter: The mail.
            result: What became of it.
            dropped: Whether files of it were left out.
        """
        sender, address = letter.claim.sender, letter.known.address
        if letter.addressee is None or sender is None:
            return None
        if letter.route.tell is Tell.REGISTER and result.state == WAITING:
            wanted = self._hints and await self._caps.may_hint(unit, sender)
            return SenderUnknown(mail=letter.row.id, days=self._keep.waiting_days) if wanted else None
        notice = self._about(letter, result, dropped=dropped)
        proven = address is not None and address.proven
        return notice if notice and await self._caps.may_ask(unit, sender, proven=proven) else None

    def _about(self, letter: Letter, result: Result, *, dropped: bool) -> Notice | None:
        mail, tell = letter.row.id, letter.route.tell
        if tell is Tell.CONFIRM and result.state == HELD and self._asks:
            return ConfirmSender(mail=mail, url=self._helpdesk.site.url.rstrip("/"))
        if result.state == REFUSED:
            return TicketRefused(mail=mail)
        if dropped or (tell is Tell.TOO_LARGE and result.state == HELD):
            return FilesDropped(mail=mail)
        return None
