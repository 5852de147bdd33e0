"""The only module that talks to pluggy: registers plugins, judges what they contribute, hands it on with its type."""

import difflib
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import click
import msgspec
import pluggy
import typeguard
from piccolo.table import Table

from helpdesk_core.accounts import AccountField
from helpdesk_core.bus import Channel, Event, Job, Notice, Service, Subscriber
from helpdesk_core.checks import Check
from helpdesk_core.db import App
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.health import HealthCheck
from helpdesk_core.hookspecs import PROJECT, Hooks, Plugin
from helpdesk_core.links import Links
from helpdesk_core.sample import SampleData
from helpdesk_core.tickets import Entitlement, TicketField

if TYPE_CHECKING:
    from helpdesk_core.helpdesk import Helpdesk

T = TypeVar("T")


class Contribution(msgspec.Struct, Generic[T], frozen=True):
    """One object a plugin contributed.

    Attributes:
        plugin: Import name of the plugin.
        value: The object.
    """

    plugin: str
    value: T


class Plugins:
    """The plugins of one site, registered and judged. Their hooks are called one by one, in site order."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        """Register the plugins.

        Raises:
            ConfigurationError: Two of one name, a missing requirement, a misspelt or unmarked hook.
        """
        self.all = tuple(plugins)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        _judge_names(self.all)
        published: dict[str, type] = {}
        for plugin in self.all:
            if plugin.publishes:
                published[plugin.name] = _load(plugin)
                self._manager.add_hookspecs(published[plugin.name])
        for plugin in self.all:
            _judge_hooks(plugin, published)
        # pluggy asks the last registered first; registering in reverse keeps the order of the site.
        for plugin in reversed(self.all):
            self._register(plugin)
        self._manager.check_pending()

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin, name=plugin.name)
        except pluggy.PluginValidationError as error:
            raise ConfigurationError("%(plugin)s: %(reason)s", plugin=plugin.name, reason=error) from error

    # --- declare --------------------------------------------------------------------------------------------------

    def ticket_fields(self) -> tuple[TicketField, ...]:
        """Return the fields of tickets of all plugins."""
        return _values(self.collect(Hooks.helpdesk_ticket_fields, TicketField), by=lambda field: field.key.name)

    def account_fields(self) -> tuple[AccountField, ...]:
        """Return the fields of people of all plugins."""
        return _values(self.collect(Hooks.helpdesk_account_fields, AccountField), by=lambda field: field.key.name)

    def events(self) -> tuple[type[Event], ...]:
        """Return the event types of all plugins."""
        return _values(self.collect(Hooks.helpdesk_events, type[Event]), by=lambda event: event.name)

    def notices(self) -> tuple[type[Notice], ...]:
        """Return the notices of all plugins."""
        return _values(self.collect(Hooks.helpdesk_notices, type[Notice]), by=lambda notice: notice.name)

    # --- wire -----------------------------------------------------------------------------------------------------

    def channels(self, helpdesk: "Helpdesk") -> tuple[Channel, ...]:
        """Return the channels of all plugins."""
        return _values(self.collect(Hooks.helpdesk_channels, Channel, helpdesk), by=_name)

    def subscribers(self, helpdesk: "Helpdesk") -> tuple[Subscriber, ...]:
        """Return the subscribers of all plugins."""
        return _values(self.collect(Hooks.helpdesk_subscribers, Subscriber, helpdesk), by=_name)

    def checks(self, helpdesk: "Helpdesk") -> tuple[Check, ...]:
        """Return the checks of all plugins."""
        return _values(self.collect(Hooks.helpdesk_checks, Check, helpdesk), by=_name)

    def entitlements(self, helpdesk: "Helpdesk") -> tuple[Entitlement, ...]:
        """Return the entitlements of all plugins."""
        return _values(self.collect(Hooks.helpdesk_entitlements, Entitlement, helpdesk), by=_name)

    def jobs(self, helpdesk: "Helpdesk") -> tuple[Job, ...]:
        """Return the jobs of all plugins."""
        return _values(self.collect(Hooks.helpdesk_jobs, Job, helpdesk), by=_name)

    def services(self, helpdesk: "Helpdesk") -> tuple[Service, ...]:
        """Return the services of all plugins."""
        return _values(self.collect(Hooks.helpdesk_services, Service, helpdesk), by=_name)

    def sample_data(self, helpdesk: "Helpdesk") -> tuple[SampleData, ...]:
        """Return the sample data of all plugins."""
        return _values(self.collect(Hooks.helpdesk_sample_data, SampleData, helpdesk), by=_name)

    def health_checks(self, helpdesk: "Helpdesk") -> tuple[HealthCheck, ...]:
        """Return the health checks of all plugins."""
        return _values(self.collect(Hooks.helpdesk_health_checks, HealthCheck, helpdesk), by=_name)

    def commands(self, helpdesk: "Helpdesk") -> tuple[click.Command, ...]:
        """Return the commands of all plugins."""
        return _values(self.collect(Hooks.helpdesk_commands, click.Command, helpdesk), by=_name)

    def links(self, helpdesk: "Helpdesk") -> Links | None:
        """Return the addresses of pages, None on a site without web.

        Raises:
            ConfigurationError: Two plugins give them.
        """
        given = self.collect(Hooks.helpdesk_links, Links, helpdesk)
        if len(given) > 1:
            raise ConfigurationError(
                "%(one)s and %(other)s both give the addresses of pages; a site has one web channel",
                one=given[0].plugin,
                other=given[1].plugin,
            )
        return given[0].value if given else None

    def collect(self, hook: Callable[..., Any], of: Any, *args: Any) -> tuple[Contribution[Any], ...]:
        """Call one hook of every plugin, in site order, and return what they contribute.

        A plugin that publishes hooks of its own collects them with this.

        Args:
            hook: The specification, for example `WebHooks.helpdesk_web_routes`.
            of: What each contribution must be: a class, a protocol or `type[…]`.
            args: The helpdesk for a hook that takes it.

        Raises:
            ConfigurationError: A plugin failed or returned something else; the text names it.
        """
        name = hook.__name__
        caller = getattr(self._manager.hook, name)
        by_plugin = {implementation.plugin_name: implementation for implementation in caller.get_hookimpls()}
        found: list[Contribution[Any]] = []
        for plugin in self.all:
            if plugin.name not in by_plugin:
                continue
            function = by_plugin[plugin.name].function
            try:
                items = function(*args)
                typeguard.check_type(
                    items, Sequence[of], collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS
                )
            except ConfigurationError:
                raise
            except typeguard.TypeCheckError as error:
                raise ConfigurationError(
                    "%(plugin)s.%(hook)s must return a sequence of %(of)s: %(reason)s",
                    plugin=plugin.name,
                    hook=name,
                    of=getattr(of, "__name__", of),
                    reason=error,
                    place=_place(function),
                ) from error
            except Exception as error:
                raise ConfigurationError(
                    "%(plugin)s.%(hook)s failed: %(kind)s: %(reason)s",
                    plugin=plugin.name,
                    hook=name,
                    kind=type(error).__name__,
                    reason=error,
                    place=_place(function),
                ) from error
            found += (Contribution(plugin.name, item) for item in items)
        return tuple(found)

    # --- what lies beside a plugin --------------------------------------------------------------------------------

    def apps(self) -> tuple[App, ...]:
        """Return the Piccolo app of every plugin that has tables."""
        return tuple(app for plugin in self.all if (app := app_of(plugin.name)) is not None)


def is_package(name: str) -> bool:
    """Tell whether a plugin lies in a package of its own, with room for tables, templates and words."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # A module that runs as a program, such as `__main__`.
        return False
    return spec is not None and spec.submodule_search_locations is not None


def app_of(package: str) -> App | None:
    """Return the Piccolo app of a package that has a `tables` module, else None.

    Raises:
        ConfigurationError: A table lacks the prefix of its package.
    """
    if not is_package(package) or importlib.util.find_spec(f"{package}.tables") is None:
        return None
    module = importlib.import_module(f"{package}.tables")
    tables = tables_in(module)
    for table in tables:
        if not table._meta.tablename.startswith(f"{package}_"):
            raise ConfigurationError(
                "the table %(table)s of %(package)s must be called %(package)s_…",
                table=table._meta.tablename,
                package=package,
            )
    return App(package, package, tables=tables, requires=("helpdesk_core",))


def tables_in(module: ModuleType) -> tuple[type[Table], ...]:
    """Return the tables a module declares, in the order of their names."""
    found = (value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, Table))
    return tuple(sorted((t for t in found if t.__module__ == module.__name__), key=lambda t: t.__name__))


def _name(value: Any) -> str:
    return cast("str", value.name)


def _values(given: Sequence[Contribution[T]], *, by: Callable[[T], str]) -> tuple[T, ...]:
    """Return the objects; two of one name are an error that names both plugins."""
    owner: dict[str, str] = {}
    for contribution in given:
        name = by(contribution.value)
        if name in owner:
            raise ConfigurationError(
                "%(one)s and %(other)s both contribute %(what)s called %(name)r; names must be unique",
                one=owner[name],
                other=contribution.plugin,
                what=type(contribution.value).__name__,
                name=name,
            )
        owner[name] = contribution.plugin
    return tuple(contribution.value for contribution in given)


def _judge_names(plugins: Sequence[Plugin]) -> None:
    names = [plugin.name for plugin in plugins]
    for plugin in plugins:
        if names.count(plugin.name) > 1:
            raise ConfigurationError("the site names the plugin %(plugin)s twice", plugin=plugin.name)
        for needed in plugin.requires:
            if needed not in names:
                raise ConfigurationError(
                    "%(plugin)s needs %(needed)s; add it to the plugins of the site",
                    plugin=plugin.name,
                    needed=needed,
                )


def _load(plugin: Plugin) -> type:
    """Return the class of hooks that a plugin publishes."""
    module, _, name = plugin.publishes.partition(":")
    found: type = getattr(importlib.import_module(module), name)
    return found


def _judge_hooks(plugin: Plugin, published: Mapping[str, type]) -> None:
    """Refuse a method that looks like a hook but would never be called."""
    for name, function in inspect.getmembers(type(plugin), inspect.isfunction):
        owner = getattr(function, "helpdesk_hook_of", "")
        if (owner == "" and not name.startswith("helpdesk_")) or function is vars(Hooks).get(name):
            continue
        place = _place(function)
        if owner == "":
            raise ConfigurationError(
                "%(plugin)s.%(hook)s is not marked with @hookimpl and would never be called",
                plugin=plugin.name,
                hook=name,
                place=place,
            )
        if owner is not None and owner not in published:
            continue
        known = published[owner] if owner is not None else Hooks
        if not hasattr(known, name):
            _unknown_hook(plugin, name, known, place)
        _judge_arguments(plugin, name, function, getattr(known, name), place)


def _place(function: Callable[..., Any]) -> str:
    """Return `file, line N` of a hook's implementation."""
    code = inspect.unwrap(function).__code__
    return f"{Path(*Path(code.co_filename).parts[-3:])}, line {code.co_firstlineno}"


def _unknown_hook(plugin: Plugin, name: str, known: type, place: str) -> None:
    names = [each for each in vars(known) if each.startswith("helpdesk_")]
    near = difflib.get_close_matches(name, names, n=1)
    raise ConfigurationError(
        "%(plugin)s.%(hook)s is no hook of %(owner)s.%(hint)s",
        plugin=plugin.name,
        hook=name,
        owner=known.__module__.partition(".")[0],
        hint=f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(names))}.",
        place=place,
    )


def _judge_arguments(
    plugin: Plugin, name: str, function: Callable[..., Any], spec: Callable[..., Any], place: str
) -> None:
    wanted, given = list(inspect.signature(spec).parameters), list(inspect.signature(function).parameters)
    if wanted != given:
        raise ConfigurationError(
            "%(plugin)s.%(hook)s must take (%(wanted)s), not (%(given)s)",
            plugin=plugin.name,
            hook=name,
            wanted=", ".join(wanted),
            given=", ".join(given),
            place=place,
        )
    if inspect.iscoroutinefunction(function):
        raise ConfigurationError(
            "%(plugin)s.%(hook)s must be a plain function: it returns objects whose methods may be async",
            plugin=plugin.name,
            hook=name,
            place=place,
        )
