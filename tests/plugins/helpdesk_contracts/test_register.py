"""Contracts and trials on a running helpdesk: registrations, claims, contracts, decisions."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from helpdesk_contracts.contract import Contract
from helpdesk_contracts.events import EntitlementGranted
from helpdesk_contracts.register import Register
from helpdesk_core import Actor, Invalid, OpenTicket, Recorded, Reply, Writing, put
from helpdesk_core.accounts import (
    CUSTOMER_NUMBER,
    ORGANISATION,
    PRODUCT,
    Account,
    PersonRegistered,
)
from helpdesk_core.accounts import Register as Registration
from helpdesk_core.bus import Subject
from helpdesk_core.testing.desks import PASSWORD, Desk
from helpdesk_core.tickets import Done, NotEntitled

pytestmark = pytest.mark.anyio

SYSTEM = Actor.system("test")
_sources = count(1)


async def registers(
    desk: Desk, name: str, *, school: str = "", number: str = "", product: str = "", react: bool = True
) -> Account:
    """Let somebody register, and what follows from it happen."""
    email = f"{name.lower()}@school.example"
    claims = ((ORGANISATION, school), (CUSTOMER_NUMBER, number), (PRODUCT, product))
    await desk.helpdesk.accounts.register(
        Registration(
            email=email,
            password=PASSWORD,
            values=tuple(put(key, value) for key, value in claims if value),
            origin="web",
            once=desk.once(),
            source=f"192.0.2.{next(_sources)}",
        )
    )
    if react:
        await desk.deliver()
    account = await desk.helpdesk.accounts.find_by_address(email)
    assert account is not None
    return account


async def registration_of(desk: Desk, person: Account) -> Recorded[PersonRegistered]:
    history = await desk.helpdesk.bus.history(Subject("person", person.id))
    found = next(each for each in history if isinstance(each.event, PersonRegistered))
    return cast("Recorded[PersonRegistered]", found)


async def opens(desk: Desk, customer: Account, product: str | None = None, origin: str = "web") -> Done:
    return await desk.helpdesk.tickets.open(
        OpenTicket(
            actor=Actor.of(customer.id),
            origin=origin,
            once=desk.once(),
            requester=customer.id,
            subject="It does not print",
            writing=Writing(text="Since this morning."),
            values=(put(PRODUCT, product),) if product else (),
        )
    )


async def rows(desk: Desk) -> list[dict[str, object]]:
    return await desk.helpdesk.database.fetch("SELECT * FROM helpdesk_contracts_entitlement ORDER BY created_at, id")


async def is_reviewed(desk: Desk, done: Done) -> bool:
    found = await desk.helpdesk.database.fetch("SELECT review FROM helpdesk_core_ticket WHERE id = {}", done.ticket)
    return bool(found[0]["review"])


async def school(desk: Desk, name: str = "Schule am See", number: str | None = "K1") -> UUID:
    made = await desk.helpdesk.accounts.create_organisation(SYSTEM, name, customer_number=number, origin="cli")
    return made.id


async def belongs(desk: Desk, person: Account, organisation: UUID) -> None:
    await desk.helpdesk.accounts.grant_membership(SYSTEM, person.id, organisation, origin="cli")


async def has_contract(desk: Desk, register: Register, *, organisation: str = "K1", **changes) -> None:
    contract = Contract(organisation=organisation, first=date(2026, 1, 1), source_key=desk.once())
    await register.grant(msgspec.structs.replace(contract, **changes))


# --- trials ---------------------------------------------------------------------------------------------------------


async def test_a_registration_starts_a_trial_of_thirty_days(desk: Desk):
    karin = await registers(desk, "Karin", school="Schule am See", product="timetable")
    (row,) = await rows(desk)
    assert (row["kind"], row["person"], row["source"]) == ("trial", karin.id, "registration")
    assert (row["valid_from"], row["valid_to"]) == (date(2026, 11, 23), date(2026, 12, 22))
    assert row["source_key"] == "trial:organisation:schule am see:timetable"


async def test_the_day_of_registration_is_that_of_the_sites_zone(desk: Desk):
    desk.clock.set(datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    await registers(desk, "Karin", school="Schule am See")
    assert [row["valid_from"] for row in await rows(desk)] == [date(2026, 11, 24)]


async def test_the_trial_lasts_until_the_end_of_its_last_day_in_berlin(desk: Desk):
    karin = await registers(desk, "Karin", school="Schule am See")
    desk.clock.set(datetime(2026, 12, 22, 22, 59, tzinfo=UTC))
    await opens(desk, karin)
    desk.clock.set(datetime(2026, 12, 22, 23, 0, tzinfo=UTC))
    with pytest.raises(NotEntitled) as refused:
        await opens(desk, karin)
    assert refused.value.verdict.answer.reason == "trial-ended"


async def test_a_reaction_that_runs_twice_starts_the_trial_once(desk: Desk, register: Register):
    karin = await registers(desk, "Karin", school="Schule am See")
    registered = await registration_of(desk, karin)
    desk.clock.advance(timedelta(days=3))
    await register.start_trial(registered)
    (row,) = await rows(desk)
    assert row["valid_from"] == date(2026, 11, 23)
    history = await desk.helpdesk.bus.history(Subject("person", karin.id))
    assert sum(isinstance(each.event, EntitlementGranted) for each in history) == 1


async def test_a_ticket_before_the_reaction_ran_is_opened_in_the_trial_all_the_same(desk: Desk):
    karin = await registers(desk, "Karin", school="Schule am See", react=False)
    assert await rows(desk) == []
    done = await opens(desk, karin)
    assert not await is_reviewed(desk, done)
    await desk.deliver()
    assert len(await rows(desk)) == 1


async def test_a_trial_is_given_once_to_a_school_and_the_second_registration_is_reviewed(desk: Desk):
    await registers(desk, "Karin", school="Schule am See")
    emre = await registers(desk, "Emre", school="SCHULE  am See")
    assert len(await rows(desk)) == 1
    assert await is_reviewed(desk, await opens(desk, emre))


async def test_the_second_registration_is_reviewed_after_the_trial_is_over_too(desk: Desk):
    await registers(desk, "Karin", school="Schule am See")
    desk.clock.advance(timedelta(days=300))
    emre = await registers(desk, "Emre", school="Schule am See")
    assert len(await rows(desk)) == 1
    assert await is_reviewed(desk, await opens(desk, emre))


async def test_two_schools_each_have_their_trial(desk: Desk):
    await registers(desk, "Karin", school="Schule am See")
    await registers(desk, "Emre", school="Schule am Berg")
    assert len(await rows(desk)) == 2


async def test_typing_another_number_that_nobody_knows_gives_no_second_trial(desk: Desk):
    await registers(desk, "Karin", school="Schule am See", number="12345")
    emre = await registers(desk, "Emre", school="Schule am See", number="67890")
    assert len(await rows(desk)) == 1
    assert await is_reviewed(desk, await opens(desk, emre))


async def test_one_known_number_has_one_trial_however_the_school_is_spelt(desk: Desk):
    await school(desk)
    await registers(desk, "Karin", school="Schule am See", number="k1")
    emre = await registers(desk, "Emre", school="Seeschule", number=" K1 ")
    (row,) = await rows(desk)
    assert row["source_key"] == "trial:number:K1:"
    assert await is_reviewed(desk, await opens(desk, emre))


async def test_two_schools_of_one_name_have_two_trials_when_their_numbers_are_known(desk: Desk):
    await school(desk, "St. Martin", "K1")
    await school(desk, "Sankt Martin", "K2")
    await registers(desk, "Karin", school="Sankt Martin", number="K1")
    await registers(desk, "Emre", school="Sankt Martin", number="K2")
    assert {row["source_key"] for row in await rows(desk)} == {"trial:number:K1:", "trial:number:K2:"}


async def test_leaving_the_number_out_gives_the_school_no_second_trial(desk: Desk):
    await school(desk)
    await registers(desk, "Karin", number="K1")
    emre = await registers(desk, "Emre", school="Schule am See")
    assert len(await rows(desk)) == 1
    assert await is_reviewed(desk, await opens(desk, emre))


async def test_each_product_can_be_tried_once(desk: Desk):
    await registers(desk, "Karin", school="Schule am See", product="timetable")
    emre = await registers(desk, "Emre", school="Schule am See", product="reports")
    assert len(await rows(desk)) == 2
    assert not await is_reviewed(desk, await opens(desk, emre, "reports"))
    assert await is_reviewed(desk, await opens(desk, emre, "timetable"))


async def test_a_trial_of_all_products_leaves_none_to_be_tried(desk: Desk):
    await registers(desk, "Karin", school="Schule am See")
    await registers(desk, "Emre", school="Schule am See", product="reports")
    assert len(await rows(desk)) == 1


async def test_a_product_that_the_site_does_not_have_makes_no_new_key(desk: Desk):
    await registers(desk, "Karin", school="Schule am See", product="made-up-1")
    await registers(desk, "Emre", school="Schule am See", product="made-up-2")
    assert [row["source_key"] for row in await rows(desk)] == ["trial:organisation:schule am see:"]


async def test_who_names_no_school_has_a_trial_of_their_own(desk: Desk):
    await registers(desk, "Karin")
    emre = await registers(desk, "Emre")
    assert len(await rows(desk)) == 2
    assert not await is_reviewed(desk, await opens(desk, emre))


async def test_an_account_that_an_agent_made_has_no_trial(desk: Desk):
    karin = await desk.person("Karin Krüger")
    await desk.deliver()
    assert await rows(desk) == []
    with pytest.raises(NotEntitled):
        await desk.ticket(karin)


# --- claims ---------------------------------------------------------------------------------------------------------


async def test_a_typed_number_borrows_no_contract_and_makes_no_member(desk: Desk, register: Register):
    await school(desk)
    await has_contract(desk, register)
    karin = await registers(desk, "Karin", school="Schule am See", number="K1")
    assert await desk.helpdesk.accounts.memberships(karin.id, date(2026, 11, 23)) == []
    assert [row["kind"] for row in await rows(desk)] == ["contract"]
    assert await is_reviewed(desk, await opens(desk, karin))


async def test_a_typed_name_borrows_no_contract(desk: Desk, register: Register):
    await school(desk, number=None)
    await has_contract(desk, register, organisation="schule am see")
    karin = await registers(desk, "Karin", school="Schule am See")
    assert await is_reviewed(desk, await opens(desk, karin))


async def test_a_typed_number_whose_contract_has_ended_starts_no_trial(desk: Desk, register: Register):
    await school(desk)
    await has_contract(desk, register, first=date(2020, 1, 1))
    karin = await registers(desk, "Karin", number="K1")
    assert len(await rows(desk)) == 1
    assert await is_reviewed(desk, await opens(desk, karin))


async def test_an_agent_who_confirms_ends_the_review(desk: Desk, register: Register):
    organisation = await school(desk)
    await has_contract(desk, register)
    karin = await registers(desk, "Karin", number="K1")
    assert await is_reviewed(desk, await opens(desk, karin))
    await belongs(desk, karin, organisation)
    assert not await is_reviewed(desk, await opens(desk, karin))


async def test_after_the_confirmation_a_contract_that_has_ended_refuses(desk: Desk, register: Register):
    organisation = await school(desk)
    await has_contract(desk, register, first=date(2020, 1, 1))
    karin = await registers(desk, "Karin", number="K1")
    await belongs(desk, karin, organisation)
    with pytest.raises(NotEntitled) as refused:
        await opens(desk, karin)
    assert refused.value.verdict.answer.reason == "contract-ended"


async def test_the_trial_of_a_school_is_that_of_all_its_confirmed_members(desk: Desk):
    organisation = await school(desk)
    await registers(desk, "Karin", school="Schule am See")
    emre = await registers(desk, "Emre", school="Schule am See")
    await belongs(desk, emre, organisation)
    assert not await is_reviewed(desk, await opens(desk, emre))
    desk.clock.advance(timedelta(days=40))
    with pytest.raises(NotEntitled) as refused:
        await opens(desk, emre)
    assert refused.value.verdict.answer.reason == "trial-ended"


async def test_a_membership_that_ended_gives_nothing_any_more(desk: Desk, register: Register):
    organisation = await school(desk)
    await has_contract(desk, register)
    karin = await desk.person("Karin Krüger")
    accounts = desk.helpdesk.accounts
    member = await accounts.grant_membership(SYSTEM, karin.id, organisation, origin="cli")
    await desk.ticket(karin)
    await accounts.end_membership(SYSTEM, member.id, date(2026, 11, 22), origin="cli")
    with pytest.raises(NotEntitled):
        await desk.ticket(karin)


# --- contracts ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def karin(desk: Desk, register: Register) -> Account:
    """A member of a school whose contract runs from 1 December 2025 for a whole year."""
    account = await desk.person("Karin Krüger")
    await belongs(desk, account, await school(desk))
    await has_contract(desk, register, first=date(2025, 12, 1))
    return account


async def test_a_contract_grants_on_its_last_day_in_berlin_and_not_on_the_day_after(desk: Desk, karin: Account):
    desk.clock.set(datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC))
    await desk.ticket(karin)
    desk.clock.set(datetime(2026, 11, 30, 23, 0, tzinfo=UTC))
    with pytest.raises(NotEntitled) as refused:
        await desk.ticket(karin)
    answer = refused.value.verdict.answer
    assert (answer.reason, answer.values["until"]) == ("contract-ended", date(2026, 11, 30))


async def test_a_contract_does_not_grant_before_its_first_day(desk: Desk, karin: Account):
    desk.clock.set(datetime(2025, 11, 30, 22, 59, tzinfo=UTC))
    with pytest.raises(NotEntitled) as refused:
        await desk.ticket(karin)
    assert refused.value.verdict.answer.reason == "begins-later"
    desk.clock.set(datetime(2025, 11, 30, 23, 0, tzinfo=UTC))
    await desk.ticket(karin)


async def test_answering_a_ticket_is_never_refused_for_a_contract_that_has_ended(desk: Desk, karin: Account):
    done = await desk.ticket(karin)
    desk.clock.set(datetime(2027, 6, 1, tzinfo=UTC))
    again = Reply(
        actor=Actor.of(karin.id), origin="web", once=desk.once(), ticket=done.ticket, writing=Writing(text="Still.")
    )
    assert (await desk.helpdesk.tickets.reply(again)).number == done.number


async def test_a_contract_for_one_product_grants_that_product_and_mails_that_name_none(desk: Desk, register: Register):
    karin = await desk.person("Karin Krüger")
    await belongs(desk, karin, await school(desk))
    await has_contract(desk, register, product="timetable")
    await opens(desk, karin, "timetable")
    await opens(desk, karin, origin="email")
    with pytest.raises(NotEntitled) as refused:
        await opens(desk, karin, "reports")
    assert refused.value.verdict.answer.reason == "other-product"


async def test_a_contract_of_a_person_needs_no_organisation(desk: Desk, register: Register):
    karin = await desk.person("Karin Krüger")
    await register.grant(Contract(email=karin.email, first=date(2026, 1, 1), source_key="a"))
    await desk.ticket(karin)


async def test_an_exception_grants_until_its_day_and_says_who_allowed_it(desk: Desk, register: Register):
    karin, anna = await desk.person("Karin Krüger"), await desk.agent()
    exception = Contract(
        person=karin.id,
        kind="exception",
        first=date(2026, 11, 23),
        last=date(2026, 11, 30),
        source_key="a",
        note="Agreed on the phone.",
    )
    await register.grant(exception, Actor.of(anna.id), origin="desk")
    done = await desk.ticket(karin)
    (decision,) = await desk.helpdesk.tickets.read.decisions(done.ticket)
    assert decision.reason == "exception"
    (row,) = await rows(desk)
    assert (row["created_by"], row["note"]) == (anna.id, "Agreed on the phone.")
    desk.clock.advance(timedelta(days=8))
    with pytest.raises(NotEntitled):
        await desk.ticket(karin)


async def test_the_same_source_key_is_entered_once(desk: Desk, register: Register):
    await school(desk)
    contract = Contract(organisation="K1", first=date(2026, 1, 1), source="import", source_key="import:7")
    first, second = await register.grant(contract), await register.grant(contract)
    assert (first.new, second.new) == (True, False)
    assert len(await rows(desk)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organisation": "Nobody"}, "organisation"),
        ({"organisation": "K" * 500}, "organisation"),
        ({"organisation": None}, "email"),
        ({"organisation": None, "email": "nobody@school.example"}, "email"),
        ({"product": "made-up"}, "product"),
        ({"last": date(2025, 12, 31)}, "last"),
        ({"first": date(9999, 1, 1)}, "last"),
        ({"last": date(9999, 12, 31)}, "last"),
        ({"source_key": "k" * 500}, "source_key"),
    ],
)
async def test_a_contract_that_makes_no_sense_is_refused_with_its_field(
    desk: Desk, register: Register, changes: dict[str, Any], field: str
):
    await school(desk)
    with pytest.raises(Invalid) as refused:
        await has_contract(desk, register, **changes)
    assert refused.value.field == field
    assert str(refused.value).endswith(".")
    assert await rows(desk) == []


async def test_an_organisation_is_named_by_its_number_where_several_have_its_name(desk: Desk, register: Register):
    await school(desk, number="K1")
    await school(desk, number="K2")
    with pytest.raises(Invalid, match="customer number"):
        await has_contract(desk, register, organisation="Schule am See")
    await has_contract(desk, register, organisation="K2")


# --- decisions ------------------------------------------------------------------------------------------------------


async def test_a_grant_is_kept_with_its_facts_rule_and_reason(desk: Desk, karin: Account):
    done = await desk.ticket(karin)
    (decision,) = await desk.helpdesk.tickets.read.decisions(done.ticket)
    assert (decision.outcome, decision.rule, decision.reason) == ("grant", "helpdesk_contracts.register", "contract")
    assert decision.until == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert decision.answers[0]["facts"] == {
        "today": "2026-11-23",
        "product": None,
        "periods": 1,
        "claim_in_use": False,
        "kind": "contract",
        "covers": None,
        "from": "2025-12-01",
        "to": "2026-11-30",
    }


async def test_a_refusal_is_kept_although_there_is_no_ticket(desk: Desk):
    karin = await desk.person("Karin Krüger")
    with pytest.raises(NotEntitled):
        await desk.ticket(karin)
    (row,) = await desk.helpdesk.database.fetch("SELECT * FROM helpdesk_core_decision")
    assert (row["outcome"], row["reason"], row["ticket"], row["person"]) == ("refuse", "no-contract", None, karin.id)


async def test_looking_whether_somebody_is_entitled_keeps_nothing_and_starts_nothing(desk: Desk, register: Register):
    karin = await registers(desk, "Karin", school="Schule am See", react=False)
    assert (await register.answer(karin.id)).reason == "trial"
    assert await rows(desk) == []
    assert await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_decision") == []


async def test_a_trial_ends_with_the_account_it_was_given_to_when_that_was_nobodys(desk: Desk):
    """Somebody registered a school with a mistyped address: the right one need not wait for an agent for ever."""
    await registers(desk, "Karn", school="Schule am See")
    desk.clock.advance(timedelta(days=8))
    await desk.helpdesk.accounts.remove_unconfirmed()
    karin = await registers(desk, "Karin", school="Schule am See")
    assert not await is_reviewed(desk, await opens(desk, karin))


async def test_two_registrations_of_a_school_at_one_moment_start_one_trial(desk: Desk, register: Register):
    karin = await registers(desk, "Karin", school="Schule am See", react=False)
    emre = await registers(desk, "Emre", school="Schule am See", react=False)
    recorded = [await registration_of(desk, person) for person in (karin, emre)]
    await asyncio.gather(*(register.start_trial(each) for each in recorded))
    assert len(await rows(desk)) == 1
