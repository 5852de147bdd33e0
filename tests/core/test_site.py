"""A site is a value: judged where it is written, loaded by name, and wrong ones are told where and what."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from helpdesk_core import Helpdesk
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.hookspecs import Plugin
from helpdesk_core.settings import env
from helpdesk_core.site import Site, load_site
from helpdesk_core.tickets import Kind, Tickets

TICKETS = Tickets(kinds=(Kind("question", "Question"),))

GOOD = """
from helpdesk_core import Kind, Site, Tickets

site = Site(
    name="Shop",
    url="https://support.example.org",
    tickets=Tickets(kinds=(Kind("question", "Question"),)),
    plugins=(),
)
other = site
"""

WriteModule = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteModule]:
    """Write the module or package `shop` onto the import path; it is forgotten after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write_module(path: str, text: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    yield write_module
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def make(**given: Any) -> Site:
    usual: dict[str, Any] = {
        "name": "Shop",
        "url": "https://support.example.org",
        "tickets": TICKETS,
        "plugins": (),
    }
    return Site(**(usual | given))


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        work()
    return str(caught.value)


def test_a_site_is_made_of_little() -> None:
    site = make()
    assert (site.host, site.spoken, site.zone.key) == ("support.example.org", ("en",), "UTC")


def test_the_language_of_a_site_comes_first() -> None:
    assert make(language="de", languages=("en", "de", "fr")).spoken == ("de", "en", "fr")


@pytest.mark.parametrize(
    "url", ["support.example.org", "//support.example.org", "ftp://support.example.org", "https://", "https://a/?b=c"]
)
def test_an_address_that_cannot_stand_in_a_mail_is_refused(url: str) -> None:
    assert "Site.url must be a whole address like https://support.example.org" in refused(lambda: make(url=url))


def test_an_unknown_zone_is_refused() -> None:
    assert "there is no zone called 'Europe/Stuttgart'" in refused(lambda: make(timezone="Europe/Stuttgart"))


def test_a_language_that_the_site_does_not_speak_is_refused() -> None:
    assert "'en' is not among Site.languages" in refused(lambda: make(languages=("de", "fr")))


def test_a_language_that_is_no_code_is_refused() -> None:
    assert "Site.language: Expected `str` matching regex" in refused(lambda: make(language="Deutsch"))


def test_a_plugin_that_is_none_is_refused_by_its_place() -> None:
    assert "Site.plugins: item 0 of tuple is not an instance of" in refused(lambda: make(plugins=("helpdesk_web",)))


def test_a_class_in_the_place_of_a_plugin_is_refused() -> None:
    """`plugins=(Web,)` for `plugins=(Web(),)` is easily written."""
    assert "Site.plugins: item 0 of tuple" in refused(lambda: make(plugins=(Plugin,)))


def test_a_site_without_kinds_of_tickets_is_refused() -> None:
    assert "Tickets.kinds is empty" in refused(lambda: Tickets(kinds=()))


def test_two_kinds_of_one_code_are_refused() -> None:
    twice = (Kind("question", "A"), Kind("question", "B"))
    assert "Tickets.kinds names a code twice: question" in refused(lambda: Tickets(kinds=twice))


def test_a_policy_that_there_is_not_is_refused() -> None:
    unknown: Any = "perhaps"
    text = refused(lambda: Tickets(kinds=(Kind("question", "Question"),), unentitled=unknown))
    assert "Tickets.unentitled" in text


# --- loading ----------------------------------------------------------------------------------------------------


def test_the_module_site_of_a_package_is_the_site(write: WriteModule) -> None:
    write("shop/__init__.py", "")
    write("shop/site.py", GOOD)
    site = load_site("shop")
    assert (site.name, site.package) == ("Shop", "shop")


def test_a_plain_module_may_be_a_site(write: WriteModule) -> None:
    write("shop.py", GOOD)
    site = load_site("shop")
    assert site.package == "", "it has no folder for templates and words"
    assert Helpdesk(site, {}).site == site


def test_a_module_may_hold_several_sites_by_name(write: WriteModule) -> None:
    write("shop/__init__.py", "")
    write("shop/site.py", GOOD)
    assert load_site("shop:other").name == "Shop"


def test_importing_a_site_needs_no_environment(write: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_URL", raising=False)
    write(
        "shop.py", GOOD.replace('"https://support.example.org"', 'env("SHOP_URL")').replace("import ", "import env, ")
    )
    site = load_site("shop")
    assert "SHOP_URL is not set" in refused(lambda: Helpdesk(site, {}))
    assert Helpdesk(site, {"SHOP_URL": "https://shop.example.org"}).site.host == "shop.example.org"


def test_an_address_from_the_environment_is_judged_too() -> None:
    site = make(url=env("SHOP_URL"))
    assert "Site.url must be a whole address" in refused(lambda: Helpdesk(site, {"SHOP_URL": "shop"}))


def test_a_site_that_is_not_there_is_named_with_how_to_name_one() -> None:
    text = refused(lambda: load_site("nowhere"))
    assert text.startswith("there is no site 'nowhere'")
    assert "--site or HELPDESK_SITE" in text


def test_a_module_without_a_site_says_what_to_write(write: WriteModule) -> None:
    write("shop.py", "name = 'Shop'\n")
    assert "shop has no Site called 'site'; write `site = Site(…)` in it" in refused(lambda: load_site("shop"))


def test_a_name_that_is_no_site_is_refused(write: WriteModule) -> None:
    write("shop.py", f"{GOOD}third = 3\n")
    assert "shop has no Site called 'third'" in refused(lambda: load_site("shop:third"))


def test_a_mistake_in_a_setting_is_told_with_file_and_line(write: WriteModule) -> None:
    write("shop/__init__.py", "")
    write("shop/site.py", GOOD.replace("plugins=()", "plugin=()"))
    text = refused(lambda: load_site("shop"))
    assert "shop/site.py, line 4: Site has no option `plugin`. Did you mean `plugins`?" in text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import nonsense", "ModuleNotFoundError: No module named 'nonsense'"),
        ("import shop.nonsense", "ModuleNotFoundError: No module named 'shop.nonsense'"),
        ("from helpdesk_core import Nonsense", "ImportError: cannot import name 'Nonsense'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import json; json.loads('{')", "JSONDecodeError: "),
        ("site = = 3", "SyntaxError: invalid syntax"),
    ],
)
def test_a_site_that_cannot_be_imported_is_told_with_its_own_file_and_line(
    write: WriteModule, line: str, says: str
) -> None:
    """Not with the line of the library in which it came to light."""
    write("shop/__init__.py", "")
    write("shop/site.py", f"\n{line}\n{GOOD}")
    text = refused(lambda: load_site("shop"))
    assert "shop/site.py, line 2: " in text
    assert says in text


def test_a_missing_module_whose_name_begins_like_the_site_is_told_as_missing(write: WriteModule) -> None:
    write("shop/__init__.py", "")
    write("shop/site.py", f"import sho\n{GOOD}")
    assert "No module named 'sho'" in refused(lambda: load_site("shop"))


class Lonely(Plugin):
    """Stands for a plugin of the module `tests`: the name of a plugin is its top-level package."""

    requires: ClassVar[tuple[str, ...]] = ("helpdesk_missing",)


def test_a_plugin_that_needs_an_absent_one_stops_the_start() -> None:
    assert "tests needs helpdesk_missing; add it to the plugins of the site" in refused(
        lambda: Helpdesk(make(plugins=(Lonely(),)), {})
    )
