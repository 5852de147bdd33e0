"""Whose trial it is: the key under which a trial is given once, and the keys that a claim must be measured by. Pure.

A trial belongs to a customer number that the vendor knows, else to the name of an organisation as it was typed, and
to a product. A number that nobody knows is no key: typing another one would give another trial.
"""

from collections.abc import Collection
from typing import Final, Self
from uuid import UUID

import msgspec

from helpdesk_core.accounts import CUSTOMER_NUMBER, ORGANISATION, PRODUCT, OrganisationView, fold_name
from helpdesk_core.fields import Values

LONGEST_NAME: Final = 300
LONGEST_NUMBER: Final = 60


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed about themselves when they registered.

    Attributes:
        number: The customer number, empty when none was typed or it is longer than any.
        organisation: The folded name of the organisation.
        product: Code of the product, None when none was chosen or the site does not know it.
    """

    number: str
    organisation: str
    product: str | None

    @classmethod
    def of(cls, values: Values, products: Collection[str]) -> Self:
        """Return what was typed, of the values of a person."""
        number = (values.get(CUSTOMER_NUMBER) or "").strip()
        product = values.get(PRODUCT)
        return cls(
            number=number if len(number) <= LONGEST_NUMBER else "",
            organisation=fold_name(values.get(ORGANISATION) or "")[:LONGEST_NAME],
            product=product if product in products else None,
        )


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Whom somebody says they are, measured by the organisations that the vendor knows.

    Attributes:
        person: Who says so.
        holder: `number:<customer number>`, `organisation:<folded name>`, or `person:<key>` when they said nothing.
        known: The organisations they may mean: the one of the number, else all of the name.
    """

    person: UUID
    holder: str
    known: tuple[OrganisationView, ...] = ()

    @classmethod
    def of(
        cls, person: UUID, typed: Typed, numbered: OrganisationView | None, named: Collection[OrganisationView]
    ) -> Self:
        """Return the claim: a known number counts before the name, and who typed neither stands for themselves."""
        if numbered is not None:
            return cls(person=person, holder=f"number:{numbered.customer_number}", known=(numbered,))
        if typed.organisation:
            return cls(person=person, holder=f"organisation:{typed.organisation}", known=tuple(named))
        return cls(person=person, holder=f"person:{person}")

    @property
    def holders(self) -> tuple[str, ...]:
        """Under whose name a trial may have been given before."""
        return tuple(dict.fromkeys((self.holder, *(holder for each in self.known for holder in numbers_of(each)))))


def trial_key(holder: str, product: str | None) -> str:
    """Return the key of a trial: it is given once in all time."""
    return f"trial:{holder}:{product or ''}"


def trial_keys(holders: Collection[str], product: str | None, products: Collection[str]) -> tuple[str, ...]:
    """Return the keys of all trials that would speak about a product; those of every product when it is None."""
    about = {product, None} if product is not None else {*products, None}
    return tuple(trial_key(holder, each) for holder in holders for each in sorted(about, key=str))


def holders_of(organisation: OrganisationView) -> tuple[str, ...]:
    """Return under which names a trial may have been given that is an organisation's own."""
    return (*numbers_of(organisation), f"organisation:{fold_name(organisation.name)[:LONGEST_NAME]}")


def numbers_of(organisation: OrganisationView) -> tuple[str, ...]:
    """Return the holder that a customer number is, if the organisation has one."""
    return (f"number:{organisation.customer_number}",) if organisation.customer_number else ()
