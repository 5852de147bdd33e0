"""Checks: rules that may refuse a command before it happens. Any refusal wins."""

import logging
from asyncio import timeout
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from helpdesk_core.errors import Refused

logger = logging.getLogger(__name__)

BUDGET = 5.0
"""Seconds a check or an entitlement may take before it counts as failed."""


class Refuse(msgspec.Struct, frozen=True):
    """What a check answers when it says no.

    Attributes:
        reason: English message id for the person who asked; placeholders `%(name)s`.
        field: The form field it is about, or None.
        values: What the placeholders stand for.
    """

    reason: str
    field: str | None = None
    values: dict[str, Any] = {}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that may refuse a command.

    Attributes:
        name: `plugin.rule`, as an operator reads it in a log.
        command: The type of command it is asked about.
        ask: Answers `Refuse` or None. It has five seconds; failing or being late refuses as temporary.
    """

    name: str
    command: type
    ask: Callable[[Any], Awaitable[Refuse | None]]


async def ask_all(checks: Sequence[Check], command: object) -> None:
    """Ask every check of this command's type, in site order.

    Raises:
        Refused: One said no, failed or was late (then `temporary` is set).
    """
    for check in checks:
        if not isinstance(command, check.command):
            continue
        try:
            answer = await _ask(check, command)
        except Exception as error:  # A plugin may fail in any way; a gate that fails stays closed.
            logger.exception("check failed", extra={"check": check.name})
            raise Refused(
                "This cannot be checked at the moment. Please try again later.", rule=check.name, temporary=True
            ) from error
        if answer is not None:
            raise Refused(answer.reason, rule=check.name, field=answer.field, **answer.values)


async def _ask(check: Check, command: object) -> Refuse | None:
    """Return what a check answers in its time.

    Raises:
        TypeError: It answered something else.
        TimeoutError: It was late.
    """
    async with timeout(BUDGET):
        answer: object = await check.ask(command)
    if answer is None or isinstance(answer, Refuse):
        return answer
    raise TypeError(f"a check answers Refuse or None, not {answer!r}")
