"""Where people are reached, what is known of their addresses, and how a text greets them."""

from datetime import timedelta
from typing import Any

import pytest

from helpdesk_core.accounts import Account, AccountState, Role
from helpdesk_core.accounts.tables import Address, Person
from helpdesk_core.bus import Addressee
from helpdesk_core.db import uuid7
from helpdesk_core.errors import NotFound
from helpdesk_core.text import Texts
from tests.core.accounts.world import START, SYSTEM, World

pytestmark = pytest.mark.anyio


async def add_address(account: Account, value: str, **more: Any) -> None:
    """Give somebody another address."""
    columns: dict[str, Any] = {"channel": "email", "canonical": value, "main": False, "created_at": START} | more
    await Address.insert(Address(id=uuid7(), person=account.id, value=value, **columns))


async def bounce(world: World, account: Account) -> None:
    """Let the main address of somebody bounce."""
    async with world.database.unit() as unit:
        address = account.addresses[0].id
        await world.accounts.mark_bounced(unit, address, "550 no such user\0", actor=SYSTEM, origin="email")


async def test_notices_go_to_the_main_address_on_each_channel_in_the_order_of_the_people(world: World):
    anna = await world.created("anna@schule.example")
    ben = await world.created("ben@schule.example")
    await add_address(anna, "anna@home.example")
    await add_address(anna, "+49 30 123456", channel="sms", main=True)
    found = await world.accounts.addressees([ben.id, anna.id, ben.id, uuid7()], ["email", "sms"])
    assert [(each.channel, each.address, each.person_id) for each in found] == [
        ("email", "ben@schule.example", ben.id),
        ("email", "anna@schule.example", anna.id),
        ("sms", "+49 30 123456", anna.id),
    ]
    assert [each.channel for each in await world.accounts.addressees([anna.id])] == ["email"]
    assert await world.accounts.addressees([]) == []


async def test_nothing_goes_to_addresses_that_bounce_or_to_closed_accounts(world: World):
    bounced = await world.created("a@schule.example")
    blocked = await world.created("b@schule.example")
    invited = await world.created("c@schule.example", password=None, tell=False)
    moved = await world.created("d@schule.example")
    everybody = [account.id for account in (bounced, blocked, invited, moved)]
    queued = await world.accounts.addressees(everybody)
    assert len(queued) == 4
    await bounce(world, bounced)
    await Person.update({Person.state: AccountState.BLOCKED.value}).where(Person.id == blocked.id)
    await Address.update({Address.removed_at: START}).where(Address.person == moved.id)
    assert [each.person_id for each in await world.accounts.addressees(everybody)] == [invited.id]
    assert [await world.accounts.reachable(each) for each in queued] == [False, False, True, False]
    await world.accounts.works_again(bounced.addresses[0].id)
    assert await world.accounts.reachable(queued[0])
    assert await world.accounts.reachable(Addressee(channel="email", address="guest@schule.example"))


async def test_a_bounce_is_written_down_once_with_its_reason(world: World):
    account = await world.confirmed()
    await bounce(world, account)
    await bounce(world, account)
    row = await Address.select().first()
    assert row is not None
    assert (row["bounced_at"], row["bounce_reason"]) == (START, "550 no such user")
    assert (await world.history(account.id)).count("person.address_bounced") == 1


async def test_evidence_proves_an_address_once_and_confirms_no_account(world: World):
    account, _ = await world.registered()
    for _ in range(2):
        await world.prove(account)
    now = await world.accounts.get(account.id)
    assert now.addresses[0].proven
    assert not now.confirmed
    assert (await world.history(account.id)).count("person.address_proven") == 1


async def test_what_is_said_of_an_unknown_address_is_refused(world: World):
    with pytest.raises(NotFound):
        async with world.database.unit() as unit:
            await world.accounts.prove_address(unit, uuid7(), "answer", actor=SYSTEM, origin="email")


@pytest.mark.parametrize(
    ("language", "known", "greeting"),
    [
        ("de", {"salutation": "Frau", "given_name": "Karin", "family_name": "Krüger"}, "Guten Tag Frau Krüger"),
        ("de", {"given_name": "Karin", "family_name": "Krüger"}, "Guten Tag Karin Krüger"),
        ("de", {"salutation": "Frau", "given_name": "Karin"}, "Guten Tag Karin"),
        ("de", {"family_name": "Krüger"}, "Guten Tag Krüger"),
        ("de", {}, "Guten Tag"),
        ("de", {"salutation": "Frau"}, "Guten Tag"),
        ("de", {"given_name": "100%", "family_name": "%(name)s"}, "Guten Tag 100% %(name)s"),
        ("en", {"salutation": "Ms", "given_name": "Karin", "family_name": "Krüger"}, "Good day Ms Krüger"),
        ("en", {"given_name": "Karin", "family_name": "Krüger"}, "Good day Karin Krüger"),
        ("en", {}, "Good day"),
    ],
)
async def test_people_are_greeted_by_what_is_known_of_them(
    world: World, texts: Texts, language: str, known: dict[str, Any], greeting: str
):
    account = await world.created("k@schule.example", **known)
    (addressee,) = await world.accounts.addressees([account.id])
    recipient = await world.accounts.recipient(addressee, texts.words(language))
    assert recipient.salutation == greeting
    assert recipient.proven
    assert recipient.name == account.name
    assert not recipient.agent


async def test_an_unproven_address_is_greeted_without_a_name(world: World, texts: Texts):
    account, _ = await world.registered()
    (addressee,) = await world.accounts.addressees([account.id])
    for each in (addressee, Addressee(channel="email", address="guest@schule.example")):
        recipient = await world.accounts.recipient(each, texts.words("de"))
        assert (recipient.salutation, recipient.name, recipient.proven) == ("Guten Tag", "", False)
    await world.prove(account)
    assert (await world.accounts.recipient(addressee, texts.words("de"))).salutation == "Guten Tag Frau Krüger"


async def test_an_address_that_was_given_up_is_greeted_like_a_stranger_s(world: World, texts: Texts):
    account = await world.confirmed()
    (addressee,) = await world.accounts.addressees([account.id])
    await Address.update({Address.removed_at: START}).where(Address.person == account.id)
    recipient = await world.accounts.recipient(addressee, texts.words("de"))
    assert (recipient.salutation, recipient.proven) == ("Guten Tag", False)


async def test_agents_are_marked_as_such(world: World, texts: Texts):
    agent = await world.created("anna@vendor.example", Role.AGENT)
    (addressee,) = await world.accounts.addressees([agent.id])
    assert (await world.accounts.recipient(addressee, texts.words("de"))).agent


async def test_r14_every_mail_to_an_unproven_address_counts_whoever_sends_it(world: World):
    async def may(email: str) -> bool:
        async with world.database.unit() as unit:
            return await world.accounts.may_mail_unproven(unit, email)

    await world.registered()
    assert [await may("K.KRUEGER@schule.example") for _ in range(3)] == [True, True, False]
    assert await may("other@schule.example")
    await world.accounts.forgot("k.krueger@schule.example", source="", origin="web")
    assert await world.mails() == []
    world.clock.advance(timedelta(minutes=65))
    assert await may("k.krueger@schule.example")


async def test_a_mail_that_was_not_queued_does_not_count(world: World):
    async def undone() -> None:
        async with world.database.unit() as unit:
            assert await world.accounts.may_mail_unproven(unit, "k@schule.example")
            raise RuntimeError("the unit is undone")

    for _ in range(5):
        with pytest.raises(RuntimeError, match="undone"):
            await undone()
