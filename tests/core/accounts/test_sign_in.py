"""Signing in: the right password lets its owner in; nobody else learns, guesses or locks out anything."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from helpdesk_core.accounts import (
    Account,
    AccountState,
    CreateAccount,
    Passwords,
    Register,
    UpdateProfile,
    WrongCredentials,
)
from helpdesk_core.accounts.passwords import PRODUCTION
from helpdesk_core.accounts.tables import Address, Person
from helpdesk_core.bus import Actor
from helpdesk_core.db import uuid7
from helpdesk_core.db.tables import RateLimit
from helpdesk_core.errors import Forbidden, Invalid, TooMany
from tests.core.accounts.world import OTHER, PASSWORD, START, SYSTEM, World, form, take_as_long

pytestmark = pytest.mark.anyio

EMAIL = "k.krueger@schule.example"
HERE = "192.0.2.0/24"
THERE = "198.51.100.0/24"


async def wrong(world: World, *, email: str = EMAIL, source: str = HERE) -> bool:
    """Try a wrong password; False when the try was not made."""
    try:
        await world.accounts.sign_in(email, "falsch geraten", source=source)
    except TooMany:
        return False
    except WrongCredentials:
        return True
    raise AssertionError("a wrong password let somebody in")


async def test_address_and_password_let_their_owner_in_however_the_address_is_typed(world: World):
    account = await world.confirmed()
    for typed in (EMAIL, "K.KRUEGER@SCHULE.EXAMPLE", f"  {EMAIL} "):
        assert (await world.accounts.sign_in(typed, PASSWORD, source=HERE)).id == account.id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "falsch"),
        (EMAIL, ""),
        (EMAIL, PASSWORD + " "),
        (EMAIL, PASSWORD.upper()),
        (EMAIL, "x" * 100_000),
        ("nobody@schule.example", PASSWORD),
        ("invited@schule.example", PASSWORD),
        ("invited@schule.example", ""),
        ("blocked@schule.example", PASSWORD),
        ("", PASSWORD),
        ("no address", PASSWORD),
        ("\0\ud800", PASSWORD),
    ],
)
async def test_everything_else_is_refused_with_one_text_and_one_comparison(world: World, email: str, password: str):
    await world.confirmed()
    await world.created("invited@schule.example", password=None)
    blocked = await world.created("blocked@schule.example")
    await Person.update({Person.state: AccountState.BLOCKED.value}).where(Person.id == blocked.id)
    before = world.hasher.work
    with pytest.raises(WrongCredentials) as refused:
        await world.accounts.sign_in(email, password, source=HERE)
    assert str(refused.value) == "The e-mail address or the password is not right."
    hashed, compared = world.hasher.work
    # The first comparison of a process also makes the hash of nobody, whatever it compares.
    assert (hashed - before[0] <= 1, compared - before[1]) == (True, 1)


async def test_b23_known_and_unknown_addresses_cost_the_same_hashes(world: World):
    await world.confirmed()
    costs = set()
    for number in range(40):
        before = world.hasher.work
        assert await wrong(world, email=EMAIL if number % 2 else f"nobody{number}@schule.example", source=f"{number}")
        costs.add(tuple(after - start for after, start in zip(world.hasher.work, before, strict=True)))
        world.clock.advance(timedelta(minutes=2))
    assert costs == {(0, 1)}


@pytest.mark.full
async def test_b23_the_medians_of_the_times_lie_within_ten_percent(other_world: Callable[..., World]):
    world = other_world(passwords=Passwords(PRODUCTION))
    await world.accounts.register(form())

    async def known(number: int) -> None:
        world.clock.advance(timedelta(minutes=2))
        assert await wrong(world, source=f"{number}")

    async def unknown(number: int) -> None:
        assert await wrong(world, email=f"nobody{number}@schule.example", source=f"{number}")

    assert await take_as_long(known, unknown)
    world.accounts.close()


async def test_s11_ten_wrong_passwords_in_fifteen_minutes_and_no_more(world: World):
    await world.confirmed()
    made = [await wrong(world, source=f"{number}") for number in range(30)]
    assert made == [True] * 10 + [False] * 20
    with pytest.raises(TooMany) as refused:
        await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    assert refused.value.retry_after == 900
    # The window slides in slices of a twelfth.
    world.clock.advance(timedelta(minutes=16, seconds=15))
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)).can_sign_in


async def test_s11_an_unknown_address_is_limited_like_a_known_one(world: World):
    made = [await wrong(world, email="nobody@schule.example", source=f"{number}") for number in range(12)]
    assert made == [True] * 10 + [False] * 2


async def test_s11_fifty_wrong_passwords_from_one_place_whatever_the_accounts(world: World):
    made = [await wrong(world, email=f"n{number}@schule.example") for number in range(60)]
    assert made == [True] * 50 + [False] * 10
    assert await wrong(world, email="other@schule.example", source=THERE)


async def test_tries_that_a_place_was_refused_do_not_count_for_the_account(world: World):
    for number in range(50):
        await wrong(world, email=f"n{number}@schule.example")
    assert [await wrong(world) for _ in range(15)] == [False] * 15
    assert [await wrong(world, source=THERE) for _ in range(11)] == [True] * 10 + [False]


async def test_s11_a_stranger_cannot_keep_the_owner_out_where_they_were_before(world: World):
    await world.confirmed()
    await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    refused = 0
    for _ in range(60):
        refused += not await wrong(world, source=THERE)
        world.clock.advance(timedelta(seconds=30))
    assert refused > 20
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)).can_sign_in
    assert [await wrong(world, source=HERE) for _ in range(12)] == [True] * 10 + [False] * 2


async def test_tries_that_were_refused_do_not_prolong_the_wait(world: World):
    await world.confirmed()
    for number in range(10):
        await wrong(world, source=f"{number}")
    for _ in range(16):
        world.clock.advance(timedelta(minutes=1))
        with pytest.raises(TooMany):
            await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    world.clock.advance(timedelta(minutes=1))
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)).can_sign_in


async def test_right_passwords_do_not_count(world: World):
    await world.confirmed()
    for _ in range(60):
        await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    assert await wrong(world)


async def test_a_right_password_of_ones_own_buys_no_guesses_at_others(world: World):
    await world.confirmed()
    made = []
    for number in range(51):
        if number in {10, 20, 30, 40}:
            await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
        made.append(await wrong(world, email=f"n{number}@schule.example"))
    assert made == [True] * 50 + [False]


async def test_b32_of_fifty_wrong_passwords_at_once_ten_are_compared(world: World):
    await world.confirmed()
    before = world.hasher.compared
    made = await asyncio.gather(*(wrong(world, source=f"{number}") for number in range(50)))
    assert sum(made) == 10
    assert world.hasher.compared - before == 10


async def test_b32_two_processes_count_together(world: World, other_world: Callable[..., World]):
    await world.confirmed()
    second = other_world()
    tries = [wrong(each, source=f"{number}") for number in range(20) for each in (world, second)]
    assert sum(await asyncio.gather(*tries)) == 10
    second.accounts.close()


async def test_a_crowd_with_right_passwords_is_let_in(world: World):
    await world.confirmed()
    crowd = [world.accounts.sign_in(EMAIL, PASSWORD, source=HERE) for _ in range(100)]
    assert len({account.id for account in await asyncio.gather(*crowd)}) == 1


async def test_b31_where_a_try_comes_from_is_stored_as_a_digest(world: World):
    await wrong(world, source="<img src=x>")
    buckets = [row["bucket"] for row in await RateLimit.select()]
    assert buckets
    assert not any("img" in bucket or "krueger" in bucket for bucket in buckets)


async def test_a_hash_of_another_cost_is_renewed_at_sign_in(world: World):
    account = await world.confirmed()
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    await Person.update({Person.password_hash: old}).where(Person.id == account.id)
    await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    row = await Person.select(Person.password_hash, Person.password_set_at).first()
    assert row is not None
    assert row["password_hash"] != old
    assert not world.hasher.check_needs_rehash(row["password_hash"])
    assert row["password_set_at"] == account.password_set_at
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)).can_sign_in


async def test_changing_the_password_voids_the_sessions_of_before_and_tells_the_owner(world: World):
    account = await world.confirmed()
    signed_in_at = world.clock.now()
    world.clock.advance(timedelta(minutes=5))
    changed = await world.accounts.change_password(Actor.of(account.id), PASSWORD, OTHER, source=HERE, origin="web")
    assert changed.password_set_at is not None
    assert signed_in_at < changed.password_set_at
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)
    assert (await world.accounts.sign_in(EMAIL, OTHER, source=HERE)).password_set_at == changed.password_set_at
    mail = await world.mail()
    assert mail.subject == "Ihr Kennwort wurde geändert"
    assert mail.text.startswith("Guten Tag Frau Krüger,\n")
    assert "23.11.2026 um 10:05 Uhr" in mail.text
    assert (await world.history(account.id))[-1] == "person.password_set"


async def test_every_proven_address_hears_of_a_new_password_and_no_other(world: World):
    account = await world.confirmed()
    for value, proven_at in (("home@example.org", START), ("claimed@example.org", None)):
        address = Address(
            id=uuid7(),
            person=account.id,
            value=value,
            canonical=value,
            main=False,
            created_at=START,
            proven_at=proven_at,
        )
        await Address.insert(address)
    await world.accounts.change_password(Actor.of(account.id), PASSWORD, OTHER, source=HERE, origin="web")
    told = {mail.addressee.address for mail in await world.mails()}
    assert told == {"K.Krueger@Schule.example", "home@example.org"}


@pytest.mark.parametrize("jump", [timedelta(), timedelta(hours=-1)])
async def test_sessions_of_before_are_void_also_when_the_clock_stands_or_goes_back(world: World, jump: timedelta):
    account = await world.confirmed()
    assert account.password_set_at is not None
    last = account.password_set_at
    for old, new in ((PASSWORD, OTHER), (OTHER, PASSWORD)):
        world.clock.advance(jump)
        changed = await world.accounts.change_password(Actor.of(account.id), old, new, source=HERE, origin="web")
        assert changed.password_set_at is not None
        assert changed.password_set_at > last
        last = changed.password_set_at


async def test_changing_the_password_needs_the_old_one_and_counts_like_signing_in(world: World):
    account = await world.confirmed()
    actor = Actor.of(account.id)
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await world.accounts.change_password(actor, "falsch geraten", OTHER, source=THERE, origin="web")
    with pytest.raises(TooMany):
        await world.accounts.change_password(actor, PASSWORD, OTHER, source=THERE, origin="web")
    with pytest.raises(Forbidden):
        await world.accounts.change_password(SYSTEM, PASSWORD, OTHER, source=THERE, origin="cli")


async def test_a_new_password_must_be_good_and_not_the_name(world: World):
    account = await world.confirmed()
    for new in ("kurz", "kruegerkrueger", "Sommer2026!"):
        with pytest.raises(Invalid) as refused:
            await world.accounts.change_password(Actor.of(account.id), PASSWORD, new, source=HERE, origin="web")
        assert refused.value.field == "password"
    assert (await world.accounts.sign_in(EMAIL, PASSWORD, source=HERE)).can_sign_in


@pytest.mark.parametrize("shown", [Account, Register, CreateAccount, UpdateProfile])
async def test_nothing_that_is_handed_out_holds_a_hash(world: World, shown: type):
    assert "password_hash" not in shown.__struct_fields__  # type: ignore[attr-defined]


async def test_b34_a_fresh_database_has_no_account(world: World):
    assert await Person.count() == 0
