"""Tickets as their customers see them: what the core knows, in the reader's words. No note gets through here."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from helpdesk_core.accounts import Account
from helpdesk_core.bus import Recorded
from helpdesk_core.files import PICTURES
from helpdesk_core.text.markdown import markdown_to_html
from helpdesk_core.tickets import (
    AgentAnswered,
    Attachment,
    CustomerReplied,
    PublicMessage,
    Said,
    StatusChanged,
    TicketAssigned,
    TicketHead,
    TicketOpened,
    TicketView,
)
from helpdesk_web.exchange import Request
from helpdesk_web.views import (
    AuthorView,
    EventView,
    FileView,
    MessageView,
    TextPart,
    TicketRow,
    customer_state,
)

__all__ = ["entries_of", "file_of", "message_of", "parts_of", "people_of", "row_of"]

PREVIEWED = 2_000_000
"""Bytes of the largest picture that a page shows small; larger ones are only offered."""


def row_of(head: TicketHead, request: Request) -> TicketRow:
    """Return a ticket as a row of its customer's list."""
    _ = request.words.gettext
    customer, agent = head.customer_wrote_at, head.agent_wrote_at
    last = ""
    if agent is not None and (customer is None or agent > customer):
        last = request.words.pgettext("by whom", "our support team")
    elif head.requester == request.account.id:
        last = request.words.pgettext("by whom", "you")
    return TicketRow(
        number=head.number,
        subject=head.subject,
        href=f"/tickets/{head.number}",
        state=customer_state(head.status, _),
        at=max(filter(None, (customer, agent)), default=head.updated_at),
        last=last,
    )


def entries_of(
    view: TicketView, request: Request, names: Mapping[UUID, Account]
) -> tuple[MessageView | EventView, ...]:
    """Return messages and small events in the order in which they happened.

    Args:
        view: The ticket as this reader may see it.
        request: Who reads.
        names: People by key, for events that name somebody.
    """
    since = _since(view, request)
    timeline: list[tuple[int, int, MessageView | EventView]] = [
        (message.sequence, 0, message_of(message, request))
        for message in view.messages
        if isinstance(message, PublicMessage)
    ]
    for recorded in view.history:
        if recorded.sequence >= since:
            timeline += ((recorded.sequence, 1, event) for event in _events_of(recorded, request, names))
    return tuple(entry for _, _, entry in sorted(timeline, key=lambda each: each[:2]))


def people_of(view: TicketView) -> set[UUID]:
    """Return the keys of the people that events name."""
    events = (recorded.event for recorded in view.history)
    return {event.after for event in events if isinstance(event, TicketAssigned) and event.after is not None}


def message_of(message: PublicMessage, request: Request) -> MessageView:
    """Return a message as its reader sees it."""
    _ = request.words.gettext
    author = message.author
    if author.person_id is not None and author.person_id == request.account.id:
        shown = AuthorView(name=author.name or request.account.email, side="own")
    else:
        name = author.name or (_("Support team") if author.agent else _("unknown"))
        shown = AuthorView(name=name, side="team" if author.agent else "other")
    removed = _("This message was removed.")
    return MessageView(
        id=f"message-{message.id}",
        author=shown,
        at=message.at,
        parts=(TextPart(text=removed),) if message.redacted else tuple(parts_of(message)),
        files=() if message.redacted else tuple(file_of(file) for file in message.files if file.blob is not None),
        channel=_("by e-mail") if message.origin == "email" else "",
    )


def file_of(file: Attachment) -> FileView:
    """Return a file of a message."""
    small = file.media_type in PICTURES and file.size <= PREVIEWED
    address = f"/files/{file.id}"
    return FileView(name=file.name, size=file.size, href=address, preview=f"{address}/picture" if small else "")


def parts_of(message: Said) -> Iterator[TextPart]:
    """Yield the text in stretches, those that are quoted or signature folded."""
    end = 0
    for start, stop in (*message.folds, (len(message.text), len(message.text))):
        for piece, folded in ((message.text[end:start], False), (message.text[start:stop], True)):
            if piece.strip():
                text = markdown_to_html(piece) if message.format == "markdown" else piece.strip("\n")
                yield TextPart(text=text, folded=folded)
        end = stop


def _since(view: TicketView, request: Request) -> int:
    """Return the first sequence that the reader may know of: all of one's own, else since one takes part."""
    person = request.account.id
    if request.account.is_agent or view.head.requester == person:
        return 0
    return min((each.since for each in view.participants if each.person_id == person), default=view.head.sequence + 1)


def _events_of(recorded: Recorded[Any], request: Request, names: Mapping[UUID, Account]) -> Iterator[EventView]:
    _ = request.words.gettext
    match recorded.event:
        case TicketOpened():
            yield EventView(text=_("Ticket created"), at=recorded.at, icon="ticket")
        case TicketAssigned(after=after) if after is not None and after in names and names[after].name:
            text = _("%(name)s takes care of it", name=names[after].name)
            yield EventView(text=text, at=recorded.at, icon="user")
        case (
            StatusChanged(before=before, after=after)
            | AgentAnswered(before=before, after=after)
            | CustomerReplied(before=before, after=after)
        ) if before != after:
            state = customer_state(after, _)
            text = _("Status changed: %(status)s", status=state.label)
            yield EventView(text=text, at=recorded.at, icon=state.icon)
