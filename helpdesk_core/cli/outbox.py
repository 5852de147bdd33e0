"""`helpdesk outbox`: what waits, what failed, what nobody knows; and what to do about it."""

from uuid import UUID

import click
import msgspec

from helpdesk_core.bus import (
    DeadReaction,
    TroubledDelivery,
    dead_reactions,
    discard,
    discard_reactions,
    health,
    requeue,
    requeue_reactions,
    troubled_deliveries,
)
from helpdesk_core.cli.building import open_and_run
from helpdesk_core.helpdesk import Helpdesk


@click.group()
def outbox() -> None:
    """Look after deliveries and reactions."""


@outbox.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Count what waits and what is in trouble."""

    async def work(desk: Helpdesk) -> None:
        found = await health(desk.database)
        for state, number in found.deliveries.items():
            click.echo(f"deliveries {state.value}: {number}")
        for name, number in found.reactions.items():
            click.echo(f"reactions {name}: {number}")
        oldest = f"{found.oldest_due.total_seconds():.0f} s" if found.oldest_due is not None else "nothing"
        click.echo(f"longest overdue: {oldest}")

    open_and_run(ctx, work)


@outbox.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", default=100, show_default=True)
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool, limit: int) -> None:
    """List deliveries that failed or are uncertain, and reactions that were given up."""

    async def work(desk: Helpdesk) -> None:
        deliveries = await troubled_deliveries(desk.database, limit=limit)
        found: list[TroubledDelivery | DeadReaction] = [*deliveries, *await dead_reactions(desk.database, limit=limit)]
        for one in found:
            click.echo(msgspec.json.encode(one) if as_json else _line(one))
        if not found and not as_json:
            click.echo("Nothing is in trouble.")

    open_and_run(ctx, work)


@outbox.command("requeue")
@click.argument("keys", nargs=-1, required=True, type=click.UUID)
@click.pass_context
def requeue_(ctx: click.Context, keys: tuple[UUID, ...]) -> None:
    """Try these again. An uncertain mail may then arrive twice, with the same Message-ID."""

    async def work(desk: Helpdesk) -> None:
        done = {*await requeue(desk.database, keys), *await requeue_reactions(desk.database, keys)}
        _tell(keys, done, "queued again")

    open_and_run(ctx, work)


@outbox.command("discard")
@click.argument("keys", nargs=-1, required=True, type=click.UUID)
@click.option("--reason", required=True, help="Why, for those who read the history.")
@click.pass_context
def discard_(ctx: click.Context, keys: tuple[UUID, ...], reason: str) -> None:
    """Let these be."""

    async def work(desk: Helpdesk) -> None:
        done = {
            *await discard(desk.database, keys, reason=reason),
            *await discard_reactions(desk.database, keys, reason=reason),
        }
        _tell(keys, done, "discarded")

    open_and_run(ctx, work)


def _line(one: TroubledDelivery | DeadReaction) -> str:
    """Return a trouble in one line; its reason holds words of a foreign server, which must not move the cursor."""
    if isinstance(one, TroubledDelivery):
        what, state = one.notice, one.state.value
    else:
        what, state = one.subscriber, "dead"
    reason = "".join(letter if letter.isprintable() else " " for letter in one.reason or "")
    tries = "1 try" if one.attempts == 1 else f"{one.attempts} tries"
    return f"{one.id}  {state:<10} {what:<28} {tries}  {reason}"


def _tell(keys: tuple[UUID, ...], done: set[UUID], what: str) -> None:
    """Say what became of each.

    Raises:
        click.exceptions.Exit: With 1 when nothing could be done about one of them.
    """
    for key in keys:
        click.echo(f"{key}  {what if key in done else 'nothing to do: unknown, or not in trouble'}")
    if not done.issuperset(keys):
        raise click.exceptions.Exit(1)
