"""A ticket as agents see it: what the reader gives, put into the words and shapes of the page."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from helpdesk_core.bus import Recorded
from helpdesk_core.text import Words
from helpdesk_core.tickets import (
    AgentAnswered,
    Author,
    CustomerReplied,
    InternalNote,
    PublicMessage,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
    TicketView,
    ValueChanged,
)
from helpdesk_desk.views import DeskMessageView, NoteView, agent_state
from helpdesk_web.pages.showing import file_of, parts_of
from helpdesk_web.views import AuthorView, EventView, MessageView, TextPart


def author_view(author: Author, reader: UUID | None, words: Words) -> AuthorView:
    """Return who wrote, seen from the agent who reads."""
    if author.person_id is not None and author.person_id == reader:
        return AuthorView(name=author.name, side="own")
    return AuthorView(name=author.name or words.gettext("Unknown"), side="team" if author.agent else "other")


def entries(
    view: TicketView, reader: UUID | None, words: Words, names: Mapping[UUID, str]
) -> tuple[DeskMessageView | NoteView | EventView, ...]:
    """Return messages, notes and events in the order in which they happened."""
    timeline: list[tuple[int, int, DeskMessageView | NoteView | EventView]] = [
        (message.sequence, 0, _entry(message, reader, words)) for message in view.messages
    ]
    for recorded in view.history:
        for text, icon in _lines(recorded, words, names):
            timeline.append((recorded.sequence, 1, EventView(text=text, at=recorded.at, icon=icon)))
    return tuple(entry for _, _, entry in sorted(timeline, key=lambda item: item[:2]))


def history(view: TicketView, words: Words, names: Mapping[UUID, str]) -> tuple[EventView, ...]:
    """Return everything that happened, newest first, with who did it."""
    return tuple(
        EventView(text=text, at=recorded.at, icon="dot")
        for recorded in reversed(view.history)
        if (text := _whole(recorded, words, names))
    )


def people_in(view: TicketView) -> frozenset[UUID]:
    """Return the keys of everybody whom the history names."""
    found = {recorded.actor.person_id for recorded in view.history}
    for recorded in view.history:
        if isinstance(recorded.event, TicketAssigned):
            found |= {recorded.event.before, recorded.event.after}
    return frozenset(key for key in found if key is not None)


def _entry(message: PublicMessage | InternalNote, reader: UUID | None, words: Words) -> DeskMessageView | NoteView:
    author = author_view(message.author, reader, words)
    parts = (
        (TextPart(text=words.gettext("This message was removed.")),) if message.redacted else tuple(parts_of(message))
    )
    files = tuple(file_of(file) for file in message.files if file.blob is not None and not message.redacted)
    if isinstance(message, InternalNote):
        return NoteView(id=f"note-{message.id}", author=author, at=message.at, parts=parts, files=files)
    by_mail = message.origin == "email"
    return DeskMessageView(
        message=MessageView(
            id=f"message-{message.id}",
            author=author,
            at=message.at,
            parts=parts,
            files=files,
            channel=words.gettext("by e-mail") if by_mail else "",
        ),
        warning=_warning(message, words),
    )


def _warning(message: PublicMessage, words: Words) -> str:
    if message.sender_verified is False:
        return words.gettext("Sender not verified: anybody can write this address into a mail.")
    if message.needs_confirmation:
        return words.gettext("The customer sees this on the web only after confirming their address.")
    return ""


def _lines(recorded: Recorded[Any], words: Words, names: Mapping[UUID, str]) -> Iterable[tuple[str, str]]:
    """Return the small lines between messages: only what is not said by a message."""
    match recorded.event:
        case AgentAnswered(before=before, after=after) | CustomerReplied(before=before, after=after) if before != after:
            yield _status(after, words), "progress"
        case StatusChanged(after=after):
            yield _status(after, words), "progress"
        case TicketAssigned(after=after):
            nobody = words.gettext("Nobody is in charge any more")
            yield words.gettext("In charge: %(name)s", name=names.get(after, "")) if after else nobody, "user"


def _status(code: str, words: Words) -> str:
    return words.gettext("Status changed: %(status)s", status=agent_state(code, words.gettext, words.pgettext).label)


def _whole(recorded: Recorded[Any], words: Words, names: Mapping[UUID, str]) -> str:
    who = names.get(recorded.actor.person_id, "") if recorded.actor.person_id else words.gettext("System")
    match recorded.event:
        case TicketOpened():
            what = words.gettext("opened the ticket")
        case CustomerReplied() | AgentAnswered():
            what = words.gettext("wrote")
        case StatusChanged(after=after):
            what = _status(after, words)
        case TicketAssigned():
            what = next(iter(_lines(recorded, words, names)))[0]
        case ValueChanged(key=key):
            what = words.gettext("changed %(field)s", field=key)
        case _:
            return ""
    return f"{who}: {what}"
