"""Statuses: every step that somebody may take, and no other. Each table is the promise, cell by cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import Refused
from helpdesk_core.tickets.workflow import AGENT_CHOICES, STATUSES, after_agent_reply, after_customer_reply, change

codes = st.sampled_from(sorted(STATUSES))


@pytest.mark.parametrize(
    ("before", "plain", "solved"),
    [
        ("new", "new", "solved"),
        ("open", "open", "solved"),
        ("waiting", "open", "solved"),
        ("solved", "open", "solved"),
        ("closed", "open", "closed"),
    ],
)
def test_a_customers_reply_reopens_unless_it_says_that_the_matter_is_solved(before, plain, solved):
    assert after_customer_reply(before) == plain
    assert after_customer_reply(before, marks_solved=True) == solved


@given(codes)
def test_a_plain_answer_puts_a_new_ticket_in_progress_and_leaves_every_other_status(status):
    assert after_agent_reply(status, None) == ("open" if status == "new" else status)


@given(codes, st.sampled_from(AGENT_CHOICES))
def test_an_agent_may_set_every_status_but_new(status, chosen):
    expected = "open" if status == chosen == "new" else chosen
    assert after_agent_reply(status, chosen) == expected
    assert change(status, chosen, by_agent=True) == chosen


@given(codes.filter(lambda status: status != "new"), st.sampled_from(["new", "merged", "", "Solved"]))
def test_nothing_becomes_new_again_and_unknown_words_are_refused(status, wrong):
    for attempt in (lambda: after_agent_reply(status, wrong), lambda: change(status, wrong, by_agent=True)):
        with pytest.raises(Refused) as refused:
            attempt()
        assert (refused.value.rule, refused.value.field) == ("core.workflow", "status")


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("chosen", [*sorted(STATUSES), "merged", ""])
def test_a_customer_may_say_solved_while_it_is_not_over_and_open_when_it_is(status, chosen):
    over = status in {"solved", "closed"}
    if chosen == ("open" if over else "solved"):
        assert change(status, chosen, by_agent=False) == chosen
        return
    with pytest.raises(Refused) as refused:
        change(status, chosen, by_agent=False)
    assert refused.value.field == "status"


def test_only_solved_and_closed_are_over():
    assert {code for code, status in STATUSES.items() if status.over} == {"solved", "closed"}
    assert all(status.code == code for code, status in STATUSES.items())
