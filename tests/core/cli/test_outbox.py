"""`helpdesk outbox`: what waits and what is in trouble, and what to do about it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk_core.bus import Failed, Uncertain
from helpdesk_core.clock import SystemClock
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.desks import Desk, Told, small_site
from tests.core.cli.conftest import Command

pytestmark = pytest.mark.anyio

NOBODY = "0199f68c-1680-7102-b0e1-aef1cd613e30"


@pytest.fixture
async def desk(migrated: Path, folder: Path) -> AsyncIterator[Desk]:
    """The same database as the command's, in this process."""
    clock = SettableClock(SystemClock().now())
    helpdesk = Helpdesk(small_site(f"sqlite:///{migrated}", folder / "var" / "files", Told()), {}, clock=clock)
    async with helpdesk:
        with helpdesk.database.use():
            yield Desk(helpdesk, clock)


@pytest.fixture
async def troubles(desk: Desk) -> None:
    """One mail that was refused, and one of which nobody knows."""
    karin = await desk.person("Karin Krüger")
    desk.channel.script(Failed("550 no such user\x1b[2J"), *[Uncertain("no answer after DATA")] * 2)
    for _ in range(2):
        await desk.ticket(karin)
        await desk.deliver()
    desk.clock.advance(timedelta(hours=2))
    await desk.deliver()


def listed(run: Command) -> dict[str, dict[str, object]]:
    lines = run("outbox", "list", "--json").out.splitlines()
    return {found["state"]: found for found in map(json.loads, lines)}


@pytest.mark.full
async def test_an_outbox_without_troubles_says_so(run: Command, desk: Desk):
    result = run("outbox", "list")
    assert (result.code, result.out) == (0, "Nothing is in trouble.\n")


async def test_what_waits_and_what_is_in_trouble_is_counted(run: Command, desk: Desk, troubles: None):
    await desk.ticket(await desk.person("Emre Nowak"))
    result = run("outbox", "status")
    assert result.code == 0
    lines = dict(line.rsplit(": ", 1) for line in result.out.splitlines())
    assert (lines["deliveries queued"], lines["deliveries failed"], lines["deliveries uncertain"]) == ("1", "1", "1")


async def test_troubles_are_listed_with_their_reason_and_no_control_characters(run: Command, troubles: None):
    result = run("outbox", "list")
    assert result.code == 0
    failed = next(line for line in result.out.splitlines() if "failed" in line)
    assert "ticket_received" in failed
    assert "550 no such user" in failed
    assert "\x1b" not in result.out


@pytest.mark.full
async def test_for_programs_troubles_are_one_object_a_line(run: Command, troubles: None):
    found = listed(run)
    assert set(found) == {"failed", "uncertain"}
    assert found["uncertain"]["marks"] == 2


async def test_what_is_queued_again_is_delivered(run: Command, desk: Desk, troubles: None):
    key = str(listed(run)["failed"]["id"])
    result = run("outbox", "requeue", key)
    assert (result.code, result.out) == (0, f"{key}  queued again\n")
    taken = len(desk.channel.taken)
    desk.clock.advance(timedelta(hours=1))
    await desk.deliver()
    assert len(desk.channel.taken) == taken + 1
    assert set(listed(run)) == {"uncertain"}


async def test_what_is_discarded_is_let_be(run: Command, desk: Desk, troubles: None):
    key = str(listed(run)["uncertain"]["id"])
    assert run("outbox", "discard", key, "--reason", "Called them").out == f"{key}  discarded\n"
    taken = len(desk.channel.taken)
    desk.clock.advance(timedelta(hours=1))
    await desk.deliver()
    assert len(desk.channel.taken) == taken
    assert set(listed(run)) == {"failed"}


async def test_a_key_that_nobody_knows_fails(run: Command, desk: Desk):
    result = run("outbox", "requeue", NOBODY)
    assert (result.code, result.out) == (1, f"{NOBODY}  nothing to do: unknown, or not in trouble\n")


@pytest.mark.full
async def test_a_reason_has_to_be_given(run: Command, desk: Desk):
    result = run("outbox", "discard", NOBODY)
    assert result.code == 2
    assert "Missing option '--reason'" in result.errors
