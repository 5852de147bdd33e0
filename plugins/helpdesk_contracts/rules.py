"""The rules of entitlement. Pure: rows and claims in, an answer out."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from helpdesk_core import N_, Abstain, Grant, Review
from helpdesk_core.tickets import Answer

Kind = Literal["contract", "trial", "exception"]

GRANTS: Final = {
    "contract": N_("Your support contract is valid until %(until)s."),
    "trial": N_("Your trial period runs until %(until)s."),
    "exception": N_("Support was agreed with you until %(until)s."),
}
ENDED: Final = {
    "contract": N_("Your support contract ended on %(until)s."),
    "trial": N_("Your trial period ended on %(until)s."),
    "exception": N_("The support agreed with you ended on %(until)s."),
}
AHEAD: Final = N_("Your support contract begins on %(first)s.")
OTHER_PRODUCT: Final = N_("Your support contract does not cover this product.")
NOTHING: Final = N_("There is no support contract for your account.")
CHECKING: Final = N_("We are checking your details; you can create your ticket already.")
OFFER: Final = N_("You can request an offer for a support contract at %(offers)s.")

_ORDER: Final = ("contract", "exception", "trial")
"""Which of several is named first."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One contract, trial or exception of the customer.

    Attributes:
        kind: Which of them.
        product: Code of the product, None for all.
        first: First day.
        last: Last day, included.
    """

    kind: Kind
    product: str | None
    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Tell whether a day lies within it; the first and the last one do."""
        return self.first <= day <= self.last

    def is_about(self, product: str | None) -> bool:
        """Tell whether it is about a product; where nobody said which one, any will do."""
        return not product or self.product in {None, product}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a customer who wants support.

    Attributes:
        today: The day in the site's zone.
        product: What it is about, None when nobody said.
        periods: Contracts, trials and exceptions of the person and of the organisations they belong to.
        claim_in_use: Whether the customer number or organisation they typed has, or had, a contract or trial of
            somebody else: a claim that only an agent, an import or a domain rule can confirm.
        trial: The trial that the registration of this person starts and that is not written down yet, or None.
    """

    today: date
    product: str | None = None
    periods: tuple[Period, ...] = ()
    claim_in_use: bool = False
    trial: Period | None = None


def judge(situation: Situation, zone: ZoneInfo, *, offers: str) -> Answer:
    """Return the answer: a period that covers today grants, an unproven claim is reviewed, else it abstains.

    Args:
        situation: What is known.
        zone: The site's zone.
        offers: Address at which an offer can be requested.
    """
    periods = (*situation.periods, *((situation.trial,) if situation.trial else ()))
    fitting = [period for period in periods if period.is_about(situation.product)]
    covering = [period for period in fitting if period.covers(situation.today)]
    if covering:
        best = max(covering, key=lambda period: (-_ORDER.index(period.kind), period.last))
        return Grant(
            reason=best.kind,
            text=GRANTS[best.kind],
            values={"until": best.last, "offers": offers},
            until=_end(best.last, zone),
            next_step=OFFER if best.kind == "trial" else "",
            facts=_facts(situation, best),
        )
    if situation.claim_in_use:
        return Review(reason="claim-in-use", text=CHECKING, facts=_facts(situation, None))
    return _abstention(situation, periods, fitting, zone, offers)


def _abstention(
    situation: Situation, periods: Sequence[Period], fitting: Sequence[Period], zone: ZoneInfo, offers: str
) -> Abstain:
    """Say why nothing grants: what lies ahead, what covers another product, what has ended, or nothing at all."""
    today = situation.today
    ahead = min((period for period in fitting if period.first > today), key=lambda period: period.first, default=None)
    if ahead is not None:
        values = {"first": ahead.first, "offers": offers}
        return Abstain(reason="begins-later", text=AHEAD, values=values, facts=_facts(situation, ahead))
    other = next((period for period in periods if period.covers(today)), None)
    if other is not None:
        return Abstain(
            reason="other-product",
            text=OTHER_PRODUCT,
            values={"offers": offers},
            next_step=OFFER,
            facts=_facts(situation, other),
        )
    ended = max(fitting, key=lambda period: (period.last, -_ORDER.index(period.kind)), default=None)
    if ended is not None:
        return Abstain(
            reason=f"{ended.kind}-ended",
            text=ENDED[ended.kind],
            values={"until": ended.last, "offers": offers},
            until=_end(ended.last, zone),
            next_step=OFFER,
            facts=_facts(situation, ended),
        )
    return Abstain(
        reason="no-contract", text=NOTHING, values={"offers": offers}, next_step=OFFER, facts=_facts(situation, None)
    )


def trial_period(registered: date, days: int, product: str | None) -> Period:
    """Return the trial that begins on the day of registration; that day counts."""
    return Period(kind="trial", product=product, first=registered, last=registered + timedelta(days=days - 1))


def whole_year(first: date) -> date:
    """Return the last day of a year that begins on `first`: the day before its anniversary.

    Raises:
        ValueError: The calendar ends before.
    """
    leap_day = (first.month, first.day) == (2, 29)
    anniversary = date(first.year + 1, 3, 1) if leap_day else first.replace(year=first.year + 1)
    return anniversary - timedelta(days=1)


def _end(last: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a last day is over."""
    return datetime.combine(last + timedelta(days=1), time.min, zone)


def _facts(situation: Situation, period: Period | None) -> dict[str, object]:
    """Return what the answer rests on, as small values that outlive the rows."""
    facts: dict[str, object] = {
        "today": situation.today.isoformat(),
        "product": situation.product,
        "periods": len(situation.periods),
        "claim_in_use": situation.claim_in_use,
    }
    if period is not None:
        facts |= {
            "kind": period.kind,
            "covers": period.product,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
        }
    return facts
