"""Values: settings that say what each field is, events that hold nothing one would have to erase."""

import ast
import re

from helpdesk_core.accounts import EVENTS as OF_ACCOUNTS
from helpdesk_core.tickets import EVENTS as OF_TICKETS
from tests.architecture.source import (
    Module,
    base_names,
    classes,
    fields,
    keywords,
    nothing_of,
    plugins,
    shipped,
)

OF_FACTS = {"UUID", "Code", "bool", "int", "float", "datetime", "date", "None", "tuple", "Literal"}
"""What fields of events are made of: ids, codes, numbers, instants. Never texts, names or addresses."""

STRUCTS_OF_FACTS = {"Worth"}
"""Structs that events hold; their fields are judged in the same way."""

OF_ANY_FACTS = {"UnknownEvent": "it shows what a removed plugin stored, as it was stored"}
"""Events that hold something else, with the reason."""


def family(base: str) -> list[tuple[Module, ast.ClassDef]]:
    """Return every class of ours that descends from `base`, across modules."""
    names = {base}
    every = [(module, node) for module in shipped() for node in classes(module)]
    while True:
        grown = names | {node.name for _, node in every if names.intersection(base_names(node))}
        if grown == names:
            return [(module, node) for module, node in every if names.intersection(base_names(node))]
        names = grown


def described(docstring: str) -> set[str]:
    """Return the names that the section `Attributes:` of a docstring explains."""
    section = docstring.partition("Attributes:")[2]
    found = re.findall(r"^ {4}(\w+(?:, \w+)*): \S", section, flags=re.MULTILINE)
    return {name for names in found for name in names.split(", ")}


def test_there_are_settings_and_events_to_judge() -> None:
    assert {"Site", "Plugin", "Tickets", "Kind"} <= {node.name for _, node in family("Settings")}
    assert {event.__name__ for event in (*OF_TICKETS, *OF_ACCOUNTS)} <= {node.name for _, node in family("Event")}


def test_every_setting_is_explained_by_the_class_it_belongs_to() -> None:
    nothing_of(
        f"{module.at(node)} {node.name} does not explain {', '.join(sorted(unexplained))}"
        for module, node in family("Settings")
        if (unexplained := fields(node).keys() - described(ast.get_docstring(node) or ""))
    )


def test_no_setting_is_explained_that_is_not_there() -> None:
    nothing_of(
        f"{module.at(node)} {node.name} explains {', '.join(sorted(gone))}"
        for module, node in family("Settings")
        if (gone := described(ast.get_docstring(node) or "") - fields(node).keys() - of_the_class(node))
    )


def test_settings_stay_frozen() -> None:
    """Their metaclass freezes them; nobody thaws them."""
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module, node in family("Settings")
        if keywords(node).get("frozen", "True") != "True"
    )


def test_every_public_class_of_a_plugin_says_what_it_is() -> None:
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module in plugins()
        if module.name.endswith(".plugin")
        for node in classes(module)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    )


def test_events_hold_ids_codes_numbers_and_instants_only() -> None:
    """History is immutable; what must be erasable may not stand in it."""
    nothing_of(
        f"{module.at(node)} {node.name}.{name}: {annotation}"
        for module, node in family("Event")
        if node.name not in OF_ANY_FACTS
        for name, annotation in fields(node).items()
        if not of_facts(annotation)
    )


def test_what_events_are_made_of_holds_no_more_than_they_may() -> None:
    structs = {node.name: (module, node) for module in shipped() for node in classes(module)}
    nothing_of(
        f"{module.at(node)} {node.name}.{name}: {annotation}"
        for module, node in map(structs.__getitem__, STRUCTS_OF_FACTS)
        for name, annotation in fields(node).items()
        if not of_facts(annotation)
    )


def test_every_event_has_a_name_and_says_what_happened() -> None:
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module, node in family("Event")
        if "name" not in of_the_class(node) or not ast.get_docstring(node)
    )


def test_events_are_named_by_their_subject_and_by_what_happened() -> None:
    nothing_of(
        f"{module.at(node)} {node.name} is called {name!r}"
        for module, node in family("Event")
        if node.name not in OF_ANY_FACTS
        if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name := str(class_value(node, "name")))
    )


def test_events_and_notices_stay_frozen() -> None:
    """msgspec does not hand `frozen` down; a subclass must repeat it."""
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module, node in (*family("Event"), *family("Notice"))
        if keywords(node).get("frozen") != "True"
    )


def of_facts(annotation: str) -> bool:
    """Tell whether an annotation is made of facts alone; the words inside `Literal[...]` are codes."""
    names = re.findall(r"[A-Za-z_]\w*", re.sub(r"Literal\[[^\]]*\]", "Literal", annotation))
    return set(names) <= OF_FACTS | STRUCTS_OF_FACTS


def of_the_class(node: ast.ClassDef) -> set[str]:
    """Return the names that belong to the class itself and are no fields."""
    return {
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and ast.unparse(item.annotation).startswith("ClassVar")
    } | {item.name for item in node.body if isinstance(item, ast.FunctionDef)}


def class_value(node: ast.ClassDef, name: str) -> object:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and ast.unparse(item.target) == name and item.value is not None:
            return ast.literal_eval(item.value)
    return None
