"""What one package may take from another: only what the other publishes."""

import ast
import sys
from functools import cache
from importlib import import_module

import pytest

from tests.architecture.source import (
    PLUGIN_NAMES,
    SITE_NAMES,
    Module,
    all_names,
    core,
    nothing_of,
    plugins,
    shipped,
)

DEEP_DOORS = {
    "helpdesk_core.cli.building": "commands of plugins open the site the way those of the core do",
    "helpdesk_core.text.markdown": "its libraries are loaded only by those who show Markdown",
    "helpdesk_core.accounts.tables": "tables of plugins refer to people and organisations",
    "helpdesk_core.tickets.tables": "tables of plugins refer to tickets and messages",
    "helpdesk_core.files.tables": "tables of plugins refer to stored files",
}
"""Modules below a room of the core that plugins and sites may import all the same, with the reason."""


@cache
def published(name: str) -> tuple[str, ...] | None:
    """Return what stands in the `__all__` of a module, None without one."""
    module = next((each for each in shipped() if each.name == name), None)
    for node in module.tree.body if module else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return None


def is_package(name: str) -> bool:
    return any(each.name == name and each.path.name == "__init__.py" for each in shipped())


def taken(module: Module, owners: set[str]) -> list[tuple[str, str, str]]:
    """Return (place, module, name) of everything that is imported from these packages."""
    return [
        (f"{module.place}:{each.line}", each.target, each.name)
        for each in module.imports
        if each.target.partition(".")[0] in owners - {module.package}
    ]


def outsiders() -> list[Module]:
    return [module for module in shipped() if module.package != "helpdesk_core"]


def test_plugins_and_sites_enter_the_core_by_its_front_door_or_by_that_of_a_room() -> None:
    nothing_of(
        f"{place} imports {target}"
        for module in outsiders()
        for place, target, _ in taken(module, {"helpdesk_core"})
        if target.count(".") > 1 and target not in DEEP_DOORS
    )


def test_plugins_and_sites_take_from_the_core_only_what_it_publishes() -> None:
    nothing_of(
        f"{place} takes {name} of {target}, which is not in its __all__"
        for module in outsiders()
        for place, target, name in taken(module, {"helpdesk_core"})
        if is_package(target) and f"{target}.{name}" not in all_names() and name not in (published(target) or ())
    )


def test_a_plugin_takes_from_another_only_what_the_other_publishes() -> None:
    """A module publishes by an `__all__`; one without it is the plugin's own affair."""
    nothing_of(
        f"{place} takes {name} of {target}, which is not in its __all__"
        for module in plugins()
        for place, target, name in taken(module, set(PLUGIN_NAMES))
        if name not in (published(target) or ())
    )


def test_nobody_takes_a_name_that_begins_with_an_underscore() -> None:
    nothing_of(
        f"{place} takes {name} of {target}"
        for module in shipped()
        for place, target, name in taken(module, {"helpdesk_core", *PLUGIN_NAMES})
        if name.startswith("_") or any(part.startswith("_") for part in target.split("."))
    )


def test_a_site_takes_from_a_plugin_only_its_class_and_settings() -> None:
    nothing_of(
        f"{place} imports {target}"
        for module in outsiders()
        if module.package in SITE_NAMES
        for place, target, _ in taken(module, set(PLUGIN_NAMES))
        if target not in {door for name in PLUGIN_NAMES for door in (name, f"{name}.plugin")}
    )


def test_a_plugin_that_imports_another_when_it_is_loaded_says_that_it_requires_it() -> None:
    """Imports inside a function are free: they serve `@hookimpl(of=…)`, which the other's absence leaves uncalled."""
    nothing_of(
        f"{module.place}:{node.lineno} imports {node.module}, but `requires` of {module.package} does not name it"
        for module in plugins()
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom)
        for owner in [(node.module or "").partition(".")[0]]
        if owner in set(PLUGIN_NAMES) - {module.package} and owner not in required(module.package)
        if not lies_behind_a_function(module)
    )


def lies_behind_a_function(module: Module) -> bool:
    """Tell whether a module of a plugin is loaded only by imports inside functions."""
    return module.name not in loaded_with(f"{module.package}.plugin")


@cache
def loaded_with(name: str) -> frozenset[str]:
    """Return the modules of a plugin that its `plugin` module loads, following imports at the top of modules."""
    by_name = {module.name: module for module in plugins()}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in by_name:
            continue
        seen.add(current)
        for node in by_name[current].tree.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return frozenset(seen)


@cache
def required(plugin: str) -> tuple[str, ...]:
    """Return the `requires` of a plugin's class."""
    for module in plugins():
        if module.name != f"{plugin}.plugin":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "requires" and node.value:
                return tuple(ast.literal_eval(node.value))
    return ()


def test_the_front_door_knows_exactly_the_names_it_announces() -> None:
    import helpdesk_core

    door = next(module for module in core() if module.name == "helpdesk_core")
    for_types = {each.name: each.target for each in door.imports if each.for_types and each.target != "typing"}
    lazy = {name: home for home, names in helpdesk_core._HOME.items() for name in names}
    assert lazy == for_types
    assert sorted(helpdesk_core.__all__) == sorted(lazy)


def test_every_announced_name_can_be_had() -> None:
    import helpdesk_core

    nothing_of(name for name in helpdesk_core.__all__ if not hasattr(helpdesk_core, name))


def test_a_name_that_is_not_announced_is_refused_as_python_does() -> None:
    import helpdesk_core

    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        helpdesk_core.Nonsense  # noqa: B018


def test_the_names_in_an_all_are_there() -> None:
    nothing_of(
        f"{module.place} announces {name}, which is not there"
        for module in shipped()
        if (names := published(module.name)) and module.name != "helpdesk_core"
        for name in names
        if not hasattr(import_module(module.name), name)
    )


def test_the_plugins_lie_where_python_finds_them() -> None:
    """Under their own names: a folder `plugins` on the path, never a package `plugins`."""
    assert all(import_module(name).__name__ == name for name in PLUGIN_NAMES)
    assert not {"plugins", "sites"}.intersection(sys.modules)
