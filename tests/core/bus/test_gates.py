from helpdesk_core.bus import Failed, Retry, Sent
from helpdesk_core.bus.gates import FIRST_PAUSE, LONGEST_PAUSE, Gate
from tests.core.bus.world import Steady

DOWN = Retry("no connection", whole_channel=True)


def test_an_open_gate_lets_through_as_many_as_it_is_wide() -> None:
    gate = Gate(3, Steady())
    assert gate.free() == 3
    gate.in_flight = 2
    assert gate.free() == 1
    gate.in_flight = 3
    assert gate.free() == 0


def test_a_channel_that_is_down_lets_one_through_at_a_time_and_after_a_pause() -> None:
    steady = Steady()
    gate = Gate(3, steady)
    gate.heard(DOWN)
    assert gate.free() == 0
    steady.seconds += FIRST_PAUSE
    assert gate.free() == 1
    gate.in_flight = 1
    assert gate.free() == 0


def test_the_pauses_grow_to_half_a_minute() -> None:
    steady = Steady()
    gate = Gate(3, steady)
    pauses = []
    for _ in range(8):
        gate.heard(DOWN)
        pauses.append(gate.opens_in())
        steady.seconds += gate.opens_in()
    assert pauses == sorted(pauses)
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE


def test_those_that_fail_together_count_once() -> None:
    steady = Steady()
    gate = Gate(3, steady)
    for _ in range(3):
        gate.heard(DOWN)
    assert gate.opens_in() == FIRST_PAUSE


def test_any_other_answer_shows_that_the_channel_works_and_opens_the_gate_wide() -> None:
    for answer in (Sent("250"), Failed("550"), Retry("450 this one later")):
        gate = Gate(3, Steady())
        gate.heard(DOWN)
        gate.heard(answer)
        assert gate.free() == 3
