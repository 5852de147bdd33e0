"""A running site: the only place where the rooms are wired together."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from uuid import UUID, uuid4

from helpdesk_core.accounts import EVENTS as ACCOUNT_EVENTS
from helpdesk_core.accounts import NOTICES as ACCOUNT_NOTICES
from helpdesk_core.accounts import Accounts
from helpdesk_core.bus import Bus, EventTypes, NoticeTypes, PendingDelivery, Relay, Scheduler, Services
from helpdesk_core.clock import Clock, SystemClock
from helpdesk_core.composer import Composer
from helpdesk_core.db import App, Database
from helpdesk_core.db.installation import installation
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.files import FileStore
from helpdesk_core.housekeeping import housekeeping
from helpdesk_core.links import Links
from helpdesk_core.plugins import Plugins, is_package
from helpdesk_core.settings import resolve
from helpdesk_core.site import Site
from helpdesk_core.tables import CORE
from helpdesk_core.text import Layer, Texts
from helpdesk_core.tickets import EVENTS as TICKET_EVENTS
from helpdesk_core.tickets import NOTICES as TICKET_NOTICES
from helpdesk_core.tickets import TicketService, still_concerns

logger = logging.getLogger(__name__)

Role = Literal["web", "worker"]
ROLES: tuple[Role, ...] = ("web", "worker")


class Helpdesk:
    """A site with everything it needs to run.

        async with Helpdesk(load_site("stueber")) as helpdesk:
            await helpdesk.run()

    Building it asks the plugins for everything they contribute and opens nothing; entering it opens the database.

    Attributes:
        site: The site, its settings resolved.
        clock: Where the present comes from.
        plugins: The plugins, for those that collect hooks of their own.
        database, files, texts, bus, accounts, tickets: The rooms.
        links: Addresses of pages, None without a web channel.
        demo: Whether nothing may leave the machine.
        intake: Takes one raw mail as if it had just arrived; set by the plugin that receives mail.
    """

    def __init__(
        self,
        site: Site,
        environ: Mapping[str, str] | None = None,
        *,
        clock: Clock | None = None,
        demo: bool = False,
        reload: bool = False,
    ) -> None:
        """Build a site.

        Args:
            site: The site as it is written.
            environ: Where `env` and `secret` look; the process's environment by default.
            clock: For tests; rules over the database's time as well.
            demo: Whether this is a demonstration: nothing leaves the machine, sent mails are shown on a page.
            reload: Read changed templates again, for those who write them.

        Raises:
            ConfigurationError: Something does not fit; says what, where and what to do.
        """
        self.site = resolve(site, environ)
        self.clock: Clock = clock or SystemClock()
        self.demo = demo
        self.intake: Callable[[bytes], Awaitable[None]] | None = None
        self.plugins = Plugins(self.site.plugins)
        self.account_fields = self.plugins.account_fields()
        events = EventTypes((*ACCOUNT_EVENTS, *TICKET_EVENTS, *self.plugins.events()))
        notices = NoticeTypes((*ACCOUNT_NOTICES, *TICKET_NOTICES, *self.plugins.notices()))
        self.database = self._database(clock)
        self.files = FileStore(Path(self.site.files), self.database)
        self.texts = Texts(
            self._layers(),
            languages=self.site.spoken,
            default_language=self.site.language,
            timezone=self.site.timezone,
            globals={"site": self.site},
            reload=reload,
        )
        self.bus = Bus(self.database, self.clock, events=events, notices=notices, message_domain=self.site.host)
        self.accounts = Accounts(self.database, self.clock, self.bus, site_words=(self.site.name, self.site.host))
        self.tickets = TicketService(
            self.database,
            self.clock,
            self.bus,
            self.accounts,
            self.files,
            settings=self.site.tickets,
            zone=self.site.zone,
        )
        self._wire()

    def _wire(self) -> None:
        """Ask the plugins for what works with the rooms, and hand it to them."""
        self.links: Links | None = self.plugins.links(self)
        checks = self.plugins.checks(self)
        self.accounts.wire(checks)
        self.tickets.wire(
            checks=checks,
            entitlements=self.plugins.entitlements(self),
            fields=(*self.site.tickets.fields, *self.plugins.ticket_fields()),
        )
        self.bus.wire(channels=self.plugins.channels(self), subscribers=self.plugins.subscribers(self))
        self.jobs = (*housekeeping(self), *self.plugins.jobs(self))
        self.services = self.plugins.services(self)
        self.sample_data = self.plugins.sample_data(self)
        self.health_checks = self.plugins.health_checks(self)
        self._composer = Composer(self.bus, self.accounts, self.texts, self.clock, self.links)

    @property
    def apps(self) -> tuple[App, ...]:
        """The tables of the core and of every plugin."""
        return (CORE, *self.plugins.apps())

    async def start(self) -> None:
        """Open the database, in the event loop that will use it.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        await self.database.start()
        self.database.bind()

    async def identify(self) -> UUID:
        """Learn which installation this is; the tables must be there."""
        identity = await installation(self.database, self.clock.now())
        self.bus.identify(identity.hex[-12:])
        return identity

    async def close(self) -> None:
        """Close the database and end the threads of the rooms."""
        await self.database.close()
        self.accounts.close()

    async def __aenter__(self) -> Self:
        await self.start()
        await self.identify()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def relay(self, worker: str | None = None) -> Relay:
        """Return a relay of this site, which delivers what is due."""
        return Relay(
            self.bus,
            worker=worker or worker_name(),
            compose=self._composer.compose,
            may_still_receive=self._may_still_receive,
        )

    async def run(self, roles: Collection[Role] = ROLES) -> None:
        """Do the work of these roles until cancelled: serve, deliver, react, do what is due."""
        worker = worker_name()
        services = [service for service in self.services if service.role in roles]
        async with asyncio.TaskGroup() as group:
            group.create_task(Services(self.database, services, worker).run(), name="services")
            if "worker" in roles:
                group.create_task(self.relay(worker).run(), name="relay")
                group.create_task(Scheduler(self.database, self.jobs, worker).run(), name="jobs")

    async def _may_still_receive(self, pending: PendingDelivery) -> bool:
        """Ask the rooms again, right before sending: people leave, addresses are removed, tickets are erased."""
        to = pending.addressee
        if not await self.accounts.reachable(to):
            return False
        account = await self.accounts.find(to.person_id) if to.person_id is not None else None
        return await still_concerns(pending, agent=account is not None and account.is_agent)

    def _database(self, clock: Clock | None) -> Database:
        try:
            return Database(self.site.database, clock=clock)
        except ValueError as error:
            raise ConfigurationError("Site.database: %(reason)s", reason=error) from error

    def _layers(self) -> tuple[Layer, ...]:
        """Return where words and templates come from: the site, its plugins in their order, the core."""
        own = (Layer(self.site.package, self.site.package, kind="site"),) if self.site.package else ()
        plugins = (
            Layer(plugin.name, plugin.name, languages_of=plugin.translates)
            for plugin in self.site.plugins
            # A plugin that a site brings along has its words in the site's own layer.
            if is_package(plugin.name) and plugin.name != self.site.package
        )
        return (*own, *plugins, Layer("helpdesk_core", "helpdesk_core", kind="core"))


def worker_name() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
