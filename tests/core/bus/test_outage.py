"""The mail server is away for hours with mails waiting, and comes back."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import pytest

from helpdesk_core.bus import Outcome, Parcel, Retry, State
from helpdesk_core.testing.channels import Mark
from tests.core.bus.world import ShortLived, World, new_subject

pytestmark = pytest.mark.anyio

LOOK = timedelta(seconds=30)
OUTAGE = timedelta(hours=2)
TICKETS, MAILS = 20, 3


async def test_after_an_outage_everything_flows_within_two_minutes_in_its_order(world: World) -> None:
    down = True

    async def server(parcel: Parcel, mark: Mark) -> Outcome:
        if down:
            return Retry("connection refused", whole_channel=True)
        return await world.channel.take(parcel, mark)

    world.channel.script(*[server] * 1000)
    subjects = [new_subject() for _ in range(TICKETS)]
    for _ in range(MAILS):
        for subject in subjects:
            await world.announce("a@x.example", subject=subject)
    await world.announce("forgot@x.example", notice=ShortLived())
    relay = world.relay(monotonic=world.steady)

    for _ in range(OUTAGE // LOOK):
        await relay.drain(10)
        world.advance(LOOK)
    assert world.channel.taken == []
    # One probe every half minute: no thundering at a server that is away.
    assert len(world.channel.tries) <= OUTAGE // LOOK + 10
    shown = [row for row in await world.rows() if row.reason == "connection refused"]
    assert shown, "nobody can see why nothing arrives"
    assert not {row.state for row in shown} & {State.FAILED, State.DEAD, State.UNCERTAIN}

    down = False
    for _ in range(4):
        await relay.drain(30)
        world.advance(LOOK)
    rows = {row.id: row for row in await world.rows()}
    assert len(world.channel.taken) == TICKETS * MAILS
    late = [row for row in rows.values() if row.to == "forgot@x.example"]
    assert [(row.state, row.reason) for row in late] == [(State.DEAD, "its time was over before it could be sent")]

    tickets: dict[UUID, list[int]] = defaultdict(list)
    subject_of = await world.database.fetch("SELECT id, subject_id FROM helpdesk_core_delivery")
    subject_ids = {row["id"]: row["subject_id"] for row in subject_of}
    put_off = {row.id for row in rows.values() if row.attempts > 1 or row.first_failed_at is not None}
    for parcel in world.channel.taken:
        if parcel.delivery_id not in put_off:
            tickets[subject_ids[parcel.delivery_id]].append(rows[parcel.delivery_id].position)
    assert all(positions == sorted(positions) for positions in tickets.values())
