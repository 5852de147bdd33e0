"""What was promised about tickets, written down once more from the promise itself: the model of the state machine.

Statuses, who is told what, and who sees what, in plain dictionaries and lists. Nothing here is imported from the rooms
that are judged by it, so that a mistake there is not repeated here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

BY_AGENTS = {"open", "waiting", "solved", "closed"}
OVER = {"solved", "closed"}
REOPENED_BY_A_REPLY = {"waiting", "solved", "closed"}

ALLOWED = {
    "ticket.agent_answered": {(before, after) for before in ("new", *BY_AGENTS) for after in BY_AGENTS},
    "ticket.customer_replied": {
        ("new", "new"),
        ("open", "open"),
        *((before, "open") for before in REOPENED_BY_A_REPLY),
        *((before, "solved") for before in ("new", "open", "waiting", "solved")),
        ("closed", "closed"),
    },
    "ticket.status_changed": {
        (before, after) for before in ("new", *BY_AGENTS) for after in BY_AGENTS if before != after
    },
}
"""Before and after, by event. A plain answer leaves a status as it is, but for `new`."""


@dataclass(eq=False)
class Somebody:
    """A person."""

    id: UUID
    agent: bool = False
    confirmed: bool = True


@dataclass(eq=False)
class Part:
    """Somebody's part in a matter that is not theirs; a bare address is nobody."""

    id: UUID
    who: Somebody | None
    since: int
    state: str = "active"

    @property
    def key(self) -> UUID:
        """By which one is told: the person, else the part itself."""
        return self.who.id if self.who else self.id


@dataclass(eq=False)
class Said:
    """A message or a note, with a word that stands nowhere else."""

    word: str
    sequence: int
    author: UUID | None
    note: bool = False
    hidden: bool = False


@dataclass(eq=False)
class Matter:
    """A ticket as it should be."""

    id: UUID
    number: str
    requester: Somebody
    hidden: bool = False
    status: str = "new"
    assignee: Somebody | None = None
    sequence: int = 0
    parts: list[Part] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    told: list[tuple[UUID, str, int]] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    # --- what happens -------------------------------------------------------------------------------------------

    def opened(self, word: str, *, hidden: bool) -> None:
        self._say(word, self.requester.id, hidden=hidden)
        self._tell(self.requester.id, "ticket_received")

    def customer_wrote(self, author: UUID, word: str, *, solved: bool = False, hidden: bool = False) -> None:
        before = self.status
        if solved:
            self.status = before if before in OVER else "solved"
        elif before in REOPENED_BY_A_REPLY:
            self.status = "open"
        self._say(word, author, hidden=hidden)
        self._message("ticket_message", author, before)
        if self.assignee and self.assignee.id != author and self.assignee.id not in self.customers():
            self._tell(self.assignee.id, "customer_wrote")

    def agent_answered(self, agent: Somebody, word: str, chosen: str | None) -> None:
        before = self.status
        if chosen is not None and chosen != before:
            self.status = chosen
        elif before == "new":
            self.status = "open"
        self._say(word, agent.id)
        self._message("ticket_answered", agent.id, before)
        if self.assignee is None:
            self.assigned(agent, by=agent)

    def noted(self, agent: Somebody, word: str) -> None:
        self._say(word, agent.id, note=True)

    def status_set(self, status: str) -> None:
        if status != self.status:
            self.status = status
            self.sequence += 1
            for party in self.customers():
                self._tell(party, _about(status))

    def assigned(self, agent: Somebody | None, *, by: Somebody) -> None:
        if agent is self.assignee:
            return
        self.assignee = agent
        self.sequence += 1
        if agent is not None and agent is not by:
            self._tell(agent.id, "ticket_assigned_to_you")

    def put(self, key: str, value: object) -> None:
        if self.values.get(key) != value:
            self.sequence += 1
            self.values[key] = value

    # --- who may what -------------------------------------------------------------------------------------------

    def customers(self) -> list[UUID]:
        """Return who is told what customers are told about what happens now, each once."""
        active = (part.key for part in self.parts if part.state == "active" and part.since <= self.sequence)
        return list(dict.fromkeys((self.requester.id, *active)))

    def part_of(self, who: UUID) -> Part | None:
        return next((part for part in self.parts if part.state == "active" and who in (part.key, part.id)), None)

    def since(self, who: Somebody) -> int | None:
        """Return from which sequence on a customer sees the matter; None when they may not know of it."""
        if who is self.requester:
            return 0 if who.confirmed or not self.hidden else None
        part = self.part_of(who.id)
        return part.since if part and who.confirmed else None

    def sees(self, who: Somebody) -> bool:
        return who.agent or self.since(who) is not None

    def reads(self, who: Somebody) -> Iterator[Said]:
        """Yield what somebody may read."""
        since = self.since(who)
        for said in self.said:
            if who.agent or (
                since is not None and said.sequence >= since and not said.note and (who.confirmed or not said.hidden)
            ):
                yield said

    def still_told(self, party: UUID, notice: str, sequence: int, agents: set[UUID]) -> bool:
        """Tell whether what was queued may still go out."""
        if notice in {"customer_wrote", "ticket_assigned_to_you"}:
            return party in agents
        part = self.part_of(party)
        return party == self.requester.id or (part is not None and part.since <= sequence)

    # --- the pieces ---------------------------------------------------------------------------------------------

    def _say(self, word: str, author: UUID, *, note: bool = False, hidden: bool = False) -> None:
        self.sequence += 1
        self.said.append(Said(word, self.sequence, author, note, hidden))

    def _message(self, notice: str, author: UUID, before: str) -> None:
        """The others get the message with its status; its author hears of a new status alone."""
        for party in self.customers():
            if party != author:
                self._tell(party, notice)
            elif before != self.status:
                self._tell(party, _about(self.status))

    def _tell(self, party: UUID, notice: str) -> None:
        self.told.append((party, notice, self.sequence))


def _about(status: str) -> str:
    return "ticket_solved" if status == "solved" else "ticket_status_changed"
