"""The command `helpdesk`: one file a group of commands; each is imported when it is called."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Final

import click

from helpdesk_core.errors import HelpdeskError, Invalid

COMMANDS: Final = {
    "accounts": ("helpdesk_core.cli.accounts:accounts", "Create accounts."),
    "check": ("helpdesk_core.cli.check:check", "Judge the site as it is written, its database and its plugins."),
    "demo": ("helpdesk_core.cli.demo:demo", "Fill an empty database with sample data, and perhaps serve it."),
    "migrate": ("helpdesk_core.cli.migrate:migrate", "Bring the database to what this version expects."),
    "migrations": ("helpdesk_core.cli.migrate:migrations", "Write migrations (for developers)."),
    "outbox": ("helpdesk_core.cli.outbox:outbox", "Look after deliveries and reactions."),
    "serve": ("helpdesk_core.cli.serve:serve", "Run everything in one process: pages, deliveries, jobs, mailboxes."),
    "web": ("helpdesk_core.cli.serve:web", "Serve pages only; start `helpdesk worker` beside it."),
    "worker": ("helpdesk_core.cli.serve:worker", "Deliver, react and fetch mail; start as many as you want."),
}
"""Where each command of the core stands, and what it does: `--help` imports none of them."""


class Commands(click.Group):
    """The core's commands by name, and those of the site's plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names; those of plugins only when a site is named."""
        return sorted({*COMMANDS, *_plugin_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        return _plugin_commands(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; where no site is named, say that plugins may have it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if reference_of(ctx):
                raise
            text = f"{error.message} Commands of plugins need a site: helpdesk --site MODULE …"
            raise click.UsageError(text, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing those of the core."""
        try:
            plugins = _plugin_commands(ctx)
        except HelpdeskError as error:
            plugins = {}
            formatter.write_paragraph()
            formatter.write_text(f"The site cannot be read, so commands of its plugins are missing: {error}")
        lines = {name: text for name, (_, text) in COMMANDS.items()}
        width = formatter.width - 6 - max(len(name) for name in (*lines, *plugins))
        lines |= {name: command.get_short_help_str(width) for name, command in plugins.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))


def reference_of(ctx: click.Context) -> str:
    """Return how the site is named on the command line or in the environment; empty when it is not.

    Help is shown before the environment was read for options, so it is asked here as well.
    """
    return ctx.find_root().params.get("site") or os.environ.get("HELPDESK_SITE", "")


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    """Return the commands of the site's plugins; none while no site is named."""
    if not reference_of(ctx):
        return {}
    from helpdesk_core.cli.building import build

    helpdesk = build(ctx)
    return {command.name or "": command for command in helpdesk.plugins.commands(helpdesk)}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--site",
    envvar="HELPDESK_SITE",
    metavar="MODULE[:NAME]",
    is_eager=True,  # So that `--help` after it knows the commands of the site's plugins.
    help="The site to work on.",
)
@click.option("--traceback", is_flag=True, help="Show where an error comes from.")
@click.version_option(package_name="helpdesk")
def helpdesk(*, site: str | None, traceback: bool) -> None:
    """Run and look after a helpdesk."""
    del site, traceback


TRIED_AGAIN: Final = frozenset({("mail", "receive")})
"""Commands whose caller keeps what it has and tries again at exit code 75, and takes any other failure for final."""


def main() -> None:
    """Run the command line; an error of ours is one sentence and exit code 2, never a traceback."""
    arguments = sys.argv[1:]
    try:
        _run(arguments)
    except SystemExit as leaving:
        # Also a site that cannot be built must not make a mail server send the mail back.
        if leaving.code and not TRIED_AGAIN.isdisjoint(pairwise(arguments)):
            sys.exit(os.EX_TEMPFAIL)
        raise


def _run(arguments: Sequence[str]) -> None:
    if "--traceback" in arguments or os.environ.get("HELPDESK_TRACEBACK"):
        helpdesk()
        return
    try:
        # What a command ends with by `ctx.exit` comes back from here.
        sys.exit(helpdesk(standalone_mode=False))
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HelpdeskError as error:
        field = error.field if isinstance(error, Invalid) else None
        click.echo(f"helpdesk: {f'{field}: ' if field else ''}{error}", err=True)
        sys.exit(2)
