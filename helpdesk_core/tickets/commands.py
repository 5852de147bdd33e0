"""What can be asked of the tickets: one type a command, the same for every door.

Every command names its actor, the channel it came through and a key that makes a repeat harmless.
"""

from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.bus.events import Actor
from helpdesk_core.fields import Put
from helpdesk_core.files import StoredFile

LONGEST_SUBJECT = 250
LONGEST_TEXT = 500_000


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that comes with a message; its bytes are in the file store already.

    Attributes:
        name: As its owner called it; cleaned when it is attached.
        stored: Its bytes.
        media_type: What its bytes are, see `helpdesk_core.files.media_type_of`.
        content_id: By which the HTML of a mail refers to it.
        inline: Whether it is part of the text rather than beside it.
    """

    name: str
    stored: StoredFile
    media_type: str
    content_id: str | None = None
    inline: bool = False


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """A text with what belongs to it.

    Attributes:
        text: As written.
        format: `plain`, or `markdown` from agents.
        files: Files with it.
        folds: Pairs of character offsets: what is quoted or signature and shown folded.
        language: Language of the text where known.
        original: Key of the stored mail it came from.
        sender_verified: Whether the mail's sender was checked by the mail server; None for other channels.
        needs_confirmation: Hidden on the web until the requester's account is confirmed.
    """

    text: str
    format: str = "plain"
    files: tuple[NewFile, ...] = ()
    folds: tuple[tuple[int, int], ...] = ()
    language: str | None = None
    original: UUID | None = None
    sender_verified: bool | None = None
    needs_confirmation: bool = False


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands.

    Attributes:
        actor: Who asks.
        origin: The channel: `web`, `email`, `desk`, `cli`, `system` or a plugin's own.
        once: Key chosen by the asker; the same key of the same actor gives the first result again.
    """

    actor: Actor
    origin: str
    once: str


class OpenTicket(Command, frozen=True, kw_only=True):
    """Open a ticket.

    Attributes:
        requester: The customer whose matter it is.
        kind: Code of a kind of the site; None takes its first.
        subject: One line.
        writing: The first message.
        values: Fields of site and plugins.
        organisation: On whose account, None to derive it from the requester's only membership.
        needs_confirmation: The whole ticket is hidden on the web until the requester's account is confirmed.
    """

    requester: UUID
    subject: str
    writing: Writing
    kind: str | None = None
    values: tuple[Put[Any], ...] = ()
    organisation: UUID | None = None
    needs_confirmation: bool = False


class Reply(Command, frozen=True, kw_only=True):
    """Write a public message: a customer's reply or an agent's answer, as the actor is.

    Attributes:
        ticket: The ticket.
        writing: The message.
        status: What an agent sets with it; a customer may only set `solved`.
        seen: The last sequence the writer had before their eyes; a newer message of somebody else is `Changed`.
            None skips the question.
    """

    ticket: UUID
    writing: Writing
    status: str | None = None
    seen: int | None = None


class Note(Command, frozen=True, kw_only=True):
    """Write a note that customers never see.

    Attributes:
        ticket: The ticket.
        writing: The note.
    """

    ticket: UUID
    writing: Writing


class ChangeState(Command, frozen=True, kw_only=True):
    """Set the status without a message.

    Attributes:
        ticket: The ticket.
        status: Code of the new status.
    """

    ticket: UUID
    status: str


class Assign(Command, frozen=True, kw_only=True):
    """Put an agent in charge, or nobody.

    Attributes:
        ticket: The ticket.
        assignee: The agent.
    """

    ticket: UUID
    assignee: UUID | None


class PutValues(Command, frozen=True, kw_only=True):
    """Set fields of site and plugins.

    Attributes:
        ticket: The ticket.
        values: What to set; `put(KEY, None)` empties a field.
    """

    ticket: UUID
    values: tuple[Put[Any], ...]


class Done(msgspec.Struct, frozen=True):
    """What a command did.

    Attributes:
        ticket: The ticket.
        number: Its number.
        message: The message that was written, if any.
        status: The status afterwards.
    """

    ticket: UUID
    number: str
    message: UUID | None
    status: str
