"""A mailbox on a real IMAP server: every mail comes in once, whatever people, other programs and the line do."""

import asyncio
import imaplib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdesk_core import Helpdesk, Level, Secret
from helpdesk_core.testing.dovecot import USER, Dovecot
from helpdesk_email.inbound import box as box_module
from helpdesk_email.inbound.box import Box
from tests.plugins.helpdesk_email.imap_proxy import ImapProxy, replace
from tests.plugins.helpdesk_email.mail_world import mail, mail_site
from tests.plugins.helpdesk_email.mailbox_kit import BoxDesk, desk, dovecot, fill, imap_server, in_folder, kept, poller

__all__ = ["desk", "dovecot", "imap_server"]
pytestmark = [pytest.mark.anyio, pytest.mark.needs("dovecot")]


@pytest.mark.parametrize("count", [1, 2, 7])
async def test_b61_every_mail_that_waits_comes_in_and_is_moved(desk: BoxDesk, dovecot: Dovecot, count: int) -> None:
    """Moving takes each mail out at once: whoever went by numbers in the folder would miss every second one."""
    mails = fill(dovecot, count)
    assert await poller(desk, dovecot.port).once() == count
    assert await kept(desk) == mails
    assert (in_folder(dovecot, "INBOX"), in_folder(dovecot, "Processed")) == (0, count)
    assert await poller(desk, dovecot.port).once() == 0


async def test_where_the_site_wants_them_left_mails_are_marked_and_come_in_once(
    desk: BoxDesk, dovecot: Dovecot
) -> None:
    fill(dovecot, 3)
    for expected in (3, 0):
        assert await poller(desk, dovecot.port, processed="").once() == expected
    with dovecot.session() as client:
        client.select("INBOX")
        assert len(client.search(None, "SEEN")[1][0].split()) == 3
    dovecot.deliver(mail(text="Neues", to=USER))
    assert await poller(desk, dovecot.port, processed="").once() == 1


async def test_f12_a_mail_that_somebody_read_before_us_comes_in_all_the_same(desk: BoxDesk, dovecot: Dovecot) -> None:
    fill(dovecot, 1)
    with dovecot.session() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Seen \Answered)")
    assert await poller(desk, dovecot.port).once() == 1


async def test_f12_a_mail_that_is_moved_back_is_a_recorded_duplicate(desk: BoxDesk, dovecot: Dovecot) -> None:
    fill(dovecot, 1)
    await poller(desk, dovecot.port).once()
    with dovecot.session() as client:
        client.select("Processed")
        client.uid("MOVE", "1", "INBOX")
    await poller(desk, dovecot.port).once()
    assert len(await desk.rows()) == 1
    assert len(await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_email_arrival")) == 2
    assert in_folder(dovecot, "INBOX") == 0


async def test_f11_a_mail_that_another_client_takes_away_meanwhile_stops_nothing(
    desk: BoxDesk, dovecot: Dovecot
) -> None:
    fill(dovecot, 3)

    class Robbed(Box):
        def sizes(self, uids: Any) -> dict[int, int]:
            found = super().sizes(uids)
            with dovecot.session() as client:
                client.select("INBOX")
                client.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
                client.expunge()
            return found

    robbed = poller(desk, dovecot.port)
    robbed._box = Robbed
    assert await robbed.once() == 2
    assert in_folder(dovecot, "INBOX") == 0


@pytest.mark.parametrize("processed", ["Processed", ""])
async def test_f11_b66_a_new_uidvalidity_loses_and_doubles_nothing(
    desk: BoxDesk, dovecot: Dovecot, processed: str
) -> None:
    fill(dovecot, 2)
    await poller(desk, dovecot.port, processed=processed).once()
    dovecot.deliver(mail(text="Danach", to=USER))
    async with ImapProxy(dovecot.port) as proxy:
        proxy.from_server.append(replace(rb"UIDVALIDITY \d+", b"UIDVALIDITY 4242424242", times=100))
        await poller(desk, proxy.port, processed=processed).once()
    assert len(await desk.rows()) == 3


async def test_f11_a_folder_that_was_made_anew_is_read_anew(desk: BoxDesk, dovecot: Dovecot) -> None:
    with dovecot.session() as client:
        client.create("Support")
    fill(dovecot, 1, "Support")
    await poller(desk, dovecot.port, folder="Support", processed="").once()
    with dovecot.session() as client:
        client.delete("Support")
    # The epoch of a folder counts in seconds.
    await asyncio.sleep(1.1)
    with dovecot.session() as client:
        client.create("Support")
    dovecot.deliver(mail(text="Im neuen Ordner", to=USER), "Support")
    await poller(desk, dovecot.port, folder="Support", processed="").once()
    assert len(await desk.rows()) == 2


async def test_b62_a_mail_that_the_server_refuses_to_give_does_not_stop_the_others(
    desk: BoxDesk, dovecot: Dovecot
) -> None:
    fill(dovecot, 4)
    async with ImapProxy(dovecot.port) as proxy:
        # The second fetch of a mail is answered with NO.
        proxy.from_client.append(replace(rb"UID FETCH 2 \(UID BODY", b"UID FETCH 2 (NONSENSE BODY"))
        refusing = poller(desk, proxy.port)
        try:
            await refusing.once()
        except imaplib.IMAP4.error:
            pytest.fail("one mail stopped the others")
    assert len(await desk.rows()) == 3


async def test_b67_a_folder_that_takes_no_more_mails_doubles_nothing(desk: BoxDesk, dovecot: Dovecot) -> None:
    fill(dovecot, 2)

    class Full(Box):
        def put_away(self, uids: Any) -> None:
            raise box_module.Refusal("MOVE: [OVERQUOTA] full")

    full = poller(desk, dovecot.port)
    full._box = Full
    assert await full.once() == 2
    assert in_folder(dovecot, "INBOX") == 2
    [finding] = await health(desk)
    assert finding.level is Level.FAILURE
    # With room again they are moved and do not come in a second time.
    assert await poller(desk, dovecot.port).once() == 0
    assert (in_folder(dovecot, "INBOX"), len(await desk.rows())) == (0, 2)


async def health(desk: BoxDesk) -> Any:
    check = next(check for check in desk.helpdesk.health_checks if check.name == "helpdesk_email.mailboxes")
    return await check.ask()


async def test_f31_of_too_large_a_mail_only_the_headers_are_fetched(desk: BoxDesk, dovecot: Dovecot) -> None:
    customer = await desk.customer()
    dovecot.deliver(mail(customer.email, "Riesig", "x\n" * 200_000, to=USER))
    async with ImapProxy(dovecot.port) as proxy:
        assert await poller(desk, proxy.port, largest=50_000).once() == 1
        assert proxy.passed < 50_000
    await desk.handle()
    [row] = await desk.rows()
    assert (row.state, row.outcome, row.headers_only, row.size > 400_000) == ("held", "too-large", True, True)
    assert in_folder(dovecot, "INBOX") == 0
    assert row.subject == "Riesig"


@pytest.mark.parametrize("refused", [pytest.param(True, marks=pytest.mark.full), False])
async def test_b69_a_mailbox_that_cannot_be_read_shows_at_once_and_no_more_when_it_can(
    desk: BoxDesk, dovecot: Dovecot, *, refused: bool
) -> None:
    # A server takes its time to refuse a sign-in; nobody being there shows at once.
    port = dovecot.port if refused else 1
    broken = asyncio.create_task(poller(desk, port, password=Secret("falsch")).run())
    async with asyncio.timeout(20):
        while not await desk.helpdesk.database.fetch("SELECT reason FROM helpdesk_email_box"):
            await asyncio.sleep(0.05)
    broken.cancel()
    [finding] = await health(desk)
    assert finding.level is Level.FAILURE
    assert "falsch" not in str(finding.values)
    await poller(desk, dovecot.port).once()
    [finding] = await health(desk)
    assert finding.level is Level.OK
    desk.clock.advance(timedelta(minutes=6))
    [finding] = await health(desk)
    assert finding.level is Level.FAILURE


async def test_new_mail_is_announced_and_stopping_is_quick(desk: BoxDesk, dovecot: Dovecot) -> None:
    running = asyncio.create_task(poller(desk, dovecot.port, poll_seconds=600).run())
    try:
        fill(dovecot, 1)
        async with asyncio.timeout(20):
            while not await desk.rows():
                await asyncio.sleep(0.05)
            # Now it rests; the next one is announced.
            dovecot.deliver(mail(text="Noch eine", to=USER))
            while len(await desk.rows()) < 2:
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        async with asyncio.timeout(3):
            await asyncio.gather(running, return_exceptions=True)


async def test_the_services_of_the_site_read_each_mailbox_alone(desk: BoxDesk) -> None:
    services = {service.name: service.single for service in desk.helpdesk.services}
    assert services == {"helpdesk_email.intake": False, f"helpdesk_email.mailbox.{USER}": True}


async def test_a_demonstration_reads_no_mailbox(desk: BoxDesk, sqlite_url: str, tmp_path: Path) -> None:
    demo = Helpdesk(mail_site(sqlite_url, tmp_path / "files", desk.email), {}, demo=True)
    assert [service.name for service in demo.services] == ["helpdesk_email.intake"]
