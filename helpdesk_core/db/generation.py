"""Writing migrations for developers: the difference between an app's tables and its migrations, as a new file.

Only for developers and tests: nothing here touches a database.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import black
import piccolo
from piccolo.apps.migrations.auto import AlterStatements, DiffableTable, SchemaDiffer, SchemaSnapshot
from piccolo.apps.migrations.auto.serialisation import UniqueGlobalNameConflictWarning

from helpdesk_core.db.apps import App, Index, in_order
from helpdesk_core.db.migration_files import MigrationManager, files_of, managers_of
from helpdesk_core.db.piccolo_conf import tell_piccolo
from helpdesk_core.errors import ConfigurationError

# In the order in which Piccolo writes them.
_KINDS: Final = (
    "create_tables",
    "drop_tables",
    "rename_tables",
    "change_table_schemas",
    "new_table_columns",
    "new_table_constraints",
    "drop_columns",
    "add_columns",
    "rename_columns",
    "alter_columns",
    "drop_constraints",
    "add_constraints",
)

_NAME: Final = re.compile(r"\w+")
# `class Thing(Table, …): …` or `Colour = Enum(…)`.
_DEFINED: Final = re.compile(r"^(?:class )?(\w+)")


@dataclass(frozen=True)
class Difference:
    """What the migrations of an app do not do yet, as Python."""

    statements: tuple[str, ...]
    imports: tuple[str, ...]
    definitions: tuple[str, ...]


async def difference(app: App) -> Difference:
    """Return what is left to generate; `statements` is empty when nothing is.

    A column that is gone and one that is new count as two changes: a rename is written by hand.

    Raises:
        ConfigurationError: Two tables of the app have one class name, or an index names a column that is not there.
    """
    tell_piccolo()
    _check(app)
    snapshot = SchemaSnapshot(list(await managers_of(app))).get_snapshot()
    with warnings.catch_warnings():
        # Piccolo warns of every table named like something it could import; we look whether it does, below.
        warnings.simplefilter("ignore", UniqueGlobalNameConflictWarning)
        differ = SchemaDiffer(schema=_present(app), schema_snapshot=snapshot, auto_input="n")
        found: list[AlterStatements] = [getattr(differ, kind) for kind in _KINDS]
    # Piccolo goes through sets of tables; by table, and within it as the columns stand, is the same every time.
    tables = chain.from_iterable(sorted(kind.statements, key=lambda text: text.split(",")[0]) for kind in found)
    what = Difference(
        statements=(*tables, *_index_statements(app, await managers_of(app))),
        imports=tuple(sorted({repr(each) for kind in found for each in kind.extra_imports})),
        definitions=tuple(sorted({repr(each) for kind in found for each in kind.extra_definitions})),
    )
    clash = {_NAME.findall(line)[-1] for line in what.imports} & {
        _DEFINED.findall(line)[0] for line in what.definitions
    }
    if clash:
        raise ConfigurationError(
            "a migration of %(app)s needs two different things called %(names)s; rename the table",
            app=app.name,
            names=", ".join(sorted(clash)),
        )
    return what


async def new_migration(app: App, apps: Sequence[App], name: str, *, auto: bool = True) -> Path | None:
    """Write the next migration of an app and return its file; None when nothing is left to generate.

    Args:
        app: The app.
        apps: All apps of the site, to see that they fit together.
        name: A few words, for example "add due date".
        auto: Generate what changed; else an empty one to be filled by hand.

    Raises:
        ConfigurationError: The apps do not fit together, or see `difference`.
        ValueError: The name has no letter or digit.
    """
    in_order(apps)
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not slug:
        raise ValueError("give the migration a name, such as 'add due date'")
    what = await difference(app) if auto else Difference((), (), ())
    if auto and not what.statements:
        return None
    numbers = [int(found[0]) for file in files_of(app) if (found := re.match(r"\d+", file.id))]
    path = app.folder / f"{max(numbers, default=0) + 1:04}_{slug}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(_source(app, path.stem, name, what), encoding="utf-8")
    return path


def _check(app: App) -> None:
    names = [table.__name__ for table in app.tables]
    if len(set(names)) < len(names):
        raise ConfigurationError(
            "two tables of %(app)s have one class name: %(names)s", app=app.name, names=", ".join(sorted(names))
        )
    for table in app.tables:
        there = {column._meta.db_column_name for column in table._meta.columns}
        for index in _indexes(table):
            missing = {column.partition(" ")[0] for column in index.columns} - there
            if missing:
                raise ConfigurationError(
                    "an index of %(table)s names columns that it does not have: %(columns)s",
                    table=table.__name__,
                    columns=", ".join(sorted(missing)),
                )


def _indexes(table: object) -> tuple[Index, ...]:
    indexes: tuple[Index, ...] = getattr(table, "INDEXES", ())
    return indexes


def _present(app: App) -> list[DiffableTable]:
    return [
        DiffableTable(
            class_name=table.__name__,
            tablename=table._meta.tablename,
            columns=table._meta.non_default_columns,
            constraints=table._meta.constraints,
            schema=table._meta.schema,
        )
        for table in app.tables
    ]


def _index_statements(app: App, managers: Sequence[MigrationManager]) -> list[str]:
    past: dict[str, str] = {}
    for manager in managers:
        gone = {table.tablename for table in manager.drop_tables}
        past = {
            name: tablename
            for name, tablename in past.items()
            if name not in manager.dropped_indexes and tablename not in gone
        }
        past |= {index.name(tablename): tablename for tablename, index in manager.added_indexes}
    present = {
        index.name(table._meta.tablename): (table._meta.tablename, index)
        for table in app.tables
        for index in _indexes(table)
    }
    dropped_tables = set(past.values()) - {table._meta.tablename for table in app.tables}
    statements = [
        f"manager.drop_index({name!r})"
        for name, tablename in sorted(past.items())
        if name not in present and tablename not in dropped_tables
    ]
    for name, (tablename, index) in sorted(present.items()):
        if name not in past:
            statements.append(
                f"manager.add_index({tablename!r}, {index.columns!r}, unique={index.unique}, where={index.where!r})"
            )
    return statements


def _source(app: App, migration_id: str, description: str, what: Difference) -> str:
    lines = [
        "from helpdesk_core.db.migration_files import MigrationManager",
        *what.imports,
        "",
        *what.definitions,
        "",
        f"ID = {migration_id!r}",
        f"VERSION = {piccolo.__VERSION__!r}",
        f"DESCRIPTION = {description!r}",
        "",
        "async def forwards():",
        f"    manager = MigrationManager(migration_id=ID, app_name={app.name!r}, description=DESCRIPTION)",
        *(f"    {statement}" for statement in what.statements),
        "    return manager",
        "",
    ]
    return black.format_str("\n".join(lines), mode=black.FileMode(line_length=100))
