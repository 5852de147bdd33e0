"""The hooks: everything a plugin may contribute to a site. This file is their reference.

A plugin is one class derived from `Plugin`; its fields are its settings. It implements hooks as methods marked with
`@hookimpl`. Hooks are plain functions called once when a site is built; the objects they return do their work later.
An exception in a hook stops the start and names the plugin.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import click
import pluggy

from helpdesk_core.accounts import AccountField
from helpdesk_core.bus import Channel, Event, Job, Notice, Service, Subscriber
from helpdesk_core.checks import Check
from helpdesk_core.health import HealthCheck
from helpdesk_core.links import Links
from helpdesk_core.sample import SampleData
from helpdesk_core.settings import Settings
from helpdesk_core.tickets import Entitlement, TicketField

if TYPE_CHECKING:
    from helpdesk_core.helpdesk import Helpdesk

PROJECT = "helpdesk"
hookspec = pluggy.HookspecMarker(PROJECT)
_hookimpl = pluggy.HookimplMarker(PROJECT)

F = TypeVar("F", bound=Callable[..., Any])


@overload
def hookimpl(function: F) -> F: ...
@overload
def hookimpl(*, of: str) -> Callable[[F], F]: ...
def hookimpl(function: F | None = None, *, of: str | None = None) -> F | Callable[[F], F]:
    """Mark a method of a plugin as the implementation of the hook of the same name.

    Args:
        function: The method, when used without brackets: a hook of the core.
        of: Import name of the plugin that publishes the hook. Without that plugin in the site the method is never
            called, so its types may be imported inside it.
    """

    def mark(function: F) -> F:
        marked: F = _hookimpl(function, optionalhook=of is not None)
        marked.helpdesk_hook_of = of  # type: ignore[attr-defined] # read again by helpdesk_core.plugins
        return marked

    return mark if function is None else mark(function)


class Hooks:
    """The hooks of the core. Plugins inherit them through `Plugin`, so that a type checker sees a wrong override."""

    __slots__ = ()

    # --- declare: asked without a running site, also by `check`, `migrate` and `preview` --------------------------

    @hookspec
    def helpdesk_ticket_fields(self) -> Sequence[TicketField]:
        """Fields of tickets beyond the core: forms, lists, mails and history follow from the declaration.

        When: once, before anything else. Two fields of one key are an error.
        Smallest example: `return [TicketField(key=Key("product", str), label=_("Product"), ask=True)]`
        Shipped user: `helpdesk_contracts` (the product that a contract is about).
        Since: 0.1
        """
        return ()

    @hookspec
    def helpdesk_account_fields(self) -> Sequence[AccountField]:
        """Fields of people beyond the core, asked for at registration.

        When: once, before anything else. Two fields of one key are an error.
        Smallest example: `return [AccountField(key=Key("phone", str), label=_("Phone"))]`
        Shipped user: `helpdesk_web` (what the registration form asks for).
        Since: 0.1
        """
        return ()

    @hookspec
    def helpdesk_events(self) -> Sequence[type[Event]]:
        """Event types of the plugin, so that stored events can be read as what they were.

        When: once, before anything else. Two types of one name are an error.
        Smallest example: `return [TrialStarted]`
        Shipped user: `helpdesk_contracts`.
        Since: 0.1
        """
        return ()

    @hookspec
    def helpdesk_notices(self) -> Sequence[type[Notice]]:
        """Notices of the plugin; each needs its templates `notices/<name>/{subject,body,short}.txt`, `body.html`.

        When: once, before anything else. Two notices of one name, or a missing template, are an error.
        Smallest example: `return [SenderUnknown]`
        Shipped user: `helpdesk_email`.
        Since: 0.1
        """
        return ()

    # --- wire: given the site as it is built; keep `helpdesk` in closures, never on the plugin -------------------

    @hookspec
    def helpdesk_channels(self, helpdesk: "Helpdesk") -> Sequence[Channel]:
        """Ways to tell a person something: render once, send until taken over.

        Failing: retried with growing pauses for five days, then shown as failed.
        Smallest example: `return [SmsChannel(self, helpdesk)]`
        Shipped user: `helpdesk_email`.
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_subscribers(self, helpdesk: "Helpdesk") -> Sequence[Subscriber]:
        """Reactions to events: after the commit, in the order of the subject, inside the unit that marks them done.

        Failing or longer than a second: retried with growing pauses, then dead and shown.
        Smallest example: `return [Subscriber(name="my_plugin.greeter", reactions=(on(TicketOpened, greet),))]`
        Shipped user: `helpdesk_contracts` (a registration starts a trial), `helpdesk_email` (waiting mails).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_checks(self, helpdesk: "Helpdesk") -> Sequence[Check]:
        """Rules that may refuse a command before it happens; any refusal wins.

        Failing or longer than five seconds: the command is refused as temporary; forms are kept, mails tried again.
        Smallest example: `return [Check(name="my_plugin.tuesday", command=OpenTicket, ask=not_on_tuesdays)]`
        Shipped user: `helpdesk_email` (the site's own mailboxes cannot register).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_entitlements(self, helpdesk: "Helpdesk") -> Sequence[Entitlement]:
        """Who may open a ticket: one grant suffices; when nobody grants, the site's `unentitled` policy holds.

        Failing or longer than five seconds: counts as a review.
        Smallest example: `return [Entitlement(name="my_plugin.friends", ask=is_a_friend)]`
        Shipped user: `helpdesk_contracts`.
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_jobs(self, helpdesk: "Helpdesk") -> Sequence[Job]:
        """Work that is due by the clock; one process of the site does it at a time.

        Failing: tried again with growing pauses; shown in the health of the site.
        Smallest example: `return [Job(name="my_plugin.sweep", every=timedelta(hours=1), run=sweep)]`
        Shipped user: `helpdesk_email` (old raw mails), `helpdesk_web` (old sessions).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_services(self, helpdesk: "Helpdesk") -> Sequence[Service]:
        """Parts that run as long as the site does: a server, a poller.

        Failing: started again with growing pauses.
        Smallest example: `return [Service(name="my_plugin.listener", run=listen)]`
        Shipped user: `helpdesk_web` (the server), `helpdesk_email` (the mailbox).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_links(self, helpdesk: "Helpdesk") -> Sequence[Links]:
        """Addresses of pages, for mails and channels; at most one plugin gives them.

        Smallest example: `return [Links(start=..., ticket=lambda number: ...)]`
        Shipped user: `helpdesk_web`.
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_commands(self, helpdesk: "Helpdesk") -> Sequence[click.Command]:
        """Commands for `helpdesk …` on the command line.

        When: for every command line that names a site; the database is not open yet.
        Smallest example: `return [my_group]`
        Shipped user: `helpdesk_email` (`helpdesk mail`).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_sample_data(self, helpdesk: "Helpdesk") -> Sequence[SampleData]:
        """Rows of the plugin for `helpdesk demo`: a believable site to look at.

        When: asked for at every start, used only by `helpdesk demo` on an empty database.
        Failing: stops the command.
        Smallest example: `return [SampleData(name="my_plugin.cards", fill=write_cards)]`
        Shipped user: `helpdesk_contracts` (contracts and trials of the sample customers).
        Since: 0.1
        """
        del helpdesk
        return ()

    @hookspec
    def helpdesk_health_checks(self, helpdesk: "Helpdesk") -> Sequence[HealthCheck]:
        """What to look at to know whether the plugin works.

        Failing or longer than five seconds: counts as a failure of the part.
        Smallest example: `return [HealthCheck(name="my_plugin.gateway", ask=look)]`
        Shipped user: `helpdesk_email` (the mailbox and waiting mail).
        Since: 0.1
        """
        del helpdesk
        return ()


class Plugin(Hooks, Settings):
    """Base of all plugins: a frozen value whose fields are its settings.

    The plugin is known by the import name of its top-level package, which is also the prefix of its tables and the
    name of its Piccolo app. Beside it may lie `tables.py`, `migrations/`, `templates/` and `locale/`.

    Attributes:
        requires: Import names of plugins without which this one cannot work.
        publishes: `module:Class` of the hooks this plugin offers to others, or an empty text.
        translates: Import names of plugins whose texts this one translates, whether a site uses them or not.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    publishes: ClassVar[str] = ""
    translates: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The import name of the plugin's package."""
        return type(self).__module__.partition(".")[0]
