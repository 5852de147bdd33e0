"""Bringing a database to the state that the installed code needs: all apps in one transaction, or nothing.

What has run is remembered in `helpdesk_core_migration`, written in the same transaction. Several programs may
start at once: one migrates, the others wait and find nothing to do. Nothing is printed; the report says it all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from helpdesk_core.db.apps import App, in_order
from helpdesk_core.db.database import Database
from helpdesk_core.db.errors import DatabaseBusy, DatabaseIsNewer, MigrationFailed
from helpdesk_core.db.migration_files import MigrationFile, files_of, managers_of
from helpdesk_core.db.piccolo_conf import tell_piccolo

# Any number will do, as long as it stays the same.
LOCK: Final = 0x68656C70
# Seconds that one statement, or waiting for another program that migrates, may take.
PATIENCE: Final = 3600.0

Plan = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Step:
    """One migration that was run, or would be.

    Attributes:
        app: Name of the app.
        migration: Name of the migration.
        sql: Its statements; a line that begins with `--` stands for a step in Python.
    """

    app: str
    migration: str
    sql: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What `migrate` did, or would do."""

    steps: tuple[Step, ...]
    dry_run: bool

    @property
    def sql(self) -> str:
        """All statements as one text for people."""
        parts = [
            f"-- {step.app} {step.migration}\n" + "".join(f"{line};\n" for line in step.sql) for step in self.steps
        ]
        return "\n".join(parts)


async def plan(database: Database, apps: Sequence[App]) -> Plan:
    """Return the names of the migrations that wait, by app; apps in the order in which they would run.

    Raises:
        DatabaseIsNewer: The database has migrations that this code does not know.
        ConfigurationError: The apps do not fit together.
    """
    ran = await _ran(database)
    return {app.name: tuple(file.id for file in _pending(app, ran)) for app in in_order(apps)}


async def migrate(database: Database, apps: Sequence[App], *, dry_run: bool = False) -> Report:
    """Run all migrations that wait, in one transaction; or say what would be run and change nothing.

    Args:
        database: A started database.
        apps: All apps of the site, in any order.
        dry_run: Only report. Steps in Python are named, not run.

    Raises:
        MigrationFailed: One could not be read or run; nothing of this call was stored.
        DatabaseIsNewer: The database has migrations that this code does not know.
        ConfigurationError: The apps do not fit together.
    """
    tell_piccolo()
    with database.use():
        if dry_run:
            return Report(await _steps(database, apps, preview=True), dry_run=True)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await _migrate(database, apps)
            except DatabaseBusy:
                # SQLite gives up after some seconds of waiting for another program that migrates.
                if asyncio.get_running_loop().time() > deadline:
                    raise


async def _migrate(database: Database, apps: Sequence[App]) -> Report:
    async with database.engine.transaction(PATIENCE):
        if database.dialect == "postgres":
            await database.fetch("SELECT pg_advisory_xact_lock({})", LOCK)
        await database.execute(
            "CREATE TABLE IF NOT EXISTS helpdesk_core_migration (app VARCHAR(100) NOT NULL, "
            "name VARCHAR(200) NOT NULL, ran_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (app, name))"
        )
        return Report(await _steps(database, apps, preview=False), dry_run=False)


async def _steps(database: Database, apps: Sequence[App], *, preview: bool) -> tuple[Step, ...]:
    ran = await _ran(database)
    steps: list[Step] = []
    for app in in_order(apps):
        for file in _pending(app, ran):
            steps.append(await _run(app, file, preview=preview))
            if not preview:
                await database.execute(
                    "INSERT INTO helpdesk_core_migration (app, name, ran_at) VALUES ({}, {}, {})",
                    app.name,
                    file.id,
                    await database.now(),
                )
    return tuple(steps)


async def _run(app: App, file: MigrationFile, *, preview: bool) -> Step:
    manager = await file.read()
    manager.preview = preview
    manager.past = lambda: managers_of(app)
    try:
        await manager.apply()
    except DatabaseBusy:
        raise
    except Exception as error:
        raise MigrationFailed(
            "%(migration)s of %(app)s failed, nothing was stored: %(reason)s. It was at: %(sql)s",
            migration=file.id,
            app=app.name,
            reason=error,
            sql=manager.executed[-1] if manager.executed else "its beginning",
        ) from error
    return Step(app.name, file.id, tuple(manager.executed))


def _pending(app: App, ran: set[tuple[str, str]]) -> list[MigrationFile]:
    files = files_of(app)
    unknown = {name for owner, name in ran if owner == app.name} - {file.id for file in files}
    if unknown:
        raise DatabaseIsNewer(
            "The database has migrations of %(app)s that this program does not know: %(names)s. "
            "Install the version that wrote them, or a newer one.",
            app=app.name,
            names=", ".join(sorted(unknown)),
        )
    return [file for file in files if (app.name, file.id) not in ran]


async def _ran(database: Database) -> set[tuple[str, str]]:
    if database.dialect == "sqlite":
        there = await database.fetch("SELECT name FROM sqlite_master WHERE name = 'helpdesk_core_migration'")
    else:
        there = await database.fetch("SELECT 1 FROM pg_class WHERE oid = to_regclass('helpdesk_core_migration')")
    if not there:
        return set()
    rows = await database.fetch("SELECT app, name FROM helpdesk_core_migration")
    return {(row["app"], row["name"]) for row in rows}
