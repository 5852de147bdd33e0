"""The register of contracts: asks and writes its rows; what they mean is decided in `rules`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from helpdesk_contracts.contract import Contract, Entered, customer_of, period_of
from helpdesk_contracts.events import EntitlementGranted
from helpdesk_contracts.rules import Period, Situation, judge, trial_period
from helpdesk_contracts.trials import Claim, Typed, holders_of, trial_key, trial_keys
from helpdesk_core import Actor, Helpdesk, OpenTicket, Recorded
from helpdesk_core.accounts import PRODUCT, OrganisationView, PersonRegistered
from helpdesk_core.bus import Subject
from helpdesk_core.db import uuid7
from helpdesk_core.tickets import Answer

SYSTEM: Final = Actor.system("helpdesk_contracts")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the site says about contracts.

    Attributes:
        trial_days: How long a trial lasts, None for a site without trials.
        products: Codes of its products.
        offers: Address at which an offer can be requested.
    """

    trial_days: int | None
    products: tuple[str, ...]
    offers: str


class Register:
    """The contracts and trials of one site."""

    def __init__(self, helpdesk: Helpdesk, terms: Terms) -> None:
        self._helpdesk = helpdesk
        self.terms = terms

    async def ask(self, command: OpenTicket) -> Answer:
        """Answer who may open a ticket."""
        product = next((given.value for given in command.values if given.key.name == PRODUCT.name), None)
        return await self.answer(command.requester, product)

    async def answer(self, person: UUID, product: str | None = None) -> Answer:
        """Answer whether somebody is entitled today, for a product or for any."""
        situation = await self.situation(person, product)
        return judge(situation, self._helpdesk.site.zone, offers=self.terms.offers)

    async def situation(self, person: UUID, product: str | None = None) -> Situation:
        """Return what is known of somebody who wants support.

        What they typed counts only as long as nobody has said where they belong.
        """
        today = self.today()
        accounts = self._helpdesk.accounts
        belongs = [await accounts.organisation(each.organisation) for each in await accounts.memberships(person, today)]
        typed, claim = await self.claim(person)
        periods, own_trial = await self._periods(person, belongs)
        return Situation(
            today=today,
            product=product,
            periods=periods,
            claim_in_use=not belongs and await self._in_use(claim, product or typed.product),
            # The subscriber writes the trial down a moment after the registration; until then it counts all the same.
            trial=None if own_trial else await self._unwritten_trial(claim, typed),
        )

    async def claim(self, person: UUID) -> tuple[Typed, Claim]:
        """Return what somebody typed about themselves, and whom that makes them by their own word."""
        accounts = self._helpdesk.accounts
        typed = Typed.of(await accounts.values(person), self.terms.products)
        numbered = await accounts.organisation_numbered(typed.number) if typed.number else None
        named = await accounts.organisations_named(typed.organisation) if typed.organisation else []
        return typed, Claim.of(person, typed, numbered, named)

    async def start_trial(self, recorded: Recorded[PersonRegistered]) -> None:
        """Give a new customer the trial, unless one was given under its key before."""
        typed, claim = await self.claim(recorded.subject.id)
        period = await self._new_trial(claim, typed, recorded.at)
        if period is not None:
            key = trial_key(claim.holder, typed.product)
            await self.insert(period, source="registration", source_key=key, person=claim.person)

    async def grant(self, contract: Contract, actor: Actor = SYSTEM, *, origin: str = "system") -> Entered:
        """Enter a contract.

        Args:
            contract: What is to be entered.
            actor: Who does it.
            origin: Through which channel.

        Raises:
            Invalid: The customer or product is unknown, or the days make no sense; the field is named.
        """
        period = period_of(contract, self.terms.products)
        person, organisation = await customer_of(contract, self._helpdesk.accounts)
        new = await self.insert(
            period,
            source=contract.source,
            source_key=contract.source_key,
            person=person,
            organisation=organisation,
            note=contract.note,
            actor=actor,
            origin=origin,
        )
        return Entered(last=period.last, new=new)

    def today(self) -> date:
        """Return the day in the site's zone."""
        return self._helpdesk.clock.now().astimezone(self._helpdesk.site.zone).date()

    async def insert(
        self,
        period: Period,
        *,
        source: str,
        source_key: str,
        person: UUID | None = None,
        organisation: UUID | None = None,
        note: str | None = None,
        actor: Actor = SYSTEM,
        origin: str = "system",
    ) -> bool:
        """Write a row and its event in one unit; False when the source key is there already."""
        key, database = uuid7(), self._helpdesk.database
        row: dict[str, Any] = {
            "id": key,
            "kind": period.kind,
            "person": person,
            "organisation": organisation,
            "product": period.product,
            "valid_from": period.first,
            "valid_to": period.last,
            "source": source,
            "source_key": source_key,
            "note": note,
            "created_at": self._helpdesk.clock.now(),
            "created_by": actor.person_id,
            "version": 1,
        }
        holders = ", ".join("{}" for _ in row)
        async with database.unit() as unit:
            written = await database.fetch(
                f"INSERT INTO helpdesk_contracts_entitlement ({', '.join(row)}) VALUES ({holders}) "
                "ON CONFLICT (source_key) DO NOTHING RETURNING id",
                *row.values(),
            )
            if written:
                subject = Subject("person", person) if person else Subject("organisation", organisation or key)
                event = EntitlementGranted(entitlement=key, kind=period.kind)
                await self._helpdesk.bus.record(unit, subject, event, actor=actor, origin=origin)
        return bool(written)

    async def _periods(self, person: UUID, belongs: Sequence[OrganisationView]) -> tuple[tuple[Period, ...], bool]:
        """Return what is entered for a person and where they belong, and whether a trial is among it.

        The trial of a school belongs to all of its members, whoever of them registered first.
        """
        holders = tuple(dict.fromkeys(holder for each in belongs for holder in holders_of(each)))
        keys = trial_keys(holders, None, self.terms.products)
        rows = await self._helpdesk.database.fetch(
            "SELECT kind, product, valid_from, valid_to FROM helpdesk_contracts_entitlement WHERE person = {} "
            f"OR organisation IN ({_places(belongs)}) OR source_key IN ({_places(keys)}) ORDER BY valid_from, id",
            person,
            *(each.id for each in belongs),
            *keys,
        )
        periods = tuple(
            Period(kind=row["kind"], product=row["product"], first=row["valid_from"], last=row["valid_to"])
            for row in rows
        )
        return periods, any(period.kind == "trial" for period in periods)

    async def _unwritten_trial(self, claim: Claim, typed: Typed) -> Period | None:
        """Return the trial that a registration starts; none for those whose account an agent or an import made."""
        if self.terms.trial_days is None:
            return None
        history = await self._helpdesk.bus.history(Subject("person", claim.person))
        at = next((each.at for each in history if isinstance(each.event, PersonRegistered)), None)
        return await self._new_trial(claim, typed, at) if at is not None else None

    async def _new_trial(self, claim: Claim, typed: Typed, registered: datetime) -> Period | None:
        """Return the trial that a registration starts: none where its key ever had one, or is somebody else's."""
        if self.terms.trial_days is None or await self._in_use(claim, typed.product):
            return None
        day = registered.astimezone(self._helpdesk.site.zone).date()
        return trial_period(day, self.terms.trial_days, typed.product)

    async def _in_use(self, claim: Claim, product: str | None) -> bool:
        """Tell whether a claim leads to a trial or contract, of now or of once, that is not known to be their own."""
        keys = trial_keys(claim.holders, product, self.terms.products)
        organisations = [each.id for each in claim.known]
        rows = await self._helpdesk.database.fetch(
            "SELECT id FROM helpdesk_contracts_entitlement WHERE (person IS NULL OR person <> {}) AND "
            f"(source_key IN ({_places(keys)}) OR (organisation IN ({_places(organisations)}) "
            "AND (product IS NULL OR product = COALESCE({}, product)))) LIMIT 1",
            claim.person,
            *keys,
            *organisations,
            product,
        )
        return bool(rows)


def _places(values: Sequence[object]) -> str:
    """Return the placeholders of a list in SQL; an empty list holds nothing."""
    return ", ".join("{}" for _ in values) or "NULL"
