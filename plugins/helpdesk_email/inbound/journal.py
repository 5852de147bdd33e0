"""The journal: every mail is safe on disk, bytes and row, before anybody is told that we have it.

One mail is one row, whichever way and however often it comes; each arrival is a row too. Unique keys in the database
decide that, whoever else receives at the same moment. Nothing here reads a mail or decides about one.
"""

import asyncio
import hashlib
import re
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from helpdesk_core.clock import Clock
from helpdesk_core.db import Database, uuid7
from helpdesk_core.files import FileStore, StoredFile
from helpdesk_email.inbound import limits

TOPIC: Final = "helpdesk_email.journal"
"""Wakes those who read mails that arrived."""

_BLANK_LINE: Final = re.compile(rb"\n\n")
_FOLDED: Final = re.compile(rb"\n[ \t]+")
_IDENTITY: Final = frozenset({b"message-id", b"date", b"from", b"to", b"cc", b"subject"})

_INSERT_MAIL: Final = """
INSERT INTO helpdesk_email_mail (
    id, fingerprint, raw, size, headers_only, mailbox, evidence, available_at, received_at,
    subject, state, outcome, attempts, fence
)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, '', 'received', '', 0, 0)
ON CONFLICT (fingerprint) DO NOTHING RETURNING id
"""

_INSERT_ARRIVAL: Final = """
INSERT INTO helpdesk_email_arrival (id, mail, mailbox, folder, via, uidvalidity, uid, raw, at)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT DO NOTHING RETURNING id
"""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mail came in.

    Attributes:
        mailbox: Canonical address of the mailbox.
        via: `imap`, `pipe` or `demo`.
        folder: The folder it lay in.
        uidvalidity: The epoch of the folder's numbers (RFC 9051 section 2.3.1.1), None where there are none.
        uid: The mail's number in it.
    """

    mailbox: str
    via: str
    folder: str = ""
    uidvalidity: int | None = None
    uid: int | None = None


class Kept(msgspec.Struct, frozen=True):
    """What became of bytes that arrived.

    Attributes:
        mail: The mail they are.
        new: Whether it is one that was not known before.
    """

    mail: UUID
    new: bool


class Journal:
    """The journal of one site."""

    def __init__(self, database: Database, clock: Clock, files: FileStore) -> None:
        self._database = database
        self._clock = clock
        self._files = files

    async def receive(self, raw: bytes, place: Place, *, whole_size: int | None = None) -> Kept:
        """Keep a mail; when this returns, no crash and no power cut loses it.

        Args:
            raw: Its bytes; only those of its headers where it is too large to be taken whole.
            place: Where it came in; a second call for one UID changes nothing.
            whole_size: Bytes of the whole mail, where `raw` is not all of it.

        Raises:
            DatabaseError, OSError: It is not safe; the sender must keep it and try again.
        """
        stored = await self._files.put(raw)
        fingerprint = await asyncio.to_thread(fingerprint_of, raw)
        async with self._database.unit() as unit:
            now = self._clock.now()
            await self._files.refer(unit, stored, now)
            mail = await self._insert(stored, fingerprint, place, whole_size, now)
            new = mail is not None
            if mail is None:
                mail = await self._find(fingerprint)
            # What differs from the bytes kept before, as the trace of another mailbox does, is kept too.
            own = not new and stored.blob != await self._raw_of(mail)
            arrived = await self._database.fetch(
                _INSERT_ARRIVAL,
                *(uuid7(), mail, place.mailbox, place.folder, place.via, place.uidvalidity, place.uid),
                *(stored.blob if own else None, now),
            )
            if new:
                unit.wake(TOPIC)
            elif not (own and arrived):
                await self._files.release(unit, stored.blob, now)
        return Kept(mail, new)

    async def known(self, mailbox: str, folder: str, uidvalidity: int, *, first: int = 1) -> Collection[int]:
        """Return the UIDs of a folder, from the first asked for, that are safe here."""
        rows = await self._database.fetch(
            "SELECT uid FROM helpdesk_email_arrival WHERE mailbox = {} AND folder = {} AND uidvalidity = {} "
            "AND uid IS NOT NULL AND uid >= {}",
            mailbox,
            folder,
            uidvalidity,
            first,
        )
        return {int(row["uid"]) for row in rows}

    async def _insert(
        self, stored: StoredFile, fingerprint: str, place: Place, whole_size: int | None, now: datetime
    ) -> UUID | None:
        """Write the row of a mail; None when it is known."""
        rows = await self._database.fetch(
            _INSERT_MAIL,
            *(uuid7(), fingerprint, stored.blob, whole_size or stored.size, whole_size is not None),
            *(place.mailbox, "{}", await self._database.now(), now),
        )
        return rows[0]["id"] if rows else None

    async def _find(self, fingerprint: str) -> UUID:
        rows = await self._database.fetch("SELECT id FROM helpdesk_email_mail WHERE fingerprint = {}", fingerprint)
        found: UUID = rows[0]["id"]
        return found

    async def _raw_of(self, mail: UUID) -> str | None:
        rows = await self._database.fetch("SELECT raw FROM helpdesk_email_mail WHERE id = {}", mail)
        found: str | None = rows[0]["raw"]
        return found


def fingerprint_of(raw: bytes) -> str:
    """Return what tells this mail from every other, the same for each copy of it.

    With a Message-ID: its identifying fields and its body, because the trace that servers write on top differs from
    copy to copy. Two mails that share a Message-ID and nothing else are two. Without one: all of its bytes.
    """
    text = raw.replace(b"\r\n", b"\n")
    blank = _BLANK_LINE.search(text[: limits.HEADER_BLOCK_BYTES])
    end = blank.start() if blank else min(len(text), limits.HEADER_BLOCK_BYTES)
    fields = _identity(text[:end])
    digest = hashlib.sha256()
    if not any(name == b"message-id" and value for name, value in fields):
        digest.update(b"all\0" + text)
        return digest.hexdigest()
    for name, value in fields:
        digest.update(name + b"\0" + value + b"\0")
    digest.update(b"body\0" + text[end:].strip(b"\n"))
    return digest.hexdigest()


def _identity(block: bytes) -> list[tuple[bytes, bytes]]:
    """Return the fields by which a mail is known, in a fixed order, each unfolded."""
    found = []
    for line in _FOLDED.sub(b" ", block).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() in _IDENTITY:
            found.append((name.strip().lower(), b" ".join(value.split())))
    return sorted(found)
