"""Organisations, and who belongs to them on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.accounts import Role, fold_name
from helpdesk_core.bus import Actor, Subject
from helpdesk_core.db import uuid7
from helpdesk_core.errors import Forbidden, Invalid, NotFound
from tests.core.accounts.world import SYSTEM, World

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


async def test_an_organisation_is_found_by_its_name_however_it_is_written_and_by_its_number(world: World):
    made = await world.accounts.create_organisation(
        SYSTEM, " St.-Martin-Schule  Köln ", customer_number="k 4711", origin="cli"
    )
    assert (made.name, made.customer_number) == ("St.-Martin-Schule  Köln", "K4711")
    for name in ("st martin schule koeln", "ST.MARTIN-SCHULE KÖLN", "St Martin Schule, Köln"):
        found = await world.accounts.organisations_named(name)
        assert found == ([made] if "oe" not in name else [])
    assert await world.accounts.organisation_numbered(" K4711") == made
    assert await world.accounts.organisation_numbered("4711") is None
    assert await world.accounts.organisation_numbered("  ") is None
    assert await world.accounts.organisations_named("") == []
    assert await world.accounts.organisation(made.id) == made
    (created,) = await world.bus.history(Subject("organisation", made.id))
    assert created.event.name == "organisation.created"


async def test_two_organisations_of_one_name_are_both_found_oldest_first(world: World):
    first = await world.accounts.create_organisation(SYSTEM, "Grundschule", origin="cli")
    world.clock.advance(DAY)
    second = await world.accounts.create_organisation(SYSTEM, "GRUNDSCHULE", origin="cli")
    assert await world.accounts.organisations_named("grundschule") == [first, second]


async def test_a_customer_number_belongs_to_one_organisation(world: World):
    await world.accounts.create_organisation(SYSTEM, "One", customer_number="1", origin="cli")
    with pytest.raises(Invalid) as refused:
        await world.accounts.create_organisation(SYSTEM, "Two", customer_number=" 1 ", origin="cli")
    assert refused.value.field == "customer_number"
    for name in ("", "  -- ", "x" * 301):
        with pytest.raises(Invalid) as refused:
            await world.accounts.create_organisation(SYSTEM, name, origin="cli")
        assert refused.value.field == "name"
    with pytest.raises(Invalid):
        await world.accounts.create_organisation(SYSTEM, "Two", customer_number="1" * 61, origin="cli")


async def test_a_membership_counts_from_its_first_day_to_its_last(world: World):
    account = await world.confirmed()
    school = await world.accounts.create_organisation(SYSTEM, "Grundschule Nord", origin="cli")
    membership = await world.accounts.grant_membership(
        SYSTEM, account.id, school.id, valid_from=TODAY, valid_to=TODAY + DAY, source="import", origin="import"
    )
    assert (membership.organisation, membership.organisation_name) == (school.id, "Grundschule Nord")
    assert (membership.role, membership.source) == ("member", "import")
    days = [TODAY + number * DAY for number in range(-1, 4)]
    found = [bool(await world.accounts.memberships(account.id, day)) for day in days]
    assert found == [False, True, True, False, False]
    assert await world.accounts.members(school.id, TODAY) == [membership]
    assert (await world.history(account.id))[-1] == "person.membership_granted"


async def test_a_membership_without_days_counts_until_it_is_ended(world: World):
    account = await world.confirmed()
    school = await world.accounts.create_organisation(SYSTEM, "Grundschule Nord", origin="cli")
    membership = await world.accounts.grant_membership(SYSTEM, account.id, school.id, origin="desk")
    assert await world.accounts.memberships(account.id, date(1990, 1, 1)) == [membership]
    ended = await world.accounts.end_membership(SYSTEM, membership.id, TODAY, origin="desk")
    assert ended.valid_to == TODAY
    assert await world.accounts.memberships(account.id, TODAY) == [ended]
    assert await world.accounts.memberships(account.id, TODAY + DAY) == []
    assert (await world.history(account.id))[-1] == "person.membership_ended"


async def test_people_change_schools(world: World):
    account = await world.confirmed()
    north = await world.accounts.create_organisation(SYSTEM, "Nord", origin="cli")
    south = await world.accounts.create_organisation(SYSTEM, "Süd", origin="cli")
    old = await world.accounts.grant_membership(SYSTEM, account.id, north.id, origin="desk")
    await world.accounts.end_membership(SYSTEM, old.id, TODAY, origin="desk")
    await world.accounts.grant_membership(SYSTEM, account.id, south.id, valid_from=TODAY + DAY, origin="desk")
    names = [
        [each.organisation_name for each in await world.accounts.memberships(account.id, day)]
        for day in (TODAY, TODAY + DAY)
    ]
    assert names == [["Nord"], ["Süd"]]


async def test_only_agents_and_the_system_grant_memberships(world: World):
    customer = await world.confirmed()
    agent = await world.created("anna@vendor.example", Role.AGENT)
    school = await world.accounts.create_organisation(Actor.of(agent.id), "Nord", origin="desk")
    with pytest.raises(Forbidden):
        await world.accounts.create_organisation(Actor.of(customer.id), "Süd", origin="web")
    with pytest.raises(Forbidden):
        await world.accounts.grant_membership(Actor.of(customer.id), customer.id, school.id, origin="web")
    membership = await world.accounts.grant_membership(Actor.of(agent.id), customer.id, school.id, origin="desk")
    with pytest.raises(Forbidden):
        await world.accounts.end_membership(Actor.of(customer.id), membership.id, TODAY, origin="web")


async def test_what_is_unknown_or_upside_down_is_refused(world: World):
    account = await world.confirmed()
    school = await world.accounts.create_organisation(SYSTEM, "Nord", origin="cli")
    with pytest.raises(NotFound):
        await world.accounts.organisation(uuid7())
    with pytest.raises(NotFound):
        await world.accounts.grant_membership(SYSTEM, account.id, uuid7(), origin="cli")
    with pytest.raises(NotFound):
        await world.accounts.grant_membership(SYSTEM, uuid7(), school.id, origin="cli")
    with pytest.raises(NotFound):
        await world.accounts.end_membership(SYSTEM, uuid7(), TODAY, origin="cli")
    with pytest.raises(Invalid) as refused:
        await world.accounts.grant_membership(
            SYSTEM, account.id, school.id, valid_from=TODAY, valid_to=TODAY - DAY, origin="cli"
        )
    assert refused.value.field == "valid_to"


@given(name=st.text(max_size=80))
def test_a_folded_name_folds_to_itself(name: str):
    assert fold_name(fold_name(name)) == fold_name(name)


@given(name=st.text("abcäöüß XYZ", max_size=40))
def test_case_and_signs_make_no_difference_to_a_name(name: str):
    assert fold_name(name.upper().replace(" ", " - ")) == fold_name(name)
