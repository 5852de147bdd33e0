"""One migration: what a file in an app's folder `migrations/` says, and how it is read.

A file is named after its migration, says `ID = "0002_add_due"`, and its `forwards()` returns a `MigrationManager`.
`helpdesk migrations new` writes it. Rules: migrations add (SQLite can do little else to a table that is there),
and one that was released is never changed.

SQL by hand runs after the tables and columns of the same migration, in the order in which it is written:

    manager.sql("UPDATE myplugin_thing SET kind = 'old' WHERE kind IS NULL")
    manager.sql(
        sqlite="CREATE VIRTUAL TABLE myplugin_search USING fts5(text)",
        postgres="CREATE INDEX myplugin_search ON myplugin_thing USING gin (to_tsvector('simple', text))",
    )

Indexes over several columns or a part of the rows are declared beside the table (`INDEXES`) and generated. What
needs Python goes through Piccolo's `manager.add_raw(function)`; such functions run *before* the tables of the same
migration, so a function that fills a new column stands in the next file.
"""

import inspect
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager as PiccoloManager
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.query import Query
from piccolo.query.base import DDL
from piccolo.schema import SchemaDDLBase
from piccolo.table import Table

from helpdesk_core.db.apps import App, Index
from helpdesk_core.db.errors import MigrationFailed
from helpdesk_core.db.routing import DB


@dataclass
class MigrationManager(PiccoloManager):
    """Everything that one migration changes. Piccolo's, without its prints and its own transaction.

    Attributes:
        added_indexes: Table name and index.
        dropped_indexes: Names of indexes.
        statements: SQL for SQLite and for PostgreSQL, run last.
        executed: What was run, or would be run in a preview.
        past: Reads the migrations of the same app again, oldest first.
    """

    added_indexes: list[tuple[str, Index]] = field(default_factory=list)
    dropped_indexes: list[str] = field(default_factory=list)
    statements: list[tuple[str, str]] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    past: "Callable[[], Awaitable[list[MigrationManager]]] | None" = None

    def add_index(self, tablename: str, columns: tuple[str, ...], *, unique: bool = False, where: str = "") -> None:
        """Create an index that the table declares in `INDEXES`."""
        index = Index(columns, unique=unique, where=where)
        self.added_indexes.append((tablename, index))
        self.sql(index.sql(tablename))

    def drop_index(self, name: str) -> None:
        """Drop an index that a table declared once."""
        self.dropped_indexes.append(name)
        self.sql(f'DROP INDEX IF EXISTS "{name}"')

    def sql(self, both: str = "", *, sqlite: str = "", postgres: str = "") -> None:
        """Run one statement after the tables and columns of this migration: on both databases, or one for each."""
        self.statements.append((both or sqlite, both or postgres))

    async def apply(self) -> None:
        """Run everything, or only note it when `preview` is set. The caller opens and ends the transaction."""
        for function in self.raw:
            self.executed.append(f"-- runs {function.__qualname__}() in Python")
            if not self.preview:
                result = function()
                if inspect.isawaitable(result):
                    await result
        for step in (
            self._run_add_tables,
            self._run_change_table_schema,
            self._run_rename_tables,
            self._run_add_columns,
            self._run_drop_columns,
            self._run_drop_tables,
            self._run_rename_columns,
            self._run_alter_columns,
            self._run_add_constraints,
            self._run_drop_constraints,
        ):
            await step()
        for sqlite, postgres in self.statements:
            statement = sqlite if DB.dialect == "sqlite" else postgres
            if statement:
                self.executed.append(statement)
                if not self.preview:
                    await DB.run_ddl(statement)

    async def get_table_from_snapshot(
        self, table_class_name: str, app_name: str | None, offset: int = 0, migration_id: str | None = None
    ) -> type[Table]:
        """Return a table of this app as it was after a migration, this one if none is named."""
        if app_name not in (None, self.app_name) or self.past is None:
            raise MigrationFailed("%(id)s asks for a table of another app.", id=self.migration_id)
        last = migration_id or self.migration_id
        managers = [manager for manager in await self.past() if manager.migration_id <= last]
        snapshot = SchemaSnapshot(list(managers[: len(managers) + offset]))
        return snapshot.get_table_from_snapshot(table_class_name).to_table_class()

    async def _run_query(self, query: DDL | Query[Any, Any] | SchemaDDLBase) -> None:
        self.executed += _texts(query)
        if not self.preview:
            await query.run()


def _texts(query: DDL | Query[Any, Any] | SchemaDDLBase) -> list[str]:
    if isinstance(query, DDL):
        return list(query.ddl)
    return [query.ddl if isinstance(query, SchemaDDLBase) else str(query)]


class _Loader(SourceFileLoader):
    """Reads the source each time: caches of bytecode go by second and size."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - one file, one name
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


@dataclass(frozen=True)
class MigrationFile:
    """A file in the folder of an app; `id` is its name without `.py`."""

    app: str
    path: Path

    @property
    def id(self) -> str:
        """The name under which the database remembers it."""
        return self.path.stem

    async def read(self) -> MigrationManager:
        """Run the file and return what it wants changed, a new one each time.

        Raises:
            MigrationFailed: It is not what a migration should be.
        """
        name = f"helpdesk_core.db.loaded_migrations.{self.app}.{self.id}"
        spec = spec_from_loader(name, _Loader(name, str(self.path)))
        assert spec is not None, "a loader was given"
        assert spec.loader is not None, "the same"
        # Under a name of its own, so that 0001_init of two apps are two modules.
        sys.modules[name] = module = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            manager = await module.forwards()
        except Exception as error:
            raise MigrationFailed("%(path)s cannot be read: %(reason)r", path=self.path, reason=error) from error
        if not isinstance(manager, MigrationManager):
            raise MigrationFailed(
                "%(path)s: forwards() has to return the MigrationManager of helpdesk_core.db.migration_files",
                path=self.path,
            )
        if manager.migration_id != self.id or manager.app_name != self.app:
            raise MigrationFailed(
                "%(path)s calls itself %(id)s of %(app)s; a migration is named after its file and its app",
                path=self.path,
                id=manager.migration_id,
                app=manager.app_name,
            )
        return manager


def files_of(app: App) -> list[MigrationFile]:
    """Return the migrations of an app, in their order."""
    paths = (path for path in app.folder.glob("*.py") if not path.name.startswith("_"))
    return [MigrationFile(app.name, path) for path in sorted(paths)]


async def managers_of(app: App) -> list[MigrationManager]:
    """Read all migrations of an app, in their order."""
    return [await file.read() for file in files_of(app)]
