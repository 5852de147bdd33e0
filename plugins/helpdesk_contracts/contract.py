"""A contract that an agent, an import or the command line enters: what it says, and whom and which days it means."""

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from helpdesk_contracts.rules import Kind, Period, whole_year
from helpdesk_contracts.trials import LONGEST_NUMBER
from helpdesk_core import N_, Invalid
from helpdesk_core.accounts import Accounts

LONGEST_KEY: Final = 400
"""Characters of a source key that the column holds."""

LATEST: Final = date(9998, 12, 31)
"""Beyond this the calendar has no day after the last one."""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract to enter. It names its customer by key, by address, or by organisation.

    Attributes:
        person: The customer by key, or None.
        email: The customer by address, or None.
        organisation: The customer by name or customer number, or None.
        product: Code of the product, None for all.
        first: First day.
        last: Last day, included; a whole year when it is None.
        source: Who says so: `agent`, `import` or a plugin's own word.
        source_key: What the source calls it; entering the same again changes nothing.
        kind: `contract`, or `exception` for what was agreed beside one.
        note: Why, for agents.
    """

    person: UUID | None = None
    email: str | None = None
    organisation: str | None = None
    product: str | None = None
    first: date
    last: date | None = None
    source: str = "agent"
    source_key: str
    kind: Kind = "contract"
    note: str | None = None


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a contract that was to be entered.

    Attributes:
        last: Its last day.
        new: False when the same source key was entered before; nothing was changed then.
    """

    last: date
    new: bool


def period_of(contract: Contract, products: Collection[str]) -> Period:
    """Return the days of a contract to enter.

    Raises:
        Invalid: There is no such product, or the days make no sense.
    """
    if len(contract.source_key) > LONGEST_KEY:
        raise Invalid(N_("This key is too long."), field="source_key")
    if contract.product is not None and contract.product not in products:
        raise Invalid(N_("There is no product %(product)s."), field="product", product=contract.product)
    if contract.first > LATEST or (contract.last or contract.first) > LATEST:
        raise Invalid(N_("Please choose a day before %(latest)s."), field="last", latest=LATEST)
    last = contract.last or whole_year(contract.first)
    if last < contract.first:
        raise Invalid(N_("The last day lies before the first."), field="last")
    return Period(kind=contract.kind, product=contract.product, first=contract.first, last=last)


async def customer_of(contract: Contract, accounts: Accounts) -> tuple[UUID | None, UUID | None]:
    """Return the key of the person or of the organisation.

    Raises:
        Invalid: There is none, or more than one.
    """
    name = contract.organisation
    if contract.person is not None:
        return contract.person, None
    if contract.email is not None:
        account = await accounts.find_by_address(contract.email)
        if account is None:
            raise Invalid(N_("Nobody has the address %(email)s."), field="email", email=contract.email)
        return account.id, None
    if not name:
        raise Invalid(N_("Please name the customer by e-mail address or organisation."), field="email")
    numbered = await accounts.organisation_numbered(name) if len(name) <= LONGEST_NUMBER else None
    named = [numbered] if numbered else await accounts.organisations_named(name)
    if not named:
        raise Invalid(N_("There is no organisation %(name)s."), field="organisation", name=name)
    if len(named) > 1:
        text = N_("Several organisations are called %(name)s. Please name one by its customer number.")
        raise Invalid(text, field="organisation", name=name)
    return None, named[0].id
