"""Gates: how many deliveries of a channel may start now.

A channel that is down as a whole is only probed, by one delivery at a time and every half minute at the most; when a
probe gets through, everything that waited flows at once. This module must not know deliveries or the database.
"""

import time
from collections.abc import Callable

from helpdesk_core.bus.channels import Outcome, Retry

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 30.0
"""Seconds between two probes of a channel that is down."""


class Gate:
    """The gate of one channel, in one worker.

    Args:
        width: How many deliveries may be in flight at once.
        monotonic: Seconds of a clock that cannot be set.

    Attributes:
        in_flight: How many are in flight; the relay counts.
    """

    def __init__(self, width: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._width = width
        self._monotonic = monotonic
        self._failures = 0
        self._closed_until = float("-inf")
        self.in_flight = 0

    def free(self) -> int:
        """Return how many more may start."""
        if not self._failures:
            return max(self._width - self.in_flight, 0)
        return 1 if not self.in_flight and self.opens_in() <= 0 else 0

    def opens_in(self) -> float:
        """Return the seconds until the next probe; nothing or less when the gate is not closed."""
        return self._closed_until - self._monotonic()

    def heard(self, outcome: Outcome) -> None:
        """Learn from what the channel answered."""
        if not (isinstance(outcome, Retry) and outcome.whole_channel):
            self._failures = 0
            self._closed_until = float("-inf")
        elif self.opens_in() <= 0:
            # Those in flight together fail together: that counts once.
            self._failures += 1
            self._closed_until = self._monotonic() + min(FIRST_PAUSE * 2 ** min(self._failures - 1, 3), LONGEST_PAUSE)
