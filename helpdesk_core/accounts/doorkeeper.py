"""The doorkeeper: compares a password with an account's, counts the tries, and gives nothing away.

Every try costs one comparison, whether there is such an account or not. It must not decide what being right allows.
"""

import asyncio

from helpdesk_core.accounts import limits
from helpdesk_core.accounts.limits import Limits
from helpdesk_core.accounts.passwords import Passwords
from helpdesk_core.clock import Clock

AT_ONCE = 2
"""Tries that are counted but not yet judged, in one process. A crowd with right passwords waits here instead of using
up the tries of the place that it comes from."""


class Doorkeeper:
    """Judges tries with passwords."""

    def __init__(self, clock: Clock, passwords: Passwords, figures: Limits) -> None:
        self._clock = clock
        self._passwords = passwords
        self._limits = figures
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def is_right(self, account: str, password_hash: str | None, password: str, source: str) -> bool:
        """Tell whether the password is the one that was hashed; a right one does not count as a try.

        Args:
            account: Canonical address that the try is counted under, also when it is nobody's.
            password_hash: What is stored for the account; None when there is nothing, which never matches.
            password: As typed.
            source: Block of network addresses that the try comes from.

        Raises:
            TooMany: No try is left; nothing was compared.
        """
        async with self._turns:
            now = self._clock.now()
            counted = await limits.count_try(self._limits, account, source, now)
            if not await self._passwords.matches(password_hash, password):
                return False
            await counted.succeeded()
        await limits.remember(account, source, now)
        return True
