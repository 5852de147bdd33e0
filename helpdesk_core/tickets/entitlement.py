"""Entitlement: who may open a ticket, decided once at every door, with a reason that is kept."""

import logging
from asyncio import timeout
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

import msgspec

from helpdesk_core.bus.events import Code
from helpdesk_core.checks import BUDGET
from helpdesk_core.errors import Refused
from helpdesk_core.text import N_
from helpdesk_core.tickets.commands import OpenTicket

logger = logging.getLogger(__name__)

Unentitled = Literal["refuse", "review", "allow"]
"""What a site does when nobody grants."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an entitlement answers. Use `Grant`, `Review` or `Abstain`.

    Attributes:
        reason: Stable code, for statistics and tests.
        text: One sentence for the customer (English message id).
        values: What its placeholders stand for.
        until: When it ends, end included.
        next_step: What the customer can do (English message id), or an empty text.
        facts: What was known, as small JSON values; kept for "why?".
    """

    outcome: ClassVar[str]
    reason: Code
    text: str
    values: dict[str, Any] = {}
    until: datetime | None = None
    next_step: str = ""
    facts: dict[str, Any] = {}


class Grant(Answer, frozen=True, kw_only=True):
    """The customer is entitled."""

    outcome: ClassVar[str] = "grant"


class Review(Answer, frozen=True, kw_only=True):
    """Perhaps: the ticket opens and an agent is asked to look."""

    outcome: ClassVar[str] = "review"


class Abstain(Answer, frozen=True, kw_only=True):
    """Nothing here entitles the customer."""

    outcome: ClassVar[str] = "abstain"


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may entitle customers.

    Attributes:
        name: `plugin.rule`.
        ask: Is given the command; has five seconds. Failing or being late counts as `Review`.
    """

    name: str
    ask: Callable[[OpenTicket], Awaitable[Answer]]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer with the name of who gave it."""

    rule: str
    answer: Answer


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The decision.

    Attributes:
        outcome: `grant`, `review` or `refuse`.
        rule: Who decided; `core.unentitled` when nobody granted.
        answer: The deciding answer.
        answers: All answers, in site order.
    """

    outcome: Literal["grant", "review", "refuse"]
    rule: str
    answer: Answer
    answers: tuple[Answered, ...]


FREE = Grant(reason="open-to-all", text=N_("Everybody may open tickets here."))
"""The answer of a site without entitlements."""


def decide(answers: Sequence[Answered], unentitled: Unentitled) -> Verdict:
    """Return the verdict: a grant suffices, else a review, else what the site does with the unentitled. Pure."""
    if not answers:
        return Verdict(outcome="grant", rule="core.open", answer=FREE, answers=())
    for outcome in ("grant", "review"):
        for given in answers:
            if given.answer.outcome == outcome:
                return Verdict(outcome=outcome, rule=given.rule, answer=given.answer, answers=tuple(answers))
    last = answers[0].answer
    policy: dict[Unentitled, Literal["grant", "review", "refuse"]] = {
        "refuse": "refuse",
        "review": "review",
        "allow": "grant",
    }
    return Verdict(outcome=policy[unentitled], rule="core.unentitled", answer=last, answers=tuple(answers))


def _judged(answer: object) -> Answer:
    """Return the answer of an entitlement, when it is one that can be kept.

    Raises:
        TypeError, ValueError: It is not.
    """
    if not isinstance(answer, Grant | Review | Abstain):
        raise TypeError(f"an entitlement answers Grant, Review or Abstain, not {answer!r}")
    if answer.until is not None and answer.until.tzinfo is None:
        raise ValueError(f"the answer {answer.reason!r} ends at {answer.until!r}, which has no zone")
    msgspec.json.encode(answer.facts)
    return msgspec.convert(msgspec.structs.asdict(answer), type(answer))


async def ask_entitlements(entitlements: Sequence[Entitlement], command: OpenTicket, unentitled: Unentitled) -> Verdict:
    """Ask all in site order and decide; one that fails or is late counts as `Review`."""
    answers = []
    for entitlement in entitlements:
        try:
            async with timeout(BUDGET):
                answer = _judged(await entitlement.ask(command))
        except Exception:  # A plugin may fail in any way; the customer must not suffer for it.
            logger.exception("entitlement failed", extra={"entitlement": entitlement.name})
            answer = Review(
                reason="check-failed", text=N_("We are checking your details; you can create your ticket already.")
            )
        answers.append(Answered(rule=entitlement.name, answer=answer))
    return decide(answers, unentitled)


class NotEntitled(Refused):
    """Nobody entitles the customer to open a ticket, and the site refuses then.

    Attributes:
        verdict: The decision with all answers.
    """

    code = "not-entitled"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.answer.text, rule=verdict.rule, **verdict.answer.values)
        self.verdict = verdict
