"""Mail is read in processes that may hang, crash and die without hurting the next mail."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpdesk_email.inbound import child, limits, pool
from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.inbound.pool import ParserPool, Reason, Unreadable
from tests.plugins.helpdesk_email.hostile_mails import HEAD, HTML, PUMPS
from tests.plugins.helpdesk_email.sample_mails import raw

pytestmark = pytest.mark.anyio

MEMORY_BOMB = HTML + b"".join(b"<p><b a=%d></i></p>" % number for number in range(40_000))
"""Formatting that every paragraph opens anew: a quadratic number of elements, which native code would build."""


def start_child(bootstrap=child.BOOTSTRAP):
    inbound = Path(pool.__file__).parent
    return subprocess.Popen(
        [sys.executable, "-I", "-c", bootstrap, str(inbound.parent), str(inbound)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def talk(process, mail):
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"".join(child.request(mail, read_html=True, contents=True)))
    process.stdin.flush()
    (length,) = child.LENGTH.unpack(process.stdout.read(child.LENGTH.size))
    return child.answer(process.stdout.read(length))


def modules_of(bootstrap):
    loaded, _ = start_child(bootstrap).communicate()
    return set(loaded.decode().split())


def test_the_child_holds_nothing_but_the_standard_library_msgspec_nh3_and_its_own_files():
    tell = "print(*sys.modules)\n"
    loaded = modules_of(child.BOOTSTRAP.replace("serve()\n", tell))
    before = modules_of("import sys, msgspec, nh3, msgspec.msgpack, msgspec.json\n" + tell)
    added = {name for name in loaded - before if name.partition(".")[0] not in sys.stdlib_module_names}
    assert "helpdesk_email.inbound.parse" in added
    assert {name for name in added if not name.startswith("helpdesk_email.inbound")} == {"helpdesk_email"}


def test_the_child_ends_with_its_input_and_answers_until_then():
    process = start_child()
    assert talk(process, raw("plain_german")) == parse(raw("plain_german"))
    assert talk(process, raw("files")) == parse(raw("files"))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_a_child_whose_parent_is_killed_ends():
    """The parent is a Python of its own that starts a child, tells its id and sleeps."""
    inbound = Path(pool.__file__).parent
    script = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-I', '-c', *sys.argv[1:]]\n"
        "c = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "print(c.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, child.BOOTSTRAP, str(inbound.parent), str(inbound)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    ended = asyncio.run(_readable(watched, 10))
    os.close(watched)
    assert ended


async def _readable(descriptor, seconds):
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, event.set)
    try:
        await asyncio.wait_for(event.wait(), seconds)
    finally:
        loop.remove_reader(descriptor)
    return event.is_set()


async def test_a_mail_read_in_the_pool_is_the_mail_read_here():
    async with ParserPool() as parsers:
        for name in ("plain_german", "files", "bounce_postfix", "japanese_vendor_letters"):
            assert await parsers.parse(raw(name)) == parse(raw(name))


async def test_contents_of_files_cross_the_pipe_only_when_asked_for():
    async with ParserPool() as parsers:
        with_bytes = await parsers.parse(raw("files"))
        without = await parsers.parse(raw("files"), contents=False)
    assert isinstance(with_bytes, ParsedMail)
    assert isinstance(without, ParsedMail)
    assert [file.sha256 for file in with_bytes.attachments] == [file.sha256 for file in without.attachments]
    assert all(file.content for file in with_bytes.attachments)
    assert not any(file.content for file in without.attachments)


async def test_a_memory_bomb_is_read_without_its_html_and_the_next_mail_whole():
    async with ParserPool() as parsers:
        bomb = await parsers.parse(MEMORY_BOMB)
        following = await parsers.parse(raw("gmail_reply"))
    assert isinstance(bomb, ParsedMail)
    assert bomb.from_address == "eva@schule.example"
    assert bomb.html is None
    assert [file.filename for file in bomb.attachments] == ["message.html"]
    assert {"html-not-read", "html-crash"} <= set(bomb.defects)
    assert following == parse(raw("gmail_reply"))


async def test_poison_between_good_mails_never_hurts_the_next_f30():
    async with ParserPool() as parsers:
        for pump in PUMPS.values():
            assert isinstance(await parsers.parse(pump(20_000)), ParsedMail)
            assert await parsers.parse(raw("plain_german")) == parse(raw("plain_german"))


async def test_a_process_that_hangs_is_killed_and_replaced_r11():
    async with ParserPool(seconds=0.5) as parsers:
        assert isinstance(
            await ParserPool._try(parsers, raw("plain_german"), read_html=True, contents=True), ParsedMail
        )
        (process,) = parsers._all
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        hung = await parsers._try(raw("plain_german"), read_html=True, contents=True)
        assert time.monotonic() - started < 3
        assert isinstance(hung, Unreadable)
        assert hung.reason is Reason.TIMEOUT
        assert process.status == -signal.SIGKILL
        assert {other.pid for other in parsers._all} != {process.pid}


async def test_a_process_that_ended_while_idle_costs_no_mail_anything():
    async with ParserPool() as parsers:
        await parsers.parse(raw("plain_german"))
        (process,) = parsers._all
        os.kill(process.pid, signal.SIGKILL)
        await process._process.wait()
        assert await parsers.parse(raw("gmail_reply")) == parse(raw("gmail_reply"))


async def test_a_mail_that_breaks_every_try_is_unreadable_and_says_why(monkeypatch):
    monkeypatch.setattr(child, "BOOTSTRAP", "import sys; sys.stdin.buffer.read(5); sys.exit(3)")
    async with ParserPool() as parsers:
        broken = await parsers.parse(raw("plain_german"))
    assert broken == Unreadable(reason=Reason.CRASH, detail="the parser process ended with status 3")


async def test_an_abandoned_question_is_not_answered_to_the_next():
    async with ParserPool() as parsers:
        await parsers.parse(raw("plain_german"))
        abandoned = asyncio.create_task(parsers.parse(HEAD + b"\n" + b"abandoned\n" * 200_000))
        await asyncio.sleep(0)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        assert await parsers.parse(raw("gmail_reply")) == parse(raw("gmail_reply"))


async def test_processes_are_renewed_after_a_number_of_mails():
    async with ParserPool(mails_per_process=2) as parsers:
        seen = set()
        for _ in range(5):
            seen |= {process.pid for process in parsers._all}
            assert isinstance(await parsers.parse(raw("plain_german")), ParsedMail)
        assert len(seen) == 3


async def test_many_mails_at_once_are_each_answered_with_themselves():
    async with ParserPool(size=2) as parsers:
        mails = await asyncio.gather(
            *(parsers.parse(b"From: a@b.de\nSubject: %d\n\nx" % number) for number in range(60))
        )
    assert [mail.subject for mail in mails if isinstance(mail, ParsedMail)] == [str(number) for number in range(60)]


async def test_no_process_outlives_the_pool():
    async with ParserPool(size=2) as parsers:
        processes = list(parsers._all)
        await parsers.parse(raw("plain_german"))
    assert all(process.status is not None for process in processes)


async def test_of_an_oversize_mail_only_the_beginning_is_sent_f31():
    mail = HEAD + b"\n" + b"x" * limits.MAIL_BYTES
    head, body = child.request(mail, read_html=True, contents=True)
    assert len(head) + len(body) < 1024 * 1024
    async with ParserPool() as parsers:
        assert await parsers.parse(mail) == parse(mail)


async def test_a_mail_of_the_full_size_fits_into_the_memory_of_a_process():
    async with ParserPool() as parsers:
        eight_bit = HEAD + b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n"
        mail = await parsers.parse(eight_bit + b"\xff" * (limits.MAIL_BYTES - len(eight_bit)))
    assert isinstance(mail, ParsedMail)
    assert mail.defects == ()
    assert mail.attachments[0].size == limits.MAIL_BYTES - len(eight_bit)
