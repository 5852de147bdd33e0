"""What `helpdesk mail inspect --json` prints: one JSON object for each file, whatever the files hold.

The files are read by the same limited processes that read mail in service, so a hostile one cannot hurt the next.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from . import limits
from .parsed import Bounce, ParsedMail
from .pool import ParserPool, Unreadable

_AHEAD = 4
"""Mails in flight for each process, so that none waits for our writing."""


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """The object printed for a mail that was read."""

    file: str
    from_: str | None = msgspec.field(name="from")
    from_name: str
    to: list[str]
    subject: str
    message_id: str | None
    in_reply_to: str | None
    references: list[str]
    date: str | None
    text: str
    reply: str
    html: str | None
    attachments: list["InspectedFile"]
    auto_submitted: bool
    bounce: "InspectedBounce | None"
    defects: list[str]


class InspectedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One attached file of it."""

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool


class InspectedBounce(msgspec.Struct, frozen=True, kw_only=True):
    """What it reports about a mail that was not delivered."""

    recipient: str | None
    status: str | None
    permanent: bool


class NotInspected(msgspec.Struct, frozen=True, kw_only=True):
    """The object printed for a file that cannot be read at all."""

    file: str
    error: str


def inspect_files(paths: Sequence[Path], write: Callable[[str], None]) -> None:
    """Read every file as a mail and hand one line of JSON for each, in their order and without line end, to `write`.

    Runs its own event loop: call it where none is running.
    """
    asyncio.run(_inspect(paths, write))


def inspected(path: Path, mail: ParsedMail) -> Inspected:
    """Return what is printed for a mail that was read."""
    return Inspected(
        file=_shown(path),
        from_=mail.from_address.lower() if mail.from_address else None,
        from_name=mail.from_name,
        to=[mailbox.address.lower() for mailbox in mail.to],
        subject=mail.subject,
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=list(mail.references),
        date=mail.date.isoformat() if mail.date else None,
        text=mail.text,
        reply=mail.reply,
        html=mail.html,
        attachments=[
            InspectedFile(
                filename=attachment.filename,
                content_type=attachment.content_type,
                size=attachment.size,
                sha256=attachment.sha256,
                inline=attachment.inline,
            )
            for attachment in mail.attachments
        ],
        auto_submitted=mail.automatic is not None and mail.automatic.machine_written,
        bounce=_bounce(mail.bounce),
        defects=list(mail.defects),
    )


def _bounce(bounce: Bounce | None) -> InspectedBounce | None:
    if bounce is None:
        return None
    return InspectedBounce(recipient=bounce.recipient, status=bounce.status, permanent=bounce.permanent)


async def _inspect(paths: Sequence[Path], write: Callable[[str], None]) -> None:
    processes = min(2, os.cpu_count() or 1)
    async with ParserPool(size=processes) as pool, asyncio.TaskGroup() as group:
        ahead: asyncio.Queue[asyncio.Task[str]] = asyncio.Queue(maxsize=processes * _AHEAD)

        async def begin() -> None:
            for path in paths:
                await ahead.put(group.create_task(_line(pool, path)))

        group.create_task(begin())
        for _ in paths:
            write(await (await ahead.get()))


async def _line(pool: ParserPool, path: Path) -> str:
    try:
        raw = _beginning(path)
    except OSError as error:
        return _json(NotInspected(file=_shown(path), error=error.strerror or type(error).__name__))
    mail = await pool.parse(raw, contents=False)
    if isinstance(mail, Unreadable):
        return _json(NotInspected(file=_shown(path), error=f"{mail.reason.value}: {mail.detail}"))
    return _json(inspected(path, mail))


def _beginning(path: Path) -> bytes:
    """Read a file; of one above the limit no more than shows that it is, which is all that will be used of it."""
    with path.open("rb") as file:
        return file.read(limits.MAIL_BYTES + 1)


def _shown(path: Path) -> str:
    """Return a path for people and for JSON, whatever bytes the name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def _json(line: msgspec.Struct) -> str:
    return msgspec.json.encode(line).decode()
