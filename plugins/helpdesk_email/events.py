"""What can happen to incoming mail."""

from typing import ClassVar
from uuid import UUID

from helpdesk_core import Event
from helpdesk_core.bus import Code


class MailSettled(Event, frozen=True, kw_only=True):
    """It was decided what becomes of a mail; running it again may decide anew.

    Attributes:
        state: Where it went, see `tables`.
        outcome: Why, as a code.
        ticket: The ticket it became part of.
    """

    name: ClassVar[str] = "mail.settled"
    state: Code
    outcome: Code
    ticket: UUID | None = None


class MailReleased(Event, frozen=True, kw_only=True):
    """A mail that was set aside is to be read again.

    Attributes:
        reason: `registered`, `vouched` or `asked`.
    """

    name: ClassVar[str] = "mail.released"
    reason: Code
