"""The statuses of a ticket and who may move it from one to another. Pure: no database, no clock."""

from typing import Final

import msgspec

from helpdesk_core.errors import Refused
from helpdesk_core.text import N_


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One status.

    Attributes:
        code: Stable name.
        customer: What customers read (English message id).
        agent: What agents read (English message id).
        over: Whether nothing is expected of anybody any more.
    """

    code: str
    customer: str
    agent: str
    over: bool = False


NEW: Final = Status(code="new", customer=N_("Received"), agent=N_("New"))
OPEN: Final = Status(code="open", customer=N_("In progress"), agent=N_("Open"))
WAITING: Final = Status(code="waiting", customer=N_("Waiting for your answer"), agent=N_("Waiting"))
SOLVED: Final = Status(code="solved", customer=N_("Solved"), agent=N_("Solved"), over=True)
CLOSED: Final = Status(code="closed", customer=N_("Closed"), agent=N_("Closed"), over=True)

STATUSES: Final = {status.code: status for status in (NEW, OPEN, WAITING, SOLVED, CLOSED)}

AGENT_CHOICES: Final = ("open", "waiting", "solved", "closed")
"""What an agent may set; nothing becomes `new` again."""

CUSTOMER_CHOICES: Final = ("solved", "open")
"""What a customer may set: solved, and open again."""


def after_customer_reply(status: str, *, marks_solved: bool = False) -> str:
    """Return the status after a customer wrote: it reopens what waited or was over; a new ticket stays new.

    Who says with it that the matter is solved reopens nothing, and a closed ticket stays closed.
    """
    if marks_solved:
        return status if STATUSES[status].over else SOLVED.code
    return OPEN.code if status in {WAITING.code, SOLVED.code, CLOSED.code} else status


def after_agent_reply(status: str, chosen: str | None) -> str:
    """Return the status after an agent answered: a new ticket is in progress, else only a choice changes it.

    Raises:
        Refused: An agent may not choose that status.
    """
    if chosen is not None and chosen != status:
        return change(status, chosen, by_agent=True)
    return OPEN.code if status == NEW.code else status


def change(status: str, to: str, *, by_agent: bool) -> str:
    """Return the status after somebody sets it.

    Raises:
        Refused: They may not.
    """
    choices = AGENT_CHOICES if by_agent else CUSTOMER_CHOICES
    if to not in choices:
        raise Refused(N_("This status cannot be chosen."), rule="core.workflow", field="status")
    if not by_agent and to == OPEN.code and not STATUSES[status].over:
        raise Refused(N_("This ticket is open already."), rule="core.workflow", field="status")
    if not by_agent and to == SOLVED.code and STATUSES[status].over:
        raise Refused(N_("This ticket is solved already."), rule="core.workflow", field="status")
    return to
