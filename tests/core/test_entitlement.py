"""The decision who may open a ticket: a grant suffices, else a review, else what the site does with the unentitled."""

import asyncio
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.bus import Actor
from helpdesk_core.db import uuid7
from helpdesk_core.tickets import Abstain, Answer, Entitlement, Grant, NotEntitled, OpenTicket, Review, Writing
from helpdesk_core.tickets import entitlement as room
from helpdesk_core.tickets.entitlement import Answered, Unentitled, ask_entitlements, decide

anyio = pytest.mark.anyio

KARIN = uuid7()
QUESTION = OpenTicket(
    actor=Actor.of(KARIN),
    origin="web",
    once="1",
    requester=KARIN,
    subject="It does not print",
    writing=Writing(text="Since today."),
)

kinds = st.sampled_from([Grant, Review, Abstain])
answers = st.lists(kinds, max_size=6).map(
    lambda types: tuple(
        Answered(rule=f"rule.{at}", answer=kind(reason=f"reason-{at}", text="A sentence."))
        for at, kind in enumerate(types)
    )
)
policies = st.sampled_from(get_args(Unentitled))


def given_by(*kinds: type[Answer]) -> list[Answered]:
    return [Answered(rule=f"rule.{at}", answer=kind(reason="r", text="t")) for at, kind in enumerate(kinds)]


@given(answers, policies)
def test_one_grant_suffices_then_one_review_then_the_policy_of_the_site(
    all_answers: tuple[Answered, ...], policy: Unentitled
):
    verdict = decide(all_answers, policy)
    outcomes = [each.answer.outcome for each in all_answers]
    if not outcomes or "grant" in outcomes:
        assert verdict.outcome == "grant"
    elif "review" in outcomes:
        assert verdict.outcome == "review"
    else:
        assert verdict.outcome == {"refuse": "refuse", "review": "review", "allow": "grant"}[policy]
    assert verdict.answers == all_answers


@given(answers, policies, st.randoms())
def test_the_order_of_the_plugins_does_not_change_the_outcome(
    all_answers: tuple[Answered, ...],
    policy: Unentitled,
    random,
):
    shuffled = list(all_answers)
    random.shuffle(shuffled)
    assert decide(shuffled, policy).outcome == decide(all_answers, policy).outcome


@given(answers, policies)
def test_the_deciding_answer_is_one_of_those_given_with_the_name_of_its_rule(
    all_answers: tuple[Answered, ...], policy: Unentitled
):
    verdict = decide(all_answers, policy)
    if not all_answers:
        assert verdict.rule == "core.open"
    elif all(each.answer.outcome == "abstain" for each in all_answers):
        assert verdict.rule == "core.unentitled"
        assert verdict.answer == all_answers[0].answer
    else:
        assert Answered(rule=verdict.rule, answer=verdict.answer) in all_answers
        assert verdict.answer.outcome == verdict.outcome


def test_the_first_grant_of_the_site_decides():
    assert decide(given_by(Abstain, Grant, Grant), "refuse").rule == "rule.1"


def test_a_refusal_says_what_the_first_rule_said():
    answer = Abstain(reason="ended", text="Your contract ended on %(until)s.", values={"until": "31.12.2025"})
    verdict = decide([Answered(rule="contracts", answer=answer)], "refuse")
    assert str(NotEntitled(verdict)) == "Your contract ended on 31.12.2025."
    assert NotEntitled(verdict).verdict is verdict


def asked(*functions) -> list[Entitlement]:
    return [Entitlement(name=f"rule.{at}", ask=function) for at, function in enumerate(functions)]


async def grants(command: OpenTicket) -> Answer:
    return Grant(reason="yes", text="Yes.")


async def abstains(command: OpenTicket) -> Answer:
    return Abstain(reason="no", text="No.")


async def fails(command: OpenTicket) -> Answer:
    raise RuntimeError("the register cannot be reached")


async def hangs(command: OpenTicket) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


@anyio
async def test_everybody_is_asked_even_after_a_grant_so_that_all_reasons_are_kept():
    verdict = await ask_entitlements(asked(grants, abstains), QUESTION, "refuse")
    assert [each.answer.reason for each in verdict.answers] == ["yes", "no"]


@anyio
async def test_a_rule_that_fails_counts_as_a_review_and_is_logged(caplog: pytest.LogCaptureFixture):
    verdict = await ask_entitlements(asked(fails, abstains), QUESTION, "refuse")
    assert (verdict.outcome, verdict.rule, verdict.answer.reason) == ("review", "rule.0", "check-failed")
    assert "the register cannot be reached" in caplog.text


@anyio
async def test_a_rule_that_hangs_is_cut_and_counts_as_a_review(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "BUDGET", 0.01)
    verdict = await ask_entitlements(asked(hangs, abstains), QUESTION, "refuse")
    assert verdict.outcome == "review"


@anyio
async def test_a_rule_that_fails_takes_no_grant_of_another_away():
    assert (await ask_entitlements(asked(fails, grants), QUESTION, "refuse")).outcome == "grant"


@anyio
async def test_without_any_rule_everybody_may_open_tickets():
    assert (await ask_entitlements([], QUESTION, "refuse")).answer.reason == "open-to-all"
