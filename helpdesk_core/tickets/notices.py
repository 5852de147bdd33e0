"""What people are told about tickets. Texts stand in `templates/notices/<name>/`.

Mails to an address that is not proven carry nothing that somebody typed: `subject`, `text` and `author` are empty
then, and the templates say only that something happened, and where.
"""

from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from helpdesk_core.accounts import tokens
from helpdesk_core.accounts.tokens import Purpose
from helpdesk_core.bus.notices import Composed, Composing, Enclosure, Notice
from helpdesk_core.text.markdown import markdown_to_html, plain_to_html
from helpdesk_core.tickets.reading import Attachment, ForNotice, Said, load_for_notice
from helpdesk_core.tickets.workflow import STATUSES


class TicketNotice(Notice, frozen=True, kw_only=True):
    """Base of the notices about one ticket.

    Attributes:
        for_agents: Whether it is for those who work for the vendor, and never for a customer.
        encloses: Whether the files of the message travel with it.
        ticket: The ticket.
    """

    answerable: ClassVar[bool] = True
    for_agents: ClassVar[bool] = False
    encloses: ClassVar[bool] = False
    ticket: UUID

    async def context(self, composing: Composing) -> Composed | None:
        """Load number, subject, status and addresses; see the class for what an unproven address gets."""
        found = await load_for_notice(self.ticket, self._message(), reader=composing.addressee.person_id)
        if found is None or found.head.redacted:
            return None
        head, shown = found.head, composing.recipient.proven
        words, links = composing.words, composing.links
        status = STATUSES[self._status() or head.status]
        link = None
        if links is not None:
            desk = links.desk_ticket if composing.recipient.agent else None
            link = (desk or links.ticket)(head.number)
        said = found.message if shown else None
        return Composed(
            values={
                "number": head.number,
                "subject": head.subject if shown else "",
                "status": words.pgettext("agent", status.agent)
                if composing.recipient.agent
                else words.gettext(status.customer),
                "status_code": status.code,
                "status_changed": self._status_changed(),
                "link": link,
                "message": said,
                "message_html": _html(said),
                "quoted": found.quoted if shown else None,
                "requester": (self._customer(found) if shown else "") or words.gettext("Unknown"),
                "shown": shown,
                "confirm": None if shown else await self._confirm(composing),
            },
            enclosures=_enclosures(said) if self.encloses else (),
        )

    async def _confirm(self, composing: Composing) -> str | None:
        """Return a link that confirms an unproven address, where the notice carries one."""
        del composing
        return None

    def _customer(self, found: ForNotice) -> str:
        """Return the name of the customer whom the text speaks of."""
        return found.head.requester_name

    def _message(self) -> UUID | None:
        return None

    def _status(self) -> str | None:
        return None

    def _status_changed(self) -> bool:
        return False


class TicketReceived(TicketNotice, frozen=True, kw_only=True):
    """To the customer: we have it, and this is its number."""

    name: ClassVar[str] = "ticket_received"
    confidential: ClassVar[bool] = True
    message: UUID

    def _message(self) -> UUID:
        return self.message

    async def _confirm(self, composing: Composing) -> str | None:
        to = composing.addressee
        if composing.links is None or to.person_id is None or to.address_id is None:
            return None
        token = await tokens.issue(Purpose.CONFIRM, to.person_id, to.address_id, composing.now)
        return composing.links.confirm(token.text)


class TicketAnswered(TicketNotice, frozen=True, kw_only=True):
    """To the customers: an agent's answer, with the change of status in the same mail."""

    name: ClassVar[str] = "ticket_answered"
    automatic: ClassVar[bool] = False
    encloses: ClassVar[bool] = True
    message: UUID
    before: str
    after: str

    def _message(self) -> UUID:
        return self.message

    def _status(self) -> str:
        return self.after

    def _status_changed(self) -> bool:
        return self.before != self.after


class TicketMessage(TicketNotice, frozen=True, kw_only=True):
    """To the other customers who take part: what one of them wrote."""

    name: ClassVar[str] = "ticket_message"
    encloses: ClassVar[bool] = True
    message: UUID
    before: str
    after: str

    def _message(self) -> UUID:
        return self.message

    def _status(self) -> str:
        return self.after

    def _status_changed(self) -> bool:
        return self.before != self.after


class TicketStatusChanged(TicketNotice, frozen=True, kw_only=True):
    """To the customers: the status is another now."""

    name: ClassVar[str] = "ticket_status_changed"
    status: str

    def _status(self) -> str:
        return self.status

    def _status_changed(self) -> bool:
        return True


class TicketSolved(TicketNotice, frozen=True, kw_only=True):
    """To the customers: we think it is solved; answering opens it again."""

    name: ClassVar[str] = "ticket_solved"

    def _status(self) -> str:
        return "solved"

    def _status_changed(self) -> bool:
        return True


class CustomerWrote(TicketNotice, frozen=True, kw_only=True):
    """To the agent in charge: the customer wrote."""

    name: ClassVar[str] = "customer_wrote"
    for_agents: ClassVar[bool] = True
    message: UUID

    def _message(self) -> UUID:
        return self.message

    def _customer(self, found: ForNotice) -> str:
        return found.message.author.name if found.message else found.head.requester_name


class TicketAssignedToYou(TicketNotice, frozen=True, kw_only=True):
    """To an agent: this one is yours now."""

    name: ClassVar[str] = "ticket_assigned_to_you"
    for_agents: ClassVar[bool] = True


NOTICES: tuple[type[Notice], ...] = (
    TicketReceived,
    TicketAnswered,
    TicketMessage,
    TicketStatusChanged,
    TicketSolved,
    CustomerWrote,
    TicketAssignedToYou,
)


def _html(said: Said | None) -> Markup:
    if said is None:
        return Markup()
    return markdown_to_html(said.visible) if said.format == "markdown" else plain_to_html(said.visible)


def _enclosures(said: Said | None) -> tuple[Enclosure, ...]:
    return tuple(_enclosure(file) for file in said.files if file.blob is not None) if said else ()


def _enclosure(file: Attachment) -> Enclosure:
    return Enclosure(name=file.name, media_type=file.media_type, size=file.size, blob=file.blob or "")
