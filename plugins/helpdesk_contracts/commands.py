"""`helpdesk contracts`: contracts and exceptions from the command line."""

from datetime import date, datetime
from uuid import uuid4

import click

from helpdesk_contracts.contract import Contract, Entered
from helpdesk_contracts.register import Register
from helpdesk_core.cli.building import open_and_run

DAY = click.DateTime(["%Y-%m-%d"])


def contracts(register: Register) -> click.Group:
    """Return the group of commands for one site."""

    @click.group()
    def contracts() -> None:
        """Look after support contracts."""

    @contracts.command()
    @click.option("--email", help="The customer, by address.")
    @click.option("--organisation", help="The customer's organisation, by name or customer number.")
    @click.option("--product", help="Code of the product; all when left out.")
    @click.option("--from", "first", required=True, type=DAY, help="First day.")
    @click.option("--to", "last", type=DAY, help="Last day, included; a whole year when left out.")
    @click.option("--exception", is_flag=True, help="What was agreed beside a contract.")
    @click.option("--note", help="Why, for agents.")
    @click.option("--key", help="What your own system calls it; entering the same again changes nothing.")
    @click.pass_context
    def grant(
        ctx: click.Context,
        *,
        email: str | None,
        organisation: str | None,
        product: str | None,
        first: datetime,
        last: datetime | None,
        exception: bool,
        note: str | None,
        key: str | None,
    ) -> None:
        """Enter a contract of a person or an organisation."""
        if (email is None) == (organisation is None):
            raise click.UsageError("Name the customer either with --email or with --organisation.")
        contract = Contract(
            email=email,
            organisation=organisation,
            product=product,
            first=first.date(),
            last=_day(last),
            source="import" if key else "agent",
            source_key=f"import:{key}" if key else f"cli:{uuid4().hex}",
            kind="exception" if exception else "contract",
            note=note,
        )
        entered: Entered = open_and_run(ctx, lambda _: register.grant(contract, origin="cli"))
        if entered.new:
            click.echo(f"Entered, valid until {entered.last.isoformat()}.")
        else:
            click.echo("Entered before; nothing was changed.")

    return contracts


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
