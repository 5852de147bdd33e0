"""What each viewer gets of a ticket, whatever door they try: pages, histories, values, files, lists and numbers."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.accounts.tables import Person
from helpdesk_core.db.transactions import Row
from helpdesk_core.errors import NotFound
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import TicketQuery, Viewer
from helpdesk_core.tickets.reader import _place
from helpdesk_core.tickets.tables import File, MessageRow, Number, ParticipantRow, Ticket
from tests.core.tickets.scene import Scene


@pytest.mark.anyio
async def test_everybody_gets_the_history_and_values_they_may_know_of(desk: Desk, scene: Scene):
    told, values = {}, {}
    for who in (scene.anna, scene.karin, scene.emre):
        view = await desk.helpdesk.tickets.read.view(await desk.viewer(who), scene.done.number)
        told[who.given_name] = [each.event.name.removeprefix("ticket.") for each in view.history]
        values[who.given_name] = set(view.values)
    public = ["agent_answered", "assigned", "value_changed", "customer_replied"]
    assert told == {
        "Anna": ["opened", "note_added", *public[:2], *["value_changed"] * 3, "customer_replied"],
        "Karin": ["opened", *public],
        "Emre": public,
    }
    assert values == {"Anna": {"open_to_all", "inner"}, "Karin": {"open_to_all"}, "Emre": {"open_to_all"}}


@pytest.mark.anyio
async def test_values_of_a_plugin_that_is_gone_are_shown_to_agents_alone(desk: Desk, scene: Scene):
    desk.helpdesk.tickets.wire(checks=(), entitlements=(), fields=())
    read = desk.helpdesk.tickets.read
    assert len((await read.view(await desk.viewer(scene.anna), scene.done.number)).values) == 3
    view = await read.view(await desk.viewer(scene.karin), scene.done.number)
    assert len(view.values) == 0
    assert "ticket.value_changed" not in {each.event.name for each in view.history}


@pytest.mark.anyio
async def test_a_message_that_waits_for_a_confirmation_leaves_no_trace_in_the_history(desk: Desk, scene: Scene):
    await MessageRow.update({MessageRow.needs_confirmation: True}).where(MessageRow.text == "the reply")
    await Person.update({Person.confirmed_at: None}).where(Person.id == scene.karin.id)
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(scene.karin), scene.done.number)
    assert [message.text for message in view.messages] == ["Help, please", "the answer"]
    assert "ticket.customer_replied" not in {each.event.name for each in view.history}


@pytest.mark.anyio
async def test_a_file_is_given_to_those_who_may_read_its_message_and_to_nobody_else(desk: Desk, scene: Scene):
    """B39; red when `attachment` does not ask `sees_message`."""
    given_out = {}
    for who in (scene.anna, scene.karin, scene.emre, scene.jana):
        found = set()
        for file in scene.files.values():
            with suppress(NotFound):
                found.add((await desk.helpdesk.tickets.read.attachment(await desk.viewer(who), file)).name[:-4])
        given_out[who.given_name] = found
    assert given_out == {
        "Anna": {"note", "answer", "reply"},
        "Karin": {"answer", "reply"},
        "Emre": {"answer", "reply"},
        "Jana": set(),
    }


@pytest.mark.anyio
async def test_a_file_that_is_erased_or_of_a_person_who_left_is_like_one_that_never_was(desk: Desk, scene: Scene):
    read, messages = desk.helpdesk.tickets.read, set()
    await ParticipantRow.update({ParticipantRow.state: "left"}).where(ParticipantRow.person == scene.emre.id)
    await File.update({File.redacted_at: desk.clock.now()}).where(File.id == scene.files["answer"])
    blocked = Viewer(person_id=scene.anna.id, agent=True, active=False)
    for viewer, file in (
        (await desk.viewer(scene.emre), scene.files["reply"]),
        (await desk.viewer(scene.anna), scene.files["answer"]),
        (blocked, scene.files["reply"]),
        (Viewer(), scene.files["reply"]),
        (await desk.viewer(scene.anna), uuid4()),
    ):
        with pytest.raises(NotFound) as error:
            await read.attachment(viewer, file)
        messages.add(str(error.value))
    assert len(messages) == 1


@pytest.mark.anyio
async def test_a_merged_or_old_number_opens_nothing_that_the_ticket_does_not(desk: Desk, scene: Scene):
    """B37: the number of one's own ticket, merged into a foreign one, leads nowhere."""
    own = await desk.ticket(scene.jana)
    await Ticket.update({Ticket.merged_into: scene.done.ticket}).where(Ticket.id == own.ticket)
    await Number.insert(Number(text="OLD-1", ticket=scene.done.ticket, reason="old", created_at=desk.clock.now()))
    read = desk.helpdesk.tickets.read
    for number in (own.number, "OLD-1"):
        assert (await read.view(await desk.viewer(scene.karin), number)).head.number == scene.done.number
        with pytest.raises(NotFound):
            await read.view(await desk.viewer(scene.jana), number)
    assert [head.number for head in (await read.list(await desk.viewer(scene.jana), TicketQuery())).tickets] == []


@pytest.mark.anyio
async def test_filters_of_a_list_only_ever_narrow_what_its_viewer_sees(desk: Desk, scene: Scene):
    other = await desk.ticket(scene.jana)
    await Ticket.update({Ticket.review: True}).where(Ticket.id == other.ticket)
    queries = [
        TicketQuery(statuses=("new", "open")),
        TicketQuery(statuses=("nonsense",)),
        TicketQuery(assignee=scene.anna.id),
        TicketQuery(unassigned=True),
        TicketQuery(requester=scene.karin.id),
        TicketQuery(requester=scene.jana.id),
        TicketQuery(organisation=uuid4()),
        TicketQuery(review=True),
    ]
    read = desk.helpdesk.tickets.read
    found = {}
    for who in (scene.anna, scene.karin, scene.emre, scene.jana):
        viewer = await desk.viewer(who)
        everything = {head.number for head in (await read.list(viewer, TicketQuery())).tickets}
        lists = [{head.number for head in (await read.list(viewer, query)).tickets} for query in queries]
        assert all(each <= everything for each in lists)
        assert [len(each) for each in lists] == [await read.count(viewer, query) for query in queries]
        found[who.given_name] = [len(each) for each in lists]
    assert found == {
        "Anna": [2, 0, 1, 1, 1, 1, 0, 1],
        "Karin": [1, 0, 1, 0, 1, 0, 0, 0],
        "Emre": [1, 0, 1, 0, 1, 0, 0, 0],
        "Jana": [1, 0, 0, 1, 0, 1, 0, 1],
    }


@given(st.text() | st.builds(lambda at, key: f"{at.isoformat()}_{key}", st.datetimes(), st.uuids()))
def test_a_mark_that_makes_no_sense_starts_a_list_at_the_top(mark):
    assert _place(mark) is None


@pytest.mark.anyio
@pytest.mark.parametrize("mark", ["nonsense", "2026-11-23T09:00:00_x", "'; --", "9999-99-99_0", "_"])
async def test_a_list_with_such_a_mark_is_the_whole_list(desk: Desk, mark):
    karin = await desk.person("Karin Krüger")
    await desk.ticket(karin)
    page = await desk.helpdesk.tickets.read.list(await desk.viewer(karin), TicketQuery(), after=mark)
    assert len(page.tickets) == 1


@pytest.mark.anyio
async def test_pages_and_lists_take_the_statements_they_always_took(desk: Desk, scene: Scene, monkeypatch):
    """However much there is on a ticket and however many tickets: a statement a row would be seen here."""
    read, engine, asked = desk.helpdesk.tickets.read, desk.helpdesk.database.engine, list[str]()
    viewer = await desk.viewer(scene.karin)
    fetch = engine._fetch

    async def counting(text: str, args: Sequence[Any]) -> list[Row]:
        asked.append(text)
        return await fetch(text, args)

    monkeypatch.setattr(engine, "_fetch", counting)
    for _ in range(2):
        took = []
        for question in (
            lambda: read.view(viewer, scene.done.number),
            lambda: read.list(viewer, TicketQuery()),
            lambda: read.count(viewer, TicketQuery()),
            lambda: read.attachment(viewer, scene.files["answer"]),
        ):
            asked.clear()
            await question()
            took.append(len(asked))
        assert took == [7, 1, 1, 5]
        await scene.go_on()
