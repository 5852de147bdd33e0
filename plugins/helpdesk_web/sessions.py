"""Sessions: who is signed in, on which device, until when.

A token is 256 random bits, new at every sign-in; only its SHA-256 is stored, so that neither a copy of the database
nor a token that somebody chose opens anything. A session ends by sign-out, by time, by a new password, and when its
person may not sign in any more.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from helpdesk_core import Helpdesk
from helpdesk_core.accounts import Account
from helpdesk_web.settings import Lifetimes
from helpdesk_web.tables import Session

QUIET: Final = timedelta(minutes=5)
"""A request is written down only when the last one was longer ago."""

KEPT: Final = timedelta(days=7)
"""How long it is remembered whose session ran out, so that files of a form sent too late are not lost."""

_LENGTH: Final = len(secrets.token_urlsafe(32))


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a cookie stands for.

    Attributes:
        id: Key of the session.
        account: Whose it is.
        alive: Whether it still holds; one that ran out by time only tells whose it was.
    """

    id: UUID
    account: Account
    alive: bool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is signed in."""

    id: UUID
    device: str
    seen_at: datetime


class Sessions:
    """The sessions of one site."""

    def __init__(self, helpdesk: Helpdesk, lifetimes: Lifetimes) -> None:
        self._helpdesk = helpdesk
        self._lifetimes = lifetimes

    async def begin(self, account: Account, device: str) -> str:
        """Begin a session and return its token, which exists there and in the cookie alone."""
        token = secrets.token_urlsafe(32)
        now = self._helpdesk.clock.now()
        # Never before the password in force was set, also when this machine's clock is behind.
        began = max(now, account.password_set_at) if account.password_set_at else now
        await Session.insert(
            Session(token_hash=_hash(token), person=account.id, device=device[:60], began_at=began, seen_at=began)
        )
        return token

    async def find(self, token: str) -> Found | None:
        """Return what a token from outside stands for; None when it is nothing of ours, or void."""
        if len(token) != _LENGTH or not token.isascii():
            return None
        row = await Session.select().where(Session.token_hash == _hash(token)).first()
        if row is None:
            return None
        account = await self._helpdesk.accounts.find(row["person"])
        if account is None or not account.can_sign_in or _is_void(row, account):
            return None
        now = self._helpdesk.clock.now()
        alive = self._is_alive(row, account, now)
        if alive and now - row["seen_at"] > QUIET:
            await Session.update({Session.seen_at: now}).where(Session.id == row["id"])
        return Found(id=row["id"], account=account, alive=alive)

    async def end(self, session: UUID) -> None:
        """End a session."""
        await Session.delete().where(Session.id == session)

    async def end_one_of(self, person: UUID, session: UUID) -> None:
        """End a session of this person; one of somebody else is left alone."""
        await Session.delete().where(Session.id == session, Session.person == person)

    async def of(self, account: Account) -> Sequence[Place]:
        """Return where somebody is signed in now, last seen first."""
        rows = await Session.select().where(Session.person == account.id).order_by(Session.seen_at, ascending=False)
        now = self._helpdesk.clock.now()
        return [
            Place(id=row["id"], device=row["device"], seen_at=row["seen_at"])
            for row in rows
            if not _is_void(row, account) and self._is_alive(row, account, now)
        ]

    async def sweep(self) -> None:
        """Forget sessions that ran out long ago."""
        longest = max(self._lifetimes.customer_idle, self._lifetimes.agent_idle)
        await Session.delete().where(Session.seen_at < self._helpdesk.clock.now() - longest - KEPT)

    def longest(self, account: Account) -> timedelta:
        """Return how long a session of this person lasts at most."""
        return self._lifetimes.agent if account.is_agent else self._lifetimes.customer

    def _is_alive(self, row: dict[str, Any], account: Account, now: datetime) -> bool:
        idle = self._lifetimes.agent_idle if account.is_agent else self._lifetimes.customer_idle
        seen: datetime = row["seen_at"]
        began: datetime = row["began_at"]
        return now - seen < idle and now - began < self.longest(account)


def _is_void(row: dict[str, Any], account: Account) -> bool:
    """Tell whether the password was set anew since the sign-in; without one nobody is signed in."""
    began: datetime = row["began_at"]
    return account.password_set_at is None or began < account.password_set_at


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
