"""`helpdesk serve|web|worker`: the processes of a running site."""

from collections.abc import Collection

import click

from helpdesk_core.cli.building import build, require_migrated, run_until_told
from helpdesk_core.cli.logs import configure_logging
from helpdesk_core.helpdesk import ROLES, Role

WEB: tuple[Role, ...] = ("web",)
WORKER: tuple[Role, ...] = ("worker",)


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Run everything in one process: pages, deliveries, jobs, mailboxes."""
    run_roles(ctx, ROLES)


@click.command()
@click.pass_context
def web(ctx: click.Context) -> None:
    """Serve pages only; start `helpdesk worker` beside it."""
    run_roles(ctx, WEB)


@click.command()
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Deliver, react and fetch mail; start as many as you want."""
    run_roles(ctx, WORKER)


def run_roles(ctx: click.Context, roles: Collection[Role]) -> None:
    """Run some roles of the site until a signal ends them."""
    configure_logging()
    helpdesk = build(ctx)

    async def main() -> None:
        await helpdesk.start()
        try:
            await require_migrated(helpdesk)
            await helpdesk.identify()
            await helpdesk.run(roles)
        finally:
            await helpdesk.close()

    run_until_told(main)
