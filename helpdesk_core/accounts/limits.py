"""How often strangers may try things: passwords, registrations, mails that they make us send.

What is counted are digests, never addresses. Counting happens before the thing itself, so that fifty at once count
fifty times. Nothing here knows whether an account exists.
"""

import hashlib
from datetime import datetime, timedelta

import msgspec

from helpdesk_core.db import rate_limits
from helpdesk_core.errors import TooMany
from helpdesk_core.text import N_

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_REMEMBERED = timedelta(days=90)

LONGEST_WINDOW = _REMEMBERED
"""Hits older than this may be cleaned up."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The figures; the same for every site unless it has reasons.

    Attributes:
        tries: Wrong passwords for one account within `window`.
        tries_of_source: Wrong passwords from one block of addresses within `window`.
        window: See above.
        registrations_of_source: Registrations from one block of addresses within an hour.
        forgotten_of_source: Requests for a new password from one block of addresses within an hour.
        mails_an_hour: Mails that strangers can make us send to one address within an hour.
        mails_a_day: The same within a day.
    """

    tries: int = 10
    tries_of_source: int = 50
    window: timedelta = timedelta(minutes=15)
    registrations_of_source: int = 60
    forgotten_of_source: int = 30
    mails_an_hour: int = 3
    mails_a_day: int = 10


class Try(msgspec.Struct, frozen=True):
    """A try with a password that was counted before anybody knows whether it is right.

    Attributes:
        buckets: Where it was counted.
        window: For how long.
        at: When.
    """

    buckets: tuple[str, ...]
    window: timedelta
    at: datetime

    async def succeeded(self) -> None:
        """Take the counts back: only wrong passwords count."""
        for bucket in self.buckets:
            await rate_limits.give_back(bucket, self.window, self.at)


async def count_try(limits: Limits, account: str, source: str, now: datetime) -> Try:
    """Count a try with a password.

    Whoever signed in from a place before has tries of their own there: a stranger who uses up all tries of an
    account cannot keep its owner out at the places where they usually are.

    Args:
        limits: The figures.
        account: What names the account, an address for example, whether there is such an account or not.
        source: The block of network addresses that the try comes from.
        now: The present.

    Raises:
        TooMany: No try is left. Such a try does not count, and was not made.
    """
    here = f"{_digest(account)}:{_digest(source)}"
    known = await rate_limits.remaining(f"accounts.known:{here}", 1, _REMEMBERED, now) == 0
    of_account = f"accounts.try:{here if known else _digest(account)}"
    of_source = f"accounts.try-from:{_digest(source)}"
    if not await rate_limits.hit(of_account, limits.tries, limits.window, now):
        raise _too_many(limits.window)
    if not await rate_limits.hit(of_source, limits.tries_of_source, limits.window, now):
        await rate_limits.give_back(of_account, limits.window, now)
        raise _too_many(limits.window)
    return Try((of_account, of_source), limits.window, now)


async def remember(account: str, source: str, now: datetime) -> None:
    """Remember for 90 days that the owner of an account was at a place; see `count_try`."""
    await rate_limits.hit(f"accounts.known:{_digest(account)}:{_digest(source)}", 1, _REMEMBERED, now)


async def count_request(kind: str, most: int, source: str, now: datetime) -> None:
    """Count a request that anybody can make, by where it comes from.

    Raises:
        TooMany: There were so many from there within the hour.
    """
    if not await rate_limits.hit(f"accounts.{kind}-from:{_digest(source)}", most, HOUR, now):
        raise _too_many(HOUR)


async def count_mail(limits: Limits, kind: str, canonical: str, now: datetime) -> bool:
    """Count a mail that a stranger makes us send; False when the address gets no more of this kind for now.

    Called inside the unit that queues the mail: both are stored, or neither.
    """
    bucket = f"accounts.mail:{kind}:{_digest(canonical)}"
    return await rate_limits.hit(f"{bucket}:hour", limits.mails_an_hour, HOUR, now) and await rate_limits.hit(
        f"{bucket}:day", limits.mails_a_day, DAY, now
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _too_many(window: timedelta) -> TooMany:
    minutes = int(window.total_seconds()) // 60
    return TooMany(
        N_("Too many tries. Please wait %(minutes)s minutes and try again."),
        retry_after=int(window.total_seconds()),
        minutes=minutes,
    )
