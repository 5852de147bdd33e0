"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class SettableClock:
    """A `Clock` for tests.

    Args:
        now: Where it stands at first; an aware datetime.

    Raises:
        ValueError: A datetime has no zone.
    """

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def now(self) -> datetime:
        """Return where the clock stands, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock, also back."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Put the clock to a moment."""
        if now.tzinfo is None:
            raise ValueError(f"{now!r} has no time zone")
        self._now = now.astimezone(UTC)
