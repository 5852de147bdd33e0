"""One ticket with everything on it: notes, files, values, and people who take part, took part or never did."""

from typing import Any
from uuid import UUID

from helpdesk_core.accounts import Account
from helpdesk_core.bus import Actor
from helpdesk_core.db import uuid7
from helpdesk_core.fields import Key, put
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import NewFile, Note, PutValues, Reply, TicketField, Writing
from helpdesk_core.tickets.tables import ParticipantRow

OPEN = Key("open_to_all", str)
INNER = Key("inner", str)
HIDDEN = Key("hidden", str)
FIELDS = (
    TicketField(key=OPEN, label="Open", see="customer"),
    TicketField(key=INNER, label="Inner", see="agent"),
    TicketField(key=HIDDEN, label="Hidden", see="nobody", edit="nobody"),
)


class Scene:
    """Karin's ticket, with a note, a file on everything, and Emre who takes part from the answer on."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.files: dict[str, UUID] = {}

    async def play(self) -> "Scene":
        desk, tickets = self.desk, self.desk.helpdesk.tickets
        tickets.wire(checks=(), entitlements=(), fields=FIELDS)
        self.karin, self.emre, self.jana = [
            await desk.person(name) for name in ("Karin Krüger", "Emre Weber", "Jana Gross")
        ]
        self.anna = await desk.agent()
        self.done = await desk.ticket(self.karin)
        note = Note(**self.by(self.anna), writing=await self.writing("note"))
        await tickets.note(note)
        await self.join(self.emre, "active", since=3)
        await self.join(self.jana, "proposed", since=1)
        await tickets.reply(Reply(**self.by(self.anna), writing=await self.writing("answer"), status="waiting"))
        puts = tuple(put(key, "value") for key in (OPEN, INNER))
        await tickets.put(PutValues(**self.by(self.anna), values=puts))
        system = self.by(self.anna) | {"actor": Actor.system("plugin")}
        await tickets.put(PutValues(**system, values=(put(HIDDEN, "value"),)))
        await tickets.reply(Reply(**self.by(self.karin), writing=await self.writing("reply")))
        rows = await desk.helpdesk.database.fetch("SELECT id, name FROM helpdesk_core_file")
        self.files = {row["name"].removesuffix(".txt"): row["id"] for row in rows}
        return self

    async def go_on(self) -> None:
        """Write as much again, and open another ticket."""
        for number in range(3):
            await self.desk.helpdesk.tickets.reply(
                Reply(**self.by(self.karin), writing=await self.writing(f"more {number}"))
            )
        await self.desk.ticket(self.karin)

    def by(self, who: Account) -> dict[str, Any]:
        origin = "desk" if who.is_agent else "web"
        return {"actor": Actor.of(who.id), "origin": origin, "once": self.desk.once(), "ticket": self.done.ticket}

    async def writing(self, name: str) -> Writing:
        stored = await self.desk.helpdesk.files.put(name.encode())
        file = NewFile(name=f"{name}.txt", stored=stored, media_type="text/plain")
        return Writing(text=f"the {name}", files=(file,))

    async def join(self, who: Account, state: str, since: int) -> None:
        await ParticipantRow.insert(
            ParticipantRow(
                id=uuid7(),
                ticket=self.done.ticket,
                person=who.id,
                state=state,
                since=since,
                created_at=self.desk.clock.now(),
            )
        )
