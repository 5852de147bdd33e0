"""The core is a staircase: a room imports only rooms on lower steps. Plugins stand above it, sites above them."""

import re
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from tests.architecture.source import (
    PLUGIN_NAMES,
    ROOT,
    SITE_NAMES,
    Import,
    Module,
    all_names,
    core,
    modules,
    nothing_of,
    plugins,
    shipped,
)

STEPS = (
    {"errors", "clock"},
    {"settings", "fields", "db", "text", "links", "health"},
    {"files", "checks"},
    {"bus"},
    {"accounts"},
    {"tickets"},
    {"tables", "composer", "sample"},
    {"hookspecs"},
    {"plugins"},
    {"site"},
    {"housekeeping"},
    {"helpdesk"},
    {"cli", "testing"},
)
"""The rooms of the core from the ground up; those of one step do not know each other."""

FOR_TYPES = {
    ("hookspecs", "helpdesk"): "a hook is given the running site",
    ("plugins", "helpdesk"): "it hands the running site to hooks",
    ("sample", "helpdesk"): "sample data is made through the running site",
    ("housekeeping", "helpdesk"): "its jobs work on the running site",
}
"""Rooms that name a higher one under TYPE_CHECKING, with the reason: nothing is loaded, and nothing else may."""

FOREIGN_TO_THE_CORE = {
    "aiosmtplib",
    "asgiref",
    "email",
    "h11",
    "http",
    "httptools",
    "httpx",
    "imap_tools",
    "imaplib",
    "litestar",
    "multipart",
    "smtplib",
    "starlette",
    "uvicorn",
    "wsgiref",
}
"""Modules that speak HTTP or mail: they belong to plugins."""

FOREIGN_BUT_ALLOWED = {
    ("helpdesk_core.testing", "imaplib"): "the kit starts a real mail server and looks whether it answers",
}


def room(name: str) -> str:
    """Return the room of a module of the core; the front door itself has none."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def step(name: str) -> int:
    return next(number for number, rooms in enumerate(STEPS) if name in rooms)


def imported(each: Import) -> str:
    """Return the module that an import reaches: `from a import b` may take a module or a name."""
    whole = f"{each.target}.{each.name}"
    return whole if each.name and whole in all_names() else each.target


def own(module: Module) -> list[Import]:
    return [each for each in module.imports if imported(each).partition(".")[0] == "helpdesk_core"]


def test_every_room_of_the_core_has_its_step() -> None:
    rooms = {room(module.name) for module in core()} - {"", "migrations"}
    assert rooms == set().union(*STEPS)


def test_no_room_stands_on_two_steps() -> None:
    assert sum(len(rooms) for rooms in STEPS) == len(set().union(*STEPS))


def test_a_room_imports_only_rooms_on_lower_steps() -> None:
    wrong = [
        f"{module.place}:{each.line} imports {imported(each)}"
        for module in core()
        for each in own(module)
        if room(module.name) and not each.for_types
        for below in [room(imported(each))]
        if below not in {"", room(module.name)} and step(below) >= step(room(module.name))
    ]
    nothing_of(wrong)


def test_only_named_rooms_know_the_type_of_a_higher_one() -> None:
    upward = {
        (room(module.name), above)
        for module in core()
        for each in own(module)
        if room(module.name) and each.for_types
        for above in [room(imported(each))]
        if above not in {"", room(module.name)} and step(above) >= step(room(module.name))
    }
    assert upward == set(FOR_TYPES)


def test_the_core_does_not_use_its_own_front_door() -> None:
    wrong = [
        f"{module.place}:{each.line}" for module in core() for each in own(module) if imported(each) == "helpdesk_core"
    ]
    nothing_of(wrong)


def test_the_front_door_loads_nothing_by_itself() -> None:
    door = next(module for module in core() if module.name == "helpdesk_core")
    nothing_of(f"{door.place}:{each.line}" for each in own(door) if not each.for_types)


def test_no_modules_load_each_other_in_a_circle() -> None:
    graph = {
        module.name: {imported(each) for each in module.imports if not each.for_types and not each.later}
        & all_names() - {module.name}
        for module in shipped()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise AssertionError(" ← ".join(circle)) from None


def test_the_core_knows_no_plugin_no_site_no_web_server_and_no_mail() -> None:
    foreign = FOREIGN_TO_THE_CORE | set(PLUGIN_NAMES) | set(SITE_NAMES)
    wrong = [
        f"{module.place}:{each.line} imports {each.target}"
        for module in core()
        for each in module.imports
        for top in [each.target.partition(".")[0]]
        if top in foreign
        and not any(module.name.startswith(where) and top == what for where, what in FOREIGN_BUT_ALLOWED)
    ]
    nothing_of(wrong)


def test_folders_of_plugins_and_sites_are_never_imported_as_packages() -> None:
    wrong = [
        f"{module.place}:{each.line}"
        for module in (*shipped(), *modules(ROOT / "tests"))
        for each in module.imports
        if each.target.partition(".")[0] in {"plugins", "sites"}
    ]
    nothing_of(wrong)


def test_plugins_import_no_site() -> None:
    wrong = [
        f"{module.place}:{each.line} imports {each.target}"
        for module in plugins()
        for each in module.imports
        if each.target.partition(".")[0] in SITE_NAMES
    ]
    nothing_of(wrong)


def test_sites_do_not_know_each_other() -> None:
    wrong = [
        f"{module.place}:{each.line} imports {each.target}"
        for module in shipped()
        if module.package in SITE_NAMES
        for each in module.imports
        if each.target.partition(".")[0] in set(SITE_NAMES) - {module.package}
    ]
    nothing_of(wrong)


def test_every_import_is_of_this_project_or_of_a_declared_requirement() -> None:
    """A module that a library happens to bring along may be gone with its next version."""
    wrong = [
        f"{module.place}:{each.line} imports {each.target}"
        for module in shipped()
        for each in module.imports
        for top in [each.target.partition(".")[0]]
        if top not in sys.stdlib_module_names
        and top not in {"helpdesk_core", *PLUGIN_NAMES, *SITE_NAMES}
        and top not in declared(module)
        and (module.name, top) not in COMES_ALONG
    ]
    nothing_of(wrong)


COMES_ALONG = {
    ("helpdesk_core.db.generation", "black"): "Piccolo requires it, to write migrations, and so do we",
}
"""Modules of libraries that we do not require ourselves, with the reason."""

DISTRIBUTIONS = {"argon2-cffi": "argon2", "django-js-lib-htmx": "js_lib_htmx", "markdown-it-py": "markdown_it"}
"""Requirements whose import name is another."""


def declared(module: Module) -> set[str]:
    """Return the import names that `pyproject.toml` lets this module use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines: list[str] = project["dependencies"] + project["optional-dependencies"]["postgres"]
    if room(module.name) == "testing":
        lines = lines + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=!~;\s]", line)[0] for line in lines}
    return {DISTRIBUTIONS.get(name, name.replace("-", "_").lower()) for name in names}


def test_the_steps_are_in_the_order_of_the_plan() -> None:
    plan = ("db", "bus", "accounts", "tickets", "hookspecs", "plugins", "site", "helpdesk", "cli")
    assert all(step(lower) < step(higher) for lower, higher in pairwise(plan))
