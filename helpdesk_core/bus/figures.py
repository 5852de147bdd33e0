"""The state of the bus in figures, for health pages, alarms and the command line.

It changes nothing but the sign of life of a relay.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk_core.bus import leases
from helpdesk_core.bus.leases import LeaseState
from helpdesk_core.bus.verdicts import State
from helpdesk_core.db import Database

RELAY = "bus.relay"
"""The row in which relays give their sign of life."""

_SIGN = """
INSERT INTO helpdesk_core_lease (name, owner, fence, beats, seen_at, failures) VALUES ({}, {}, 0, 0, {}, 0)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, seen_at = excluded.seen_at
"""

# Each part reads one partial index; what is over and well is not counted.
_DELIVERIES = """
SELECT state, count(*) AS number, min(available_at) AS oldest FROM helpdesk_core_delivery
WHERE state IN ('queued', 'deferred') GROUP BY state
UNION ALL
SELECT state, count(*) AS number, min(available_at) AS oldest FROM helpdesk_core_delivery
WHERE state IN ('queued', 'sending') AND state = 'sending' GROUP BY state
UNION ALL
SELECT state, count(*) AS number, min(available_at) AS oldest FROM helpdesk_core_delivery
WHERE state IN ('failed', 'uncertain', 'dead') GROUP BY state
"""

_REACTIONS = """
SELECT state, count(*) AS number, min(available_at) AS oldest FROM helpdesk_core_reaction
WHERE state = 'queued' GROUP BY state
UNION ALL
SELECT state, count(*) AS number, min(available_at) AS oldest FROM helpdesk_core_reaction
WHERE state = 'dead' GROUP BY state
"""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the bus is.

    Attributes:
        deliveries: How many stand in each state that is not over and well; 0 where there is none.
        reactions: How many wait (`queued`) and how many gave up (`dead`).
        oldest_due: How long the delivery or reaction that is longest due has been due; None when none is.
        last_sign: When a relay last gave a sign of life; None when none ever ran. A relay does every 15 s.
        jobs: The jobs and single services as they stand.
    """

    deliveries: dict[State, int]
    reactions: dict[str, int]
    oldest_due: timedelta | None
    last_sign: datetime | None
    jobs: tuple[LeaseState, ...]


async def health(database: Database) -> Health:
    """Return how the bus is now."""
    now = await database.now()
    deliveries = await database.fetch(_DELIVERIES)
    reactions = await database.fetch(_REACTIONS)
    rows = await leases.read(database)
    waiting = [_oldest(row) for row in (*deliveries, *reactions) if row["state"] in ("queued", "deferred")]
    due = [moment for moment in waiting if moment <= now]
    counted = {row["state"]: int(row["number"]) for row in deliveries}
    return Health(
        deliveries={state: counted.get(state.value, 0) for state in _COUNTED},
        reactions={"queued": 0, "dead": 0} | {row["state"]: int(row["number"]) for row in reactions},
        oldest_due=now - min(due) if due else None,
        last_sign=next((row.seen_at for row in rows if row.name == RELAY), None),
        jobs=tuple(row for row in rows if row.name != RELAY),
    )


async def give_sign(database: Database, owner: str) -> None:
    """Write down that a relay is alive."""
    now = await database.now()
    await database.execute(_SIGN, RELAY, owner, now)


_COUNTED = (State.QUEUED, State.SENDING, State.DEFERRED, State.FAILED, State.UNCERTAIN, State.DEAD)


def _oldest(row: dict[str, Any]) -> datetime:
    return msgspec.convert(row["oldest"], datetime)
