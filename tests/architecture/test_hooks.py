"""Every hook is documented with its exact arguments and used by a plugin that ships."""

import ast
import inspect
import re
from typing import Any

import pytest

from helpdesk_core.hookspecs import Hooks
from tests.architecture.source import ROOT, functions, nothing_of, plugins

REFERENCE = ROOT / "docs" / "hooks.md"

SPECIFICATIONS = [(name, function) for name, function in vars(Hooks).items() if name.startswith("helpdesk_")]


def published() -> dict[str, tuple[str, ast.FunctionDef]]:
    """Return every hook that a shipped plugin publishes for others, with its owner."""
    return {
        node.name: (module.package, node)
        for module in plugins()
        if module.name.endswith(".hookspecs")
        for node in functions(module)
        if isinstance(node, ast.FunctionDef) and "hookspec" in map(ast.unparse, node.decorator_list)
    }


def implementations() -> dict[str, set[str]]:
    """Return which shipped plugins implement each hook."""
    found: dict[str, set[str]] = {}
    for module in plugins():
        for node in functions(module):
            if any(ast.unparse(mark).startswith("hookimpl") for mark in node.decorator_list):
                found.setdefault(node.name, set()).add(module.package)
    return found


def all_docstrings() -> dict[str, str]:
    core = {name: inspect.getdoc(function) or "" for name, function in SPECIFICATIONS}
    return core | {name: ast.get_docstring(node) or "" for name, (_, node) in published().items()}


def test_every_hook_says_when_by_example_for_whom_and_since() -> None:
    nothing_of(
        f"{name} has no {label}"
        for name, text in all_docstrings().items()
        for label in ("Smallest example: `return ", "Shipped user: `helpdesk_", "Since: ")
        if label not in " ".join(text.split())
    )


def test_every_smallest_example_is_python() -> None:
    for text in all_docstrings().values():
        example = re.search(r"Smallest example: `(.*?)`\n(?:Shipped|Since)", text, flags=re.DOTALL)
        assert example, text
        ast.parse(f"def hook():\n    {' '.join(example[1].split())}")


@pytest.mark.parametrize(("name", "function"), SPECIFICATIONS, ids=[name for name, _ in SPECIFICATIONS])
def test_a_hook_takes_at_most_the_helpdesk_and_returns_a_sequence(name: str, function: Any) -> None:
    arguments = list(inspect.signature(function).parameters)
    assert arguments in (["self"], ["self", "helpdesk"])
    assert not inspect.iscoroutinefunction(function)
    assert ast.unparse(ast.parse(str(inspect.signature(function).return_annotation), mode="eval")).startswith(
        "collections.abc.Sequence["
    )
    assert function(*[None] * len(arguments)) == (), "the default of a hook contributes nothing"


def test_every_hook_is_marked_so_that_pluggy_knows_it() -> None:
    nothing_of(name for name, function in SPECIFICATIONS if not hasattr(function, "helpdesk_spec"))


def test_the_reference_names_every_hook_with_its_exact_arguments() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    nothing_of(
        f"{heading} is missing in docs/hooks.md: run `make docs`"
        for name, function in SPECIFICATIONS
        if (heading := f"#### `{name}({', '.join(arguments_of(function))}) -> ") not in text
    )


def test_the_reference_names_no_hook_that_is_not_there() -> None:
    headings = re.findall(r"^#### `(\w+)\(", REFERENCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(headings) == sorted(all_docstrings())


def test_every_hook_has_a_plugin_that_ships_and_uses_it() -> None:
    used = implementations()
    nothing_of(f"nobody implements {name}" for name in all_docstrings() if name not in used)


def test_the_plugins_that_a_hook_names_as_its_users_do_use_it() -> None:
    used = implementations()
    nothing_of(
        f"{name} names {plugin}, which does not implement it"
        for name, text in all_docstrings().items()
        for plugin in re.findall(r"`(helpdesk_\w+)`", text.partition("Shipped user:")[2].partition("Since:")[0])
        if plugin not in used.get(name, set())
    )


def test_hooks_of_a_plugin_begin_with_its_name() -> None:
    nothing_of(f"{name} of {owner}" for name, (owner, _) in published().items() if not name.startswith(f"{owner}_"))


def test_every_implementation_of_another_plugins_hook_says_whose_it_is() -> None:
    """Without `of=` a site that lacks the other plugin could not start."""
    owners = published()
    nothing_of(
        f"{module.at(node)} {node.name} must be marked {wanted}"
        for module in plugins()
        for node in functions(module)
        for mark in map(ast.unparse, node.decorator_list)
        if mark.startswith("hookimpl")
        for wanted in [wanted_mark(node.name, owners)]
        if mark != wanted
    )


def wanted_mark(name: str, owners: dict[str, tuple[str, ast.FunctionDef]]) -> str:
    return f"hookimpl(of='{owners[name][0]}')" if name in owners else "hookimpl"


def arguments_of(function: Any) -> list[str]:
    """Return the arguments without self as the specification writes them."""
    return [
        f"{parameter.name}: {str(parameter.annotation).strip(chr(39))}"
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
