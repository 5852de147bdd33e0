"""The ledger: how every command of tickets writes down what happened, once, and queues what everybody is told of it."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from helpdesk_core.accounts import Accounts
from helpdesk_core.bus import Actor, Addressee, Bus, Event, Recorded, Subject
from helpdesk_core.db import Database, Unit
from helpdesk_core.db.idempotency import once
from helpdesk_core.files import FileStore
from helpdesk_core.tickets.access import TicketFacts
from helpdesk_core.tickets.commands import Command, Done, Writing
from helpdesk_core.tickets.recipients import Party, recipients
from helpdesk_core.tickets.tables import ParticipantRow, Ticket
from helpdesk_core.tickets.writing import insert_message, update_ticket


class Ledger:
    """Writes what happened to the tickets of one site."""

    def __init__(self, database: Database, bus: Bus, accounts: Accounts, files: FileStore) -> None:
        self._database = database
        self._bus = bus
        self._accounts = accounts
        self._files = files

    async def once(self, command: Command, make: Callable[[Unit], Awaitable[Done]]) -> Done:
        """Run a command in one unit of work; a repeat of its key returns what the first run did.

        Raises:
            KeyReused: The key stands for another command.
        """

        async def run() -> dict[str, Any]:
            done: dict[str, Any] = msgspec.to_builtins(await make(unit))
            return done

        actor = command.actor.person_id or command.actor.participant_id or command.actor.system_name
        digest = hashlib.sha256(msgspec.json.encode(command, enc_hook=repr)).hexdigest()
        async with self._database.unit() as unit:
            result = await once(f"{type(command).__name__}:{actor}", command.once, digest, run)
        return msgspec.convert(result, Done)

    async def record(
        self,
        unit: Unit,
        ticket: UUID,
        event: Event,
        command: Command,
        facts: TicketFacts,
        *,
        assignee: UUID | None,
    ) -> Recorded[Event]:
        """Write the event down and queue what everybody is told about it.

        Args:
            unit: The unit of work of the command.
            ticket: The ticket, locked in this unit.
            event: What happens.
            command: Who asked for it, and through which channel.
            facts: The requester and the participants.
            assignee: The agent in charge before it.
        """
        recorded = await self._bus.record(
            unit, Subject("ticket", ticket), event, actor=command.actor, origin=command.origin
        )
        for telling in recipients(recorded, facts, assignee):
            addressees = await self._addressees(telling.party)
            if telling.notice.automatic:
                addressees = [each for each in addressees if await self._may_get_automatic_mail(unit, each)]
            await self._bus.announce(unit, recorded, telling.notice, addressees)
        await update_ticket(unit, ticket, {Ticket.sequence: recorded.sequence})
        return recorded

    async def write(
        self,
        unit: Unit,
        writing: Writing,
        recorded: Recorded[Event],
        *,
        message: UUID,
        author: Actor,
        by_agent: bool,
        note: bool = False,
    ) -> None:
        """Keep the text and the files of an event that is a message or a note."""
        await insert_message(
            unit,
            self._files,
            writing,
            message=message,
            ticket=recorded.subject.id,
            type="note" if note else "public",
            sequence=recorded.sequence,
            actor=author,
            origin=recorded.origin,
            by_agent=by_agent,
            now=recorded.at,
        )

    async def _addressees(self, party: Party) -> Sequence[Addressee]:
        if party.person_id is not None:
            return await self._accounts.addressees([party.person_id])
        rows = await ParticipantRow.select(ParticipantRow.channel, ParticipantRow.address).where(
            ParticipantRow.id == party.participant_id
        )
        return [Addressee(channel=row["channel"], address=row["address"]) for row in rows]

    async def _may_get_automatic_mail(self, unit: Unit, addressee: Addressee) -> bool:
        """Tell whether a mail that no person wrote may go out: anybody can make us write to an unproven address."""
        if addressee.person_id is None or addressee.address_id is None:
            return True
        account = await self._accounts.find(addressee.person_id)
        address = account.address(addressee.address_id) if account is not None else None
        if address is None or address.proven:
            return True
        return await self._accounts.may_mail_unproven(unit, addressee.address)
