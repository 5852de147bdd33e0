"""The commands of tickets: every door calls these, and nothing else changes a ticket.

Each command asks access, then checks, then (for a new ticket) entitlement, and then changes everything in one unit
of work: rows, event, deliveries, reactions. Nothing of a plugin runs inside that unit.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from helpdesk_core.accounts import Accounts, AccountState
from helpdesk_core.bus import Actor, Bus
from helpdesk_core.checks import Check, ask_all
from helpdesk_core.clock import Clock
from helpdesk_core.db import Database, Unit, uuid7
from helpdesk_core.errors import Changed, Forbidden, Invalid, Refused
from helpdesk_core.files import FileStore
from helpdesk_core.text import N_
from helpdesk_core.tickets.access import Action, TicketFacts, Viewer
from helpdesk_core.tickets.approach import Approach, approach, viewer_of
from helpdesk_core.tickets.commands import (
    LONGEST_SUBJECT,
    Assign,
    ChangeState,
    Done,
    Note,
    OpenTicket,
    PutValues,
    Reply,
)
from helpdesk_core.tickets.entitlement import Entitlement, NotEntitled, Verdict, ask_entitlements
from helpdesk_core.tickets.events import (
    AgentAnswered,
    CustomerReplied,
    NoteAdded,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
    ValueChanged,
)
from helpdesk_core.tickets.fields import TicketField, judge_values
from helpdesk_core.tickets.ledger import Ledger
from helpdesk_core.tickets.numbers import next_number, register_number
from helpdesk_core.tickets.reader import TicketReader
from helpdesk_core.tickets.reading import load_values
from helpdesk_core.tickets.settings import Tickets
from helpdesk_core.tickets.tables import Ticket
from helpdesk_core.tickets.wording import judged, one_line
from helpdesk_core.tickets.workflow import CLOSED, NEW, SOLVED, after_agent_reply, after_customer_reply, change
from helpdesk_core.tickets.writing import (
    Locked,
    insert_ticket,
    insert_verdict,
    lock,
    set_value,
    update_ticket,
)


class TicketService:
    """The commands of tickets for one site."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: Bus,
        accounts: Accounts,
        files: FileStore,
        *,
        settings: Tickets,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._ledger = Ledger(database, bus, accounts, files)
        self._zone = zone
        self._checks: Sequence[Check] = ()
        self._entitlements: Sequence[Entitlement] = ()
        self.settings = settings
        self.read = TicketReader(bus, settings.fields)
        self.fields: Sequence[TicketField] = settings.fields

    def wire(
        self, *, checks: Sequence[Check], entitlements: Sequence[Entitlement], fields: Sequence[TicketField]
    ) -> None:
        """Take what the plugins contribute; called once, when the site is built."""
        self._checks = checks
        self._entitlements = entitlements
        self.fields = self.read.fields = fields

    # --- commands -----------------------------------------------------------------------------------------------

    async def open(self, command: OpenTicket) -> Done:
        """Open a ticket.

        Raises:
            Invalid: The subject, text, kind or a field is not as it should be.
            Forbidden: The actor may not open a ticket for this customer or organisation.
            NotFound: There is no such customer.
            Refused: A check said no.
            NotEntitled: Nobody entitles the customer; the decision is kept.
        """
        kind = self.settings.kind(command.kind)
        if kind is None:
            raise Invalid(N_("Please choose what it is about."), field="kind")
        subject = one_line(command.subject)
        if not subject:
            raise Invalid(N_("Please enter a subject."), field="subject")
        command = msgspec.structs.replace(
            command, subject=subject[:LONGEST_SUBJECT], writing=judged(command.writing), kind=kind.code
        )
        viewer = await viewer_of(self._accounts, command.actor, command.origin)
        organisation = await self._on_whose_account(command, viewer)
        judge_values(self.fields, command.values, may_set=lambda field: field.ask or viewer is None or viewer.agent)
        await ask_all(self._checks, command)
        verdict = await self.entitlement(command)
        if verdict.outcome == "refuse":
            async with self._database.unit() as unit:
                await insert_verdict(unit, verdict, command, ticket=None, now=self._clock.now())
            raise NotEntitled(verdict)
        opening = msgspec.structs.replace(command, organisation=organisation)
        # The key stands for what was asked: a membership that begins or ends makes a repeat no other command.
        return await self._ledger.once(command, lambda unit: self._open(unit, opening, kind.code, verdict))

    async def reply(self, command: Reply) -> Done:
        """Write a public message: a customer's reply, or an agent's answer.

        Raises:
            Invalid: There is no text.
            NotFound, Forbidden, Refused: As for every command; a customer may set no other status than `solved`.
            Changed: Somebody else wrote since the writer looked.
        """
        command = msgspec.structs.replace(command, writing=judged(command.writing))
        found = await approach(self._accounts, command.actor, command.ticket, command.origin)
        by_agent = found.writes_as_agent(command.origin)
        found.demand(Action.ANSWER if by_agent else Action.REPLY)
        if not by_agent and command.status not in {None, SOLVED.code}:
            raise Refused(N_("This status cannot be chosen."), rule="core.workflow", field="status")
        await ask_all(self._checks, command)
        return await self._ledger.once(command, lambda unit: self._reply(unit, command, found, by_agent=by_agent))

    async def note(self, command: Note) -> Done:
        """Write a note that customers never see.

        Raises:
            Invalid, NotFound, Forbidden, Refused: As for every command.
        """
        command = msgspec.structs.replace(command, writing=judged(command.writing))
        found = await approach(self._accounts, command.actor, command.ticket)
        found.demand(Action.NOTE)
        await ask_all(self._checks, command)
        return await self._ledger.once(command, lambda unit: self._note(unit, command, found))

    async def change_state(self, command: ChangeState) -> Done:
        """Set the status without a message.

        Raises:
            NotFound, Forbidden, Refused: As for every command.
        """
        found = await approach(self._accounts, command.actor, command.ticket)
        by_agent = found.writes_as_agent(command.origin)
        found.demand(Action.CHANGE_STATE if by_agent else Action.SETTLE)
        await ask_all(self._checks, command)
        return await self._ledger.once(
            command, lambda unit: self._change_state(unit, command, found, by_agent=by_agent)
        )

    async def assign(self, command: Assign) -> Done:
        """Put an agent in charge, or nobody.

        Raises:
            Invalid: The assignee is no agent.
            NotFound, Forbidden, Refused: As for every command.
        """
        found = await approach(self._accounts, command.actor, command.ticket)
        found.demand(Action.ASSIGN)
        if command.assignee is not None:
            account = await self._accounts.find(command.assignee)
            if account is None or not account.is_agent or account.state is not AccountState.ACTIVE:
                raise Invalid(N_("Only an agent can be in charge of a ticket."), field="assignee")
        await ask_all(self._checks, command)
        return await self._ledger.once(command, lambda unit: self._assign(unit, command, found))

    async def put(self, command: PutValues) -> Done:
        """Set fields of site and plugins.

        Raises:
            Invalid: A field is unknown, or its value is none of the choices.
            NotFound, Forbidden, Refused: As for every command.
        """
        found = await approach(self._accounts, command.actor, command.ticket)
        found.demand(Action.SEE)
        viewer = found.viewer
        who = {"customer", "agent"} if viewer is not None and viewer.agent else {"customer"}
        judge_values(self.fields, command.values, may_set=lambda field: viewer is None or field.edit in who)
        await ask_all(self._checks, command)
        return await self._ledger.once(command, lambda unit: self._put(unit, command, found))

    # --- questions ----------------------------------------------------------------------------------------------

    async def entitlement(self, command: OpenTicket) -> Verdict:
        """Decide whether this command may open a ticket; nothing is stored."""
        return await ask_entitlements(self._entitlements, command, self.settings.unentitled)

    async def viewer(self, actor: Actor) -> Viewer | None:
        """Return who the actor is to the access policy; None for the system, which may do everything."""
        return await viewer_of(self._accounts, actor)

    # --- inside the unit of work --------------------------------------------------------------------------------

    async def _open(self, unit: Unit, command: OpenTicket, kind: str, verdict: Verdict) -> Done:
        now, ticket, message = self._clock.now(), uuid7(), uuid7()
        number = await next_number(self._database, unit, self.settings.number, now, self._zone)
        review = verdict.outcome == "review"
        await insert_ticket(
            unit, command, ticket=ticket, number=number, kind=kind, status=NEW.code, review=review, now=now
        )
        await register_number(self._database, unit, number, ticket, now)
        for given in command.values:
            await set_value(unit, ticket, given)
        event = TicketOpened(message=message, kind=kind, requester=command.requester, review=review)
        facts = TicketFacts(requester=command.requester, needs_confirmation=command.needs_confirmation)
        recorded = await self._ledger.record(unit, ticket, event, command, facts, assignee=None)
        author = msgspec.structs.replace(command.actor, on_behalf_of=command.requester)
        await self._ledger.write(unit, command.writing, recorded, message=message, author=author, by_agent=False)
        await insert_verdict(unit, verdict, command, ticket=ticket, now=now)
        return Done(ticket, number, message, NEW.code)

    async def _reply(self, unit: Unit, command: Reply, found: Approach, *, by_agent: bool) -> Done:
        now, message = self._clock.now(), uuid7()
        locked = await lock(self._database, unit, command.ticket, now)
        if command.seen is not None and await self._newer(command, command.seen, by_agent=by_agent):
            raise Changed(N_("There is a new message since you opened this ticket."))
        event: AgentAnswered | CustomerReplied
        changes: dict[Any, Any]
        if by_agent:
            after = after_agent_reply(locked.status, command.status)
            event = AgentAnswered(message=message, before=locked.status, after=after)
            changes = {Ticket.agent_wrote_at: now} | ({} if locked.answered else {Ticket.first_answered_at: now})
        else:
            after = after_customer_reply(locked.status, marks_solved=command.status == SOLVED.code)
            event = CustomerReplied(message=message, before=locked.status, after=after)
            changes = {Ticket.customer_wrote_at: now}
        recorded = await self._ledger.record(
            unit, command.ticket, event, command, found.facts, assignee=locked.assignee
        )
        await self._ledger.write(
            unit, command.writing, recorded, message=message, author=command.actor, by_agent=by_agent
        )
        await update_ticket(unit, command.ticket, changes | _status_columns(locked.status, after, now))
        if by_agent and locked.assignee is None and command.actor.person_id is not None:
            await self._put_in_charge(unit, command, found, locked, command.actor.person_id)
        return Done(command.ticket, locked.number, message, after)

    async def _note(self, unit: Unit, command: Note, found: Approach) -> Done:
        now, message = self._clock.now(), uuid7()
        locked = await lock(self._database, unit, command.ticket, now)
        event = NoteAdded(message=message)
        recorded = await self._ledger.record(
            unit, command.ticket, event, command, found.facts, assignee=locked.assignee
        )
        await self._ledger.write(
            unit, command.writing, recorded, message=message, author=command.actor, by_agent=True, note=True
        )
        return Done(command.ticket, locked.number, message, locked.status)

    async def _change_state(self, unit: Unit, command: ChangeState, found: Approach, *, by_agent: bool) -> Done:
        now = self._clock.now()
        locked = await lock(self._database, unit, command.ticket, now)
        if locked.status != command.status:
            after = change(locked.status, command.status, by_agent=by_agent)
            event = StatusChanged(before=locked.status, after=after)
            await self._ledger.record(unit, command.ticket, event, command, found.facts, assignee=locked.assignee)
            await update_ticket(unit, command.ticket, _status_columns(locked.status, after, now))
        return Done(command.ticket, locked.number, None, command.status)

    async def _assign(self, unit: Unit, command: Assign, found: Approach) -> Done:
        locked = await lock(self._database, unit, command.ticket, self._clock.now())
        if locked.assignee != command.assignee:
            await self._put_in_charge(unit, command, found, locked, command.assignee)
        return Done(command.ticket, locked.number, None, locked.status)

    async def _put(self, unit: Unit, command: PutValues, found: Approach) -> Done:
        locked = await lock(self._database, unit, command.ticket, self._clock.now())
        fields = {field.key.name: field for field in self.fields}
        values = await load_values(command.ticket)
        for given in command.values:
            name, before, values = given.key.name, values, values.changed(given)
            if values == before:
                continue
            await set_value(unit, command.ticket, given)
            old, new = (fields[name].worth(each.columns.get(name)) for each in (before, values))
            event = ValueChanged(key=name, before=old, after=new)
            await self._ledger.record(unit, command.ticket, event, command, found.facts, assignee=locked.assignee)
        return Done(command.ticket, locked.number, None, locked.status)

    async def _put_in_charge(
        self, unit: Unit, command: Reply | Assign, found: Approach, locked: Locked, assignee: UUID | None
    ) -> None:
        event = TicketAssigned(before=locked.assignee, after=assignee)
        await self._ledger.record(unit, command.ticket, event, command, found.facts, assignee=locked.assignee)
        await update_ticket(unit, command.ticket, {Ticket.assignee: assignee})

    # --- the pieces ---------------------------------------------------------------------------------------------

    async def _newer(self, command: Reply, seen: int, *, by_agent: bool) -> bool:
        """Tell whether somebody else wrote what the writer may read after what they had seen."""
        readable = "" if by_agent else " AND type = 'public'"
        rows = await self._database.fetch(
            "SELECT author, author_participant FROM helpdesk_core_message "
            f"WHERE ticket = {{}} AND sequence > {{}}{readable}",
            command.ticket,
            seen,
        )
        writer = (command.actor.person_id, command.actor.participant_id)
        return any((row["author"], row["author_participant"]) != writer for row in rows)

    async def _on_whose_account(self, command: OpenTicket, viewer: Viewer | None) -> UUID | None:
        """Return the organisation of a new ticket: the one named, or the requester's where there is exactly one.

        Raises:
            Forbidden: The actor may not open a ticket for this customer, or for an organisation they do not belong to.
            NotFound: There is no such customer.
        """
        trusted = viewer is None or (viewer.active and viewer.agent)
        themselves = viewer is not None and viewer.active and viewer.person_id == command.requester
        if not trusted and not themselves:
            raise Forbidden(N_("You may open tickets for yourself only."))
        await self._accounts.get(command.requester)
        today = self._clock.now().astimezone(self._zone).date()
        belongs = {each.organisation for each in await self._accounts.memberships(command.requester, today)}
        if command.organisation is None:
            return belongs.pop() if len(belongs) == 1 else None
        if not trusted and command.organisation not in belongs:
            raise Forbidden(N_("You may open tickets for yourself only."))
        return command.organisation


def _status_columns(before: str, after: str, now: datetime) -> dict[Any, Any]:
    if before == after:
        return {}
    return {
        Ticket.status: after,
        Ticket.status_since: now,
        Ticket.solved_at: now if after == SOLVED.code else None,
        Ticket.closed_at: now if after == CLOSED.code else None,
    }
