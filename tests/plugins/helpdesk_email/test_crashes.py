"""Processes that are killed at the worst moments: nothing is lost, and no mail goes out more than twice.

Each test kills a real process with SIGKILL; the next one finds what it left.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from helpdesk_core import Helpdesk
from helpdesk_core.clock import SystemClock
from helpdesk_core.testing.dovecot import USER, Dovecot
from helpdesk_core.testing.smtp import Hold, MailServer
from helpdesk_email.inbound import claims
from tests.plugins.helpdesk_email.crashing_program import POINTS
from tests.plugins.helpdesk_email.mail_world import MailDesk, email_plugin, mail, mail_site

pytestmark = pytest.mark.anyio
ALWAYS = {"after-keep", "after-move", "end-of-apply"}
PROGRAM = Path(__file__).with_name("crashing_program.py")


class Site:
    """A site whose processes are started and killed."""

    def __init__(self, desk: MailDesk, url: str, files: Path) -> None:
        self.desk = desk
        self._url = url
        self._files = files

    async def start(self, what: str, port: int, *point: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), what, self._url, str(self._files), str(port), *point
        )

    async def delivery(self) -> dict[str, object]:
        rows = await self.desk.helpdesk.database.fetch("SELECT state, marks FROM helpdesk_core_delivery")
        assert len(rows) == 1
        return rows[0]


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    email = email_plugin()
    files = tmp_path / "files"
    async with Helpdesk(mail_site(sqlite_url, files, email), {}) as helpdesk:
        with helpdesk.database.use():
            yield Site(MailDesk(helpdesk, SystemClock(), email), sqlite_url, files)  # type: ignore[arg-type]


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


FULL = pytest.mark.full


@pytest.mark.parametrize(
    ("phase", "copies"),
    [
        pytest.param("greeting", 1, marks=FULL),
        pytest.param("rcpt", 1, marks=FULL),
        pytest.param("data", 1, marks=FULL),
        ("body", 1),
        pytest.param("end", 1, marks=FULL),
        ("taken", 2),
    ],
)
async def test_f03_f04_f05_a_worker_killed_in_the_talk_leaves_at_most_two_copies(
    site: Site, server: MailServer, phase: str, copies: int
) -> None:
    customer = await site.desk.customer()
    await site.desk.ticket(customer)
    hold = Hold()
    server.plan(phase, hold)  # type: ignore[arg-type]
    first = await site.start("send", server.port)
    await asyncio.wait_for(hold.reached.wait(), 30)
    await kill(first)
    second = await site.start("send", server.port)
    try:
        await server.until(taken=copies, seconds=30)
        await until_state(site, "sent")
    finally:
        await kill(second)
    assert len(server.taken) == copies
    assert len({taken.header("Message-ID") for taken in server.taken}) == 1
    assert len({taken.content for taken in server.taken}) == 1


async def test_r2_however_often_it_crashes_after_the_server_took_it_there_are_two_copies(
    site: Site, server: MailServer
) -> None:
    """Guarded by the mark before DATA: without it every crash would send another copy."""
    customer = await site.desk.customer()
    await site.desk.ticket(customer)
    for _ in range(5):
        hold = Hold()
        server.plan("taken", hold)
        worker = await site.start("send", server.port)
        reached = asyncio.create_task(hold.reached.wait())
        gave_up = asyncio.create_task(until_state(site, "uncertain"))
        await asyncio.wait({reached, gave_up}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        await kill(worker)
        done = gave_up.done()
        for task in (reached, gave_up):
            task.cancel()
        if done:
            break
    assert (await site.delivery())["state"] == "uncertain"
    assert len(server.taken) == 2
    assert len({taken.header("Message-ID") for taken in server.taken}) == 1


async def until_state(site: Site, state: str) -> None:
    async with asyncio.timeout(30):
        while (await site.delivery())["state"] != state:
            await asyncio.sleep(0.05)


@pytest.mark.needs("dovecot")
@pytest.mark.parametrize("point", [pytest.param(name, marks=() if name in ALWAYS else FULL) for name in POINTS])
async def test_f08_f09_a_reader_killed_anywhere_loses_and_doubles_nothing(
    site: Site, dovecot: Dovecot, point: str
) -> None:
    customer = await site.desk.customer()
    for number in range(3):
        dovecot.deliver(mail(customer.email, f"Sache {number}", f"Das ist Sache {'abc'[number]}.", to=USER))
    killed = await site.start("read", dovecot.port, point)
    assert await killed.wait() == -9
    # A worker that died is missed after its lease; the test does not wait for it.
    await site.desk.helpdesk.database.execute("UPDATE helpdesk_email_mail SET lease_until = NULL")
    again = await site.start("read", dovecot.port)
    assert await again.wait() == 0
    assert sorted(ticket["subject"] for ticket in await site.desk.tickets()) == [
        f"Sache {number}" for number in range(3)
    ]
    assert {row.state for row in await site.desk.rows()} == {"done"}
    receipts = await site.desk.helpdesk.database.fetch(
        "SELECT id FROM helpdesk_core_delivery WHERE notice = 'ticket_received'"
    )
    assert len(receipts) == 3
    assert (dovecot.count(), dovecot.count("Processed")) == (0, 3)
    assert claims.LEASE.total_seconds() < 60
