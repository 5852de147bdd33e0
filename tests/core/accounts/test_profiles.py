"""Accounts that others make, and changes of what is known of people."""

from itertools import product
from typing import Any

import pytest

from helpdesk_core.accounts import Account, AccountState, CreateAccount, Role, UpdateProfile
from helpdesk_core.accounts.tables import Person, PersonValue
from helpdesk_core.bus import Actor, Subject
from helpdesk_core.checks import Check, Refuse
from helpdesk_core.db import KeyReused
from helpdesk_core.errors import Changed, Forbidden, Invalid, NotFound, Refused
from helpdesk_core.fields import Key, put
from tests.core.accounts.world import PASSWORD, SYSTEM, World, key

pytestmark = pytest.mark.anyio

SCHOOL = Key("organisation", str)
SEATS = Key("seats", int)
COMMANDS = (CreateAccount, UpdateProfile)


def update(account: Account, actor: Actor | None = None, **changed: Any) -> UpdateProfile:
    """Return a change of a profile by its owner, or by the actor."""
    fixed: dict[str, Any] = {
        "actor": actor or Actor.of(account.id),
        "origin": "web",
        "once": key(),
        "person_id": account.id,
        "version": account.version,
    }
    return UpdateProfile(**(fixed | changed))


@pytest.mark.parametrize("role", list(Role))
async def test_an_account_made_with_a_password_is_confirmed_and_open(world: World, role: Role):
    account = await world.created("anna@vendor.example", role, given_name="Anna", family_name="Meyer")
    assert account.role is role
    assert account.is_agent == (role is not Role.CUSTOMER)
    assert account.is_administrator == (role is Role.ADMINISTRATOR)
    assert account.confirmed
    assert account.addresses[0].proven
    assert (await world.accounts.sign_in("anna@vendor.example", PASSWORD, source="")).name == "Anna Meyer"
    assert await world.mails() == []
    assert await world.history(account.id) == ["person.created", "person.confirmed", "person.address_proven"]


async def test_an_account_made_without_a_password_is_invited(world: World):
    account = await world.created("anna@schule.example", password=None, values=(put(SEATS, 3),))
    assert account.state is AccountState.INVITED
    assert not account.confirmed
    assert not account.can_sign_in
    assert account.values[SEATS] == 3
    mail = await world.mail()
    assert (mail.notice, mail.recipient.salutation) == ("invited", "Guten Tag")


async def test_an_account_may_be_made_without_telling_anybody(world: World):
    await world.created("anna@schule.example", password=None, tell=False)
    assert await world.mails() == []


async def test_an_address_belongs_to_one_person(world: World):
    await world.created("anna@schule.example")
    with pytest.raises(Invalid) as refused:
        await world.created("ANNA@schule.example")
    assert refused.value.field == "email"
    assert await Person.count() == 1


async def test_a_repeated_command_returns_the_first_account(world: World):
    command = CreateAccount(actor=SYSTEM, origin="cli", once="k", email="anna@schule.example", password=PASSWORD)
    first = await world.accounts.create(command)
    assert (await world.accounts.create(command)).id == first.id
    with pytest.raises(KeyReused):
        await world.created("ben@schule.example", once="k")


async def test_customers_make_no_accounts_and_agents_make_no_agents(world: World):
    customer = await world.created("c@schule.example")
    agent = await world.created("a@vendor.example", Role.AGENT)
    administrator = await world.created("b@vendor.example", Role.ADMINISTRATOR)
    for actor, role in (
        (Actor.of(customer.id), Role.CUSTOMER),
        (Actor(), Role.CUSTOMER),
        (Actor.of(agent.id), Role.AGENT),
        (Actor.of(agent.id), Role.ADMINISTRATOR),
    ):
        with pytest.raises(Forbidden):
            await world.created("new@schule.example", role, actor=actor)
    await world.created("one@schule.example", Role.CUSTOMER, actor=Actor.of(agent.id))
    await world.created("two@vendor.example", Role.AGENT, actor=Actor.of(administrator.id))
    assert await Person.count() == 5


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"password": "kurz"}, "password"),
        ({"given_name": "http://spam.example"}, "given_name"),
        ({"language": "!"}, "language"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
async def test_wrong_fields_are_named(world: World, changed: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        await world.created(**({"email": "anna@schule.example"} | changed))
    assert refused.value.field == field
    assert await Person.count() == 0


async def test_checks_are_asked_about_what_others_make_and_change(world: World):
    account = await world.created("anna@schule.example")

    async def ask(command: object) -> Refuse | None:
        return Refuse("Not today.")

    world.accounts.wire([Check(name=f"test.{each.__name__}", command=each, ask=ask) for each in COMMANDS])
    with pytest.raises(Refused, match="Not today"):
        await world.created("ben@schule.example")
    with pytest.raises(Refused, match="Not today"):
        await world.accounts.update_profile(update(account, given_name="Anna"))


async def test_people_change_what_is_known_of_them(world: World):
    account = await world.confirmed()
    after = await world.accounts.update_profile(
        update(
            account,
            salutation="",
            given_name=" Karla ",
            language="en",
            timezone="Europe/Vienna",
            values=(put(SCHOOL, "Realschule Süd"), put(SEATS, 2)),
        )
    )
    assert (after.salutation, after.given_name, after.family_name) == ("", "Karla", "Krüger")
    assert (after.language, after.timezone) == ("en", "Europe/Vienna")
    assert (after.values[SCHOOL], after.values[SEATS]) == ("Realschule Süd", 2)
    assert after.version == account.version + 1
    (*_, last) = await world.bus.history(Subject("person", account.id))
    assert last.event.name == "person.profile_changed"
    assert last.actor == Actor.of(account.id)
    again = await world.accounts.update_profile(update(after, language=None, values=(put(SCHOOL, None),)))
    assert again.language is None
    assert SCHOOL not in again.values
    assert again.values[SEATS] == 2
    assert await PersonValue.count() == 1


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused_whole(world: World):
    account = await world.confirmed()
    await world.accounts.update_profile(update(account, given_name="Karla"))
    with pytest.raises(Changed):
        await world.accounts.update_profile(update(account, family_name="Kruse", values=(put(SEATS, 1),)))
    now = await world.accounts.get(account.id)
    assert (now.name, SEATS in now.values) == ("Karla Krüger", False)
    with pytest.raises(Changed):
        await world.accounts.change_role(SYSTEM, account.id, account.version, Role.AGENT, origin="cli")


async def test_the_same_change_sent_twice_happens_once(world: World):
    account = await world.confirmed()
    command = update(account, given_name="Karla")
    first = await world.accounts.update_profile(command)
    assert (await world.accounts.update_profile(command)).version == first.version


async def test_a_change_of_nothing_is_none(world: World):
    account = await world.confirmed()
    assert (await world.accounts.update_profile(update(account))).version == account.version


async def test_who_may_change_whom(world: World):
    people = {
        "customer": await world.created("c@schule.example"),
        "other": await world.created("o@schule.example"),
        "agent": await world.created("a@vendor.example", Role.AGENT),
        "colleague": await world.created("b@vendor.example", Role.AGENT),
        "administrator": await world.created("d@vendor.example", Role.ADMINISTRATOR),
    }
    allowed = set()
    for (who, actor), (whom, other) in product(people.items(), repeat=2):
        account = await world.accounts.get(other.id)
        try:
            await world.accounts.update_profile(update(account, Actor.of(actor.id), given_name=f"by {who}"))
        except Forbidden:
            assert (await world.accounts.get(account.id)).version == account.version
        else:
            allowed.add((who, whom))
    assert allowed == {
        ("customer", "customer"),
        ("other", "other"),
        ("agent", "agent"),
        ("agent", "customer"),
        ("agent", "other"),
        ("colleague", "colleague"),
        ("colleague", "customer"),
        ("colleague", "other"),
        *(("administrator", whom) for whom in people),
    }


async def test_a_blocked_agent_changes_nobody(world: World):
    agent = await world.created("a@vendor.example", Role.AGENT)
    customer = await world.created("c@schule.example")
    await Person.update({Person.state: AccountState.BLOCKED.value}).where(Person.id == agent.id)
    with pytest.raises(Forbidden):
        await world.accounts.update_profile(update(customer, Actor.of(agent.id), given_name="X"))


async def test_an_administrator_changes_roles_and_nobody_else_does(world: World):
    agent = await world.created("a@vendor.example", Role.AGENT)
    administrator = await world.created("b@vendor.example", Role.ADMINISTRATOR)
    for actor in (Actor.of(agent.id), Actor()):
        with pytest.raises(Forbidden):
            await world.accounts.change_role(actor, agent.id, agent.version, Role.ADMINISTRATOR, origin="desk")
    by = Actor.of(administrator.id)
    after = await world.accounts.change_role(by, agent.id, agent.version, Role.CUSTOMER, origin="desk")
    assert after.role is Role.CUSTOMER
    same = await world.accounts.change_role(by, agent.id, after.version, Role.CUSTOMER, origin="desk")
    assert same.version == after.version
    assert (await world.history(agent.id))[-1] == "person.role_changed"


async def test_nobody_is_found_under_an_unknown_key(world: World):
    account = await world.confirmed()
    gone = Subject("person", account.id)
    await Person.delete().where(Person.id == account.id)
    with pytest.raises(NotFound):
        await world.accounts.get(account.id)
    with pytest.raises(NotFound):
        await world.accounts.update_profile(update(account, given_name="X"))
    assert await world.accounts.find(gone.id) is None
    assert await world.accounts.find_many([gone.id]) == {}
    assert await world.accounts.find_many([]) == {}
    assert await world.accounts.find_by_address("k.krueger@schule.example") is None
    assert len(await world.accounts.values(gone.id)) == 0


async def test_people_take_their_account_away_and_nobody_else_s(world: World):
    anna = await world.created("anna@schule.example", given_name="Anna")
    ben = await world.created("ben@schule.example")
    with pytest.raises(Forbidden):
        await world.accounts.remove(Actor.of(ben.id), anna.id, origin="web")
    await world.accounts.remove(Actor.of(anna.id), anna.id, origin="web")
    assert await world.accounts.find(anna.id) is None
    assert await world.accounts.find_by_address("anna@schule.example") is None
    (*_, last) = await world.bus.history(Subject("person", anna.id))
    assert (last.event.name, last.actor) == ("person.removed", Actor.of(anna.id))
    with pytest.raises(NotFound):
        await world.accounts.remove(Actor.of(anna.id), anna.id, origin="web")
    assert await Person.count() == 1
