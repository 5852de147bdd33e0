"""Links with one-time tokens: confirming an account, disowning it, and what a token is."""

import asyncio
import hashlib
import re
from datetime import timedelta
from uuid import UUID

import pytest

from helpdesk_core.accounts import Account, AccountState, LinkExpired, Purpose, WrongCredentials, tokens
from helpdesk_core.accounts.tables import Address, OneTimeToken, Person, PersonValue
from helpdesk_core.bus.tables import Delivery, EventRow
from helpdesk_core.errors import NotFound, TooMany
from helpdesk_core.fields import Key, put
from helpdesk_core.tickets.tables import Decision, Ticket
from tests.core.accounts.world import OTHER, PASSWORD, START, World, form, token_in

pytestmark = pytest.mark.anyio

EMAIL = "k.krueger@schule.example"


async def open_ticket(person: UUID) -> None:
    """Let something else need a person."""
    await Ticket.insert(
        Ticket(
            number="2026-000001",
            kind="bug",
            subject="Druckt nicht",
            status="new",
            requester=person,
            origin="web",
            opened_at=START,
            updated_at=START,
            status_since=START,
        )
    )


async def test_the_link_and_the_password_of_the_registration_confirm_the_account(world: World):
    account, token = await world.registered()
    confirmed = await world.accounts.confirm(token, PASSWORD)
    assert confirmed.confirmed
    assert confirmed.addresses[0].proven
    assert await world.history(account.id) == ["person.registered", "person.confirmed", "person.address_proven"]


async def test_a_wrong_password_confirms_nothing_and_leaves_the_link(world: World):
    account, token = await world.registered()
    with pytest.raises(WrongCredentials):
        await world.accounts.confirm(token, OTHER)
    assert not (await world.accounts.get(account.id)).confirmed
    assert (await world.accounts.confirm(token, PASSWORD)).confirmed


async def test_whoever_has_the_link_cannot_guess_the_password(world: World):
    _, token = await world.registered()
    for number in range(10):
        with pytest.raises(WrongCredentials):
            await world.accounts.confirm(token, OTHER, source=f"{number}")
    with pytest.raises(TooMany):
        await world.accounts.confirm(token, PASSWORD, source="one more")


async def test_a_confirmed_account_voids_its_other_links(world: World):
    account, token = await world.registered()
    second = await tokens.issue(Purpose.CONFIRM, account.id, account.addresses[0].id, START)
    await world.accounts.confirm(token, PASSWORD)
    for used in (token, second.text):
        with pytest.raises(LinkExpired):
            await world.accounts.confirm(used, PASSWORD)
        with pytest.raises(LinkExpired):
            await world.accounts.not_me(used)
        assert await world.accounts.look_at_token(Purpose.CONFIRM, used) is None


async def test_b32_of_twenty_confirmations_at_once_one_succeeds(world: World):
    account, token = await world.registered()
    results = await asyncio.gather(
        *(world.accounts.confirm(token, PASSWORD, source=f"{number}") for number in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, Account) for result in results) == 1
    assert sum(isinstance(result, LinkExpired) for result in results) == 19
    assert (await world.history(account.id)).count("person.confirmed") == 1


async def test_not_me_takes_the_account_away_with_everything_that_was_typed(world: World):
    account, token = await world.registered(values=(put(Key("organisation", str), "Grundschule Nord"),))
    await world.accounts.not_me(token)
    for table in (Person, Address, PersonValue, OneTimeToken):
        assert await table.count() == 0
    with pytest.raises(NotFound):
        await world.accounts.get(account.id)
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in(EMAIL, PASSWORD, source="")
    assert await world.history(account.id) == ["person.registered", "person.removed"]
    await world.registered()


async def test_not_me_empties_an_account_that_something_else_needs(world: World):
    account, token = await world.registered(values=(put(Key("organisation", str), "Grundschule Nord"),))
    await open_ticket(account.id)
    await world.accounts.not_me(token)
    (row,) = await Person.select()
    assert row["id"] == account.id
    assert row["state"] == "removed"
    assert row["redaction_reason"] == "not_me"
    assert row["password_hash"] is None
    assert not any(word in str(row).casefold() for word in ("karin", "krüger", "frau"))
    for table in (Address, PersonValue, OneTimeToken):
        assert await table.count() == 0
    assert await world.accounts.find(account.id) is None
    assert (await world.accounts.find_many([account.id]))[account.id].name == ""
    assert await world.accounts.addressees([account.id]) == []
    assert await world.accounts.find_by_address(EMAIL) is None
    again, _ = await world.registered()
    assert again.id != account.id


async def test_what_depends_on_an_account_alone_goes_with_it(world: World):
    account, token = await world.registered()
    await Decision.insert(
        Decision(
            person=account.id, command="OpenTicket", origin="web", outcome="review", rule="x", reason="x",
            answers="[]", at=START,
        )
    )  # fmt: skip
    await world.accounts.not_me(token)
    assert await Decision.count() == 0


async def test_an_account_with_a_ticket_outlives_the_seven_days(world: World):
    account, _ = await world.registered()
    await open_ticket(account.id)
    world.clock.advance(timedelta(days=8))
    assert await world.accounts.remove_unconfirmed() == 0
    assert (await world.accounts.get(account.id)).name == "Karin Krüger"
    assert await world.history(account.id) == ["person.registered"]


async def test_b32_of_twenty_not_me_at_once_one_succeeds(world: World):
    account, token = await world.registered()
    results = await asyncio.gather(*(world.accounts.not_me(token) for _ in range(20)), return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, LinkExpired) for result in results) == 19
    assert (await world.history(account.id)).count("person.removed") == 1


async def test_confirming_and_disowning_at_once_do_not_both_succeed(world: World):
    for number in range(10):
        email = f"n{number}@schule.example"
        account, token = await world.registered(email)
        confirmed, disowned = await asyncio.gather(
            world.accounts.confirm(token, PASSWORD), world.accounts.not_me(token), return_exceptions=True
        )
        there = await world.accounts.find(account.id)
        if isinstance(confirmed, Account):
            assert isinstance(disowned, LinkExpired)
            assert there is not None
            assert there.confirmed
        else:
            assert isinstance(confirmed, LinkExpired)
            assert disowned is None
            assert there is None


async def test_a_mail_that_waits_for_a_removed_account_is_not_sent(world: World):
    account, token = await world.registered()
    await world.accounts.forgot(EMAIL, source="", origin="web")
    await world.accounts.not_me(token)
    assert await world.mails() == []
    assert (await world.history(account.id))[-1] == "person.removed"


async def test_s6_a_token_has_256_bits_and_only_its_hash_is_stored(world: World):
    _, token = await world.registered()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    (row,) = await OneTimeToken.select()
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row)
    for table in (EventRow, Person, Address):
        assert token not in str(await table.select())
    facts = [delivery["facts"] for delivery in await Delivery.select()]
    assert token not in str(facts)


async def test_no_token_exists_before_the_mail_leaves(world: World):
    await world.accounts.register(form())
    assert await OneTimeToken.count() == 0
    await world.mails()
    assert await OneTimeToken.count() == 1


async def test_tokens_never_repeat(world: World):
    account, _ = await world.registered()
    issued = [await tokens.issue(Purpose.RESET, account.id, None, START) for _ in range(50)]
    assert len({each.text for each in issued}) == 50


@pytest.mark.parametrize(
    ("purpose", "lifetime"),
    [
        (Purpose.CONFIRM, timedelta(days=7)),
        (Purpose.RESET, timedelta(minutes=60)),
        (Purpose.INVITE, timedelta(days=7)),
    ],
)
async def test_s6_a_token_works_for_its_purpose_its_time_and_once(world: World, purpose: Purpose, lifetime: timedelta):
    account, _ = await world.registered()
    issued = await tokens.issue(purpose, account.id, account.addresses[0].id, START)
    assert issued.until == START + lifetime
    last = START + lifetime - timedelta(microseconds=1)
    found = await tokens.find([purpose], issued.text, last)
    assert found is not None
    assert (found.purpose, found.person_id, found.address_id) == (purpose, account.id, account.addresses[0].id)
    others = [other for other in Purpose if other is not purpose]
    assert await tokens.find(others, issued.text, START) is None
    assert await tokens.find([purpose], issued.text, START + lifetime) is None
    assert not await tokens.use(found, START + lifetime)
    assert await tokens.use(found, last)
    assert not await tokens.use(found, last)
    assert await tokens.find([purpose], issued.text, START) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        None,
        [],
        {},
        0,
        b"x" * 43,
        "x" * 42,
        "x" * 43,
        "x" * 44,
        "ä" * 43,
        "%" * 43,
        "'--" + "x" * 40,
        "\0" * 43,
    ],
)
async def test_b26_what_is_no_token_finds_nothing(world: World, token: object):
    await world.registered()
    assert await tokens.find(list(Purpose), token, START) is None


async def test_b26_a_token_is_found_by_itself_and_by_nothing_else(world: World):
    account, token = await world.registered()
    digest = hashlib.sha256(token.encode()).hexdigest()
    for guess in (digest, digest[:43], token.swapcase(), token[:-1] + "A", str(account.id), f"{token} "):
        assert await tokens.find(list(Purpose), guess, START) is None or guess == token


async def test_b27_a_link_signs_nobody_in_and_the_database_alone_opens_nothing(world: World):
    _, token = await world.registered()
    (row,) = await OneTimeToken.select()
    with pytest.raises(LinkExpired):
        await world.accounts.confirm(row["token_hash"], PASSWORD)
    with pytest.raises(WrongCredentials):
        await world.accounts.confirm(token, "")
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, OTHER)


async def test_b32_of_twenty_uses_at_once_one_succeeds(world: World):
    account, _ = await world.registered()
    issued = await tokens.issue(Purpose.RESET, account.id, account.addresses[0].id, START)
    found = await tokens.find([Purpose.RESET], issued.text, START)
    assert found is not None
    assert sum(await asyncio.gather(*(tokens.use(found, START) for _ in range(20)))) == 1


async def test_dead_tokens_are_forgotten_after_a_month(world: World):
    await world.registered()
    (job,) = (job for job in world.accounts.jobs() if job.name == "accounts.tokens")
    world.clock.advance(timedelta(days=36))
    await job.run()
    assert await OneTimeToken.count() == 1
    world.clock.advance(timedelta(days=2))
    await job.run()
    assert await OneTimeToken.count() == 0


async def test_an_invited_person_confirms_by_choosing_a_password(world: World):
    invited = await world.created("anna@schule.example", password=None)
    assert invited.state is AccountState.INVITED
    token = token_in(await world.mail())
    assert await world.accounts.look_at_token(Purpose.RESET, token) == "a…@schule.example"
    by_ticket = await tokens.issue(Purpose.CONFIRM, invited.id, invited.addresses[0].id, START)
    account = await world.accounts.confirm(by_ticket.text, OTHER)
    assert account.confirmed
    assert account.state is AccountState.ACTIVE
    assert (await world.accounts.sign_in("anna@schule.example", OTHER, source="")).can_sign_in
    with pytest.raises(LinkExpired):
        await world.accounts.reset(token, PASSWORD)
    assert await world.mails() == []
    assert await world.history(invited.id) == ["person.created", "person.confirmed", "person.address_proven"]
