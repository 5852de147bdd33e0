"""Who may open a ticket: what answers come to, and that no plugin can hang, break or confuse the question."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core import checks
from helpdesk_core.bus import Actor
from helpdesk_core.checks import Check
from helpdesk_core.errors import Refused
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Abstain, Answer, Entitlement, Grant, OpenTicket, Review, Writing, entitlement
from helpdesk_core.tickets.entitlement import Answered, ask_entitlements, decide

KARIN = UUID(int=1)
COMMAND = OpenTicket(
    actor=Actor.of(KARIN), origin="web", once="1", requester=KARIN, subject="Hello", writing=Writing(text="Hello")
)

reasons = st.sampled_from(["contract", "trial", "none"])
answers = st.one_of(*(st.builds(kind, reason=reasons, text=st.just("So it is.")) for kind in (Grant, Review, Abstain)))
given_answers = st.lists(st.builds(Answered, rule=st.sampled_from(["a.one", "b.two", "c.three"]), answer=answers))
policies = st.sampled_from(["refuse", "review", "allow"])


def outcomes(found: list[Answered]) -> list[str]:
    return [each.answer.outcome for each in found]


@given(given_answers, policies)
def test_a_grant_suffices_else_a_review_else_the_policy_of_the_site(found, policy):
    verdict = decide(found, policy)
    if not found or "grant" in outcomes(found):
        assert verdict.outcome == "grant"
    elif "review" in outcomes(found):
        assert verdict.outcome == "review"
    else:
        assert verdict.outcome == {"refuse": "refuse", "review": "review", "allow": "grant"}[policy]
        assert verdict.rule == "core.unentitled"


@given(given_answers, policies)
def test_the_deciding_answer_is_the_first_of_its_kind_and_all_answers_are_kept(found, policy):
    verdict = decide(found, policy)
    assert list(verdict.answers) == found
    deciding = [each for each in found if each.answer.outcome == verdict.outcome]
    if deciding:
        assert (verdict.rule, verdict.answer) == (deciding[0].rule, deciding[0].answer)
    elif found:
        assert verdict.answer == found[0].answer


@given(given_answers, policies, answers)
def test_another_answer_never_closes_a_door_that_was_open(found, policy, more):
    before, after = decide(found, policy), decide([*found, Answered(rule="d.four", answer=more)], policy)
    if found and before.outcome != "refuse":
        assert after.outcome != "refuse"
    if "grant" in outcomes(found):
        assert after.outcome == "grant"


def says(answer: Any, *, wait: Callable[[], Awaitable[Any]] | None = None) -> Entitlement:
    async def ask(command: OpenTicket) -> Answer:
        if wait is not None:
            await wait()
        if isinstance(answer, Exception):
            raise answer
        found: Answer = answer
        return found

    return Entitlement(name="test.rule", ask=ask)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "nonsense",
    [
        RuntimeError("broken"),
        TimeoutError(),
        None,
        True,
        "grant",
        Grant,
        Answer(reason="neither", text="Nor."),
        Grant(reason="No Code!", text="Yes."),
        Grant(reason="x" * 65, text="Yes."),
        Grant(reason="contract", text=None),  # type: ignore[arg-type] # a plugin may do anything
        Grant(reason="contract", text="Yes.", facts={"row": object()}),
        Grant(reason="contract", text="Yes.", until=datetime(2026, 1, 1)),  # noqa: DTZ001 - a plugin may forget it
        Grant(reason="contract", text="Yes.", until="tomorrow"),  # type: ignore[arg-type] # the same
    ],
)
async def test_an_answer_that_is_none_counts_as_a_review_and_does_not_hide_the_others(nonsense, caplog):
    verdict = await ask_entitlements([says(nonsense), says(Abstain(reason="none", text="No."))], COMMAND, "refuse")
    assert (verdict.outcome, verdict.answer.reason) == ("review", "check-failed")
    assert [each.answer.reason for each in verdict.answers] == ["check-failed", "none"]
    assert "entitlement failed" in caplog.text
    granted = await ask_entitlements([says(nonsense), says(Grant(reason="contract", text="Yes."))], COMMAND, "refuse")
    assert granted.outcome == "grant"


@pytest.mark.anyio
async def test_a_good_answer_is_kept_as_it_is():
    answer = Grant(
        reason="contract",
        text="Until %(until)s.",
        values={"until": datetime(2026, 12, 31, tzinfo=UTC)},
        until=datetime(2026, 12, 31, tzinfo=UTC),
        facts={"periods": 1, "kind": None},
    )
    assert (await ask_entitlements([says(answer)], COMMAND, "refuse")).answer == answer


@pytest.mark.anyio
async def test_an_entitlement_that_hangs_is_cut_at_its_budget_and_counts_as_a_review(monkeypatch):
    """Red without the `timeout` in `ask_entitlements`."""
    monkeypatch.setattr(entitlement, "BUDGET", 0.05)
    began = time.monotonic()
    hanging = says(Grant(reason="contract", text="Yes."), wait=asyncio.Event().wait)
    verdict = await ask_entitlements([hanging, hanging], COMMAND, "refuse")
    assert verdict.outcome == "review"
    assert time.monotonic() - began < 5


@pytest.mark.anyio
async def test_who_cancels_the_question_is_obeyed():
    asked = asyncio.Event()

    async def wait() -> None:
        asked.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(ask_entitlements([says(None, wait=wait)], COMMAND, "refuse"))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_a_check_that_hangs_is_cut_at_its_budget_and_refuses_for_the_time_being(desk: Desk, monkeypatch):
    monkeypatch.setattr(checks, "BUDGET", 0.05)

    async def hang(command: object) -> None:
        await asyncio.Event().wait()

    karin = await desk.person("Karin Krüger")
    desk.helpdesk.tickets.wire(
        checks=[Check(name="test.slow", command=OpenTicket, ask=hang)], entitlements=(), fields=()
    )
    with pytest.raises(Refused) as error:
        await desk.ticket(karin)
    assert (error.value.rule, error.value.temporary) == ("test.slow", True)
    assert not await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_ticket")


@pytest.mark.anyio
async def test_no_unit_is_open_while_plugins_are_asked(desk: Desk):
    """What a plugin asks the database for, and how long it thinks, blocks nobody's commit."""
    open_units = []

    async def look(command: object) -> None:
        open_units.append(desk.helpdesk.database.engine.transaction_exists())

    async def ask(command: OpenTicket) -> Grant:
        await look(command)
        return Grant(reason="contract", text="Yes.")

    karin = await desk.person("Karin Krüger")
    desk.helpdesk.tickets.wire(
        checks=[Check(name="test.look", command=object, ask=look)],
        entitlements=[Entitlement(name="test.look", ask=ask)],
        fields=(),
    )
    await desk.ticket(karin)
    assert open_units == [False, False]
