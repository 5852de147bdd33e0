"""A running small helpdesk beside the promise, and the looks that compare the two: what is stored, told and shown."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from helpdesk_core.accounts.tables import Person
from helpdesk_core.bus import OutgoingMessage
from helpdesk_core.checks import Check, Refuse
from helpdesk_core.errors import NotFound
from helpdesk_core.fields import Choice, Key
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.desks import Desk, Told, small_site
from helpdesk_core.tickets import (
    STATUSES,
    Assign,
    ChangeState,
    Done,
    InternalNote,
    Kind,
    Note,
    OpenTicket,
    PutValues,
    Reply,
    TicketField,
    TicketOpened,
    TicketQuery,
    Tickets,
    TicketView,
    Viewer,
)
from helpdesk_core.tickets.commands import Command
from helpdesk_core.tickets.tables import ParticipantRow
from tests.core.tickets.promise import ALLOWED, Matter, Part, Somebody

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COLOUR = Key("colour", str)
REMARK = Key("remark", str)
WEIGHT = Key("weight", float)
FIELDS = (
    TicketField(key=COLOUR, label="Colour", choices=(Choice("red", "Red"), Choice("blue", "Blue")), edit="customer"),
    TicketField(key=REMARK, label="Remark", see="agent", edit="agent"),
    TicketField(key=WEIGHT, label="Weight", see="nobody", edit="nobody"),
)
SEEN_BY = {"colour": {"customer", "agent"}, "remark": {"agent"}, "weight": set[str]()}

T = TypeVar("T")


async def make_people(desk: Desk) -> dict[str, Somebody]:
    """Make two confirmed customers, one who is not, and two agents."""
    people = {}
    for name in ("Karin Krüger", "Emre Weber", "Jana Gross"):
        people[name[:5].strip().lower()] = Somebody((await desk.person(name)).id)
    for name in ("Anna Meyer", "Paul Nowak"):
        people[name[:4].lower()] = Somebody((await desk.agent(name)).id, agent=True)
    await Person.update({Person.confirmed_at: None}).where(Person.id == people["jana"].id)
    return people


class World:
    """The helpdesk, its people and their matters.

    Args:
        url: A database in which the people are already.
        files: Folder for attachments.
        people: The people of `make_people`, not to be changed.
    """

    def __init__(self, url: str, files: Path, people: dict[str, Somebody]) -> None:
        kinds = (Kind("bug", "Fault"), Kind("question", "Question"))
        site = small_site(url, files, Told(), tickets=Tickets(kinds=kinds, fields=FIELDS))
        self.clock = SettableClock(START)
        self.helpdesk = Helpdesk(site, {}, clock=self.clock)
        self.desk = Desk(self.helpdesk, self.clock)
        self.tickets = self.helpdesk.tickets
        self.people = {name: Somebody(one.id, one.agent, one.confirmed) for name, one in people.items()}
        self.people["jana"].confirmed = False
        self.matters: list[Matter] = []
        self.mood: Refuse | RuntimeError | None = None
        self.tickets.wire(
            checks=[Check(name="test.mood", command=object, ask=self._ask)], entitlements=(), fields=FIELDS
        )
        self._runner = asyncio.Runner()
        self._using = self.helpdesk.database.use()
        self._handled: dict[UUID, int] = {}
        self.run(self._open())

    async def _open(self) -> None:
        self._using.__enter__()
        await self.helpdesk.start()
        await self.helpdesk.identify()

    async def _ask(self, command: object) -> Refuse | None:
        if isinstance(self.mood, RuntimeError):
            raise self.mood
        return self.mood

    def close(self) -> None:
        self.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        await self.helpdesk.close()
        self._using.__exit__(None, None, None)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @property
    def agents(self) -> set[UUID]:
        return {one.id for one in self.people.values() if one.agent}

    def viewer(self, who: Somebody) -> Viewer:
        return Viewer(person_id=who.id, agent=who.agent, confirmed=who.confirmed)

    def command(self, command: Command) -> Done:
        """Give a command, a while after the one before."""
        self.clock.advance(timedelta(minutes=7))
        door: dict[type[Command], Callable[[Any], Coroutine[Any, Any, Done]]] = {
            OpenTicket: self.tickets.open,
            Reply: self.tickets.reply,
            Note: self.tickets.note,
            ChangeState: self.tickets.change_state,
            Assign: self.tickets.assign,
            PutValues: self.tickets.put,
        }
        return self.run(door[type(command)](command))

    async def add_part(self, matter: Matter, part: Part) -> None:
        """Let somebody take part, or be proposed to. A bare address names its key, so that a mail tells whose it is."""
        address = None if part.who else f"{part.id}@guest.example"
        await ParticipantRow.insert(
            ParticipantRow(
                id=part.id,
                ticket=matter.id,
                person=part.who.id if part.who else None,
                address=address,
                canonical=address,
                state=part.state,
                since=part.since,
                created_at=self.clock.now(),
            )
        )
        matter.parts.append(part)

    async def move_part(self, matter: Matter, part: Part, state: str) -> None:
        """Let a proposed one join from now on, or anybody leave."""
        if part.state == "proposed":
            part.since = matter.sequence + 1
        part.state = state
        await ParticipantRow.update({ParticipantRow.state: state, ParticipantRow.since: part.since}).where(
            ParticipantRow.id == part.id
        )

    async def confirm(self, name: str) -> None:
        """Let a customer confirm their account."""
        self.people[name].confirmed = True
        await Person.update({Person.confirmed_at: self.clock.now()}).where(Person.id == self.people[name].id)

    # --- looks --------------------------------------------------------------------------------------------------

    async def look_at_rows(self, matter: Matter) -> None:
        """Compare what is stored, and who is to be told, with the promise; quick, for every step."""
        fetch = self.helpdesk.database.fetch
        (row,) = await fetch("SELECT number, status, assignee FROM helpdesk_core_ticket WHERE id = {}", matter.id)
        assignee = matter.assignee.id if matter.assignee else None
        assert (row["number"], row["status"], row["assignee"]) == (matter.number, matter.status, assignee)
        told = await fetch(
            'SELECT person, "to", notice, position FROM helpdesk_core_delivery WHERE subject_id = {}', matter.id
        )
        assert Counter(
            (self._party(each["person"], each["to"]), each["notice"], each["position"]) for each in told
        ) == (Counter(matter.told))

    async def look_at_mails(self) -> None:
        """Deliver what is due: exactly what may still go goes, and no mail says what its reader may not know."""
        due: Counter[tuple[UUID, UUID, str]] = Counter(
            (matter.id, party, notice)
            for matter in self.matters
            for party, notice, sequence in matter.told[self._handled.get(matter.id, 0) :]
            if matter.still_told(party, notice, sequence, self.agents)
        )
        self._handled = {matter.id: len(matter.told) for matter in self.matters}
        rendered = self.desk.channel.rendered
        rendered.clear()
        await self.desk.deliver()
        new = Counter[tuple[UUID, UUID, str]]()
        for message in rendered:
            matter = next(each for each in self.matters if message.subject.endswith(f"[#{each.number}]"))
            party = self._party(message.addressee.person_id, message.addressee.address)
            new[matter.id, party, message.notice] += 1
            assert self._words(message) <= self._readable(matter, party)
        assert new == due

    def _words(self, message: OutgoingMessage) -> set[str]:
        return set(re.findall(r"word\d+", f"{message.subject} {message.text} {message.short} {message.html}"))

    def _readable(self, matter: Matter, party: UUID) -> set[str]:
        part = matter.part_of(party)
        since = part.since if part and party not in self.agents else 0
        return {said.word for said in matter.said if not said.note and said.sequence >= since}

    def _party(self, person: UUID | None, address: str) -> UUID:
        return person or UUID(address.partition("@")[0])

    async def look_at_pages(self) -> None:
        """Compare every page, list and count of everybody with the promise."""
        for who in self.people.values():
            viewer = self.viewer(who)
            for matter in self.matters:
                await self._look_at_page(who, matter)
            mine = [matter.number for matter in self.matters if matter.sees(who)]
            page = await self.tickets.read.list(viewer, TicketQuery(), limit=100)
            assert sorted(head.number for head in page.tickets) == sorted(mine)
            for status in STATUSES:
                count = await self.tickets.read.count(viewer, TicketQuery(statuses=(status,)))
                assert count == sum(matter.sees(who) and matter.status == status for matter in self.matters)

    async def _look_at_page(self, who: Somebody, matter: Matter) -> None:
        view: TicketView | None = None
        with suppress(NotFound):
            view = await self.tickets.read.view(self.viewer(who), matter.number)
        assert (view is not None) == matter.sees(who)
        if view is None:
            return
        assert [(one.text, one.sequence) for one in view.messages] == [
            (said.word, said.sequence) for said in matter.reads(who)
        ]
        may_read = {said.word for said in matter.reads(who)}
        assert set(re.findall(r"word\d+", repr(view))) <= may_read
        assert who.agent or not any(isinstance(one, InternalNote) for one in view.messages)
        role = "agent" if who.agent else "customer"
        assert {name: stored.text or stored.number for name, stored in view.values.columns.items()} == {
            key: value for key, value in matter.values.items() if value is not None and role in SEEN_BY[key]
        }
        if who.agent:
            self._replay(matter, view)
        else:
            since = matter.since(who)
            assert all(since is not None and each.sequence >= since for each in view.history)
            assert all(each.event.name != "ticket.note_added" for each in view.history)

    def _replay(self, matter: Matter, view: TicketView) -> None:
        """Play the history again: it knows no gap and no forbidden step, and ends where the ticket stands."""
        assert [each.sequence for each in view.history] == list(range(1, matter.sequence + 1))
        status, assignee = "", None
        for each in view.history:
            event = each.event
            if isinstance(event, TicketOpened):
                status = "new"
            elif event.name in ALLOWED:
                assert event.before == status
                assert (event.before, event.after) in ALLOWED[event.name]
                status = event.after
            elif event.name == "ticket.assigned":
                assert event.before == assignee
                assignee = event.after
        assert (status, assignee) == (view.head.status, view.head.assignee)
