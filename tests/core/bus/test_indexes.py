"""Each index of the bus is there for a statement that runs all day; none reads the history to find what is open."""

import re
from typing import Any

import pytest

from helpdesk_core.bus import bus, deliveries, figures, history, mending, reactions, troubles
from helpdesk_core.db import Database, uuid7
from tests.core.bus.world import World, new_subject

pytestmark = pytest.mark.anyio

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)",
    "postgres": "WITH n(i) AS (SELECT generate_series(1, 5000))",
}
KEY = {
    "sqlite": "printf('00000000-0000-7000-8000-%012d', i)",
    "postgres": "('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid",
}


async def fill(world: World) -> None:
    """Five thousand mails and reactions long done, and a few to do."""
    await world.announce("a@x.example")
    numbers, key = NUMBERS[world.database.dialect], KEY[world.database.dialect]
    await world.database.execute(
        f"""INSERT INTO helpdesk_core_event (id, name, version, subject_kind, subject_id, sequence, origin, facts, at)
        {numbers} SELECT {key}, 'thing.happened', 1, 'ticket', {key}, 1, 'system', facts, at
        FROM n CROSS JOIN (SELECT facts, at FROM helpdesk_core_event LIMIT 1) one"""
    )
    await world.database.execute(
        f"""INSERT INTO helpdesk_core_delivery (id, subject_kind, subject_id, channel, "to", notice, facts, message_id,
            ordering_key, position, state, available_at, attempts, marks, fence, beats, created_at, changed_at,
            expires_at)
        {numbers} SELECT {key}, 'ticket', {key}, 'email', 'a@x.example', 'told', facts, 'old' || i, 'old' || i, 1,
            'sent', available_at, 1, 1, 1, 0, created_at, changed_at, expires_at
        FROM n CROSS JOIN (SELECT * FROM helpdesk_core_delivery LIMIT 1) one"""
    )
    await world.database.execute(
        f"""INSERT INTO helpdesk_core_reaction (id, event, subscriber, ordering_key, position, state, available_at,
            attempts, created_at, changed_at)
        {numbers} SELECT {key}, {key}, 'sla', 'old' || i, 1, 'done', at, 1, at, at
        FROM n CROSS JOIN (SELECT at FROM helpdesk_core_event LIMIT 1) one"""
    )
    for number in range(20):
        await world.announce(f"{number}@x.example")
    await world.database.execute("ANALYZE")


async def plan(database: Database, sql: str, *args: Any) -> str:
    word = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
    rows = await database.fetch(word + sql, *args)
    return "\n".join(str(row.get("detail", row.get("QUERY PLAN"))) for row in rows)


def reads_a_whole_table(lines: str) -> list[str]:
    scans = re.findall(r"(?:SCAN (?!due|one|\d)\w+(?! USING).*|Seq Scan on helpdesk\w+.*)", lines)
    return [scan for scan in scans if "USING INDEX" not in scan and "USING COVERING INDEX" not in scan]


async def test_no_statement_of_a_worker_reads_the_whole_history(world: World) -> None:
    await fill(world)
    database, now, key = world.database, world.clock.now(), uuid7()
    claim = world.deliveries("worker")._claim
    statements: dict[str, tuple[str, tuple[Any, ...]]] = {
        "claim": (claim, ("email", now, 10, "worker", now)),
        "in flight": (deliveries._IN_FLIGHT, ()),
        "next due": (deliveries._NEXT_DUE, ("email", now)),
        "health": (figures._DELIVERIES, ()),
        "health of reactions": (figures._REACTIONS, ()),
        "troubles": (troubles._DELIVERIES.format(states="{}"), ("dead", 100)),
        "dead reactions": (troubles._REACTIONS, (100,)),
        "reaction": (reactions._NEXT.format(names="{}"), (now, "sla")),
        "next reaction": (reactions._NEXT_DUE, (now,)),
        "late": (mending._LATE_DELIVERIES, (now, now)),
        "late reactions": (mending._LATE_REACTIONS, (now, now)),
        "history": (history._READ + "WHERE subject_kind = {} AND subject_id = {} ORDER BY sequence", ("ticket", key)),
        "thread": (bus._THREAD, (new_subject().id, "key", 1, key)),
    }
    plans = {name: await plan(database, sql, *args) for name, (sql, args) in statements.items()}
    assert {name: scans for name, lines in plans.items() if (scans := reads_a_whole_table(lines))} == {}
    used = " ".join(plans.values())
    for table in ("helpdesk_core_delivery", "helpdesk_core_reaction", "helpdesk_core_event"):
        assert f"{table}_" in used, f"no index of {table} is used"
