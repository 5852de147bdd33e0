"""`helpdesk check`: judge a site before it starts, in plain sentences."""

import asyncio
import sys

import click

from helpdesk_core.cli.building import build, count_waiting
from helpdesk_core.errors import HelpdeskError
from helpdesk_core.health import Finding, Level, look
from helpdesk_core.helpdesk import Helpdesk

_MARKS = {Level.OK: "ok", Level.WARNING: "note", Level.FAILURE: "FAIL"}


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Judge the site as it is written, its database and its plugins; exit code 1 when something fails."""
    helpdesk = build(ctx)
    findings = asyncio.run(_findings(helpdesk))
    click.echo(f"ok    {helpdesk.site.name}: settings, plugins, hooks, words and templates fit.")
    for finding in findings:
        click.echo(f"{_MARKS[finding.level]:<5} {finding.text % finding.values if finding.values else finding.text}")
    if any(finding.level is Level.FAILURE for finding in findings):
        sys.exit(1)


async def _findings(helpdesk: Helpdesk) -> list[Finding]:
    try:
        await helpdesk.start()
    except HelpdeskError as error:
        return [
            Finding(level=Level.FAILURE, text="The database cannot be opened: %(reason)s", values={"reason": error})
        ]
    try:
        waiting = await count_waiting(helpdesk)
        if waiting:
            text = "%(waiting)s changes to the database wait: run `helpdesk migrate`."
            return [Finding(level=Level.FAILURE, text=text, values={"waiting": waiting})]
        return [
            Finding(level=Level.OK, text="The database is as this version expects it."),
            *await look(helpdesk.health_checks),
        ]
    except HelpdeskError as error:
        return [Finding(level=Level.FAILURE, text="The database does not fit: %(reason)s", values={"reason": error})]
    finally:
        await helpdesk.close()
