"""A small helpdesk for tests: real rooms, a real database, and a channel that remembers what it was given."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from helpdesk_core.accounts import Account, CreateAccount, Role
from helpdesk_core.bus import Actor, Channel
from helpdesk_core.db.migrations import migrate
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.hookspecs import Plugin, hookimpl
from helpdesk_core.site import Site
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.tickets import Done, Kind, OpenTicket, Tickets, Viewer, Writing

PASSWORD = "Vier-blaue-Boote-9"  # noqa: S105 - of made-up people
"""The password of everybody whom these fixtures make."""


class Told(Plugin):
    """Contributes a channel `email` that sends nothing and remembers everything."""

    @property
    def name(self) -> str:
        """A name of its own: it lies in the core's package but is no part of it."""
        return "told"

    @hookimpl
    def helpdesk_channels(self, helpdesk: Helpdesk) -> Sequence[Channel]:
        """One channel for each site that is built."""
        del helpdesk
        return [RecordingChannel("email")]


def small_site(database: str, files: Path, *plugins: Plugin, **changes: Any) -> Site:
    """Return a site with two kinds of tickets and these plugins.

    Args:
        database: URL of its database.
        files: Folder for attachments.
        plugins: What it is made of.
        changes: Fields of `Site` that differ.
    """
    site = Site(
        name="Test Support",
        url="https://support.example.org",
        language="en",
        database=database,
        files=str(files),
        tickets=Tickets(kinds=(Kind("bug", "Fault"), Kind("question", "Question"))),
        plugins=plugins,
    )
    return msgspec.structs.replace(site, **changes)


class Desk:
    """A helpdesk with short words for what tests do all the time.

    Attributes:
        helpdesk: The helpdesk itself.
        clock: Its clock.
    """

    def __init__(self, helpdesk: Helpdesk, clock: SettableClock) -> None:
        self.helpdesk = helpdesk
        self.clock = clock
        self._keys = count(1)

    @property
    def channel(self) -> RecordingChannel:
        """The channel `email` of `Told`."""
        channel = self.helpdesk.bus.channels["email"]
        assert isinstance(channel, RecordingChannel)
        return channel

    def once(self) -> str:
        """Return a one-time key that was not used yet."""
        return f"test-{next(self._keys)}"

    async def person(self, name: str, role: Role = Role.CUSTOMER) -> Account:
        """Make a confirmed account; `Karin Krüger` gets the address `karin.krueger@school.example`."""
        given, _, family = name.partition(" ")
        address = f"{given}.{family}".lower().replace("ü", "ue").replace("ö", "oe").replace("ä", "ae")
        return await self.helpdesk.accounts.create(
            CreateAccount(
                actor=Actor.system("test"),
                origin="cli",
                once=self.once(),
                email=f"{address}@school.example",
                role=role,
                password=PASSWORD,
                given_name=given,
                family_name=family,
            )
        )

    async def agent(self, name: str = "Anna Meyer") -> Account:
        """Make an agent."""
        return await self.person(name, Role.AGENT)

    async def ticket(self, requester: Account, subject: str = "It does not print", text: str = "Help, please") -> Done:
        """Let a customer open a ticket on the web."""
        return await self.helpdesk.tickets.open(
            OpenTicket(
                actor=Actor.of(requester.id),
                origin="web",
                once=self.once(),
                requester=requester.id,
                subject=subject,
                writing=Writing(text=text),
            )
        )

    async def viewer(self, account: Account) -> Viewer:
        """Return the account as the access policy sees it."""
        viewer = await self.helpdesk.tickets.viewer(Actor.of(account.id))
        assert viewer is not None
        return viewer

    async def deliver(self) -> None:
        """Let everything that is due be delivered, and every reaction happen."""
        await self.helpdesk.relay("test").drain(20)

    def mails(self, to: Account | None = None) -> list[tuple[str, str, str]]:
        """Return notice, subject and text of what was rendered so far, for one person or for all."""
        return [
            (message.notice, message.subject, message.text)
            for message in self.channel.rendered
            if to is None or message.addressee.person_id == to.id
        ]


@pytest.fixture
def clock() -> SettableClock:
    """Return a clock that stands still until it is moved."""
    return SettableClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture
def desk_site(database_url: str, tmp_path: Path) -> Site:
    """Return the site that `desk` runs; override it for another."""
    return small_site(database_url, tmp_path / "files", Told())


@pytest.fixture
async def desk(desk_site: Site, clock: SettableClock) -> AsyncIterator[Desk]:
    """Return a running helpdesk of its own for each test."""
    helpdesk = Helpdesk(desk_site, {}, clock=clock)
    await helpdesk.start()
    try:
        await migrate(helpdesk.database, helpdesk.apps)
        await helpdesk.identify()
        with helpdesk.database.use():
            yield Desk(helpdesk, clock)
    finally:
        await helpdesk.close()
