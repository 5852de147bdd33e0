from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.bus import Failed, Outcome, Retry, Sent, State, Uncertain
from helpdesk_core.bus.verdicts import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    TRANSITIONS,
    Standing,
    after_crash,
    after_try,
    expired,
    given_back,
    wait,
    withdrawn,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

spreads = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 200)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Sent, st.just("250 ok")),
    st.builds(Failed, st.just("550 no such user")),
    st.builds(Uncertain, st.just("no answer")),
    st.builds(
        Retry,
        st.just("450 later"),
        st.none() | st.timedeltas(timedelta(), timedelta(days=2)),
        st.booleans(),
    ),
)
standings = st.builds(
    Standing,
    attempts=attempts,
    marks=st.integers(0, 1),
    expires_at=st.timedeltas(timedelta(days=-1), timedelta(days=5)).map(lambda left: NOW + left),
)


@given(attempts, spreads)
def test_a_pause_lies_between_one_minute_and_four_thousand_seconds(attempt: int, spread: float) -> None:
    assert SHORTEST_WAIT <= wait(attempt, spread) <= LONGEST_WAIT


@given(st.integers(1, 6), spreads, spreads)
def test_a_pause_is_never_shorter_than_the_one_before_until_the_longest(attempt: int, one: float, two: float) -> None:
    assert wait(attempt, one) <= wait(attempt + 1, two)


@given(st.integers(7, 200), spreads, spreads)
def test_at_its_longest_the_pause_only_trembles(attempt: int, one: float, two: float) -> None:
    assert wait(attempt, one) == wait(attempt + 1, one)
    assert abs(wait(attempt, one) - wait(attempt, two)) <= LONGEST_WAIT * 0.3


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({wait(3, spread / 100) for spread in range(100)}) == 100


@given(standings, outcomes, spreads)
def test_every_verdict_is_a_step_that_the_table_knows(standing: Standing, outcome: Outcome, spread: float) -> None:
    verdicts = [
        after_try(outcome, standing, now=NOW, spread=spread),
        after_crash(standing, now=NOW, spread=spread),
        given_back(standing, now=NOW),
        expired(standing),
        withdrawn(standing, "gone"),
    ]
    for verdict in verdicts:
        assert verdict.state in TRANSITIONS[State.SENDING]
        # What is to be tried again has a time, and what is not has none.
        assert (verdict.available_at is not None) == (verdict.state in (State.QUEUED, State.DEFERRED))
        # Nothing is tried again once two copies may have arrived.
        assert verdict.marks < 2 or verdict.state in (State.UNCERTAIN, State.SENT)


@given(standings, outcomes, spreads)
def test_only_what_may_have_been_taken_keeps_its_mark(standing: Standing, outcome: Outcome, spread: float) -> None:
    verdict = after_try(outcome, standing, now=NOW, spread=spread)
    taken = isinstance(outcome, Sent | Uncertain)
    assert verdict.marks == standing.marks + taken


@given(standings, spreads)
def test_a_delivery_ends_with_the_first_failure_after_its_time(standing: Standing, spread: float) -> None:
    verdict = after_try(Retry("450 later"), standing, now=NOW, spread=spread)
    if standing.expires_at > NOW:
        assert verdict.state is State.DEFERRED
        assert verdict.available_at is not None
        assert verdict.available_at <= max(standing.expires_at, NOW + SHORTEST_WAIT)
    else:
        assert verdict.state is (State.UNCERTAIN if standing.marks else State.DEAD)
        assert "450 later" in (verdict.reason or "")


def test_however_often_it_is_refused_for_now_a_delivery_ends_after_five_days() -> None:
    begin, now, tries, marks = NOW, NOW, 0, 0
    state = State.DEFERRED
    while state is State.DEFERRED:
        tries += 1
        standing = Standing(attempts=tries, marks=marks, expires_at=begin + timedelta(days=5))
        verdict = after_try(Retry("450 later"), standing, now=now, spread=0.5)
        state, now = verdict.state, verdict.available_at or now
    assert state is State.DEAD
    assert now - begin <= timedelta(days=5) + SHORTEST_WAIT
    assert tries > 100


@given(st.timedeltas(timedelta(), timedelta(days=2)), spreads)
def test_a_channel_may_ask_for_a_longer_pause_but_not_for_ever(after: timedelta, spread: float) -> None:
    standing = Standing(attempts=1, marks=0, expires_at=NOW + timedelta(days=5))
    verdict = after_try(Retry("later", after=after), standing, now=NOW, spread=spread)
    assert verdict.available_at is not None
    pause = verdict.available_at - NOW
    assert min(after, LONGEST_WAIT) <= pause <= LONGEST_WAIT


def test_a_channel_that_is_down_costs_a_delivery_no_patience() -> None:
    standing = Standing(attempts=9, marks=0, expires_at=NOW + timedelta(days=5))
    verdict = after_try(Retry("no connection", whole_channel=True), standing, now=NOW, spread=0)
    assert verdict.attempts == 8
    assert verdict.available_at == NOW + SHORTEST_WAIT


def test_a_crash_before_the_mark_puts_it_back_in_its_place() -> None:
    verdict = after_crash(Standing(attempts=1, marks=0, expires_at=NOW), now=NOW, spread=0)
    assert (verdict.state, verdict.available_at) == (State.QUEUED, NOW)


def test_a_delivery_that_keeps_killing_its_workers_steps_aside() -> None:
    verdict = after_crash(Standing(attempts=5, marks=0, expires_at=NOW), now=NOW, spread=0)
    assert (verdict.state, verdict.available_at) == (State.DEFERRED, NOW + SHORTEST_WAIT)


def test_a_crash_after_the_mark_is_tried_once_more_and_then_a_person_is_asked() -> None:
    once = after_crash(Standing(attempts=1, marks=1, expires_at=NOW), now=NOW, spread=0)
    assert once.state is State.QUEUED
    twice = after_crash(Standing(attempts=2, marks=2, expires_at=NOW), now=NOW, spread=0)
    assert twice.state is State.UNCERTAIN


def test_no_answer_after_the_mark_counts_like_a_crash() -> None:
    later = NOW + timedelta(days=5)
    once = after_try(Uncertain("?"), Standing(attempts=1, marks=0, expires_at=later), now=NOW, spread=0)
    assert (once.state, once.marks) == (State.DEFERRED, 1)
    twice = after_try(Uncertain("?"), Standing(attempts=2, marks=1, expires_at=later), now=NOW, spread=0)
    assert (twice.state, twice.marks) == (State.UNCERTAIN, 2)


def test_what_may_have_arrived_is_uncertain_and_not_dead_when_it_is_given_up() -> None:
    assert expired(Standing(attempts=3, marks=0, expires_at=NOW)).state is State.DEAD
    assert expired(Standing(attempts=3, marks=1, expires_at=NOW)).state is State.UNCERTAIN


def test_from_an_end_no_step_leads_on_without_a_person() -> None:
    assert {state for state, steps in TRANSITIONS.items() if not steps} == {
        State.SENT,
        State.WITHDRAWN,
        State.SUPPRESSED,
    }
    assert set(TRANSITIONS) == set(State)
