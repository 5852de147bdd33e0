"""Everybody whom a notice about a ticket can go to, and everything that can happen to the ticket."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from helpdesk_core.accounts import Account
from helpdesk_core.accounts.tables import Address, Person
from helpdesk_core.bus import Actor, OutgoingMessage
from helpdesk_core.db import uuid7
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.hookspecs import hookimpl
from helpdesk_core.links import Links
from helpdesk_core.testing.desks import Desk, Told
from helpdesk_core.tickets import Assign, ChangeState, Done, NewFile, OpenTicket, Reply, Writing
from helpdesk_core.tickets.tables import ParticipantRow


class Reached(Told):
    """Tells where the pages would be, too."""

    @hookimpl
    def helpdesk_links(self, helpdesk: Helpdesk) -> Sequence[Links]:
        def to(place: str):
            return lambda key: f"https://support.example.org/{place}/{key}"

        return [
            Links(
                start="https://support.example.org/",
                sign_in="https://support.example.org/login",
                forgot="https://support.example.org/forgot",
                ticket=to("tickets"),
                desk_ticket=to("desk/tickets"),
                confirm=to("confirm"),
                not_me=to("not-me"),
                reset=to("reset"),
                register=to("register"),
            )
        ]


class Cast:
    """Everybody a notice can go to, in one language; everything they type holds the same words."""

    def __init__(self, desk: Desk, language: str, subject: str, text: str) -> None:
        self.desk = desk
        self.language = language
        self.subject = subject
        self.text = text

    async def person(self, name: str, *, agent: bool = False, proven: bool = True) -> Account:
        account = await (self.desk.agent(name) if agent else self.desk.person(name))
        await Person.update({Person.language: self.language, Person.family_name: f"{self.subject} {name}"}).where(
            Person.id == account.id
        )
        if not proven:
            await Address.update({Address.proven_at: None}).where(Address.person == account.id)
        return account

    async def ticket(self, requester: Account) -> Done:
        stored = await self.desk.helpdesk.files.put(b"pixels")
        file = NewFile(name="secret.png", stored=stored, media_type="image/png")
        return await self.desk.helpdesk.tickets.open(
            OpenTicket(
                **self._common(requester),
                requester=requester.id,
                subject=self.subject,
                writing=Writing(text=self.text, files=(file,)),
            )
        )

    async def write(self, who: Account, ticket: Done, status: str | None = None, style: str = "plain") -> None:
        stored = await self.desk.helpdesk.files.put(b"pixels")
        file = NewFile(name="secret.png", stored=stored, media_type="image/png")
        writing = Writing(text=self.text, files=(file,), format=style)
        await self.desk.helpdesk.tickets.reply(
            Reply(**self._common(who), ticket=ticket.ticket, writing=writing, status=status)
        )

    async def set_status(self, who: Account, ticket: Done, status: str) -> None:
        command = ChangeState(**self._common(who), ticket=ticket.ticket, status=status)
        await self.desk.helpdesk.tickets.change_state(command)

    async def assign(self, who: Account, ticket: Done, to: Account) -> None:
        await self.desk.helpdesk.tickets.assign(Assign(**self._common(who), ticket=ticket.ticket, assignee=to.id))

    async def join(self, ticket: Done, person: Account | None, address: str = "", since: int = 2) -> None:
        await ParticipantRow.insert(
            ParticipantRow(
                id=uuid7(),
                ticket=ticket.ticket,
                person=person.id if person else None,
                address=address or None,
                canonical=address or None,
                state="active",
                since=since,
                created_at=self.desk.clock.now(),
            )
        )

    def _common(self, who: Account) -> dict[str, Any]:
        self.desk.clock.advance(timedelta(hours=3))
        return {"actor": Actor.of(who.id), "origin": "desk" if who.is_agent else "web", "once": self.desk.once()}

    async def everything(self, *, proven: bool) -> list[OutgoingMessage]:
        """Let every notice happen, in every status, and return what went to those of the wanted kind."""
        requester = await self.person("Karin Krüger", proven=proven)
        other = await self.person("Emre Weber", proven=proven)
        anna = await self.person("Anna Meyer", agent=True, proven=proven)
        paul = await self.person("Paul Nowak", agent=True, proven=proven)
        ticket = await self.ticket(requester)
        await self.join(ticket, other)
        await self.join(ticket, None, "guest@else.example")
        for before, after in pairwise(["open", "waiting", "solved", "closed", "open"]):
            await self.desk.deliver()
            await self.write(anna, ticket, before)
            await self.write(other, ticket)
            await self.set_status(anna, ticket, after)
        await self.assign(anna, ticket, paul)
        await self.write(requester, ticket)
        await self.desk.deliver()
        return [message for message in self.desk.channel.rendered if message.recipient.proven == proven]
