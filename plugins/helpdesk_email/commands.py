"""`helpdesk mail`: bring a mail in, look at what came, and say what should become of what was set aside."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
import msgspec

from helpdesk_core import Helpdesk
from helpdesk_email.evidence import Evidence
from helpdesk_email.intake import Intake

_ASIDE: Final = ("waiting", "held", "refused", "failed")
_ALL: Final = (*_ASIDE, "received", "done", "kept", "dropped", "expired")


def mail_group(intake_of: Callable[[Helpdesk], Intake]) -> click.Group:
    """Return the group.

    Args:
        intake_of: Returns the intake of a site, when a command needs one.
    """

    @click.group()
    def mail() -> None:
        """Bring mail in and look after it."""

    for command in (*_bringing(intake_of), *_looking(intake_of), *_deciding(intake_of)):
        mail.add_command(command)
    return mail


def _bringing(intake_of: Callable[[Helpdesk], Intake]) -> Sequence[click.Command]:
    @click.command()
    @click.option("--mailbox", default="", help="Address of the mailbox it was sent to; the site's first if left out.")
    @click.pass_context
    def receive(ctx: click.Context, mailbox: str) -> None:
        """Take one raw mail from standard input. Exit code 0: it is safe; 75: the sender should try again."""
        safe: list[UUID] = []

        async def work(helpdesk: Helpdesk) -> None:
            intake = intake_of(helpdesk)
            kept = await intake.from_pipe(sys.stdin.buffer, mailbox)
            safe.append(kept.mail)
            await intake.handle(kept.mail)

        try:
            _open_and_run(ctx, work)
        except Exception as error:  # noqa: BLE001 - whatever it was decides nothing but whether the mail is safe
            click.echo(f"helpdesk: {error}", err=True)
        if not safe:
            ctx.exit(os.EX_TEMPFAIL)

    @click.command()
    @click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option("--json", "as_json", is_flag=True, required=True, help="One JSON object a line.")
    def inspect(files: tuple[Path, ...], *, as_json: bool) -> None:
        """Read mails from files and print what is in them; needs no database."""
        del as_json
        from helpdesk_email.inbound.inspect import inspect_files  # noqa: PLC0415 - nothing else needs it

        inspect_files(files, click.echo)

    return receive, inspect


def _looking(intake_of: Callable[[Helpdesk], Intake]) -> Sequence[click.Command]:
    @click.command("list")
    @click.option("--all", "everything", is_flag=True, help="Also what became part of a ticket or needs nobody.")
    @click.option("--limit", default=50, show_default=True)
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @click.pass_context
    def list_(ctx: click.Context, *, everything: bool, limit: int, as_json: bool) -> None:
        """List mails that were set aside, the newest first."""
        states = _ALL if everything else _ASIDE
        holders = ", ".join("{}" for _ in states)
        sql = (
            "SELECT id, state, outcome, sender, subject, received_at, attempts, reason FROM helpdesk_email_mail "
            f"WHERE state IN ({holders}) ORDER BY received_at DESC, id DESC LIMIT {{}}"
        )
        rows = _open_and_run(ctx, lambda helpdesk: helpdesk.database.fetch(sql, *states, limit))
        for row in rows:
            click.echo(msgspec.json.encode(row) if as_json else _line(row))

    @click.command()
    @click.argument("key", type=click.UUID)
    @click.pass_context
    def show(ctx: click.Context, key: UUID) -> None:
        """Write a raw mail to standard output, as it came."""
        raw: bytes | None = _open_and_run(ctx, lambda helpdesk: intake_of(helpdesk).raw(key))
        if raw is None:
            raise click.ClickException(f"there is no mail {key}, or its bytes were removed after their time")
        sys.stdout.buffer.write(raw)

    @click.command()
    @click.argument("key", type=click.UUID)
    @click.pass_context
    def explain(ctx: click.Context, key: UUID) -> None:
        """Say what was seen of a mail and why it went where it is."""
        sql = "SELECT state, outcome, reason, attempts, evidence FROM helpdesk_email_mail WHERE id = {}"
        rows = _open_and_run(ctx, lambda helpdesk: helpdesk.database.fetch(sql, key))
        if not rows:
            raise click.ClickException(f"there is no mail {key}")
        shown = dict(rows[0]) | {"evidence": Evidence.of(rows[0]["evidence"])}
        click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2))

    return list_, show, explain


def _deciding(intake_of: Callable[[Helpdesk], Intake]) -> Sequence[click.Command]:
    @click.command()
    @click.argument("keys", nargs=-1, required=True, type=click.UUID)
    @click.option("--trust-sender", is_flag=True, help="Answer for the sender, whatever the mail server said.")
    @click.pass_context
    def retry(ctx: click.Context, keys: tuple[UUID, ...], *, trust_sender: bool) -> None:
        """Run mails again that were set aside."""

        async def work(helpdesk: Helpdesk) -> None:
            for key in keys:
                state = await intake_of(helpdesk).again(key, vouched=trust_sender)
                click.echo(f"{key}  {state or 'nothing to do: unknown, part of a ticket, or erased'}")

        _open_and_run(ctx, work)

    @click.command()
    @click.argument("keys", nargs=-1, required=True, type=click.UUID)
    @click.option("--reason", required=True, help="Why, for those who read it later.")
    @click.pass_context
    def drop(ctx: click.Context, keys: tuple[UUID, ...], reason: str) -> None:
        """Put mails away that nobody needs; they can be run again as long as they are kept."""

        async def work(helpdesk: Helpdesk) -> None:
            for key in keys:
                done = await intake_of(helpdesk).releasing.drop(key, reason)
                click.echo(f"{key}  {'dropped' if done else 'nothing to do: unknown, or not set aside'}")

        _open_and_run(ctx, work)

    return retry, drop


def _open_and_run(ctx: click.Context, work: Callable[[Helpdesk], Any]) -> Any:
    from helpdesk_core.cli.building import open_and_run  # noqa: PLC0415 - only on the command line

    return open_and_run(ctx, work)


def _line(row: dict[str, Any]) -> str:
    came = row["received_at"].isoformat(sep=" ", timespec="minutes")
    return f"{row['id']}  {came}  {row['state']:<9} {row['outcome']:<24} {row['sender'] or '-'}  {row['subject']}"
