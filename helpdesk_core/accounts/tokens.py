"""One-time tokens: what stands at the end of a link in a mail.

A token is 256 random bits, is stored as its SHA-256 alone, serves one purpose and works once. A row is looked up by
the hash of the whole token and by nothing else. What a token allows is decided by those who use it.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from helpdesk_core.accounts.tables import OneTimeToken
from helpdesk_core.db import DB, uuid7


class Purpose(StrEnum):
    """What a link may be used for."""

    CONFIRM = "confirm"
    RESET = "reset"
    INVITE = "invite"


LIFETIMES: Mapping[Purpose, timedelta] = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.RESET: timedelta(minutes=60),
    Purpose.INVITE: timedelta(days=7),
}
"""How long a token of each purpose works."""

_LENGTH = len(secrets.token_urlsafe(32))

_FIND = """
SELECT id, purpose, person, address FROM helpdesk_core_one_time_token
WHERE token_hash = {} AND used_at IS NULL AND expires_at > {}
"""
# The database decides between two that come at once: only one of them finds the row unused.
_USE = """
UPDATE helpdesk_core_one_time_token SET used_at = {}
WHERE id = {} AND used_at IS NULL AND expires_at > {} RETURNING id
"""
_VOID = """
UPDATE helpdesk_core_one_time_token SET used_at = {} WHERE person = {} AND used_at IS NULL
"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A token that would work now.

    Attributes:
        id: Key of its row.
        purpose: What it is for.
        person_id: Whose it is.
        address_id: The address that it was sent to, None where that does not matter.
    """

    id: UUID
    purpose: Purpose
    person_id: UUID
    address_id: UUID | None


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A new token; its text exists here and in the link, nowhere else.

    Attributes:
        text: The token.
        until: When it stops to work.
    """

    text: str
    until: datetime


async def issue(purpose: Purpose, person_id: UUID, address_id: UUID | None, now: datetime) -> Issued:
    """Make a token and store its hash."""
    text = secrets.token_urlsafe(32)
    until = now + LIFETIMES[purpose]
    row = OneTimeToken(
        id=uuid7(),
        purpose=purpose.value,
        token_hash=_hash(text),
        person=person_id,
        address=address_id,
        created_at=now,
        expires_at=until,
    )
    await OneTimeToken.insert(row)
    return Issued(text=text, until=until)


async def find(purposes: Collection[Purpose], token: object, now: datetime) -> Found | None:
    """Return what a token stands for, None when it is unknown, used, too old or for something else.

    Changes nothing: looking at a link is not using it. `token` comes from outside and may be anything.
    """
    if not isinstance(token, str) or len(token) != _LENGTH or not token.isascii():
        return None
    for row in await DB.fetch(_FIND, _hash(token), now):
        if row["purpose"] in purposes:
            return Found(
                id=row["id"], purpose=Purpose(row["purpose"]), person_id=row["person"], address_id=row["address"]
            )
    return None


async def use(found: Found, now: datetime) -> bool:
    """Use a token up; False when somebody else was first."""
    return bool(await DB.fetch(_USE, now, found.id, now))


async def void(person_id: UUID, now: datetime) -> None:
    """Make every token of a person worthless."""
    await DB.execute(_VOID, now, person_id)


async def forget(before: datetime) -> None:
    """Delete the tokens that stopped to work before a moment."""
    await OneTimeToken.delete().where(OneTimeToken.expires_at < before)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
