"""Handing mails to a mail server that breaks at every point of the talk: what became of each is always known."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from helpdesk_core.bus import Failed, Outcome, Retry, Sent, Uncertain
from helpdesk_core.testing.smtp import Drop, Garbage, Hang, Hold, MailServer, Phase, Slowly, Step
from helpdesk_email.outbound.lines import Timeouts
from tests.plugins.helpdesk_email.sending_kit import CONTENT, Marks, carrier, parcel, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


async def test_a_mail_is_taken_over_as_it_was_written(server: MailServer) -> None:
    marks = Marks(server)
    outcome = await send(server, marks=marks)
    assert outcome == Sent("250 2.0.0 queued as 1")
    [taken] = server.taken
    assert (taken.sender, taken.recipients, taken.content) == ("s@stueber.example", ("k@school.example",), CONTENT)
    assert marks.count == 1


async def test_the_mark_is_made_before_the_server_is_asked_to_take_the_mail(server: MailServer) -> None:
    marks = Marks(server)
    await send(server, marks=marks)
    assert [line.partition(" ")[0] for line in marks.heard_before] == ["EHLO", "MAIL", "RCPT"]


BEFORE: list[tuple[str, Step, type[Outcome], bool]] = [
    ("greeting", "421 4.3.2 closing", Retry, True),
    ("greeting", "554 5.3.2 not here", Retry, True),
    ("greeting", Drop(), Retry, True),
    ("greeting", Hang(), Retry, True),
    ("greeting", Garbage(), Retry, True),
    ("ehlo", "421 4.3.2 closing", Retry, True),
    ("ehlo", "502 5.5.1 no", Retry, True),
    ("ehlo", Drop(), Retry, True),
    ("ehlo", Hang(), Retry, True),
    ("mail", "421 4.3.2 closing", Retry, False),
    ("mail", "451 4.3.0 later", Retry, False),
    ("mail", "550 5.7.1 you may not", Retry, True),
    ("mail", "552 5.3.4 too large", Failed, False),
    ("mail", Drop(), Retry, False),
    ("mail", Hang(), Retry, False),
    ("mail", Garbage(), Retry, False),
    ("rcpt", "421 4.3.2 closing", Retry, False),
    ("rcpt", "450 4.2.0 greylisted", Retry, False),
    ("rcpt", "451 4.7.1 later", Retry, False),
    ("rcpt", "452 4.2.2 full", Retry, False),
    ("rcpt", "550 5.1.1 nobody", Failed, False),
    ("rcpt", "551 5.1.6 moved", Failed, False),
    ("rcpt", Drop(), Retry, False),
    ("rcpt", Hang(), Retry, False),
    ("rcpt", Garbage(), Retry, False),
]


@pytest.mark.parametrize(("phase", "step", "kind", "whole"), BEFORE)
async def test_f15_f16_before_the_mail_everything_is_certain_and_unmarked(
    server: MailServer, phase: Any, step: Step, kind: type[Outcome], *, whole: bool
) -> None:
    marks = Marks(server)
    server.plan(phase, step)
    outcome = await send(server, marks=marks)
    assert type(outcome) is kind
    assert getattr(outcome, "whole_channel", False) is whole
    assert marks.count == 0
    assert server.taken == []
    # The next mail goes out as if nothing had happened.
    assert isinstance(await send(server), Sent)


@pytest.mark.parametrize(
    ("phase", "step", "kind"),
    [
        ("data", "451 4.3.0 later", Retry),
        ("data", "554 5.7.1 no", Failed),
        ("data", "421 4.3.2 closing", Retry),
        ("data", "250 2.0.0 what?", Retry),
        ("data", Drop(), Retry),
        ("data", Hang(), Retry),
        ("data", Garbage(), Retry),
        ("end", "421 4.3.2 closing", Retry),
        ("end", "451 4.3.0 later", Retry),
        ("end", "452 4.3.1 disk full", Retry),
        ("end", "552 5.2.3 too large", Failed),
        ("end", "554 5.6.0 spam", Failed),
        ("body", Drop(), Uncertain),
        ("end", Drop(), Uncertain),
        ("end", Hang(), Uncertain),
        ("end", Garbage(), Uncertain),
        ("taken", Drop(), Uncertain),
        ("taken", Hang(), Uncertain),
        ("taken", Garbage(), Uncertain),
    ],
)
async def test_after_the_mark_only_silence_is_uncertain(
    server: MailServer, phase: Any, step: Step, kind: type[Outcome]
) -> None:
    marks = Marks(server)
    server.plan(phase, step)
    outcome = await send(server, marks=marks)
    assert type(outcome) is kind
    assert marks.count == 1
    assert len(server.taken) == (1 if phase == "taken" else 0)
    assert isinstance(await send(server), Sent)


async def test_what_the_server_said_is_kept_for_people(server: MailServer) -> None:
    server.plan("rcpt", "550-5.1.1 <k@school.example>\r\n550 5.1.1 <script>nobody</script>")
    outcome = await send(server)
    assert outcome == Failed("550 5.1.1 <k@school.example> 5.1.1 <script>nobody</script>")


async def test_f35_when_the_mail_is_not_ours_any_more_nothing_is_sent(server: MailServer) -> None:
    marks = Marks(server)
    marks.breaks = RuntimeError("somebody else has it")
    with pytest.raises(RuntimeError):
        await send(server, marks=marks)
    assert "DATA" not in server.heard
    assert server.taken == []


async def test_f16_one_of_three_refused_does_not_touch_the_others(server: MailServer) -> None:
    server.plan("rcpt", Slowly(0), "550 5.1.1 nobody")
    one_line = carrier(server, connections=1)
    outcomes = await asyncio.gather(
        *(one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient=f"{n}@y.example") for n in range(3))
    )
    assert [type(outcome) for outcome in outcomes] == [Sent, Failed, Sent]
    assert [mail.recipients for mail in server.taken] == [("0@y.example",), ("2@y.example",)]


async def test_mails_that_wait_share_a_line_and_the_last_one_hangs_up(server: MailServer) -> None:
    one_line = carrier(server, connections=1)
    await asyncio.gather(
        *(one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient="k@y.example") for _ in range(8))
    )
    assert len(server.taken) == 8
    assert server.connections == 1
    await asyncio.wait_for(_until(lambda: server.heard[-1] == "QUIT"), 5)


async def _until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.01)


async def test_f06_a_server_that_is_silent_holds_up_one_line_only(server: MailServer) -> None:
    patient = Timeouts(step=5, final=600, turn=5)
    held = Hold()
    server.plan("taken", held)
    both = carrier(server, patient, connections=2)
    slow = asyncio.create_task(both.carry(parcel(), Marks(server), sender="s@x.example", recipient="1@y.example"))
    await held.reached.wait()
    for _ in range(3):
        assert isinstance(
            await both.carry(parcel(), Marks(server), sender="s@x.example", recipient="2@y.example"), Sent
        )
    assert not slow.done()
    held.go.set()
    assert isinstance(await slow, Sent)


async def test_when_no_line_comes_free_the_mail_is_put_off(server: MailServer) -> None:
    held = Hold()
    server.plan("taken", held)
    one_line = carrier(server, Timeouts(step=5, final=5, turn=0.1), connections=1)
    slow = asyncio.create_task(one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient="1@y.example"))
    await held.reached.wait()
    outcome = await one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient="2@y.example")
    assert isinstance(outcome, Retry)
    held.go.set()
    assert isinstance(await slow, Sent)


async def test_a_cancelled_mail_leaves_no_half_line_behind(server: MailServer) -> None:
    held = Hold()
    server.plan("taken", held)
    one_line = carrier(server, Timeouts(step=5, final=5, turn=5), connections=1)
    cut = asyncio.create_task(one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient="1@y.example"))
    await held.reached.wait()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    assert isinstance(
        await one_line.carry(parcel(), Marks(server), sender="s@x.example", recipient="2@y.example"), Sent
    )
    assert server.connections == 2


async def test_f18_a_slow_server_is_waited_for(server: MailServer) -> None:
    slow_phases: tuple[Phase, ...] = ("greeting", "ehlo", "mail", "rcpt", "taken")
    for phase in slow_phases:
        server.plan(phase, Slowly(0.002))
    assert isinstance(await send(server), Sent)


async def test_nobody_there_stops_the_channel_and_not_the_mail(server: MailServer) -> None:
    await server.stop()
    outcome = await send(server)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r\n"])
async def test_b10_no_text_ends_a_mail_early(ending: bytes) -> None:
    """What leaves has CRLF alone and doubled dots; a careless server still sees one mail. Guarded by `_DOT`."""
    async with MailServer(ends_at_bare_line_feed=True) as careless:
        # The builder lets no bare CR or LF out; the worst that can stand in a mail is a dot at the start of a line.
        text = ending.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        content = b"Subject: x\r\n\r\na" + text + b"MAIL FROM:<evil@x.example>\r\n"
        assert isinstance(await send(careless, content=content), Sent)
        assert [mail.content for mail in careless.taken] == [content]
        assert not any("evil" in line for line in careless.heard)
