"""`helpdesk demo`: fill an empty database with sample data, and perhaps serve it. Nothing leaves the machine."""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import click

from helpdesk_core.cli.building import build_demo, count_waiting, run_until_told
from helpdesk_core.cli.logs import configure_logging
from helpdesk_core.db.migration_files import files_of
from helpdesk_core.db.migrations import migrate
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.sample import PASSWORD, SOURCE, SampleWords
from helpdesk_core.sample.filling import fill, is_empty

HOST: Final = "127.0.0.1"
PORT: Final = 8000

_PEOPLE: Final = """
SELECT a.value, p.role FROM helpdesk_core_person p JOIN helpdesk_core_address a ON a.person = p.id
WHERE p.created_by = {} ORDER BY p.id
"""


@click.command()
@click.option("--tickets", default=40, show_default=True, type=click.IntRange(min=0), help="How many tickets.")
@click.option("--customers", default=12, show_default=True, type=click.IntRange(min=1), help="How many customers.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same data.")
@click.option("--serve", is_flag=True, help="Serve it then; a demonstration that is there already goes on.")
@click.pass_context
def demo(ctx: click.Context, *, tickets: int, customers: int, seed: int, serve: bool) -> None:
    """Fill an empty database with sample data, and perhaps serve it."""
    configure_logging()
    helpdesk = build_demo(ctx, address(os.environ) if serve else None)
    words = helpdesk.site.sample
    if words is None:
        raise ConfigurationError("this site has no sample data; give its Site a `sample`")

    async def prepare(words: SampleWords) -> None:
        await helpdesk.start()
        await _demand_own_database(helpdesk, goes_on=serve)
        await migrate(helpdesk.database, helpdesk.apps)
        await helpdesk.identify()
        if await is_empty(helpdesk):
            await fill(helpdesk, words, tickets=tickets, customers=customers, seed=seed)

    async def fill_only() -> None:
        try:
            await prepare(words)
            click.echo(f"{tickets} tickets of {customers} customers.")
            await _tell_who_signs_in(helpdesk)
        finally:
            await helpdesk.close()

    async def serve_it() -> None:
        _demand_free_port(helpdesk.site.url)
        try:
            await prepare(words)
            await _greet(helpdesk)
            await helpdesk.run()
        finally:
            await helpdesk.close()

    if serve:
        run_until_told(serve_it)
    else:
        asyncio.run(fill_only())


def address(environ: Mapping[str, str]) -> str | None:
    """Return the address of a demonstration, which links, cookies and the check of origins follow.

    It is this machine's, whatever the site says, at `PORT` if that is set. `HELPDESK_URL` wins over it: there it is
    the site that reads it, and None leaves it to the site.

    Raises:
        ConfigurationError: `PORT` is no port.
    """
    if environ.get("HELPDESK_URL"):
        return None
    port = environ.get("PORT") or str(PORT)
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ConfigurationError("PORT must be a number from 1 to 65535, not %(port)r", port=port)
    return f"http://{HOST}:{int(port)}"


async def _demand_own_database(helpdesk: Helpdesk, *, goes_on: bool) -> None:
    """Stop before anything is changed in a database that people rely on.

    Raises:
        ConfigurationError: There are people in it who are no sample, or a demonstration that must not be mixed up.
    """
    migrations = sum(len(files_of(app)) for app in helpdesk.apps)
    if await count_waiting(helpdesk) == migrations or await is_empty(helpdesk):
        return
    sample = await helpdesk.database.fetch(f"{_PEOPLE} LIMIT 1", SOURCE)
    if not sample or not goes_on:
        raise ConfigurationError(
            "the database is in use; a demonstration needs an empty one: name another with HELPDESK_DATABASE"
        )


def _demand_free_port(url: str) -> None:
    """Stop before a demonstration begins that nobody could open.

    Raises:
        ConfigurationError: Another program has its port.
    """
    wanted = os.environ.get("PORT")
    port = int(wanted) if wanted and wanted.isdecimal() else urlsplit(url).port or PORT
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise ConfigurationError(
            "port %(port)s cannot be had: %(reason)s; set PORT to another one", port=port, reason=error.strerror
        ) from error


async def _greet(helpdesk: Helpdesk) -> None:
    """Say what to open, in the site's language, and how to sign in."""
    gettext, url = helpdesk.texts.words(None).gettext, helpdesk.site.url.rstrip("/")
    click.echo(f"\n  {helpdesk.site.name}\n")
    if helpdesk.links is not None:
        _line(gettext("Customers"), f"{url}/")
        if helpdesk.links.desk_ticket is not None:
            _line(gettext("Workspace"), f"{url}/desk")
        _line(gettext("Sent mails"), f"{url}/_dev/mail")
        click.echo()
    await _tell_who_signs_in(helpdesk)
    ending = gettext("Nothing leaves this machine. Ctrl+C ends it.")
    click.echo(f"\n  {ending}")
    if helpdesk.site.package:
        own = gettext("Your own site begins with a copy of %(package)s.", package=f"sites/{helpdesk.site.package}/")
        click.echo(f"  {own}\n")


async def _tell_who_signs_in(helpdesk: Helpdesk) -> None:
    """Say who can sign in, and with which password: the first customer, who has a ticket in each status, and agents."""
    gettext = helpdesk.texts.words(None).gettext
    rows = await helpdesk.database.fetch(_PEOPLE, SOURCE)
    first = {row["role"]: row["value"] for row in reversed(rows)}
    for role, label in (
        ("customer", gettext("Customer")),
        ("agent", gettext("Agent")),
        ("administrator", gettext("Administrator")),
    ):
        if role in first:
            _line(label, first[role])
    _line(gettext("Password"), PASSWORD)


def _line(label: str, value: str) -> None:
    click.echo(f"  {label + ':':<18} {value}")
