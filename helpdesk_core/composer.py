"""Turns a notice that is due into a message in the words of its recipient. Knows no channel."""

from helpdesk_core.accounts import Accounts
from helpdesk_core.bus import Bus, OutgoingMessage, PendingDelivery
from helpdesk_core.bus.notices import Composing
from helpdesk_core.clock import Clock
from helpdesk_core.links import Links
from helpdesk_core.text import Texts

THREAD = 10
"""How many earlier messages a message refers to; more only makes headers long."""


class Composer:
    """Puts notices into words for one site."""

    def __init__(self, bus: Bus, accounts: Accounts, texts: Texts, clock: Clock, links: Links | None) -> None:
        self._bus = bus
        self._accounts = accounts
        self._texts = texts
        self._clock = clock
        self._links = links

    async def compose(self, pending: PendingDelivery) -> OutgoingMessage | None:
        """Return the message, or None when there is nothing to tell any more."""
        addressee = pending.addressee
        person = await self._accounts.find(addressee.person_id) if addressee.person_id else None
        words = self._texts.words(person.language, person.timezone) if person else self._texts.words(None)
        recipient = await self._accounts.recipient(addressee, words)
        composing = Composing(
            words=words, addressee=addressee, recipient=recipient, links=self._links, now=self._clock.now()
        )
        notice = pending.notice
        composed = await notice.context(composing)
        if composed is None:
            return None
        values = {
            "recipient": recipient,
            "links": self._links,
            "words": words,
            "answerable": notice.answerable,
            **composed.values,
        }
        folder = f"notices/{notice.name}"
        return OutgoingMessage(
            delivery_id=pending.id,
            message_id=pending.message_id,
            addressee=addressee,
            recipient=recipient,
            notice=notice.name,
            subject=" ".join(words.render(f"{folder}/subject.txt", **values).split()),
            text=words.render(f"{folder}/body.txt", **values).strip() + "\n",
            short=" ".join(words.render(f"{folder}/short.txt", **values).split()),
            html=words.render(f"{folder}/body.html", **values),
            language=words.language,
            automatic=notice.automatic,
            answerable=notice.answerable,
            thread=(await self._bus.thread(pending))[-THREAD:],
            reply_token=pending.reply_token,
            enclosures=tuple(composed.enclosures),
            created_at=pending.created_at,
        )
