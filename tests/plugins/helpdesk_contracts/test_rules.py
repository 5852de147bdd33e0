"""The rules of entitlement, against an oracle that is written from the promise and knows none of their words."""

from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_contracts.rules import Kind, Period, Situation, judge, trial_period, whole_year

BERLIN = ZoneInfo("Europe/Berlin")
OFFERS = "office@example.org"
TODAY = date(2026, 11, 23)

days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
products = st.sampled_from([None, "timetable", "reports"])


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(days)
    last = first + timedelta(days=draw(st.integers(0, 800)))
    kind = draw(st.sampled_from(get_args(Kind)))
    return Period(kind=kind, product=draw(products), first=first, last=last)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """What may be known of a customer, often on the days on which something begins or ends."""
    known = tuple(draw(st.lists(periods(), max_size=5)))
    trial = draw(periods()) if draw(st.booleans()) else None
    turns = [day for each in (*known, *((trial,) if trial else ())) for day in (each.first, each.last)]
    today = draw(days)
    near_a_turn: bool = draw(st.booleans())
    if turns and near_a_turn:
        today = draw(st.sampled_from(turns)) + timedelta(days=draw(st.integers(-1, 1)))
    return Situation(today=today, product=draw(products), periods=known, claim_in_use=draw(st.booleans()), trial=trial)


def outcome(situation: Situation) -> str:
    """What the promise says: support during a trial or a contract; a claim is looked at; nobody else is entitled."""
    everything = [*situation.periods, *([situation.trial] if situation.trial else [])]
    for period in everything:
        days_within = (period.last - period.first).days + 1
        about_it = situation.product is None or period.product is None or period.product == situation.product
        if about_it and 0 <= (situation.today - period.first).days < days_within:
            return "grant"
    return "review" if situation.claim_in_use else "abstain"


@given(situations())
def test_whoever_is_in_a_trial_or_contract_is_granted_a_claim_is_reviewed_and_nobody_else_is_entitled(
    situation: Situation,
):
    assert judge(situation, BERLIN, offers=OFFERS).outcome == outcome(situation)


@given(situations())
def test_every_answer_says_why_in_one_sentence_that_can_be_filled_in_and_keeps_its_facts(situation: Situation):
    answer = judge(situation, BERLIN, offers=OFFERS)
    sentence = answer.text % answer.values if answer.values else answer.text
    assert sentence.endswith(".")
    assert "%" not in sentence
    assert "%" not in (answer.next_step % answer.values if answer.next_step else "")
    assert answer.facts["today"] == situation.today.isoformat()
    assert answer.facts["claim_in_use"] is situation.claim_in_use


@given(situations())
def test_a_grant_ends_with_the_end_of_its_last_day_in_the_sites_zone(situation: Situation):
    answer = judge(situation, BERLIN, offers=OFFERS)
    if answer.outcome == "grant":
        assert answer.until is not None
        last = date.fromisoformat(answer.facts["to"])
        assert answer.until == datetime.combine(last + timedelta(days=1), time(), BERLIN)
        assert situation.today <= last


@given(situations(), periods())
def test_one_more_contract_never_takes_support_away(situation: Situation, more: Period):
    richer = Situation(
        today=situation.today,
        product=situation.product,
        periods=(*situation.periods, more),
        claim_in_use=situation.claim_in_use,
        trial=situation.trial,
    )
    order = ["abstain", "review", "grant"]
    before, after = (judge(each, BERLIN, offers=OFFERS).outcome for each in (situation, richer))
    assert order.index(after) >= order.index(before)


def contract(first: date, last: date, product: str | None = None) -> Period:
    return Period(kind="contract", product=product, first=first, last=last)


def trial(first: date, last: date) -> Period:
    return Period(kind="trial", product=None, first=first, last=last)


def answer_for(*given_periods: Period, product: str | None = None, today: date = TODAY):
    return judge(Situation(today=today, product=product, periods=given_periods), BERLIN, offers=OFFERS)


def test_a_contract_is_named_before_a_trial_and_the_one_that_lasts_longest_first():
    shorter = contract(date(2026, 1, 1), date(2026, 12, 31))
    longer = contract(date(2026, 6, 1), date(2027, 5, 31))
    found = answer_for(trial(TODAY, date(2028, 1, 1)), shorter, longer)
    assert (found.reason, found.values["until"]) == ("contract", date(2027, 5, 31))
    assert found.next_step == ""


def test_a_trial_says_where_an_offer_can_be_had():
    found = answer_for(trial(TODAY, TODAY))
    assert found.reason == "trial"
    assert (found.next_step % found.values).endswith("office@example.org.")


def test_a_contract_that_ended_is_named_with_its_last_day():
    found = answer_for(contract(date(2024, 1, 1), date(2024, 12, 31)), contract(date(2025, 1, 1), date(2025, 12, 31)))
    assert (found.reason, found.values["until"]) == ("contract-ended", date(2025, 12, 31))
    assert found.next_step


def test_a_contract_that_begins_later_is_named_with_its_first_day():
    found = answer_for(contract(date(2024, 1, 1), date(2024, 12, 31)), contract(date(2027, 1, 1), date(2027, 12, 31)))
    assert (found.reason, found.values["first"]) == ("begins-later", date(2027, 1, 1))


def test_a_contract_for_another_product_does_not_count_and_is_named():
    running = contract(date(2026, 1, 1), date(2026, 12, 31), "timetable")
    assert answer_for(running, product="timetable").outcome == "grant"
    assert answer_for(running, product="reports").reason == "other-product"


def test_where_nobody_says_the_product_as_in_a_mail_any_contract_counts():
    assert answer_for(contract(date(2026, 1, 1), date(2026, 12, 31), "timetable")).outcome == "grant"


@given(st.dates(date(2000, 1, 1), date(9997, 12, 31)))
def test_a_whole_year_ends_on_the_day_before_its_anniversary(first: date):
    last = whole_year(first)
    assert (last - first).days + 1 in {365, 366}
    following = last + timedelta(days=1)
    if (first.month, first.day) == (2, 29):
        assert (following.year, following.month, following.day) == (first.year + 1, 3, 1)
    else:
        assert following == first.replace(year=first.year + 1)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 11, 23), date(2027, 11, 22)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_years_that_people_would_count(first: date, last: date):
    assert whole_year(first) == last


@given(days, st.integers(1, 3660))
def test_a_trial_lasts_as_many_days_as_the_site_says_the_day_of_registration_included(registered: date, length: int):
    period = trial_period(registered, length, None)
    covered = [period.covers(registered + timedelta(days=at)) for at in (-1, 0, length - 1, length)]
    assert covered == [False, True, True, False]


def test_the_last_day_has_a_25th_hour_when_the_clocks_go_back():
    period = contract(date(2025, 10, 26), date(2026, 10, 25))
    found = answer_for(period, today=date(2026, 10, 25))
    assert found.until == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
