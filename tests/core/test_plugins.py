"""Plugins are registered in the order of the site and judged: a mistake stops the start with a sentence."""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import msgspec
import pytest

from helpdesk_core.bus import Event, Job, Service
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.fields import Key
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.hookspecs import Hooks, Plugin, hookimpl, hookspec
from helpdesk_core.links import Links
from helpdesk_core.plugins import Contribution, Plugins, app_of
from helpdesk_core.settings import SettingsMeta
from helpdesk_core.tickets import TicketField

P = TypeVar("P", bound=type[Plugin])

NO_SITE = cast("Helpdesk", None)
"""The hooks of these tests contribute without looking at the site."""

LINKS = Links(
    start="/",
    sign_in="/",
    forgot="/",
    ticket=str,
    confirm=str,
    not_me=str,
    reset=str,
    register=str,
)


def of_package(name: str) -> Callable[[P], P]:
    """Make a class look as if it stood in `NAME/plugin.py`: a plugin is known by its package."""

    def move(cls: P) -> P:
        cls.__module__ = f"{name}.plugin"
        return cls

    return move


async def nothing() -> None:
    """What the jobs of these tests do."""


def job(name: str) -> Job:
    return Job(name=name, every=timedelta(hours=1), run=nothing)


@of_package("alpha")
class Alpha(Plugin):
    """Contributes two jobs."""

    @hookimpl
    def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
        """Two."""
        del helpdesk
        return [job("alpha.one"), job("alpha.two")]


@of_package("beta")
class Beta(Plugin):
    """Contributes one job, named by its setting."""

    called: str = "beta.one"

    @hookimpl
    def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
        """One."""
        del helpdesk
        return (job(self.called),)


@of_package("gamma")
class Gamma(Plugin):
    """Contributes nothing."""


class ShopHooks:
    """The hooks that the plugin `shop` publishes for others."""

    @hookspec
    def helpdesk_shop_windows(self, helpdesk: Helpdesk) -> Sequence[str]:
        """Things to put into the window."""
        del helpdesk
        return ()


@of_package("shop")
class Shop(Plugin):
    """Publishes hooks of its own."""

    publishes: ClassVar[str] = f"{__name__}:ShopHooks"


@of_package("florist")
class Florist(Plugin):
    """Implements a hook of the shop."""

    @hookimpl(of="shop")
    def helpdesk_shop_windows(self, helpdesk: Helpdesk) -> Sequence[str]:
        """Flowers."""
        del helpdesk
        return ["tulips", "roses"]


def refused(*plugins: Plugin) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        Plugins(plugins)
    return caught.value


def refused_when_asked(plugin: Plugin) -> ConfigurationError:
    registered = Plugins([plugin])
    with pytest.raises(ConfigurationError) as caught:
        registered.jobs(NO_SITE)
    return caught.value


# --- order and ownership ----------------------------------------------------------------------------------------


def test_contributions_come_in_the_order_of_the_site() -> None:
    assert [each.name for each in Plugins([Alpha(), Gamma(), Beta()]).jobs(NO_SITE)] == [
        "alpha.one",
        "alpha.two",
        "beta.one",
    ]
    assert [each.name for each in Plugins([Beta(), Alpha()]).jobs(NO_SITE)] == ["beta.one", "alpha.one", "alpha.two"]


def test_a_contribution_knows_whose_it_is() -> None:
    given = Plugins([Alpha(), Beta()]).collect(Hooks.helpdesk_jobs, Job, NO_SITE)
    assert [(each.plugin, each.value.name) for each in given] == [
        ("alpha", "alpha.one"),
        ("alpha", "alpha.two"),
        ("beta", "beta.one"),
    ]


def test_a_site_without_plugins_has_nothing_and_no_links() -> None:
    empty = Plugins([])
    assert (empty.jobs(NO_SITE), empty.ticket_fields(), empty.links(NO_SITE), empty.apps()) == ((), (), None, ())


def test_two_sites_may_hold_one_plugin() -> None:
    plugin = Beta()
    one, other = Plugins([plugin]), Plugins([Alpha(), plugin])
    assert len(one.jobs(NO_SITE)) == 1
    assert len(other.jobs(NO_SITE)) == 3


def test_a_plugin_is_known_by_the_package_it_stands_in() -> None:
    assert (Alpha().name, Plugin().name) == ("alpha", "helpdesk_core")


# --- plugins that do not fit together ---------------------------------------------------------------------------


def test_the_same_plugin_twice_is_refused() -> None:
    assert str(refused(Beta(called="a"), Beta(called="b"))) == "the site names the plugin beta twice"


def test_a_plugin_without_what_it_requires_is_refused() -> None:
    @of_package("needy")
    class Needy(Plugin):
        requires: ClassVar[tuple[str, ...]] = ("beta",)

    assert str(refused(Alpha(), Needy())) == "needy needs beta; add it to the plugins of the site"
    assert Plugins([Needy(), Beta()]).all


def test_two_contributions_of_one_name_are_refused_with_both_plugins() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Plugins([Alpha(), Beta(called="alpha.two")]).jobs(NO_SITE)
    assert str(caught.value) == "alpha and beta both contribute Job called 'alpha.two'; names must be unique"


def test_two_fields_of_one_key_are_refused_with_both_plugins() -> None:
    def field(self: Plugin) -> Sequence[TicketField]:
        del self
        return [TicketField(key=Key("due", str), label="Due")]

    @of_package("left")
    class Left(Plugin):
        helpdesk_ticket_fields = hookimpl(field)

    @of_package("right")
    class Right(Plugin):
        helpdesk_ticket_fields = hookimpl(field)

    with pytest.raises(ConfigurationError) as caught:
        Plugins([Left(), Right()]).ticket_fields()
    assert str(caught.value).startswith("left and right both contribute TicketField called 'due'")


def test_two_plugins_that_both_know_the_addresses_of_pages_are_refused() -> None:
    def links(self: Plugin, helpdesk: Helpdesk) -> Sequence[Links]:
        del self, helpdesk
        return [LINKS]

    @of_package("left")
    class Left(Plugin):
        helpdesk_links = hookimpl(links)

    @of_package("right")
    class Right(Plugin):
        helpdesk_links = hookimpl(links)

    assert Plugins([Left()]).links(NO_SITE) == LINKS
    with pytest.raises(ConfigurationError) as caught:
        Plugins([Left(), Right()]).links(NO_SITE)
    assert str(caught.value) == "left and right both give the addresses of pages; a site has one web channel"


# --- hooks that would never be called ---------------------------------------------------------------------------


def test_an_unmarked_hook_is_refused_with_file_and_line() -> None:
    @of_package("silent")
    class Silent(Plugin):
        def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
            del helpdesk
            return [job("silent.one")]

    error = refused(Silent())
    line = Silent.helpdesk_jobs.__code__.co_firstlineno
    assert str(error) == (
        f"tests/core/test_plugins.py, line {line}: "
        "silent.helpdesk_jobs is not marked with @hookimpl and would never be called"
    )


def test_a_misspelt_hook_is_refused_with_the_nearest_one() -> None:
    @of_package("hasty")
    class Hasty(Plugin):
        @hookimpl
        def helpdesk_jbos(self, helpdesk: Helpdesk) -> Sequence[Job]:
            del helpdesk
            return ()

    error = refused(Hasty())
    assert error.place.startswith("tests/core/test_plugins.py, line ")
    assert str(error).endswith("hasty.helpdesk_jbos is no hook of helpdesk_core. Did you mean helpdesk_jobs?")


def test_a_hook_of_a_name_near_to_nothing_is_refused_with_all_that_there_are() -> None:
    @of_package("lost")
    class Lost(Plugin):
        @hookimpl
        def weather(self) -> Sequence[str]:
            return ()

    text = str(refused(Lost()))
    assert "lost.weather is no hook of helpdesk_core. Known: helpdesk_account_fields, " in text


def test_a_hook_with_another_argument_is_refused_with_the_right_ones() -> None:
    @of_package("other")
    class Other(Plugin):
        @hookimpl
        def helpdesk_jobs(self, site: Helpdesk) -> Sequence[Job]:
            del site
            return ()

    assert "other.helpdesk_jobs must take (self, helpdesk), not (self, site)" in str(refused(Other()))


def test_a_hook_without_its_argument_is_refused() -> None:
    """pluggy alone would take it: it hands over as many arguments as are asked for."""

    @of_package("brief")
    class Brief(Plugin):
        @hookimpl
        def helpdesk_jobs(self) -> Sequence[Job]:  # type: ignore[override]
            return ()

    assert "brief.helpdesk_jobs must take (self, helpdesk), not (self)" in str(refused(Brief()))


def test_an_async_hook_is_refused() -> None:
    @of_package("eager")
    class Eager(Plugin):
        @hookimpl
        async def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:  # type: ignore[override]
            del helpdesk
            return ()

    assert "eager.helpdesk_jobs must be a plain function" in str(refused(Eager()))


# --- contributions that are none --------------------------------------------------------------------------------


def contributing(value: object) -> Plugin:
    @of_package("odd")
    class Odd(Plugin):
        @hookimpl
        def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
            del helpdesk
            return cast("Sequence[Job]", value)

    return Odd()


@pytest.mark.parametrize(
    "value", [None, "alpha.one", job("a"), [job("a"), "b"], [job], (each for each in [job("a")]), {"a": job("a")}]
)
def test_anything_but_a_sequence_of_the_type_is_refused_with_the_plugin_and_the_place(value: object) -> None:
    error = refused_when_asked(contributing(value))
    assert "odd.helpdesk_jobs must return a sequence of Job: " in str(error)
    assert error.place.startswith("tests/core/test_plugins.py, line ")


def test_an_object_in_the_place_of_a_class_is_refused() -> None:
    class Happened(Event, frozen=True, kw_only=True):
        name: ClassVar[str] = "odd.happened"

    @of_package("odd")
    class Odd(Plugin):
        @hookimpl
        def helpdesk_events(self) -> Sequence[type[Event]]:
            return [Happened()]  # type: ignore[list-item]

    with pytest.raises(ConfigurationError, match=r"odd\.helpdesk_events must return a sequence of"):
        Plugins([Odd()]).events()


def test_a_hook_that_fails_stops_the_start_and_names_the_plugin() -> None:
    @of_package("broken")
    class Broken(Plugin):
        @hookimpl
        def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
            del helpdesk
            raise LookupError("the moon is not there")

    error = refused_when_asked(Broken())
    assert "broken.helpdesk_jobs failed: LookupError: the moon is not there" in str(error)
    assert isinstance(error.__cause__, LookupError)


def test_a_hook_that_says_itself_what_is_wrong_is_taken_at_its_word() -> None:
    @of_package("careful")
    class Careful(Plugin):
        @hookimpl
        def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
            del helpdesk
            raise ConfigurationError("careful: the folder is full; empty it")

    assert str(refused_when_asked(Careful())) == "careful: the folder is full; empty it"


def test_one_kind_of_contribution_does_not_pass_for_another() -> None:
    @of_package("mixed")
    class Mixed(Plugin):
        @hookimpl
        def helpdesk_services(self, helpdesk: Helpdesk) -> Sequence[Service]:
            del helpdesk
            return [job("mixed.one")]  # type: ignore[list-item]

    with pytest.raises(ConfigurationError, match=r"mixed\.helpdesk_services must return a sequence of Service"):
        Plugins([Mixed()]).services(NO_SITE)


# --- hooks that plugins publish for each other ------------------------------------------------------------------


def test_a_plugin_collects_the_hooks_it_publishes() -> None:
    plugins = Plugins([Florist(), Shop()])
    assert plugins.collect(ShopHooks.helpdesk_shop_windows, str, NO_SITE) == (
        Contribution("florist", "tulips"),
        Contribution("florist", "roses"),
    )


def test_a_hook_of_a_plugin_that_is_not_there_is_never_called() -> None:
    assert Plugins([Florist()]).all == (Florist(),)


def test_a_hook_of_another_plugin_must_say_whose_it_is() -> None:
    """Otherwise a site without the other plugin could not start."""

    @of_package("baker")
    class Baker(Plugin):
        @hookimpl
        def helpdesk_shop_windows(self, helpdesk: Helpdesk) -> Sequence[str]:
            del helpdesk
            return ["bread"]

    assert "baker.helpdesk_shop_windows is no hook of helpdesk_core" in str(refused(Shop(), Baker()))


def test_a_misspelt_hook_of_another_plugin_is_refused_too() -> None:
    @of_package("baker")
    class Baker(Plugin):
        @hookimpl(of="shop")
        def helpdesk_shop_window(self, helpdesk: Helpdesk) -> Sequence[str]:
            del helpdesk
            return ["bread"]

    assert str(refused(Shop(), Baker())).endswith(
        f"baker.helpdesk_shop_window is no hook of {__name__.partition('.')[0]}. Did you mean helpdesk_shop_windows?"
    )


def test_a_hook_of_another_plugin_under_a_name_of_ones_own_is_refused() -> None:
    """pluggy would forgive it as optional, and it would never be called."""

    @of_package("baker")
    class Baker(Plugin):
        @hookimpl(of="shop")
        def window(self, helpdesk: Helpdesk) -> Sequence[str]:
            del helpdesk
            return ["bread"]

    assert "baker.window is no hook of" in str(refused(Shop(), Baker()))


def test_a_wrong_contribution_to_another_plugin_is_refused_with_the_plugin() -> None:
    @of_package("baker")
    class Baker(Plugin):
        @hookimpl(of="shop")
        def helpdesk_shop_windows(self, helpdesk: Helpdesk) -> Sequence[str]:
            del helpdesk
            return [3]  # type: ignore[list-item]

    plugins = Plugins([Shop(), Baker()])
    with pytest.raises(ConfigurationError, match=r"baker\.helpdesk_shop_windows must return a sequence of str"):
        plugins.collect(ShopHooks.helpdesk_shop_windows, str, NO_SITE)


# --- what lies beside a plugin ----------------------------------------------------------------------------------

TABLES = """
from piccolo.columns import UUID
from piccolo.table import Table
from helpdesk_core.db import DB, uuid7

class Card(Table, tablename="{name}", db=DB):
    id = UUID(primary_key=True, default=uuid7)
"""


@pytest.fixture
def with_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Write the package `cards` with one table of a name; it is forgotten after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str) -> None:
        (tmp_path / "cards").mkdir()
        (tmp_path / "cards" / "__init__.py").touch()
        (tmp_path / "cards" / "tables.py").write_text(TABLES.format(name=name), encoding="utf-8")

    yield write
    for module in ("cards.tables", "cards"):
        sys.modules.pop(module, None)


def test_the_tables_beside_a_plugin_are_its_app(with_tables: Callable[[str], None]) -> None:
    with_tables("cards_card")
    app = app_of("cards")
    assert app is not None
    assert (app.name, [table.__name__ for table in app.tables], app.requires) == ("cards", ["Card"], ("helpdesk_core",))


def test_a_table_without_the_name_of_its_plugin_is_refused(with_tables: Callable[[str], None]) -> None:
    with_tables("card")
    with pytest.raises(ConfigurationError, match="the table card of cards must be called cards_…"):
        app_of("cards")


def test_plugins_are_settings_and_say_so_when_one_is_wrong() -> None:
    assert isinstance(Beta, SettingsMeta)
    assert issubclass(Beta, msgspec.Struct)
    misspelt: Any = {"caled": "x"}
    with pytest.raises(ConfigurationError, match=r"Beta has no option `caled`\. Did you mean `called`\?"):
        Beta(**misspelt)
