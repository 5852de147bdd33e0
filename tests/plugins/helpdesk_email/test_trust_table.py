"""The table of trust as the plan has it, cell by cell, and what holds whatever the facts.

The expectations are written from the plan's table and use nothing of `route`'s own.
"""

import itertools
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.identify import Auth, Loop
from helpdesk_email.inbound.parsed import Automatic
from helpdesk_email.inbound.route import TRUST, Facts, Place, Route, Sender, Step, Tell, route

TICKET = UUID(int=7)
PASSES = (Auth.PASS, Auth.NONE)


def decide(sender: Sender, auth: Auth, place: Place, **more: Any) -> Route:
    named = place is not Place.NONE
    facts: dict[str, Any] = {"ticket": TICKET if named else None, "number": "2026-000007" if named else None, **more}
    return route(Facts(auth=auth, sender=sender, place=place, **facts))


def test_the_table_has_a_cell_for_every_sender_authentication_and_ticket() -> None:
    assert set(TRUST) == set(itertools.product(Sender, Auth, Place))


# Row 1: proven, authentication passed or none.


@pytest.mark.parametrize("auth", PASSES)
def test_a_proven_sender_joins_the_ticket_they_take_part_in(auth: Auth) -> None:
    decided = decide(Sender.PROVEN, auth, Place.THEIRS, confirmed=True)
    assert (decided.step, decided.ticket, decided.hidden) == (Step.JOIN, TICKET, False)


@pytest.mark.parametrize("auth", PASSES)
def test_a_proven_sender_who_names_another_ticket_opens_one_with_a_hint(auth: Auth) -> None:
    decided = decide(Sender.PROVEN, auth, Place.OTHERS, confirmed=True)
    assert (decided.step, decided.ticket, decided.hint) == (Step.OPEN, None, "2026-000007")


@pytest.mark.parametrize("auth", PASSES)
def test_a_proven_sender_without_a_number_opens_a_ticket(auth: Auth) -> None:
    decided = decide(Sender.PROVEN, auth, Place.NONE, confirmed=True)
    assert (decided.step, decided.hint, decided.hidden) == (Step.OPEN, None, False)


# Row 2: registered, proven or not, authentication failed.


@pytest.mark.parametrize("sender", [Sender.PROVEN, Sender.REGISTERED])
@pytest.mark.parametrize(("place", "asked"), [(Place.THEIRS, True), (Place.OTHERS, False), (Place.NONE, True)])
@pytest.mark.parametrize("answers", [True, False])
def test_a_failed_authentication_holds_the_mail_and_asks_the_owner_of_the_address(
    sender: Sender, place: Place, *, asked: bool, answers: bool
) -> None:
    decided = decide(sender, Auth.FAIL, place, confirmed=True, answers_us=answers)
    assert (decided.step, decided.tell) == (Step.HOLD, Tell.CONFIRM if asked else None)
    assert not decided.prove


# Row 3: registered, not proven, authentication passed or none.


@pytest.mark.parametrize("auth", PASSES)
def test_an_answer_to_one_of_our_mails_proves_the_address_joins_and_is_shown(auth: Auth) -> None:
    decided = decide(Sender.REGISTERED, auth, Place.THEIRS, answers_us=True)
    assert (decided.step, decided.prove, decided.hidden) == (Step.JOIN, True, False)


@pytest.mark.parametrize("auth", PASSES)
def test_anything_else_of_an_unproven_sender_joins_and_is_shown_only_once_confirmed(auth: Auth) -> None:
    decided = decide(Sender.REGISTERED, auth, Place.THEIRS)
    assert (decided.step, decided.prove, decided.hidden) == (Step.JOIN, False, True)


@pytest.mark.parametrize("auth", PASSES)
def test_an_unproven_sender_who_names_another_ticket_opens_one(auth: Auth) -> None:
    decided = decide(Sender.REGISTERED, auth, Place.OTHERS)
    assert (decided.step, decided.ticket, decided.hint) == (Step.OPEN, None, "2026-000007")


@pytest.mark.parametrize("auth", PASSES)
def test_an_unproven_sender_opens_a_ticket_that_is_shown_only_once_confirmed(auth: Auth) -> None:
    decided = decide(Sender.REGISTERED, auth, Place.NONE)
    assert (decided.step, decided.hidden, decided.prove) == (Step.OPEN, True, False)


# Row 4: unknown.


@pytest.mark.parametrize("auth", Auth)
@pytest.mark.parametrize("place", Place)
def test_an_unknown_sender_waits_and_is_told_only_when_plausible(auth: Auth, place: Place) -> None:
    decided = decide(Sender.UNKNOWN, auth, place)
    assert decided.step is Step.WAIT
    assert decided.tell is (None if auth is Auth.FAIL else Tell.REGISTER)


# Row 5: takes part without an account.


@pytest.mark.parametrize("auth", PASSES)
def test_a_participant_without_an_account_joins(auth: Auth) -> None:
    decided = decide(Sender.PARTICIPANT, auth, Place.THEIRS)
    assert (decided.step, decided.ticket) == (Step.JOIN, TICKET)


def test_a_participant_whose_authentication_failed_is_held() -> None:
    assert decide(Sender.PARTICIPANT, Auth.FAIL, Place.THEIRS).step is Step.HOLD


@pytest.mark.parametrize("place", [Place.OTHERS, Place.NONE])
@pytest.mark.parametrize("auth", Auth)
def test_elsewhere_a_participant_without_an_account_is_unknown(auth: Auth, place: Place) -> None:
    assert decide(Sender.PARTICIPANT, auth, place) == decide(Sender.UNKNOWN, auth, place)


# Row 6: agents.


@pytest.mark.parametrize("auth", Auth)
@pytest.mark.parametrize("token", [True, False])
def test_an_agent_answers_only_with_a_token_and_without_a_failed_authentication(auth: Auth, *, token: bool) -> None:
    decided = decide(Sender.AGENT, auth, Place.THEIRS, answers_us=token, confirmed=True)
    assert decided.step is (Step.ANSWER if token and auth is not Auth.FAIL else Step.HOLD)


@pytest.mark.parametrize("auth", Auth)
@pytest.mark.parametrize("token", [True, False])
def test_an_agent_who_was_not_told_of_a_ticket_is_held(auth: Auth, *, token: bool) -> None:
    assert decide(Sender.AGENT, auth, Place.OTHERS, answers_us=token, confirmed=True).step is Step.HOLD


@pytest.mark.parametrize("auth", Auth)
@pytest.mark.parametrize("customer", [Sender.PROVEN, Sender.REGISTERED])
def test_without_a_number_an_agent_is_a_customer(auth: Auth, customer: Sender) -> None:
    as_agent = decide(Sender.AGENT, auth, Place.NONE, customer=customer, confirmed=True)
    assert as_agent == decide(customer, auth, Place.NONE, confirmed=True)


# Row 7: automatic, bounce, loop, list.


@pytest.mark.parametrize("automatic", Automatic)
def test_a_machine_is_never_answered(automatic: Automatic) -> None:
    for sender, auth, place, about in itertools.product(Sender, Auth, Place, (None, TICKET)):
        decided = decide(sender, auth, place, automatic=automatic, about=about, answers_us=True, confirmed=True)
        assert decided.step in {Step.NOTE, Step.HOLD, Step.KEEP}
        assert (decided.tell, decided.prove) == (None, False)
        noted = automatic.machine_written and about is not None and auth is not Auth.FAIL
        assert (decided.step is Step.NOTE) == noted


def test_what_we_sent_ourselves_is_kept_and_never_read_again() -> None:
    assert decide(Sender.PROVEN, Auth.PASS, Place.THEIRS, loop=Loop.OURS).step is Step.KEEP


def test_another_helpdesk_waits_for_a_person() -> None:
    decided = decide(Sender.PROVEN, Auth.PASS, Place.NONE, loop=Loop.OTHERS)
    assert (decided.step, decided.reason) == (Step.HOLD, "ticket-system")


def test_a_mail_that_says_it_comes_from_our_own_mailbox_is_held() -> None:
    """B17: removing the look at `from_us` lets the mailbox become a customer of itself."""
    assert decide(Sender.PROVEN, Auth.PASS, Place.THEIRS, from_us=True).reason == "own-address"


# Whatever the facts.

FACTS = st.builds(
    Facts,
    auth=st.sampled_from(Auth),
    automatic=st.none() | st.sampled_from(Automatic),
    loop=st.none() | st.sampled_from(Loop),
    from_us=st.booleans(),
    readable_sender=st.booleans(),
    too_large=st.booleans(),
    has_text=st.booleans(),
    has_subject=st.booleans(),
    sender=st.sampled_from(Sender),
    customer=st.sampled_from([Sender.PROVEN, Sender.REGISTERED]),
    blocked=st.booleans(),
    confirmed=st.booleans(),
    place=st.sampled_from(Place),
    ticket=st.just(TICKET),
    number=st.just("2026-000007"),
    answers_us=st.booleans(),
    about=st.none() | st.just(TICKET),
    objects=st.booleans(),
)


@given(FACTS)
def test_every_mail_goes_somewhere_with_a_reason(facts: Facts) -> None:
    decided = route(facts)
    assert decided.reason.isascii()
    assert decided.reason
    if decided.step in {Step.JOIN, Step.ANSWER, Step.NOTE}:
        assert decided.ticket is not None


@given(FACTS)
def test_an_unknown_sender_never_reaches_a_ticket(facts: Facts) -> None:
    if facts.sender is Sender.UNKNOWN and facts.automatic is None and facts.loop is None:
        assert route(facts).step in {Step.WAIT, Step.HOLD}


@given(FACTS)
def test_nobody_but_an_agent_with_a_token_ever_answers(facts: Facts) -> None:
    if route(facts).step is Step.ANSWER:
        assert facts.sender is Sender.AGENT
        assert facts.answers_us
        assert facts.auth is not Auth.FAIL


@given(FACTS)
def test_a_failed_authentication_never_gets_further_than_a_passed_one(facts: Facts) -> None:
    failed = route(msgspec.structs.replace(facts, auth=Auth.FAIL))
    assert failed.step in {Step.HOLD, Step.WAIT, Step.KEEP}
