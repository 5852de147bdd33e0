"""What becomes of a delivery: its states, and the verdict after every try or crash.

Pure rules. This module must not know the database, the network or a clock: whoever calls it says what time it is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from helpdesk_core.bus.channels import Failed, Outcome, Retry, Sent, Uncertain

PATIENCE = timedelta(days=5)
"""How long a delivery whose notice names no lifetime is tried."""

SHORTEST_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(seconds=4000)
"""Between two tries of one delivery."""

QUICK_CRASHES = 4
"""So many crashes before the mark are taken for bad luck; after that the delivery itself may be what kills workers."""


class State(StrEnum):
    """Where a delivery stands. Only `QUEUED` and `SENDING` block later ones of the same ordering key."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.WITHDRAWN, State.SUPPRESSED}),
    State.SENDING: frozenset(
        {
            State.QUEUED,  # given back by a worker that stops, or taken from one that crashed
            State.SENT,
            State.DEFERRED,
            State.FAILED,
            State.UNCERTAIN,
            State.DEAD,
            State.WITHDRAWN,  # the person may not receive it any more, or there is nothing to tell
        }
    ),
    State.DEFERRED: frozenset({State.SENDING, State.WITHDRAWN, State.SUPPRESSED}),
    State.SENT: frozenset(),
    # A person decides over these: send again, or let it be.
    State.FAILED: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.UNCERTAIN: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.DEAD: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
    State.SUPPRESSED: frozenset(),
}
"""Every step a delivery can take; there is no other."""

TROUBLED = (State.FAILED, State.UNCERTAIN, State.DEAD)
"""The states from which only a person leads on."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict must know of a delivery in state `SENDING`.

    Attributes:
        attempts: Tries so far, this one included.
        marks: Marks of earlier tries that were not taken back.
        expires_at: End of its time.
    """

    attempts: int
    marks: int
    expires_at: datetime


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What to write to the row.

    Attributes:
        state: Where it goes.
        attempts: Tries to count.
        marks: Marks to keep.
        available_at: When it is due again; None where it is not.
        reason: What was seen, for people.
        reference: What the other side answered when it took the delivery.
    """

    state: State
    attempts: int
    marks: int
    available_at: datetime | None = None
    reason: str | None = None
    reference: str | None = None


def wait(attempt: int, spread: float) -> timedelta:
    """Return the pause after the given try: doubling from 60 s, at most 4,000 s, never shorter than the one before.

    Args:
        attempt: 1 after the first try.
        spread: Random number from 0 to 1, so that what failed together does not come back together.
    """
    shortest, longest, widest = SHORTEST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds(), 1.5
    floor = shortest * 2 ** (min(attempt, 7) - 1)
    if floor * widest > longest:
        # The plateau begins where the last step below it can end at the most.
        floor = floor / 2 * widest
        return timedelta(seconds=floor + (longest - floor) * spread)
    return timedelta(seconds=floor * (1 + (widest - 1) * spread))


def after_try(outcome: Outcome, standing: Standing, *, now: datetime, spread: float) -> Verdict:
    """Judge what a channel answered.

    `Retry` and `Failed` say that it was certainly not taken, so the mark of this try is taken back. `Uncertain`
    leaves it: the delivery is tried once more, and with a second such mark a person is asked.
    """
    match outcome:
        case Sent(reference):
            return _verdict(standing, State.SENT, marks=standing.marks + 1, reference=reference)
        case Failed(reason):
            return _verdict(standing, State.FAILED, reason=reason)
        case Retry():
            return _put_off(outcome, standing, now, spread)
        case Uncertain(reason):
            marks = standing.marks + 1
            if marks >= 2 or now >= standing.expires_at:
                return _verdict(standing, State.UNCERTAIN, marks=marks, reason=reason)
            due = now + wait(standing.attempts, spread)
            return _verdict(standing, State.DEFERRED, marks=marks, reason=reason, available_at=due)


def after_crash(standing: Standing, *, now: datetime, spread: float) -> Verdict:
    """Judge a delivery whose worker fell silent; `standing.marks` holds the mark of the broken try, if it was made."""
    if standing.marks >= 2:
        reason = "twice a worker stopped after the other side may have taken it"
        return _verdict(standing, State.UNCERTAIN, reason=reason)
    reason = "a worker stopped in the middle of it"
    if standing.attempts <= QUICK_CRASHES:
        # Queued, not deferred: what follows in its order must go on waiting.
        return _verdict(standing, State.QUEUED, reason=reason, available_at=now)
    due = now + wait(standing.attempts - QUICK_CRASHES, spread)
    return _verdict(standing, State.DEFERRED, reason=reason, available_at=due)


def given_back(standing: Standing, *, now: datetime) -> Verdict:
    """Judge a delivery that a stopping worker did not get to: as if it had never been claimed."""
    return Verdict(state=State.QUEUED, attempts=max(standing.attempts - 1, 0), marks=standing.marks, available_at=now)


def expired(standing: Standing) -> Verdict:
    """Judge a delivery whose time is over before it could be sent."""
    return _give_up(standing, "its time was over before it could be sent")


def withdrawn(standing: Standing, reason: str) -> Verdict:
    """Judge a delivery that must not or need not be sent any more."""
    return _verdict(standing, State.WITHDRAWN, reason=reason)


def _put_off(outcome: Retry, standing: Standing, now: datetime, spread: float) -> Verdict:
    if now >= standing.expires_at:
        return _give_up(standing, f"given up after {standing.attempts} tries, the last of which said: {outcome.reason}")
    # While a whole channel is down its deliveries were not really tried: they keep their place in the back-off.
    attempts = standing.attempts - 1 if outcome.whole_channel else standing.attempts
    pause = wait(1 if outcome.whole_channel else attempts, spread)
    if outcome.after is not None:
        pause = min(max(pause, outcome.after), LONGEST_WAIT)
    # The last try is due when its time ends, not long after.
    due = min(now + pause, max(standing.expires_at, now + SHORTEST_WAIT))
    return Verdict(
        state=State.DEFERRED, attempts=attempts, marks=standing.marks, available_at=due, reason=outcome.reason
    )


def _give_up(standing: Standing, reason: str) -> Verdict:
    # A mark that was left says that an earlier try may have arrived: "dead" would be a lie.
    return _verdict(standing, State.UNCERTAIN if standing.marks else State.DEAD, reason=reason)


def _verdict(
    standing: Standing,
    state: State,
    *,
    marks: int | None = None,
    available_at: datetime | None = None,
    reason: str | None = None,
    reference: str | None = None,
) -> Verdict:
    return Verdict(
        state=state,
        attempts=standing.attempts,
        marks=standing.marks if marks is None else marks,
        available_at=available_at,
        reason=reason,
        reference=reference,
    )
