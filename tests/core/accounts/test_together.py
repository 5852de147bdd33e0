"""Everything about one person at once: changes wait for each other, and none breaks another off."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

from helpdesk_core.accounts import Account, Limits, LinkExpired, Purpose, Role, UpdateProfile, WrongCredentials, tokens
from helpdesk_core.bus import Actor
from helpdesk_core.errors import Changed, HelpdeskError
from tests.core.accounts.world import OTHER, PASSWORD, SYSTEM, World, form, key

pytestmark = pytest.mark.anyio

EMAIL = "k.krueger@schule.example"
EXPECTED = (LinkExpired, WrongCredentials, Changed)
"""What somebody may hear who came second."""


def rename(world: World, account: Account, name: str) -> Coroutine[Any, Any, Account]:
    return world.accounts.update_profile(
        UpdateProfile(
            actor=Actor.of(account.id),
            origin="web",
            once=key(),
            person_id=account.id,
            version=account.version,
            given_name=name,
        )
    )


async def prove(world: World, account: Account) -> None:
    async with world.database.unit() as unit:
        await world.accounts.prove_address(unit, account.addresses[0].id, "answer", actor=SYSTEM, origin="email")


async def bounce(world: World, account: Account) -> None:
    async with world.database.unit() as unit:
        await world.accounts.mark_bounced(unit, account.addresses[0].id, "550", actor=SYSTEM, origin="email")


async def test_everything_about_one_person_at_once_only_waits(world: World):
    world.accounts._limits = Limits(tries=1000, tries_of_source=1000, mails_an_hour=1000, mails_a_day=1000)
    heard: Counter[str] = Counter()
    for number in range(6):
        email = f"n{number}-{EMAIL}"
        await world.accounts.register(form(email))
        account = await world.accounts.find_by_address(email)
        assert account is not None
        address = account.addresses[0].id
        now = world.clock.now()
        links = [await tokens.issue(Purpose.RESET, account.id, address, now) for _ in range(4)]
        confirm = await tokens.issue(Purpose.CONFIRM, account.id, address, now)
        work: list[Coroutine[Any, Any, object]] = [
            *(world.accounts.reset(link.text, f"{OTHER} {n}") for n, link in enumerate(links)),
            *(world.accounts.forgot(email, source="", origin="web") for _ in range(4)),
            *(world.accounts.register(form(email)) for _ in range(4)),
            world.accounts.confirm(confirm.text, PASSWORD),
            world.accounts.change_password(Actor.of(account.id), PASSWORD, OTHER, source="", origin="web"),
            world.accounts.change_role(SYSTEM, account.id, account.version, Role.AGENT, origin="cli"),
            rename(world, account, "Karla"),
            prove(world, account),
            bounce(world, account),
        ]
        results = await asyncio.gather(*work, return_exceptions=True)
        for result in results:
            assert not isinstance(result, BaseException) or isinstance(result, EXPECTED), repr(result)
        heard.update(type(result).__name__ for result in results if isinstance(result, HelpdeskError))
        history = await world.history(account.id)
        assert history.count("person.confirmed") == history.count("person.address_proven") == 1
        assert history.count("person.role_changed") + history.count("person.profile_changed") == 1
    assert heard["Changed"] == 6
