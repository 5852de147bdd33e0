"""What an app of tables says about itself: its name, its tables, its indexes, where its migrations lie.

Only values; reading and running migrations is done elsewhere.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from piccolo.table import Table

from helpdesk_core.errors import ConfigurationError

# PostgreSQL cuts longer names.
LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class App:
    """The tables of the core or of one plugin.

    Attributes:
        name: The import name of its owner; also the prefix of its tables.
        package: The package whose folder `migrations/` holds its migrations.
        tables: Its tables. A table may declare `INDEXES = (Index(...), ...)`.
        requires: Names of the apps whose tables its tables refer to.
    """

    name: str
    package: str
    tables: Sequence[type[Table]]
    requires: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """The folder of the migrations; it need not be there yet.

        Raises:
            ConfigurationError: There is no such package.
        """
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ConfigurationError(
                "the app %(app)s names the package %(package)s, which cannot be imported",
                app=self.name,
                package=self.package,
            )
        return Path(spec.submodule_search_locations[0]) / "migrations"


@dataclass(frozen=True)
class Index:
    """An index over several columns, a part of the rows, or in an order; the same on both databases.

        class Delivery(Table, tablename="helpdesk_core_delivery", db=DB):
            ...
            INDEXES = (
                Index(("ordering_key", "position"), unique=True),
                Index(("available_at", "id"), where="state = 'queued'"),
                Index(("state", "created_at DESC")),
            )

    `new_migration` writes what changed into the migration. For one plain column say `index=True` or `unique=True`
    at the column instead.

    Attributes:
        columns: Names of columns, each perhaps followed by ` DESC`.
        unique: Whether two rows may be alike in them.
        where: Condition in SQL that both databases understand; only such rows are in the index.
    """

    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""

    def name(self, tablename: str) -> str:
        """Return the name of the index on a table; another definition has another name."""
        plain = "_".join(column.partition(" ")[0] for column in self.columns)
        name = f"{tablename}_{plain}_{'key' if self.unique else 'index'}"
        if len(name) > LONGEST_NAME or self.where or any(" " in column for column in self.columns):
            digest = hashlib.sha256(repr((tablename, self.columns, self.where)).encode()).hexdigest()[:8]
            name = f"{name[: LONGEST_NAME - 9]}_{digest}"
        return name

    def sql(self, tablename: str) -> str:
        """Return the statement that creates the index on a table."""
        columns = ", ".join(f'"{name}"{space}{order}' for name, space, order in map(_split, self.columns))
        where = f" WHERE {self.where}" if self.where else ""
        unique = "UNIQUE " if self.unique else ""
        return f'CREATE {unique}INDEX "{self.name(tablename)}" ON "{tablename}" ({columns}){where}'


def _split(column: str) -> tuple[str, str, str]:
    return column.partition(" ")


def in_order(apps: Sequence[App]) -> list[App]:
    """Return the apps so that each stands after those it requires.

    Raises:
        ConfigurationError: Two have one name, one requires an app that is not there, or they require each other.
    """
    named = {app.name: app for app in apps}
    if len(named) < len(apps):
        raise ConfigurationError(
            "two apps of tables have one name: %(names)s", names=", ".join(sorted(app.name for app in apps))
        )
    for app in apps:
        for name in app.requires:
            if name not in named:
                raise ConfigurationError(
                    "the tables of %(app)s need those of %(name)s, which is not among the apps",
                    app=app.name,
                    name=name,
                )
    try:
        order = TopologicalSorter({app.name: app.requires for app in apps}).static_order()
        return [named[name] for name in order]
    except CycleError as error:
        raise ConfigurationError(
            "these apps of tables need each other: %(names)s", names=", ".join(error.args[1])
        ) from error
