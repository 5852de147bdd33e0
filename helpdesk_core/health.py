"""Health: what is wrong now, as one list that the page, the command and the probe all show."""

import logging
from asyncio import timeout
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

logger = logging.getLogger(__name__)

BUDGET = 5.0
"""Seconds a check may take."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Attributes:
        level: How it is.
        text: One sentence: what is so, and what to do (English message id).
        values: What its placeholders stand for.
    """

    level: Level
    text: str
    values: dict[str, Any] = {}


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Something to look at.

    Attributes:
        name: `plugin.subject`.
        ask: Looks, within five seconds; failing or being late is a failure itself.
    """

    name: str
    ask: Callable[[], Awaitable[Sequence[Finding]]]


async def look(checks: Sequence[HealthCheck]) -> list[Finding]:
    """Ask every check; one that fails or is late is a finding itself."""
    findings: list[Finding] = []
    for check in checks:
        try:
            async with timeout(BUDGET):
                findings += await check.ask()
        except Exception as error:  # A plugin may fail in any way; the others must be asked all the same.
            logger.exception("health check failed", extra={"check": check.name})
            findings.append(
                Finding(
                    level=Level.FAILURE,
                    text="%(check)s could not be looked at: %(reason)s",
                    values={"check": check.name, "reason": str(error) or type(error).__name__},
                )
            )
    return findings
