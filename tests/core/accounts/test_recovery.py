"""A forgotten password: a link for whoever reads the mail, and nothing for anybody else."""

import asyncio
from datetime import timedelta

import pytest

from helpdesk_core.accounts import Account, AccountState, LinkExpired, Purpose, WrongCredentials, tokens
from helpdesk_core.accounts.tables import Address, OneTimeToken, Person
from helpdesk_core.bus.tables import Delivery, EventRow
from helpdesk_core.db.tables import RateLimit
from helpdesk_core.errors import Invalid, TooMany
from tests.core.accounts.world import OTHER, PASSWORD, URL, World, form, take_as_long, token_in

pytestmark = pytest.mark.anyio

EMAIL = "k.krueger@schule.example"


async def reset_token(world: World, email: str = EMAIL) -> str:
    """Ask for a link and return the token in it."""
    await world.accounts.forgot(email, source="192.0.2.0/24", origin="web")
    return token_in(await world.mail())


async def test_the_link_sets_a_new_password_once(world: World):
    account = await world.confirmed()
    token = await reset_token(world)
    assert await world.accounts.look_at_token(Purpose.RESET, token) == "K…@Schule.example"
    await world.accounts.reset(token, OTHER)
    assert (await world.accounts.sign_in(EMAIL, OTHER, source="")).id == account.id
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in(EMAIL, PASSWORD, source="")
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, PASSWORD)
    assert await world.accounts.look_at_token(Purpose.RESET, token) is None


async def test_the_mail_says_how_long_the_link_works(world: World):
    await world.confirmed()
    await world.accounts.forgot(EMAIL, source="", origin="web")
    mail = await world.mail()
    assert mail.subject == "Neues Kennwort vergeben"
    assert mail.text.startswith("Guten Tag Frau Krüger,\n")
    assert "bis 23.11.2026, 11:00 Uhr" in mail.text
    assert f"    {URL}/reset/{token_in(mail)}\n" in mail.text


async def test_s6_a_link_works_for_sixty_minutes(world: World):
    await world.confirmed()
    token = await reset_token(world)
    world.clock.advance(timedelta(minutes=60))
    assert await world.accounts.look_at_token(Purpose.RESET, token) is None
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, OTHER)


async def test_a_mail_that_is_sixty_minutes_late_is_not_sent(world: World):
    await world.confirmed()
    await world.accounts.forgot(EMAIL, source="", origin="web")
    world.clock.advance(timedelta(minutes=61))
    assert await world.mails() == []


async def test_a_reset_voids_every_session_and_every_other_link_and_tells_the_owner(world: World):
    before = await world.confirmed()
    first, second = await reset_token(world), await reset_token(world)
    world.clock.advance(timedelta(minutes=5))
    after = await world.accounts.reset(first, OTHER)
    assert before.password_set_at is not None
    assert after.password_set_at is not None
    assert after.password_set_at > before.password_set_at
    with pytest.raises(LinkExpired):
        await world.accounts.reset(second, PASSWORD)
    mail = await world.mail()
    assert mail.notice == "password_was_set"
    assert mail.addressee.address == "K.Krueger@Schule.example"


async def test_a_reset_confirms_and_the_password_of_a_stranger_is_void(world: World):
    await world.accounts.register(form(password=OTHER, given_name="Eve", family_name="Fremd"))
    await world.mails()
    token = await reset_token(world)
    account = await world.accounts.reset(token, PASSWORD)
    assert account.confirmed
    assert account.addresses[0].proven
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in(EMAIL, OTHER, source="")
    assert await world.history(account.id) == [
        "person.registered",
        "person.password_forgotten",
        "person.confirmed",
        "person.address_proven",
        "person.password_set",
    ]


async def test_asking_for_a_link_changes_nothing_and_locks_nobody_out(world: World):
    await world.confirmed()
    before = await world.rows()
    for number in range(10):
        await world.accounts.forgot(EMAIL, source=f"{number}", origin="web")
    assert await world.rows() == before
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source="")).can_sign_in


async def test_three_links_an_hour_for_one_address_whatever_the_sources(world: World):
    await world.confirmed()
    for number in range(10):
        await world.accounts.forgot(EMAIL, source=f"{number}", origin="web")
    assert len(await world.mails()) == 3
    world.clock.advance(timedelta(minutes=65))
    await world.accounts.forgot(EMAIL, source="", origin="web")
    assert len(await world.mails()) == 1


async def test_repeated_registrations_do_not_use_up_the_links_of_a_proven_address(world: World):
    await world.confirmed()
    for number in range(10):
        await world.accounts.register(form(source=f"{number}"))
    assert len(await world.mails()) == 3
    assert await reset_token(world)


async def test_requests_from_one_place_are_limited_known_or_not(world: World):
    await world.confirmed()
    for number in range(30):
        await world.accounts.forgot(f"n{number}@schule.example", source="here", origin="web")
    for email in (EMAIL, "nobody@schule.example"):
        with pytest.raises(TooMany):
            await world.accounts.forgot(email, source="here", origin="web")


async def test_b23_an_unknown_address_leaves_the_same_rows_and_gets_no_mail(world: World):
    await world.confirmed()
    grown = []
    for email in (EMAIL, "nobody@schule.example"):
        before = [await table.count() for table in (EventRow, Delivery, RateLimit, OneTimeToken)]
        await world.accounts.forgot(email, source="elsewhere", origin="web")
        after = [await table.count() for table in (EventRow, Delivery, RateLimit, OneTimeToken)]
        grown.append([now - then for now, then in zip(after, before, strict=True)])
    # The second request from one place counts in the row of the first.
    assert grown == [[1, 1, 3, 0], [1, 1, 2, 0]]
    mail = await world.mail()
    assert mail.addressee.address == "K.Krueger@Schule.example"
    assert "nobody" not in str(await Delivery.select())
    assert "nobody" not in str(await EventRow.select())


async def test_b23_a_request_costs_no_hash_known_or_not(world: World):
    await world.confirmed()
    before = world.hasher.work
    for number in range(40):
        await world.accounts.forgot(EMAIL if number % 2 else "nobody@schule.example", source=f"{number}", origin="web")
    assert world.hasher.work == before


async def test_only_what_is_no_address_is_refused(world: World):
    with pytest.raises(Invalid) as refused:
        await world.accounts.forgot("no address", source="", origin="web")
    assert refused.value.field == "email"


async def test_a_weak_password_is_refused_and_the_link_still_works(world: World):
    await world.confirmed()
    token = await reset_token(world)
    with pytest.raises(Invalid) as refused:
        await world.accounts.reset(token, "kurz")
    assert refused.value.field == "password"
    assert (await world.accounts.reset(token, OTHER)).can_sign_in


async def test_b32_of_twenty_resets_at_once_one_succeeds(world: World):
    account = await world.confirmed()
    token = await reset_token(world)
    new = [f"{OTHER} {number}" for number in range(20)]
    results = await asyncio.gather(*(world.accounts.reset(token, each) for each in new), return_exceptions=True)
    (won,) = [number for number, result in enumerate(results) if isinstance(result, Account)]
    assert sum(isinstance(result, LinkExpired) for result in results) == 19
    assert (await world.accounts.sign_in(EMAIL, new[won], source="")).id == account.id
    assert (await world.history(account.id)).count("person.password_set") == 1
    assert len(await world.mails()) == 1


@pytest.mark.parametrize("state", [AccountState.BLOCKED, AccountState.REMOVED])
async def test_a_closed_account_gets_no_link_and_uses_none(world: World, state: AccountState):
    account = await world.confirmed()
    token = await reset_token(world)
    await Person.update({Person.state: state.value}).where(Person.id == account.id)
    await world.accounts.forgot(EMAIL, source="", origin="web")
    assert await world.mails() == []
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, OTHER)


async def test_a_link_to_an_address_that_is_no_longer_theirs_does_not_work(world: World):
    account = await world.confirmed()
    token = await reset_token(world)
    await Address.update({Address.removed_at: world.clock.now()}).where(Address.person == account.id)
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, OTHER)
    assert await world.accounts.look_at_token(Purpose.RESET, token) is None


async def test_whoever_resets_is_let_in_where_they_are_though_strangers_guess(world: World):
    await world.confirmed()
    for number in range(10):
        with pytest.raises(WrongCredentials):
            await world.accounts.sign_in(EMAIL, "falsch geraten", source=f"{number}")
    with pytest.raises(TooMany):
        await world.accounts.sign_in(EMAIL, PASSWORD, source="home")
    await world.accounts.reset(await reset_token(world), OTHER, source="home")
    assert (await world.accounts.sign_in(EMAIL, OTHER, source="home")).can_sign_in


async def test_b26_an_invitation_works_for_seven_days_and_once(world: World):
    await world.created("anna@schule.example", password=None)
    mail = await world.mail()
    assert mail.subject == "Ihr Zugang zum Ticketsystem"
    assert "bis Montag, 30. November 2026" in mail.text
    token = token_in(mail)
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("anna@schule.example", "", source="")
    account = await world.accounts.reset(token, PASSWORD)
    assert account.state is AccountState.ACTIVE
    assert account.confirmed
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, OTHER)
    assert await world.mails() == []
    assert (await world.accounts.sign_in("anna@schule.example", PASSWORD, source="")).can_sign_in


async def test_b26_an_invitation_expires(world: World):
    await world.created("anna@schule.example", password=None)
    token = token_in(await world.mail())
    world.clock.advance(timedelta(days=7))
    for used in (token, "", " ", token[:-1]):
        with pytest.raises(LinkExpired):
            await world.accounts.reset(used, PASSWORD)


async def test_b26_the_link_of_one_person_opens_no_other(world: World):
    anna = await world.created("anna@schule.example", password=None)
    ben = await world.created("ben@schule.example", password=None)
    tokens_of = {mail.addressee.person_id: token_in(mail) for mail in await world.mails()}
    await world.accounts.reset(tokens_of[anna.id], PASSWORD)
    assert (await world.accounts.get(ben.id)).state is AccountState.INVITED
    issued = await tokens.issue(Purpose.INVITE, ben.id, anna.addresses[0].id, world.clock.now())
    with pytest.raises(LinkExpired):
        await world.accounts.reset(issued.text, PASSWORD)


async def test_an_invited_person_who_forgot_to_choose_gets_a_link_by_asking(world: World):
    await world.created("anna@schule.example", password=None)
    await world.mails()
    token = await reset_token(world, "anna@schule.example")
    assert (await world.accounts.reset(token, PASSWORD)).state is AccountState.ACTIVE


@pytest.mark.full
async def test_b23_the_medians_of_the_times_to_ask_lie_within_ten_percent(world: World):
    await world.confirmed()

    async def known(number: int) -> None:
        world.clock.advance(timedelta(hours=9))
        await world.accounts.forgot(EMAIL, source=f"{number}", origin="web")

    async def unknown(number: int) -> None:
        await world.accounts.forgot("nobody@schule.example", source=f"{number}", origin="web")

    assert await take_as_long(known, unknown)
    assert await EventRow.count() % 200 == 3
