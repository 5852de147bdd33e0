"""The lists an agent works through: which tickets each shows, and what it is called."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from helpdesk_core import Helpdesk
from helpdesk_core.text import N_, Words
from helpdesk_core.tickets import TicketHead, TicketQuery, Viewer
from helpdesk_desk.views import DeskFrame, DeskRow, QueueView, ViewLink, agent_state
from helpdesk_web.views import AuthorView, PagesView

ACTIVE = ("new", "open", "waiting")


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """One list.

    Attributes:
        code: Its name in the address.
        label: Its name (message id).
        icon: A symbol of the sprite.
        empty: What an empty list says (message id).
        mine: Whether it shows only what the agent is in charge of.
        query: Which tickets it shows.
    """

    code: str
    label: str
    icon: str
    empty: str
    query: TicketQuery
    mine: bool = False

    def asked_by(self, agent: UUID) -> TicketQuery:
        """Return the query for one agent."""
        return msgspec.structs.replace(self.query, assignee=agent) if self.mine else self.query


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="open",
        label=N_("All open"),
        icon="list",
        empty=N_("Every ticket is answered or solved."),
        query=TicketQuery(statuses=("new", "open")),
    ),
    Queue(
        code="mine",
        label=N_("Assigned to me"),
        icon="user",
        empty=N_("You are in charge of no open ticket."),
        query=TicketQuery(statuses=ACTIVE),
        mine=True,
    ),
    Queue(
        code="unassigned",
        label=N_("Not assigned"),
        icon="inbox",
        empty=N_("Somebody is in charge of every open ticket."),
        query=TicketQuery(statuses=ACTIVE, unassigned=True),
    ),
    Queue(
        code="waiting",
        label=N_("Waiting for the customer"),
        icon="clock",
        empty=N_("We wait for no customer."),
        query=TicketQuery(statuses=("waiting",)),
    ),
    Queue(
        code="review",
        label=N_("Check the entitlement"),
        icon="shield",
        empty=N_("There is nothing to check."),
        query=TicketQuery(statuses=ACTIVE, review=True),
    ),
    Queue(
        code="solved",
        label=N_("Solved"),
        icon="check",
        empty=N_("No ticket is solved yet."),
        query=TicketQuery(statuses=("solved", "closed")),
    ),
    Queue(code="all", label=N_("All tickets"), icon="ticket", empty=N_("There is no ticket yet."), query=TicketQuery()),
)
COUNTED = ("open", "mine", "unassigned", "waiting", "review")
"""The lists whose length is worth knowing; the others only grow."""


def queue_of(code: str) -> Queue:
    """Return a list by its code, the first one for an unknown code."""
    return next((queue for queue in QUEUES if queue.code == code), QUEUES[0])


class Queues:
    """Reads lists for agents and puts them into words."""

    def __init__(self, helpdesk: Helpdesk, page_size: int) -> None:
        self._read = helpdesk.tickets.read
        self._page_size = page_size

    async def frame(self, viewer: Viewer, words: Words, current: str) -> DeskFrame:
        """Return the left pane."""
        assert viewer.person_id is not None
        links = []
        for queue in QUEUES:
            counted = queue.code in COUNTED
            count = await self._read.count(viewer, queue.asked_by(viewer.person_id)) if counted else None
            links.append(
                ViewLink(
                    label=words.gettext(queue.label),
                    href=f"/desk?view={queue.code}",
                    icon=queue.icon,
                    count=count,
                    current=queue.code == current,
                    urgent=queue.code == "review" and bool(count),
                )
            )
        return DeskFrame(views=tuple(links))

    async def list(
        self, viewer: Viewer, words: Words, queue: Queue, *, after: str | None = None, current: str = ""
    ) -> QueueView:
        """Return one page of a list; `current` is the number of the ticket that is open beside it."""
        assert viewer.person_id is not None
        page = await self._read.list(
            viewer, queue.asked_by(viewer.person_id), after=after or None, limit=self._page_size
        )
        rows = tuple(_row(head, words, queue, viewer, current) for head in page.tickets)
        pages = None
        if page.after is not None or after:
            following = f"/desk?view={queue.code}&after={page.after}" if page.after else ""
            pages = PagesView(
                first=1,
                last=len(rows),
                previous=f"/desk?view={queue.code}" if after else "",
                next=following.replace("+", "%2B"),
            )
        return QueueView(
            title=words.gettext(queue.label),
            href=f"/desk?view={queue.code}",
            rows=rows,
            pages=pages,
            empty=words.gettext(queue.empty),
        )


def neighbours(rows: Sequence[DeskRow], number: str) -> tuple[str, str]:
    """Return where the tickets before and after one in a list are found."""
    numbers = [row.number for row in rows]
    if number not in numbers:
        return "", rows[0].href if rows else ""
    at = numbers.index(number)
    before = rows[at - 1].href if at > 0 else ""
    return before, rows[at + 1].href if at + 1 < len(rows) else ""


def _row(head: TicketHead, words: Words, queue: Queue, viewer: Viewer, current: str) -> DeskRow:
    by_mail = head.origin == "email"
    waits = head.customer_wrote_at is not None and (
        head.agent_wrote_at is None or head.customer_wrote_at > head.agent_wrote_at
    )
    return DeskRow(
        number=head.number,
        subject=head.subject,
        href=f"/desk/tickets/{head.number}?view={queue.code}",
        customer=head.requester_name or words.gettext("Unknown customer"),
        state=agent_state(head.status, words.gettext, words.pgettext),
        at=head.updated_at,
        organisation=head.organisation_name,
        channel=words.gettext("by e-mail") if by_mail else words.gettext("on the web"),
        channel_icon="mail" if by_mail else "globe",
        assignee=AuthorView(name=head.assignee_name, side="own" if head.assignee == viewer.person_id else "team")
        if head.assignee
        else None,
        unread=waits and head.status in {"new", "open"},
        current=head.number == current,
    )
