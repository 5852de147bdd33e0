"""Tables: named after their owner, bound to the one routing database, with keys that grow and clear foreign keys."""

import ast
from importlib import import_module

import pytest
from piccolo.columns import UUID
from piccolo.columns.column_types import Timestamp

from helpdesk_core.db import DB, App, uuid7
from helpdesk_core.plugins import app_of, tables_in
from helpdesk_core.tables import CORE
from tests.architecture.source import PLUGIN_NAMES, Module, base_names, classes, keywords, nothing_of, shipped

OTHER_KEYS = {
    "helpdesk_core_number": "the number itself is what must be unique for ever",
    "helpdesk_core_number_counter": "one row a period",
    "helpdesk_core_lease": "one row a name; whoever holds it is in the row",
    "helpdesk_core_blob": "stored bytes are known by their hash",
    "helpdesk_email_box": "one row a mailbox, known by its address",
}
"""Tables whose key is not a UUID that grows with time, with the reason."""

APPS = (CORE, *(app for name in PLUGIN_NAMES if (app := app_of(name)) is not None))
TABLES = [table for app in APPS for table in app.tables]


def declarations() -> list[tuple[Module, ast.ClassDef]]:
    return [(module, node) for module in shipped() for node in classes(module) if "Table" in base_names(node)]


def calls(node: ast.ClassDef) -> list[tuple[str, ast.Call]]:
    """Return (column, call) of every column of a table."""
    return [
        (ast.unparse(item.targets[0]), item.value)
        for item in node.body
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call)
    ]


def test_there_are_tables_to_judge() -> None:
    assert len(TABLES) > 20


def test_every_table_begins_with_the_name_of_its_package() -> None:
    nothing_of(
        f"{module.at(node)} {node.name} is called {name}"
        for module, node in declarations()
        if not (name := keywords(node).get("tablename", "''").strip("'")).startswith(f"{module.package}_")
    )


def test_every_table_is_bound_to_the_routing_database() -> None:
    nothing_of(f"{module.at(node)} {node.name}" for module, node in declarations() if keywords(node).get("db") != "DB")
    nothing_of(table.__name__ for table in TABLES if table._meta.db is not DB)


def test_every_table_lies_in_a_module_called_tables() -> None:
    nothing_of(
        f"{module.at(node)} {node.name}" for module, node in declarations() if not module.name.endswith(".tables")
    )


def test_every_table_of_the_core_belongs_to_its_app() -> None:
    """A table that is not named there would get no migration."""
    names = {module.name for module, _ in declarations() if module.package == "helpdesk_core"}
    declared = {table for name in names for table in tables_in(import_module(name))}
    assert declared == set(CORE.tables)


def test_every_table_says_what_a_row_is() -> None:
    nothing_of(f"{module.at(node)} {node.name}" for module, node in declarations() if not ast.get_docstring(node))


def test_every_foreign_key_says_what_happens_when_the_other_row_goes() -> None:
    nothing_of(
        f"{module.at(call)} {node.name}.{column}"
        for module, node in declarations()
        for column, call in calls(node)
        if ast.unparse(call.func) == "ForeignKey" and not {"on_delete", "null"} <= keywords(call).keys()
    )


def test_no_foreign_key_forgets_its_row_without_being_allowed_to() -> None:
    """`SET NULL` on a column that must not be null would refuse the deletion with a riddle."""
    nothing_of(
        f"{table.__name__}.{key._meta.name}"
        for table in TABLES
        for key in table._meta.foreign_key_columns
        if key._foreign_key_meta.on_delete.value == "SET NULL" and not key._meta.null
    )


def test_every_key_is_a_uuid_that_grows_with_time() -> None:
    nothing_of(
        f"{table._meta.tablename}.{key._meta.name}"
        for table in TABLES
        if table._meta.tablename not in OTHER_KEYS
        for key in [table._meta.primary_key]
        if not (isinstance(key, UUID) and key.default is uuid7)
    )


def test_the_tables_with_other_keys_are_there() -> None:
    assert OTHER_KEYS.keys() <= {table._meta.tablename for table in TABLES}


def test_every_instant_has_a_zone_and_is_given_by_the_clock() -> None:
    """Piccolo's own default would ask the machine, whatever a test's clock says."""
    nothing_of(
        f"{table.__name__}.{column._meta.name}"
        for table in TABLES
        for column in table._meta.columns
        if isinstance(column, Timestamp)
    )
    nothing_of(
        f"{module.at(call)} {node.name}.{column}"
        for module, node in declarations()
        for column, call in calls(node)
        if ast.unparse(call.func) == "Timestamptz" and keywords(call).get("default") != "None"
    )


def test_no_table_declares_constraints_that_only_one_database_keeps() -> None:
    nothing_of(
        f"{module.at(call)} {node.name}.{column}"
        for module, node in declarations()
        for column, call in calls(node)
        if ast.unparse(call.func) in {"Unique", "Check", "UniqueConstraint", "CheckConstraint"}
    )


@pytest.mark.parametrize("app", APPS, ids=[app.name for app in APPS])
def test_an_app_refers_only_to_tables_of_apps_it_requires(app: App) -> None:
    known = {table for each in APPS if each.name in {app.name, *app.requires} for table in each.tables}
    nothing_of(
        f"{table.__name__}.{key._meta.name} refers to {key._foreign_key_meta.resolved_references.__name__}"
        for table in app.tables
        for key in table._meta.foreign_key_columns
        if key._foreign_key_meta.resolved_references not in known
    )
