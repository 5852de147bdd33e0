"""Who comes to a ticket, and whether they may do what they want: asked before every command."""

from typing import Final
from uuid import UUID

import msgspec

from helpdesk_core.accounts import Accounts
from helpdesk_core.bus import Actor
from helpdesk_core.errors import Forbidden, NotFound
from helpdesk_core.text import N_
from helpdesk_core.tickets.access import Action, TicketFacts, Viewer, allowed
from helpdesk_core.tickets.reading import TicketHead, facts_of, load_head, load_participants


class Approach(msgspec.Struct, frozen=True):
    """A ticket as somebody comes to it with a command.

    Attributes:
        head: The ticket.
        facts: What the access policy needs to know of it.
        viewer: Who comes; None for the system, which may do everything.
    """

    head: TicketHead
    facts: TicketFacts
    viewer: Viewer | None

    def demand(self, action: Action) -> None:
        """Let the action pass, or raise.

        Raises:
            NotFound: The actor may not even know of the ticket.
            Forbidden: They may see it, but not do this.
        """
        if self.viewer is None:
            return
        actions = allowed(self.viewer, self.facts)
        if Action.SEE not in actions:
            raise NotFound(N_("There is no such ticket."))
        if action not in actions:
            raise Forbidden(N_("You may not do this with this ticket."))

    def writes_as_agent(self, origin: str) -> bool:
        """Tell whether they write as the vendor: an agent may be a customer as well, but never at the desk."""
        if self.viewer is None:
            return True
        return self.viewer.agent and (origin == "desk" or self.viewer.person_id != self.facts.requester)


SHOWING: Final = frozenset({"web", "desk"})
"""Channels that show tickets. By the others somebody only writes, and the channel has judged who they are."""


async def viewer_of(accounts: Accounts, actor: Actor, origin: str = "web") -> Viewer | None:
    """Return who the actor is to the access policy; None for the system, which may do everything.

    Only agents act for others; a customer who says so may do nothing at all.

    What waits for a confirmation is hidden from people, not closed to them: who writes by a channel that shows
    nothing may do so before they are confirmed, and before they chose a password.
    """
    if actor.system_name is not None:
        return None
    if actor.participant_id is not None:
        return Viewer(participant_id=actor.participant_id)
    account = await accounts.find(actor.person_id) if actor.person_id is not None else None
    if account is None:
        return Viewer(active=False)
    reached = account.can_sign_in or (account.is_open and origin not in SHOWING)
    as_themselves = account.is_agent or actor.on_behalf_of in {None, account.id}
    return Viewer(
        person_id=account.id,
        agent=account.is_agent,
        confirmed=account.confirmed or origin not in SHOWING,
        active=reached and as_themselves,
    )


async def approach(accounts: Accounts, actor: Actor, ticket: UUID, origin: str = "web") -> Approach:
    """Return the ticket as the actor comes to it by a channel.

    Raises:
        NotFound: It does not exist.
    """
    head = await load_head("t.id = {}", ticket)
    if head is None:
        raise NotFound(N_("There is no such ticket."))
    return Approach(head, facts_of(head, await load_participants(ticket)), await viewer_of(accounts, actor, origin))
