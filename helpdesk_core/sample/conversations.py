"""What was said and what happened in sample tickets: one conversation makes the rows of one ticket."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from helpdesk_core.fields import to_columns
from helpdesk_core.files import StoredFile
from helpdesk_core.sample import Matter, SamplePerson, sample_key


class KeptFile(msgspec.Struct, frozen=True):
    """A sample file whose bytes are in the store."""

    name: str
    media_type: str
    stored: StoredFile


class Rows:
    """Rows on their way into the tables."""

    def __init__(self) -> None:
        self.tickets: list[Sequence[object]] = []
        self.numbers: list[Sequence[object]] = []
        self.values: list[Sequence[object]] = []
        self.events: list[Sequence[object]] = []
        self.messages: list[Sequence[object]] = []
        self.files: list[Sequence[object]] = []

    def all(self) -> Iterator[tuple[str, str, list[Sequence[object]]]]:
        """Yield table, columns and rows, what is referred to first."""
        yield (
            "helpdesk_core_ticket",
            (
                "id, number, kind, subject, status, priority, requester, organisation, assignee, origin, review, "
                "needs_confirmation, opened_at, updated_at, customer_wrote_at, agent_wrote_at, first_answered_at, "
                "status_since, solved_at, closed_at, sequence, version"
            ),
            self.tickets,
        )
        yield "helpdesk_core_number", "text, ticket, reason, created_at", self.numbers
        yield "helpdesk_core_ticket_value", "id, ticket, key, text", self.values
        yield (
            "helpdesk_core_event",
            "id, name, version, subject_kind, subject_id, sequence, actor_person, origin, facts, at",
            self.events,
        )
        yield (
            "helpdesk_core_message",
            (
                "id, ticket, type, sequence, author, by_agent, origin, format, text, folds, sender_verified, "
                "needs_confirmation, created_at, version"
            ),
            self.messages,
        )
        yield (
            "helpdesk_core_file",
            "id, message, blob, name, media_type, size, inline, position, created_at",
            self.files,
        )


class Conversation:
    """What is said in one ticket, one thing after the other, never later than now."""

    def __init__(
        self,
        rows: Rows,
        chance: Random,
        *,
        customer: SamplePerson,
        origin: str,
        opened: datetime,
        now: datetime,
        turns: int = 3,
    ) -> None:
        """Begin.

        Args:
            rows: Where they go.
            chance: The random numbers of the seed.
            customer: Whose matter it is.
            origin: The channel the customer writes through.
            opened: When the ticket was opened.
            now: When everything has happened.
            turns: How much is going to happen, so that it spreads over the time there is.
        """
        self._rows = rows
        self._chance = chance
        self._customer = customer
        self._origin = origin
        self._opened = opened
        self._now = now
        self._pace = max(5, min(2000, int((now - opened) / turns / timedelta(minutes=1))))
        self._at = opened
        self._sequence = 0
        self._agent: SamplePerson | None = None
        self._wrote: dict[bool, datetime] = {}
        self._answered: datetime | None = None
        self._since = opened
        self.ticket = sample_key(chance, opened)
        self.status = "new"

    def open(self, kind: str, text: str, file: KeptFile | None = None) -> None:
        """The customer opens the ticket."""
        facts = {"kind": kind, "requester": str(self._customer.id), "review": False}
        message = self._write("ticket.opened", text, by=self._customer, facts=facts)
        if file is not None:
            size, blob = file.stored.size, file.stored.blob
            key = sample_key(self._chance, self._at)
            self._rows.files.append((key, message, blob, file.name, file.media_type, size, False, 0, self._at))

    def answer(self, text: str, *, by: SamplePerson, after: str) -> None:
        """An agent answers, and is in charge from now on if nobody was."""
        facts = {"before": self.status, "after": after}
        self._write("ticket.agent_answered", text, by=by, facts=facts, agent=True)
        self._become(after)
        self._answered = self._answered or self._at
        if self._agent is None:
            self._agent = by
            self._happen("ticket.assigned", by, {"before": None, "after": str(by.id)}, at_once=True)

    def reply(self, text: str) -> None:
        """The customer replies."""
        facts = {"before": self.status, "after": "open"}
        self._write("ticket.customer_replied", text, by=self._customer, facts=facts)
        self._become("open")

    def note(self, text: str, *, by: SamplePerson) -> None:
        """An agent notes something."""
        self._write("ticket.note_added", text, by=by, facts={}, agent=True, note=True)

    def change(self, after: str) -> None:
        """The agent in charge sets the status."""
        assert self._agent is not None, "somebody answered before"
        self._happen("ticket.status_changed", self._agent, {"before": self.status, "after": after})
        self._become(after)

    def go_to(self, stage: str, matter: Matter, *, agent: SamplePerson, note: str) -> None:
        """Let everything happen that leads to a status."""
        if stage == "new":
            return
        if self._chance.random() < 0.2:
            self.note(note, by=agent)
        self.answer(matter.answer, by=agent, after="open" if stage == "open" else "waiting")
        if stage in {"open", "waiting"}:
            return
        if matter.thanks:
            self.reply(matter.thanks)
        self.change("solved")
        if stage == "closed":
            self.change("closed")

    def end(self, *, number: str, kind: str, subject: str, values: Sequence[tuple[str, str]]) -> None:
        """Make the rows of the ticket itself, when all is said."""
        over = self.status in {"solved", "closed"}
        self._rows.tickets.append(
            (
                *(self.ticket, number, kind, subject, self.status, "normal"),
                *(self._customer.id, self._customer.organisation, self._agent.id if self._agent else None),
                *(self._origin, False, False, self._opened, self._at, self._wrote[False], self._wrote.get(True)),
                *(self._answered, self._since, self._since if over else None),
                *(self._since if self.status == "closed" else None, self._sequence, 1),
            )
        )
        self._rows.numbers.append((number, self.ticket, "own", self._opened))
        for name, value in values:
            key = sample_key(self._chance, self._opened)
            self._rows.values.append((key, self.ticket, name, to_columns(value).text))

    def _write(
        self,
        event: str,
        text: str,
        *,
        by: SamplePerson,
        facts: Mapping[str, object],
        agent: bool = False,
        note: bool = False,
    ) -> UUID:
        message = self._happen(event, by, facts, says=True)
        if not note:
            self._wrote[agent] = self._at
        origin = "desk" if agent else self._origin
        verified = True if origin == "email" else None
        self._rows.messages.append(
            (
                *(message, self.ticket, "note" if note else "public", self._sequence, by.id, agent, origin),
                *("plain", text, "[]", verified, False, self._at, 1),
            )
        )
        return message

    def _happen(
        self, event: str, by: SamplePerson, facts: Mapping[str, object], *, says: bool = False, at_once: bool = False
    ) -> UUID:
        """Make the row of an event; return the key of the message that goes with it."""
        if self._sequence and not at_once:
            # A third of what is left: so that everything has room before now.
            left = (self._now - self._at) / 3
            self._at += min(timedelta(minutes=self._chance.randint(5, self._pace)), left)
        self._sequence += 1
        message = sample_key(self._chance, self._at)
        body = msgspec.json.encode({"message": str(message), **facts} if says else facts).decode()
        origin = self._origin if by is self._customer else "desk"
        key = sample_key(self._chance, self._at)
        self._rows.events.append((key, event, 1, "ticket", self.ticket, self._sequence, by.id, origin, body, self._at))
        return message

    def _become(self, status: str) -> None:
        if status != self.status:
            self.status, self._since = status, self._at
