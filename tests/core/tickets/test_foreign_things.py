"""Ids of what is somebody else's, in every field of every command: refused, and nothing is left behind."""

from uuid import uuid4

import msgspec
import pytest

from helpdesk_core.bus import Actor
from helpdesk_core.errors import Forbidden, NotFound
from helpdesk_core.fields import put
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Assign, ChangeState, Note, OpenTicket, PutValues, Reply, Writing
from tests.core.tickets.scene import OPEN, Scene


@pytest.mark.anyio
async def test_a_stranger_can_do_nothing_with_a_foreign_ticket_and_leaves_no_trace(desk: Desk, scene: Scene):
    """B36: every command that takes a ticket, with somebody else's."""
    tickets, omar = desk.helpdesk.tickets, await desk.person("Omar Nolte")
    before = await counted(desk)
    writing = Writing(text="Let me in")
    for who in (scene.jana, omar):
        for ticket in (scene.done.ticket, uuid4()):
            common = scene.by(who) | {"ticket": ticket}
            for attempt in (
                tickets.reply(Reply(**common, writing=writing)),
                tickets.note(Note(**common, writing=writing)),
                tickets.change_state(ChangeState(**common, status="solved")),
                tickets.assign(Assign(**common, assignee=who.id)),
                tickets.put(PutValues(**common, values=(put(OPEN, "mine"),))),
            ):
                with pytest.raises(NotFound, match="no such ticket"):
                    await attempt
    assert await counted(desk) == before


async def counted(desk: Desk) -> dict[str, int]:
    """Return how many rows there are of everything that a command writes."""
    tables = ("ticket", "message", "event", "delivery", "ticket_value", "file", "idempotency_key", "decision", "blob")
    fetch = desk.helpdesk.database.fetch
    return {table: (await fetch(f"SELECT COUNT(*) AS n FROM helpdesk_core_{table}"))[0]["n"] for table in tables}


@pytest.mark.anyio
@pytest.mark.parametrize("foreign", ["organisation", "requester"])
async def test_nobody_opens_a_ticket_on_somebody_elses_account(desk: Desk, foreign):
    """B36; red without the questions in `TicketService._on_whose_account`."""
    karin, emre, anna = await desk.person("Karin Krüger"), await desk.person("Emre Weber"), await desk.agent()
    school = await desk.helpdesk.accounts.create_organisation(Actor.system("test"), "Einstein School", origin="cli")
    command = OpenTicket(
        actor=Actor.of(karin.id),
        origin="web",
        once=desk.once(),
        requester=emre.id if foreign == "requester" else karin.id,
        subject="Hello",
        writing=Writing(text="Hello"),
        organisation=school.id if foreign == "organisation" else None,
    )
    before = await counted(desk)
    with pytest.raises(Forbidden):
        await desk.helpdesk.tickets.open(command)
    assert await counted(desk) == before
    by_agent = msgspec.structs.replace(command, actor=Actor.of(anna.id), origin="desk")
    view = await desk.helpdesk.tickets.read.view(
        await desk.viewer(anna), (await desk.helpdesk.tickets.open(by_agent)).number
    )
    assert (view.head.requester, view.head.organisation) == (command.requester, command.organisation)


@pytest.mark.anyio
async def test_a_ticket_counts_for_the_only_organisation_of_its_customer(desk: Desk):
    karin, accounts = await desk.person("Karin Krüger"), desk.helpdesk.accounts
    heads = []
    for name in ("Einstein School", "Curie School"):
        done = await desk.ticket(karin)
        heads.append(await desk.helpdesk.tickets.read.find(done.number))
        school = await accounts.create_organisation(Actor.system("test"), name, origin="cli")
        await accounts.grant_membership(Actor.system("test"), karin.id, school.id, origin="cli")
    heads.append(await desk.helpdesk.tickets.read.find((await desk.ticket(karin)).number))
    assert [head.organisation_name if head else None for head in heads] == ["", "Einstein School", ""]


@pytest.mark.anyio
async def test_a_ticket_for_a_customer_who_does_not_exist_is_refused_in_words(desk: Desk):
    anna, before = await desk.agent(), None
    for actor in (Actor.of(anna.id), Actor.system("plugin")):
        before = await counted(desk)
        command = OpenTicket(
            actor=actor,
            origin="desk",
            once=desk.once(),
            requester=uuid4(),
            subject="Hello",
            writing=Writing(text="Hello"),
        )
        with pytest.raises(NotFound):
            await desk.helpdesk.tickets.open(command)
        assert await counted(desk) == before


@pytest.mark.anyio
async def test_only_agents_write_in_the_name_of_others(desk: Desk, scene: Scene):
    """B42; red when `viewer_of` lets a customer act for somebody."""
    writing = Writing(text="I am Karin")
    for who, whom in ((scene.emre, scene.karin), (scene.karin, scene.emre), (scene.karin, scene.anna)):
        forged = scene.by(who) | {"actor": Actor.of(who.id, on_behalf_of=whom.id)}
        with pytest.raises(NotFound):
            await desk.helpdesk.tickets.reply(Reply(**forged, writing=writing))
        forged.pop("ticket")
        with pytest.raises(Forbidden):
            await desk.helpdesk.tickets.open(OpenTicket(**forged, requester=whom.id, subject="Hello", writing=writing))
    by_agent = scene.by(scene.anna) | {"actor": Actor.of(scene.anna.id, on_behalf_of=scene.karin.id)}
    await desk.helpdesk.tickets.reply(Reply(**by_agent, writing=writing))
