"""`/healthz/live` and `/healthz/ready`: whether this process runs, and whether the site can do its work.

Strangers get two words; an agent who is signed in gets what was found, as JSON.
"""

import asyncio
import logging
from typing import Final

import msgspec

from helpdesk_core.bus import health
from helpdesk_core.health import Finding, HealthCheck, Level
from helpdesk_core.text import N_
from helpdesk_web.channel import WebChannel
from helpdesk_web.exchange import Data, Request
from helpdesk_web.routing import Access, Route
from helpdesk_web.sentences import sentence

logger = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds that a part may take to answer."""


def routes(channel: WebChannel) -> tuple[Route, ...]:
    """Return the pages."""

    async def live(request: Request) -> Data:
        del request
        return Data(content=b"ok\n")

    async def ready(request: Request) -> Data:
        found = {"database": await _database(channel)}
        for check in channel.helpdesk.health_checks:
            found[check.name] = await _ask(check)
        failed = any(each.level is Level.FAILURE for findings in found.values() for each in findings)
        status = 503 if failed else 200
        if request.person is None or not request.person.is_agent:
            return Data(content=b"not ready\n" if failed else b"ready\n", status=status)
        told = {
            name: [
                {"level": each.level.value, "text": sentence(request.words, each.text, each.values)}
                for each in findings
            ]
            for name, findings in found.items()
        }
        return Data(content=msgspec.json.encode(told), media_type="application/json", status=status)

    return (
        Route(path="/healthz/live", access=Access.PUBLIC, get=live),
        Route(path="/healthz/ready", access=Access.PUBLIC, get=ready),
    )


async def _database(channel: WebChannel) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE):
            await health(channel.helpdesk.database)
    except Exception:  # Whatever it is, the site cannot do its work.
        logger.exception("the database does not answer")
        return [Finding(level=Level.FAILURE, text=N_("The database does not answer."))]
    return []


async def _ask(check: HealthCheck) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE):
            return list(await check.ask())
    except Exception:  # A plugin may fail in any way; that is what is looked for here.
        logger.exception("health check failed", extra={"check": check.name})
        return [Finding(level=Level.FAILURE, text=N_("This part does not say how it is."))]
