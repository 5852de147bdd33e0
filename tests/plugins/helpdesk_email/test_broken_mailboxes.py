"""A line to the mailbox that breaks in every way: the mail stays there, and no half of it is here."""

import asyncio
import imaplib
from typing import Any

import pytest

from helpdesk_core.testing.dovecot import Dovecot
from helpdesk_email.inbound import box as box_module
from helpdesk_email.inbound.box import TROUBLES
from tests.plugins.helpdesk_email.imap_proxy import ImapProxy, cut_within, replace, silence_at
from tests.plugins.helpdesk_email.mailbox_kit import BoxDesk, desk, dovecot, fill, imap_server, in_folder, kept, poller

__all__ = ["desk", "dovecot", "imap_server"]
pytestmark = [pytest.mark.anyio, pytest.mark.needs("dovecot")]


BREAKS = {
    "cut in the mail": cut_within(rb"BODY\[\] \{\d+\}\r\n", 40),
    "cut before the mail": cut_within(rb"BODY\[\] \{", 0),
    "too short a length": replace(rb"BODY\[\] \{(\d+)\}", b"BODY[] {50}"),
    "too long a length": replace(rb"BODY\[\] \{(\d+)\}", b"BODY[] {90000}"),
    "a gigabyte announced": replace(rb"BODY\[\] \{(\d+)\}", b"BODY[] {1073741824}"),
    "goodbye": replace(rb"\* \d+ FETCH \(UID \d+ BODY", b"* BYE enough for today\r\n* 1 FETCH (UID 1 BODY"),
    "silence": silence_at(rb"BODY\[\]"),
    "nonsense": replace(rb"\* \d+ FETCH", b"\xff\xfe what?\r\n* 1 FETCH"),
    "silence at the search": silence_at(rb"\* SEARCH"),
}


@pytest.mark.parametrize("break_", BREAKS)
async def test_f10_a_broken_line_leaves_the_mail_where_it_is_and_no_half_of_it_here(
    desk: BoxDesk, dovecot: Dovecot, break_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_module, "TIMEOUT", 0.5)
    [raw] = fill(dovecot, 1)
    async with ImapProxy(dovecot.port) as proxy:
        proxy.from_server.append(BREAKS[break_])
        try:
            await poller(desk, proxy.port).once()
        except TROUBLES:
            assert await kept(desk) == []
            assert in_folder(dovecot, "INBOX") == 1
        await poller(desk, proxy.port).once()
    assert await kept(desk) == [raw]
    assert in_folder(dovecot, "INBOX") == 0


async def test_the_reader_comes_back_after_the_line_was_cut(desk: BoxDesk, dovecot: Dovecot, monkeypatch: Any) -> None:
    monkeypatch.setattr("helpdesk_email.inbound.poller.FIRST_PAUSE", 0.05)
    [raw] = fill(dovecot, 1)
    async with ImapProxy(dovecot.port) as proxy:
        proxy.from_server.append(cut_within(rb"BODY\[\] \{\d+\}\r\n", 10, times=2))
        running = asyncio.create_task(poller(desk, proxy.port).run())
        try:
            async with asyncio.timeout(20):
                while not await kept(desk):
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert await kept(desk) == [raw]


async def test_f31_a_gigabyte_that_is_announced_is_not_even_begun(desk: BoxDesk, dovecot: Dovecot) -> None:
    """Guarded by `_Bounded.read`."""
    fill(dovecot, 1)
    async with ImapProxy(dovecot.port) as proxy:
        proxy.from_server.append(replace(rb"BODY\[\] \{(\d+)\}", b"BODY[] {1073741824}"))
        with pytest.raises(imaplib.IMAP4.abort, match="1073741824"):
            await poller(desk, proxy.port).once()
