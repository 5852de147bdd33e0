"""`helpdesk accounts`: people from the command line, such as the first administrator."""

import sys
from uuid import uuid4

import click

from helpdesk_core.accounts import CreateAccount, Role
from helpdesk_core.bus import Actor
from helpdesk_core.cli.building import open_and_run
from helpdesk_core.helpdesk import Helpdesk


@click.group()
def accounts() -> None:
    """Create accounts."""


@accounts.command()
@click.option("--email", required=True, help="Address to sign in with.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="customer", show_default=True)
@click.option("--given-name", default="")
@click.option("--family-name", default="")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.pass_context
def create(
    ctx: click.Context, email: str, role: str, given_name: str, family_name: str, *, password_stdin: bool
) -> None:
    """Create an account; without a password the person gets a mail to choose one."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work(helpdesk: Helpdesk) -> None:
        account = await helpdesk.accounts.create(
            CreateAccount(
                actor=Actor.system("core.cli"),
                origin="cli",
                once=uuid4().hex,
                email=email,
                role=Role(role),
                given_name=given_name,
                family_name=family_name,
                password=password,
            )
        )
        click.echo(f"Created {account.role.value} {account.email}.")

    open_and_run(ctx, work)
