"""The access policy: an oracle written from the promise, and the same answer from pages, lists and counts."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.db import uuid7
from helpdesk_core.errors import NotFound
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Action, TicketQuery, Viewer
from helpdesk_core.tickets.access import (
    MessageFacts,
    TakesPart,
    TicketFacts,
    allowed,
    sees_message,
)
from helpdesk_core.tickets.tables import ParticipantRow, Ticket

PEOPLE = [UUID(int=number) for number in range(1, 5)]
people = st.sampled_from(PEOPLE)
participants = st.lists(
    st.builds(
        TakesPart, id=st.uuids(), person_id=st.one_of(st.none(), people), since=st.integers(min_value=0, max_value=9)
    ),
    max_size=3,
    unique_by=lambda one: one.person_id or one.id,
).map(tuple)
tickets = st.builds(TicketFacts, requester=people, participants=participants, needs_confirmation=st.booleans())
viewers = st.builds(Viewer, person_id=people, agent=st.booleans(), confirmed=st.booleans(), active=st.booleans())
messages = st.builds(
    MessageFacts, note=st.booleans(), sequence=st.integers(min_value=1, max_value=10), needs_confirmation=st.booleans()
)


def promised(viewer: Viewer, ticket: TicketFacts, message: MessageFacts) -> bool:
    """The promise in its own words, without a look at the policy's code."""
    if not viewer.active:
        return False
    if viewer.agent:
        return True
    if message.note:
        return False
    if not viewer.confirmed and (message.needs_confirmation or ticket.needs_confirmation):
        return False
    if viewer.person_id == ticket.requester:
        return True
    return viewer.confirmed and any(
        one.person_id == viewer.person_id and message.sequence >= one.since for one in ticket.participants
    )


@given(viewers, tickets, messages)
def test_who_reads_a_message_is_as_promised(viewer, ticket, message):
    assert sees_message(viewer, ticket, message) == promised(viewer, ticket, message)


@given(viewers, tickets, messages)
def test_taking_a_right_away_never_shows_more(viewer, ticket, message):
    from msgspec.structs import replace

    for less in (
        replace(viewer, agent=False),
        replace(viewer, confirmed=False),
        replace(viewer, active=False),
    ):
        assert sees_message(less, ticket, message) <= sees_message(viewer, ticket, message)


@given(viewers, tickets)
def test_who_may_do_anything_may_see_and_no_customer_does_an_agents_work(viewer, ticket):
    actions = set(allowed(viewer, ticket))
    assert not actions or Action.SEE in actions
    if not viewer.agent:
        assert not actions & {Action.NOTE, Action.ANSWER, Action.ASSIGN, Action.CHANGE_STATE, Action.EDIT}


def test_a_bare_participant_sees_only_what_came_after_joining():
    here = uuid7()
    ticket = TicketFacts(requester=PEOPLE[0], participants=(TakesPart(id=here, person_id=None, since=3),))
    viewer = Viewer(participant_id=here)
    assert [sees_message(viewer, ticket, MessageFacts(note=False, sequence=at)) for at in (2, 3, 4)] == [
        False,
        True,
        True,
    ]
    assert not allowed(Viewer(participant_id=uuid7()), ticket)


@pytest.mark.anyio
async def test_lists_and_counts_show_exactly_what_pages_show(desk: Desk):
    accounts = [await desk.person(name) for name in ("Karin Krüger", "Emre Weber", "Jana Gross")]
    opened = [await desk.ticket(account) for account in accounts for _ in range(2)]
    await ParticipantRow.insert(
        ParticipantRow(
            id=uuid7(), ticket=opened[0].ticket, person=accounts[1].id, state="active", created_at=desk.clock.now()
        ),
        ParticipantRow(
            id=uuid7(), ticket=opened[2].ticket, person=accounts[2].id, state="proposed", created_at=desk.clock.now()
        ),
    )
    await Ticket.update({Ticket.needs_confirmation: True}).where(Ticket.id == opened[1].ticket)
    read = desk.helpdesk.tickets.read
    for account in (*accounts, await desk.agent()):
        for confirmed in (True, False):
            viewer = Viewer(person_id=account.id, agent=account.is_agent, confirmed=confirmed)
            by_page = set()
            for done in opened:
                with suppress(NotFound):
                    by_page.add((await read.view(viewer, done.number)).head.number)
            page = await read.list(viewer, TicketQuery())
            assert {head.number for head in page.tickets} == by_page
            assert await read.count(viewer, TicketQuery()) == len(by_page)


@pytest.mark.anyio
async def test_a_list_is_read_page_by_page_without_gap_or_repeat(desk: Desk):
    karin = await desk.person("Karin Krüger")
    opened = [(await desk.ticket(karin)).number for _ in range(7)]
    viewer, seen, after = await desk.viewer(karin), [], None
    while True:
        page = await desk.helpdesk.tickets.read.list(viewer, TicketQuery(), after=after, limit=3)
        seen += [head.number for head in page.tickets]
        if (after := page.after) is None:
            break
    assert sorted(seen) == sorted(opened)
    assert len(seen) == 7
