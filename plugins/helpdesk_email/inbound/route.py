"""Whom a mail may become: the whole of the site's trust in mail, as one table. Pure: facts in, a decision out.

| sender | ticket they take part in | somebody else's ticket | no ticket named |
|---|---|---|---|
| proven, auth pass or none | joins | new ticket, with a hint for the agent | new ticket |
| registered or proven, auth fail | held, asked | held | held, asked |
| registered, not proven, pass or none | joins; an answer to us proves the address | new ticket, hint | new ticket |
| unknown | waits, told | waits, told | waits, told |
| takes part without an account, auth not fail | joins | waits, told | waits, told |
| takes part without an account, auth fail | held | waits | waits |
| agent | with token, not fail: answer or note; else held | held | as a customer |
| automatic, bounce, loop, list | never answered: noted at the ticket it is about, or kept with its reason |||

"Waits" lasts until the sender registers. "Told" means once a day how to register, and never when authentication
failed. What joins or opens without being an answer to a mail of ours is shown on the web only to confirmed accounts.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from helpdesk_email.inbound.identify import Auth, Loop
from helpdesk_email.inbound.parsed import Automatic


class Sender(StrEnum):
    """What the sender's address is to us."""

    PROVEN = "proven"
    REGISTERED = "registered"
    UNKNOWN = "unknown"
    PARTICIPANT = "participant"
    AGENT = "agent"


class Place(StrEnum):
    """Which ticket the mail names."""

    THEIRS = "theirs"
    OTHERS = "others"
    NONE = "none"


class Step(StrEnum):
    """What becomes of a mail."""

    JOIN = "join"
    OPEN = "open"
    ANSWER = "answer"
    NOTE = "note"
    WAIT = "wait"
    HOLD = "hold"
    KEEP = "keep"


class Tell(StrEnum):
    """Who is told something because of it, beside what the ticket itself tells."""

    REGISTER = "register"
    CONFIRM = "confirm"
    TOO_LARGE = "too-large"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that routing knows of a mail and of whom it says it is from.

    Attributes:
        auth: What our server says of the sender; `none` when somebody vouched for the mail.
        automatic: Why a machine is held to have written it.
        loop: Whose helpdesk sent it.
        from_us: Whether it says it comes from one of our mailboxes.
        readable_sender: Whether it has exactly one sender that could be written to.
        too_large: Whether only its headers were taken.
        has_text: Whether there is a text or a file in it.
        has_subject: Whether its subject says anything.
        sender: What the address is to us.
        customer: What an agent's address would be if they were a customer.
        blocked: Whether the account may do nothing any more.
        confirmed: Whether the account is confirmed.
        place: Which ticket the mail names.
        ticket: That ticket.
        number: Its number.
        answers_us: Whether it answers a mail that we sent to exactly this sender.
        about: For a machine's mail, the ticket of the mail of ours that it is about.
        objects: Whether it answers our refusal to open a ticket.
    """

    auth: Auth
    automatic: Automatic | None = None
    loop: Loop | None = None
    from_us: bool = False
    readable_sender: bool = True
    too_large: bool = False
    has_text: bool = True
    has_subject: bool = True
    sender: Sender = Sender.UNKNOWN
    customer: Sender = Sender.REGISTERED
    blocked: bool = False
    confirmed: bool = False
    place: Place = Place.NONE
    ticket: UUID | None = None
    number: str | None = None
    answers_us: bool = False
    about: UUID | None = None
    objects: bool = False


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The decision.

    Attributes:
        step: What becomes of the mail.
        reason: Why, as a code that people read in lists.
        ticket: The ticket, for steps that have one already.
        tell: Who is told something.
        prove: Whether the mail proves the sender's address.
        hidden: Whether it is shown on the web only to confirmed accounts.
        hint: Number of the ticket that the mail named without right, for the agent.
    """

    step: Step
    reason: str
    ticket: UUID | None = None
    tell: Tell | None = None
    prove: bool = False
    hidden: bool = False
    hint: str | None = None


class Cell(NamedTuple):
    """One cell of the table."""

    step: Step
    reason: str
    tell: Tell | None = None
    needs_token: bool = False
    """Only an answer to a mail of ours passes; anything else is held."""


_JOIN = Cell(Step.JOIN, "joined")
_OPEN = Cell(Step.OPEN, "opened")
_ELSEWHERE = Cell(Step.OPEN, "named-another-ticket")
_ASK = Cell(Step.HOLD, "sender-not-authentic", Tell.CONFIRM)
_HOLD = Cell(Step.HOLD, "sender-not-authentic")
_WAIT = Cell(Step.WAIT, "sender-unknown", Tell.REGISTER)
_WAIT_SILENTLY = Cell(Step.WAIT, "sender-unknown")
_ANSWER = Cell(Step.ANSWER, "answered", needs_token=True)
_NOT_THEIRS = Cell(Step.HOLD, "agent-without-token")
_AS_CUSTOMER = Cell(Step.OPEN, "as-customer")

_ROWS: Final[tuple[tuple[Sender, tuple[Auth, ...], Cell, Cell, Cell], ...]] = (
    # sender, auth, their ticket, another's ticket, no ticket
    (Sender.PROVEN, (Auth.PASS, Auth.NONE), _JOIN, _ELSEWHERE, _OPEN),
    (Sender.PROVEN, (Auth.FAIL,), _ASK, _HOLD, _ASK),
    (Sender.REGISTERED, (Auth.PASS, Auth.NONE), _JOIN, _ELSEWHERE, _OPEN),
    (Sender.REGISTERED, (Auth.FAIL,), _ASK, _HOLD, _ASK),
    (Sender.UNKNOWN, (Auth.PASS, Auth.NONE), _WAIT, _WAIT, _WAIT),
    (Sender.UNKNOWN, (Auth.FAIL,), _WAIT_SILENTLY, _WAIT_SILENTLY, _WAIT_SILENTLY),
    (Sender.PARTICIPANT, (Auth.PASS, Auth.NONE), _JOIN, _WAIT, _WAIT),
    (Sender.PARTICIPANT, (Auth.FAIL,), _HOLD, _WAIT_SILENTLY, _WAIT_SILENTLY),
    (Sender.AGENT, (Auth.PASS, Auth.NONE), _ANSWER, _NOT_THEIRS, _AS_CUSTOMER),
    (Sender.AGENT, (Auth.FAIL,), _HOLD, _HOLD, _AS_CUSTOMER),
)

TRUST: Final[Mapping[tuple[Sender, Auth, Place], Cell]] = {
    (sender, auth, place): cell
    for sender, auths, *cells in _ROWS
    for auth in auths
    for place, cell in zip(Place, cells, strict=True)
}
"""Every cell of the table, by sender, authentication and ticket."""


def route(facts: Facts) -> Route:
    """Return what becomes of a mail; total, whatever the facts."""
    if facts.loop is Loop.OURS:
        return Route(step=Step.KEEP, reason="loop")
    if facts.from_us:
        return Route(step=Step.HOLD, reason="own-address")
    if facts.automatic is not None or facts.loop is Loop.OTHERS:
        return _of_machine(facts)
    return _of_person(facts)


def _of_person(facts: Facts) -> Route:
    """Ask the table, and then whether there is anything to do it with."""
    if not facts.readable_sender or facts.blocked:
        return Route(step=Step.HOLD, reason="account-blocked" if facts.blocked else "no-sender")
    decided = _by_table(facts)
    if decided.step in {Step.WAIT, Step.HOLD}:
        return decided
    if facts.too_large:
        return Route(step=Step.HOLD, reason="too-large", ticket=decided.ticket, tell=Tell.TOO_LARGE)
    if not facts.has_text and not (decided.step is Step.OPEN and facts.has_subject):
        return Route(step=Step.HOLD, reason="empty", ticket=decided.ticket)
    if facts.objects and decided.step is Step.OPEN:
        return Route(step=Step.HOLD, reason="objection")
    return decided


def _by_table(facts: Facts) -> Route:
    sender = facts.customer if facts.sender is Sender.AGENT and facts.place is Place.NONE else facts.sender
    cell = TRUST[sender, facts.auth, facts.place]
    if cell.needs_token and not facts.answers_us:
        return Route(step=Step.HOLD, reason="agent-without-token", ticket=facts.ticket)
    shown = facts.confirmed or (facts.answers_us and cell.step is Step.JOIN)
    return Route(
        step=cell.step,
        reason=cell.reason,
        ticket=facts.ticket if facts.place is Place.THEIRS else None,
        tell=cell.tell,
        prove=facts.answers_us and facts.auth is not Auth.FAIL and sender in {Sender.PROVEN, Sender.REGISTERED},
        hidden=cell.step in {Step.JOIN, Step.OPEN} and not shown,
        hint=facts.number if cell is _ELSEWHERE else None,
    )


def _of_machine(facts: Facts) -> Route:
    """Machines are never answered; what may be a person's words behind one is looked at by a person."""
    automatic = facts.automatic
    if automatic is not None and automatic.machine_written:
        reason = automatic.value.replace("_", "-")
        if facts.about is not None and facts.auth is not Auth.FAIL:
            # Only who got that mail of ours, or a server that it passed, knows its Message-ID.
            return Route(step=Step.NOTE, reason=reason, ticket=facts.about)
        return Route(step=Step.KEEP, reason=reason)
    about_a_ticket = facts.about is not None or facts.place is not Place.NONE
    if automatic in {Automatic.LIST, Automatic.BULK}:
        return _looked_at(facts, automatic.value, concerned=about_a_ticket)
    return _looked_at(facts, "ticket-system", concerned=about_a_ticket or facts.sender is not Sender.UNKNOWN)


def _looked_at(facts: Facts, reason: str, *, concerned: bool) -> Route:
    return Route(step=Step.HOLD if concerned else Step.KEEP, reason=reason, ticket=facts.about)
