"""Between what was decided and what is sent, people come and go: what may not go any more does not.

Each test goes red without its line in `still_concerns`.
"""

from uuid import UUID

import pytest

from helpdesk_core.accounts import Account, Role
from helpdesk_core.bus import Actor
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Done
from helpdesk_core.tickets.tables import ParticipantRow
from tests.core.tickets.cast import Cast

pytestmark = pytest.mark.anyio


class Story:
    """Karin's ticket, in the charge of Anna; Emre and a guest take part."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cast = Cast(desk, "en", "Subject", "words")

    async def begin(self) -> "Story":
        desk = self.desk
        self.karin, self.emre, self.anna = (
            await desk.person("Karin Krüger"),
            await desk.person("Emre Weber"),
            await desk.agent(),
        )
        self.ticket: Done = await desk.ticket(self.karin)
        await self.cast.write(self.anna, self.ticket)
        await self.cast.join(self.ticket, self.emre)
        await self.cast.join(self.ticket, None, "guest@else.example")
        await desk.deliver()
        desk.channel.rendered.clear()
        return self

    async def demote(self, agent: Account) -> None:
        accounts = self.desk.helpdesk.accounts
        version = (await accounts.get(agent.id)).version
        await accounts.change_role(Actor.system("test"), agent.id, version, Role.CUSTOMER, origin="cli")

    async def move(self, to: str, whom: UUID | str) -> None:
        column = ParticipantRow.person if isinstance(whom, UUID) else ParticipantRow.address
        await ParticipantRow.update({ParticipantRow.state: to}).where(column == whom)

    async def told(self) -> set[tuple[str, str]]:
        await self.desk.deliver()
        return {(message.addressee.address, message.notice) for message in self.desk.channel.rendered}


@pytest.fixture
async def story(desk: Desk) -> Story:
    return await Story(desk).begin()


ADDRESS = {name: f"{name}@school.example" for name in ("karin.krueger", "emre.weber", "anna.meyer")}


async def test_everybody_who_still_takes_part_is_told(story: Story):
    await story.cast.write(story.karin, story.ticket)
    assert await story.told() == {
        (ADDRESS["emre.weber"], "ticket_message"),
        ("guest@else.example", "ticket_message"),
        (ADDRESS["anna.meyer"], "customer_wrote"),
    }


@pytest.mark.parametrize("state", ["left", "proposed"])
async def test_who_does_not_take_part_any_more_is_told_nothing(story: Story, state: str):
    await story.cast.write(story.karin, story.ticket)
    await story.move(state, story.emre.id)
    await story.move(state, "guest@else.example")
    assert await story.told() == {(ADDRESS["anna.meyer"], "customer_wrote")}


async def test_who_left_and_came_back_is_told_nothing_of_the_time_between(story: Story):
    await story.cast.write(story.karin, story.ticket)
    await story.move("left", story.emre.id)
    await story.cast.join(story.ticket, story.emre, since=100)
    assert ADDRESS["emre.weber"] not in {address for address, _ in await story.told()}


async def test_who_is_no_agent_any_more_gets_nothing_that_is_for_agents_even_when_they_take_part(story: Story):
    """B06."""
    await story.cast.write(story.karin, story.ticket)
    await story.demote(story.anna)
    await story.cast.join(story.ticket, story.anna, since=1)
    assert ADDRESS["anna.meyer"] not in {address for address, _ in await story.told()}


async def test_an_agent_who_left_a_ticket_gets_nothing_more_that_is_for_its_customers(story: Story):
    paul = await story.desk.agent("Paul Nowak")
    await story.cast.join(story.ticket, paul)
    await story.cast.write(story.karin, story.ticket)
    await story.move("left", paul.id)
    assert "paul.nowak@school.example" not in {address for address, _ in await story.told()}
