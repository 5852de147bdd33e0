"""The e-mail channel of the bus: renders a message once, and lets a carrier take it out of the house."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from helpdesk_core.accounts import EMAIL, addresses
from helpdesk_core.bus import Failed, Outcome, OutgoingMessage, Parcel
from helpdesk_core.db import Database
from helpdesk_core.errors import Invalid
from helpdesk_email.outbound.building import Builder, plus_address
from helpdesk_email.outbound.smtp import Carrier
from helpdesk_email.outbound.threads import thread_of
from helpdesk_email.settings import Mailbox

_FROM: Final = re.compile(rb"\AFrom:(?:[^\r\n]|\r\n[ \t])*<([^<>\s]{3,320})>\r\n")


class EmailChannel:
    """Tells people things by e-mail.

    Attributes:
        name: `email`.
    """

    def __init__(self, database: Database, builder: Builder, carrier: Carrier, mailboxes: Sequence[Mailbox]) -> None:
        self.name = EMAIL
        self._database = database
        self._builder = builder
        self._carrier = carrier
        self._mailboxes = tuple(mailboxes)

    async def render(self, message: OutgoingMessage) -> bytes:
        """Return the mail, ready for every try."""
        return await self._builder.build(message, await thread_of(self._database, message, self._mailboxes))

    async def send(self, parcel: Parcel, mark: Callable[[], Awaitable[None]]) -> Outcome:
        """Hand the mail to the mail server."""
        try:
            recipient = addresses.deliverable(parcel.addressee.address)
        except Invalid as error:
            return Failed(f"this is no address: {error}")
        return await self._carrier.carry(parcel, mark, sender=self._envelope_sender(parcel), recipient=recipient)

    def _envelope_sender(self, parcel: Parcel) -> str:
        """Return where bounces go: the address the mail comes from, with a token where the mailbox takes one.

        The token is the random part of the Message-ID: who does not know the mail cannot invent a bounce of it.
        """
        found = _FROM.match(parcel.content)
        written = found.group(1).decode("ascii") if found else addresses.deliverable(self._mailboxes[0].address)
        mailbox = next((box for box in self._mailboxes if addresses.deliverable(box.address) == written), None)
        if mailbox is None or not mailbox.plus:
            return written
        return plus_address(mailbox, f"b-{parcel.message_id.partition('.')[0]}")
