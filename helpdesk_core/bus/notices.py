"""Notices: what a person is told, as a type with texts in every language.

A notice holds ids and small facts, like an event. When its delivery is due, `context` loads what the texts need;
the templates `notices/<name>/{subject,body,short}.txt` and `body.html` turn it into words in the person's language.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from helpdesk_core.bus.events import Code, Subject
from helpdesk_core.errors import HelpdeskError
from helpdesk_core.links import Links
from helpdesk_core.text import Words


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on one channel.

    Attributes:
        channel: Name of the channel, `email` for example.
        address: The address as its owner wrote it.
        address_id: The stored address, None for a bare one.
        person_id: The person, None for somebody without an account.
    """

    channel: str
    address: str
    address_id: UUID | None = None
    person_id: UUID | None = None


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may know of the one it is for.

    Attributes:
        salutation: Whole first line without the comma ("Guten Tag Frau Krüger"), chosen by the language.
        name: The person's name, empty when unknown or not to be shown.
        proven: Whether the address is known to be read by its owner. Texts for unproven addresses carry nothing
            that somebody typed.
        agent: Whether the person works for the vendor.
    """

    salutation: str
    name: str
    proven: bool
    agent: bool


class Composing(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice may use to load its context.

    Attributes:
        words: The language and zone of the recipient.
        addressee: Where it goes.
        recipient: Whom the text is for.
        links: Addresses of pages, None on a site without web.
        now: The present.
    """

    words: Words
    addressee: Addressee
    recipient: Recipient
    links: Links | None
    now: datetime


class Enclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A file that travels with a message.

    Attributes:
        name: File name, already cleaned.
        media_type: Its media type.
        size: Bytes.
        blob: Hash under which `helpdesk_core.files` keeps the bytes.
    """

    name: str
    media_type: str
    size: int
    blob: str


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """What `Notice.context` returns.

    Attributes:
        values: Variables of the templates.
        enclosures: Files to send along.
    """

    values: Mapping[str, object]
    enclosures: Sequence[Enclosure] = ()


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all notices.

    Attributes:
        name: Folder of its templates below `notices/`, unique among all plugins.
        automatic: Whether a machine wrote it (mails then say so, RFC 3834); False for an agent's answer.
        answerable: Whether an answer to it belongs to the subject (a ticket).
        lifetime: How long it makes sense to deliver it; None for five days.
        confidential: Whether its words open something, like a link to set a password: they are forgotten soon after
            it was delivered.
    """

    name: ClassVar[Code]
    automatic: ClassVar[bool] = True
    answerable: ClassVar[bool] = False
    lifetime: ClassVar[timedelta | None] = None
    confidential: ClassVar[bool] = False

    async def context(self, composing: Composing) -> Composed | None:
        """Load what the templates need; None when there is nothing to tell any more (the delivery is withdrawn)."""
        raise NotImplementedError


class UnknownNotice(HelpdeskError):
    """A delivery is of a notice that no installed plugin knows, or whose fields changed meanwhile."""

    code = "unknown-notice"


class NoticeTypes:
    """The notice types of a site by name; decodes what is stored."""

    def __init__(self, types: "tuple[type[Notice], ...]") -> None:
        self._types: dict[str, type[Notice]] = {}
        for notice_type in types:
            known = self._types.setdefault(notice_type.name, notice_type)
            if known is not notice_type:
                raise ValueError(
                    f"two notice types are called {notice_type.name!r}: "
                    f"{known.__module__}.{known.__qualname__} and {notice_type.__module__}.{notice_type.__qualname__}"
                )

    def encode(self, notice: Notice) -> str:
        """Return the facts of a notice as JSON.

        Raises:
            ValueError: Its type is not declared, so that nobody could read it again.
            msgspec.ValidationError: Its facts do not fit its type.
        """
        notice_type = type(notice)
        if self._types.get(notice_type.name) is not notice_type:
            raise ValueError(
                f"the notice type {notice_type.__module__}.{notice_type.__qualname__} is not declared: "
                "return it from `helpdesk_notices`"
            )
        msgspec.convert(msgspec.to_builtins(notice), notice_type)
        return msgspec.json.encode(notice).decode()

    @property
    def confidential(self) -> tuple[str, ...]:
        """Names of the notices whose words open something."""
        return tuple(name for name, notice_type in self._types.items() if notice_type.confidential)

    def decode(self, name: str, facts: dict[str, Any]) -> Notice:
        """Return the notice.

        Raises:
            UnknownNotice: Its type is not installed here, or its facts do not fit the type.
        """
        notice_type = self._types.get(name)
        if notice_type is None:
            raise UnknownNotice("no installed plugin knows the notice %(name)s", name=name)
        try:
            return msgspec.convert(facts, notice_type)
        except msgspec.ValidationError as error:
            raise UnknownNotice(
                "the facts of a notice %(name)s do not fit its type any more: %(reason)s", name=name, reason=error
            ) from error


class PendingDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is about to be sent, as those are asked about it who know people and tickets.

    Attributes:
        id: Its key.
        event_id: The event for which it was announced, None where there is none.
        subject: What it is about.
        sequence: The number of the event among those of its subject.
        notice: What is to be told.
        addressee: Whom.
        message_id: Without angle brackets; the same for every try.
        reply_token: Unguessable text by which an answer is recognised, None when it is not answerable.
        attempt: 1 for the first try.
        created_at: When it was queued.
        expires_at: After this it is given up.
    """

    id: UUID
    event_id: UUID | None
    subject: Subject
    sequence: int
    notice: Notice
    addressee: Addressee
    message_id: str
    reply_token: str | None
    attempt: int
    created_at: datetime
    expires_at: datetime


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in words, neutral of any channel; what `Channel.render` gets.

    Attributes:
        delivery_id: The delivery it belongs to.
        message_id: Chosen when the delivery was made, without angle brackets; the same for every try.
        addressee: Whom it is for.
        recipient: What texts know of them.
        notice: Name of the notice.
        subject: One line.
        text: The whole text.
        short: One or two sentences, for channels with little room.
        html: The body as HTML, or None.
        language: Code of its language.
        automatic: See `Notice.automatic`.
        answerable: See `Notice.answerable`.
        thread: Message ids of earlier messages of the same subject to this addressee, oldest first.
        reply_token: Unguessable text by which an answer is recognised, None when it is not answerable.
        enclosures: Files.
        created_at: When it was decided to tell them.
    """

    delivery_id: UUID
    message_id: str
    addressee: Addressee
    recipient: Recipient
    notice: str
    subject: str
    text: str
    short: str
    html: str | None
    language: str
    automatic: bool
    answerable: bool
    thread: tuple[str, ...]
    reply_token: str | None
    enclosures: tuple[Enclosure, ...]
    created_at: datetime
