"""Any order of registering, confirming, disowning, forgetting, resetting and signing in, against the promise.

The model below says what people were promised, in dictionaries; it knows nothing of how accounts do it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from helpdesk_core.accounts import Limits, LinkExpired, Purpose, WrongCredentials
from helpdesk_core.db import Database
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_core.text import Texts
from tests.core.accounts.world import OTHER, PASSWORD, START, World, form, token_in

EMAILS = st.sampled_from(["anna@schule.example", "ben@schule.example", "cem@schule.example"])
PASSWORDS = st.sampled_from([PASSWORD, OTHER])
WAITS = st.sampled_from([timedelta(seconds=1), timedelta(minutes=61), timedelta(days=3), timedelta(days=7)])
NO_LIMITS = Limits(
    tries=10_000,
    tries_of_source=10_000,
    registrations_of_source=10_000,
    forgotten_of_source=10_000,
    mails_an_hour=10_000,
    mails_a_day=10_000,
)


@dataclass
class Somebody:
    """What the promise knows of an account."""

    email: str
    password: str
    since: datetime
    confirmed: bool = False
    here: bool = True


@dataclass
class Link:
    """What the promise knows of a link in a mail."""

    token: str
    purpose: str
    owner: Somebody
    until: datetime
    void: bool = False


@dataclass
class Promise:
    """The model."""

    now: datetime = START
    people: list[Somebody] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    sessions: list[tuple[Somebody, UUID, datetime]] = field(default_factory=list)

    def owner(self, email: str) -> Somebody | None:
        """Return whose address this is."""
        return next((each for each in self.people if each.here and each.email == email), None)

    def works(self, link: Link, purpose: str) -> bool:
        """Tell whether a link does what it is for."""
        return link.purpose == purpose and not link.void and link.owner.here and self.now < link.until

    def void_links(self, owner: Somebody) -> None:
        """End all links of somebody."""
        for link in self.links:
            link.void |= link.owner is owner

    def end_sessions(self, owner: Somebody) -> None:
        """End all sessions of somebody."""
        self.sessions = [session for session in self.sessions if session[0] is not owner]

    def take_away(self, owner: Somebody) -> None:
        """End an account."""
        owner.here = False
        self.end_sessions(owner)


class AccountsMachine(RuleBasedStateMachine):
    links = Bundle("links")
    new_url: ClassVar[Callable[[], str]]
    texts: ClassVar[Texts]

    def __init__(self) -> None:
        super().__init__()
        self.promise = Promise()
        self.clock = SettableClock(START)
        self.runner = asyncio.Runner()
        self.database = Database(type(self).new_url(), clock=self.clock)
        self.used = self.database.use()
        self.runner.run(self.open())
        self.world = World(self.database, self.clock, self.texts, limits=NO_LIMITS)
        self.ended: list[tuple[UUID, datetime]] = []

    async def open(self) -> None:
        self.used.__enter__()
        await self.database.start()

    async def close(self) -> None:
        await self.database.close()
        self.used.__exit__(None, None, None)

    def teardown(self) -> None:
        self.runner.run(self.close())
        self.runner.close()
        self.world.accounts.close()

    def tick(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.clock.advance(by)
        self.promise.now += by

    def told(self, *notices: str) -> str:
        """Check that exactly these mails went out; return the token in the first, if it has one."""
        mails = self.runner.run(self.world.mails())
        assert [mail.notice for mail in mails] == list(notices)
        with_token = [mail for mail in mails if mail.notice in {"account_created", "password_reset_requested"}]
        return token_in(with_token[0]) if with_token else ""

    def link(self, purpose: str, owner: Somebody, token: str, lifetime: timedelta) -> Link:
        link = Link(token, purpose, owner, self.promise.now + lifetime)
        self.promise.links.append(link)
        return link

    @rule(target=links, email=EMAILS, password=PASSWORDS)
    def register(self, email: str, password: str) -> object:
        self.tick()
        self.runner.run(self.world.accounts.register(form(email, password=password)))
        if self.promise.owner(email):
            self.told("account_exists")
            return multiple()
        somebody = Somebody(email, password, self.promise.now)
        self.promise.people.append(somebody)
        return self.link("confirm", somebody, self.told("account_created"), timedelta(days=7))

    @rule(target=links, email=EMAILS)
    def forgot(self, email: str) -> object:
        self.tick()
        self.runner.run(self.world.accounts.forgot(email, source="", origin="web"))
        owner = self.promise.owner(email)
        if owner is None:
            self.told()
            return multiple()
        return self.link("reset", owner, self.told("password_reset_requested"), timedelta(minutes=60))

    @rule(link=links, password=PASSWORDS)
    def confirm(self, link: Link, password: str) -> None:
        self.tick()
        call = self.world.accounts.confirm(link.token, password)
        if not self.promise.works(link, "confirm"):
            with pytest.raises(LinkExpired):
                self.runner.run(call)
        elif password != link.owner.password:
            with pytest.raises(WrongCredentials):
                self.runner.run(call)
        else:
            assert self.runner.run(call).confirmed
            link.owner.confirmed = True
            self.promise.void_links(link.owner)
        self.told()

    @rule(link=links)
    def not_me(self, link: Link) -> None:
        self.tick()
        call = self.world.accounts.not_me(link.token)
        if self.promise.works(link, "confirm"):
            self.runner.run(call)
            self.promise.take_away(link.owner)
        else:
            with pytest.raises(LinkExpired):
                self.runner.run(call)
        self.told()

    @rule(link=links, password=PASSWORDS)
    def reset(self, link: Link, password: str) -> None:
        self.tick()
        call = self.world.accounts.reset(link.token, password)
        if self.promise.works(link, "reset"):
            self.runner.run(call)
            link.owner.password = password
            link.owner.confirmed = True
            self.promise.void_links(link.owner)
            self.end(link.owner)
            self.told("password_was_set")
        else:
            with pytest.raises(LinkExpired):
                self.runner.run(call)
            self.told()

    @rule(email=EMAILS, password=PASSWORDS)
    def sign_in(self, email: str, password: str) -> None:
        self.tick()
        call = self.world.accounts.sign_in(email.upper(), password, source="")
        owner = self.promise.owner(email)
        if owner and owner.password == password:
            account = self.runner.run(call)
            assert account.confirmed == owner.confirmed
            self.promise.sessions.append((owner, account.id, self.promise.now))
        else:
            with pytest.raises(WrongCredentials):
                self.runner.run(call)

    @rule(by=WAITS)
    def wait(self, by: timedelta) -> None:
        self.tick(by)

    @rule()
    def tidy_up(self) -> None:
        self.tick()
        self.runner.run(self.world.accounts.remove_unconfirmed())
        for somebody in self.promise.people:
            if somebody.here and not somebody.confirmed and self.promise.now - somebody.since > timedelta(days=7):
                self.end(somebody)
                self.promise.take_away(somebody)

    @rule(link=links)
    def look(self, link: Link) -> None:
        purpose = Purpose(link.purpose)
        seen = self.runner.run(self.world.accounts.look_at_token(purpose, link.token))
        assert (seen is not None) == self.promise.works(link, link.purpose)

    def end(self, owner: Somebody) -> None:
        self.ended += [(person, since) for each, person, since in self.promise.sessions if each is owner]
        self.promise.end_sessions(owner)

    @invariant()
    def sessions_live_as_long_as_they_were_promised_to(self) -> None:
        for _, person, since in self.promise.sessions:
            assert self.runner.run(self.alive(person, since))
        for person, since in self.ended:
            assert not self.runner.run(self.alive(person, since))

    @invariant()
    def there_are_the_accounts_that_were_promised(self) -> None:
        for email in ("anna@schule.example", "ben@schule.example", "cem@schule.example"):
            account = self.runner.run(self.world.accounts.find_by_address(email))
            owner = self.promise.owner(email)
            assert (account is not None) == (owner is not None)
            assert account is None or owner is None or account.confirmed == owner.confirmed

    async def alive(self, person: UUID, signed_in_at: datetime) -> bool:
        account = await self.world.accounts.find(person)
        return account is not None and account.password_set_at is not None and (
            signed_in_at >= account.password_set_at
        )  # fmt: skip


def test_whatever_people_and_strangers_do_the_promise_holds(
    tmp_path: Path, database_templates: Templates, texts: Texts
):
    files = count()

    class Machine(AccountsMachine):
        pass

    Machine.texts = texts
    Machine.new_url = lambda: database_templates.sqlite(tmp_path / f"{next(files)}.db")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
