"""`helpdesk migrate` brings the database to what the code expects; `helpdesk migrations` is for developers."""

import asyncio

import click

from helpdesk_core.cli.building import build
from helpdesk_core.errors import ConfigurationError


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the statements, change nothing.")
@click.pass_context
def migrate(ctx: click.Context, *, dry_run: bool) -> None:
    """Bring the database to what this version expects; all or nothing."""
    from helpdesk_core.db.migrations import migrate as run_migrations

    helpdesk = build(ctx)

    async def run() -> None:
        await helpdesk.start()
        try:
            report = await run_migrations(helpdesk.database, helpdesk.apps, dry_run=dry_run)
        finally:
            await helpdesk.close()
        for step in report.steps:
            click.echo(f"{step.app}: {step.migration}")
            if dry_run:
                click.echo("\n".join(f"    {line}" for line in step.sql))
        if not report.steps:
            click.echo("Nothing to do.")

    asyncio.run(run())


@click.group()
def migrations() -> None:
    """Write migrations (for developers)."""


@migrations.command()
@click.argument("app")
@click.argument("name")
@click.option("--empty", is_flag=True, help="Write an empty one, for changes by hand.")
@click.pass_context
def new(ctx: click.Context, app: str, name: str, *, empty: bool) -> None:
    """Write the next migration of an app from what changed in its tables."""
    from helpdesk_core.db.generation import new_migration

    apps = build(ctx).apps
    chosen = next((each for each in apps if each.name == app), None)
    if chosen is None:
        raise ConfigurationError(
            "there is no app %(app)s; known: %(known)s", app=app, known=", ".join(each.name for each in apps)
        )
    try:
        path = asyncio.run(new_migration(chosen, apps, name, auto=not empty))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    click.echo(f"Wrote {path}." if path else "Nothing changed.")
