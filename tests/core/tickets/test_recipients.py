"""Who is told what: a table of events and roles, and what holds whoever takes part."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.bus import Actor, Event, Recorded, Subject
from helpdesk_core.tickets import (
    EVENTS,
    NOTICES,
    AgentAnswered,
    CustomerReplied,
    NoteAdded,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantProposed,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
    ValueChanged,
)
from helpdesk_core.tickets.access import TakesPart, TicketFacts
from helpdesk_core.tickets.notices import TicketNotice
from helpdesk_core.tickets.recipients import Party, Telling, recipients

TICKET = Subject("ticket", UUID(int=99))
KARIN, EMRE, ANNA, PAUL, BARE, LATE = (UUID(int=number) for number in range(1, 7))
MESSAGE = UUID(int=50)

FACTS = TicketFacts(
    requester=KARIN,
    participants=(
        TakesPart(id=UUID(int=20), person_id=EMRE, since=2),
        TakesPart(id=BARE, person_id=None, since=2),
        TakesPart(id=UUID(int=21), person_id=LATE, since=6),
    ),
)
NAMES = {
    Party(KARIN): "karin",
    Party(EMRE): "emre",
    Party(ANNA): "anna",
    Party(PAUL): "paul",
    Party(participant_id=BARE): "bare",
    Party(LATE): "late",
}


def happened(event: Event, actor: Actor, sequence: int = 5) -> Recorded[Event]:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    return Recorded(id=UUID(int=1), event=event, subject=TICKET, sequence=sequence, actor=actor, origin="web", at=at)


def told(event: Event, actor: Actor, assignee: UUID | None = ANNA) -> dict[str, str]:
    tellings = recipients(happened(event, actor), FACTS, assignee)
    found = {NAMES[each.party]: each.notice.name for each in tellings}
    assert len(found) == len(tellings), "nobody is told twice of one event"
    return found


def replied(before: str, after: str) -> CustomerReplied:
    return CustomerReplied(message=MESSAGE, before=before, after=after)


def answered(before: str, after: str) -> AgentAnswered:
    return AgentAnswered(message=MESSAGE, before=before, after=after)


@pytest.mark.parametrize(
    ("event", "actor", "expected"),
    [
        (TicketOpened(message=MESSAGE, kind="bug", requester=KARIN), Actor.of(KARIN), {"karin": "ticket_received"}),
        (TicketOpened(message=MESSAGE, kind="bug", requester=KARIN), Actor.of(ANNA), {"karin": "ticket_received"}),
        (
            answered("open", "open"),
            Actor.of(ANNA),
            {"karin": "ticket_answered", "emre": "ticket_answered", "bare": "ticket_answered"},
        ),
        (
            answered("open", "waiting"),
            Actor.system("plugin"),
            {"karin": "ticket_answered", "emre": "ticket_answered", "bare": "ticket_answered"},
        ),
        (
            replied("open", "open"),
            Actor.of(KARIN),
            {"emre": "ticket_message", "bare": "ticket_message", "anna": "customer_wrote"},
        ),
        (
            replied("waiting", "open"),
            Actor.of(KARIN),
            {
                "karin": "ticket_status_changed",
                "emre": "ticket_message",
                "bare": "ticket_message",
                "anna": "customer_wrote",
            },
        ),
        (
            replied("open", "solved"),
            Actor.of(EMRE),
            {"emre": "ticket_solved", "karin": "ticket_message", "bare": "ticket_message", "anna": "customer_wrote"},
        ),
        (
            replied("closed", "open"),
            Actor.participant(BARE),
            {
                "bare": "ticket_status_changed",
                "karin": "ticket_message",
                "emre": "ticket_message",
                "anna": "customer_wrote",
            },
        ),
        (
            StatusChanged(before="open", after="solved"),
            Actor.of(ANNA),
            {"karin": "ticket_solved", "emre": "ticket_solved", "bare": "ticket_solved"},
        ),
        (
            StatusChanged(before="open", after="closed"),
            Actor.system("plugin"),
            {"karin": "ticket_status_changed", "emre": "ticket_status_changed", "bare": "ticket_status_changed"},
        ),
        (TicketAssigned(before=ANNA, after=PAUL), Actor.of(ANNA), {"paul": "ticket_assigned_to_you"}),
        (TicketAssigned(before=ANNA, after=PAUL), Actor.of(PAUL), {}),
        (TicketAssigned(before=ANNA, after=None), Actor.of(PAUL), {}),
        (NoteAdded(message=MESSAGE), Actor.of(PAUL), {}),
        (ValueChanged(key="colour"), Actor.of(PAUL), {}),
        (ParticipantProposed(participant=BARE), Actor.system("mail"), {}),
        (ParticipantJoined(participant=BARE), Actor.of(ANNA), {}),
        (ParticipantLeft(participant=BARE), Actor.of(ANNA), {}),
    ],
)
def test_who_is_told_what(event, actor, expected):
    assert told(event, actor) == expected


def test_the_table_above_knows_every_event():
    (table,) = [mark for mark in test_who_is_told_what.pytestmark if mark.name == "parametrize"]
    assert {type(event) for event, _, _ in table.args[1]} == set(EVENTS)


def test_without_anybody_in_charge_no_agent_is_told():
    assert "customer_wrote" not in told(replied("open", "open"), Actor.of(KARIN), assignee=None).values()


def test_an_agent_in_charge_who_takes_part_as_a_customer_is_told_once():
    assert told(replied("open", "open"), Actor.of(KARIN), assignee=EMRE)["emre"] == "ticket_message"
    assert "emre" not in told(replied("open", "open"), Actor.of(EMRE), assignee=EMRE)


def test_a_requester_who_takes_part_besides_is_told_once():
    facts = TicketFacts(requester=KARIN, participants=(TakesPart(id=UUID(int=20), person_id=KARIN, since=1),))
    assert len(recipients(happened(answered("open", "open"), Actor.of(ANNA)), facts, None)) == 1


people = st.sampled_from([KARIN, EMRE, ANNA, PAUL, LATE])
actors = st.one_of(
    people.map(Actor.of),
    st.builds(lambda agent, customer: Actor.of(agent, on_behalf_of=customer), people, people),
    st.just(Actor.system("plugin")),
    st.just(Actor.participant(BARE)),
)
statuses = st.sampled_from(["new", "open", "waiting", "solved", "closed"])
events = st.one_of(
    st.builds(TicketOpened, message=st.just(MESSAGE), kind=st.just("bug"), requester=st.just(KARIN)),
    st.builds(AgentAnswered, message=st.just(MESSAGE), before=statuses, after=statuses),
    st.builds(CustomerReplied, message=st.just(MESSAGE), before=statuses, after=statuses),
    st.builds(NoteAdded, message=st.just(MESSAGE)),
    st.builds(StatusChanged, before=statuses, after=statuses),
    st.builds(TicketAssigned, before=st.none() | people, after=st.none() | people),
)
facts = st.builds(
    TicketFacts,
    requester=people,
    participants=st.lists(
        st.builds(TakesPart, id=st.uuids(), person_id=st.none() | people, since=st.integers(1, 9)), max_size=4
    ).map(tuple),
)
tellings = st.builds(
    lambda event, actor, sequence, facts, assignee: (
        happened(event, actor, sequence),
        facts,
        recipients(happened(event, actor, sequence), facts, assignee),
        assignee,
    ),
    events,
    actors,
    st.integers(1, 9),
    facts,
    st.none() | people,
)


def for_agents(telling: Telling) -> bool:
    return isinstance(telling.notice, TicketNotice) and telling.notice.for_agents


@given(tellings)
def test_nobody_is_told_twice_of_one_event(case):
    _, _, found, _ = case
    assert len({each.party for each in found}) == len(found)


@given(tellings)
def test_what_is_for_agents_goes_only_to_the_one_in_charge(case):
    recorded, _, found, assignee = case
    taking_over = recorded.event.after if isinstance(recorded.event, TicketAssigned) else None
    assert {each.party for each in found if for_agents(each)} <= {Party(assignee), Party(taking_over)}


@given(tellings)
def test_what_is_for_customers_goes_only_to_those_who_took_part_when_it_happened(case):
    recorded, facts, found, _ = case
    parties = {Party(facts.requester)} | {
        Party(one.person_id) if one.person_id else Party(participant_id=one.id)
        for one in facts.participants
        if one.since <= recorded.sequence
    }
    assert {each.party for each in found if not for_agents(each)} <= parties


@given(tellings)
def test_nobody_gets_back_what_they_wrote_themselves(case):
    recorded, _, found, _ = case
    author = Party(recorded.actor.on_behalf_of or recorded.actor.person_id, recorded.actor.participant_id)
    for each in found:
        if each.party == author and not isinstance(recorded.event, TicketOpened):
            assert each.notice.name in {"ticket_status_changed", "ticket_solved"}


@given(tellings)
def test_a_note_is_told_to_nobody(case):
    recorded, _, found, _ = case
    assert not (isinstance(recorded.event, NoteAdded) and found)


def test_every_notice_says_for_whom_it_is():
    private = {notice.name for notice in NOTICES if issubclass(notice, TicketNotice) and notice.for_agents}
    assert private == {"customer_wrote", "ticket_assigned_to_you"}
