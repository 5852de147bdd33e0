"""The plugin `Contracts`: support during a trial or with a contract."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import click
import msgspec

from helpdesk_contracts.events import EntitlementGranted
from helpdesk_contracts.register import Register, Terms
from helpdesk_core import (
    N_,
    Choice,
    ConfigurationError,
    Entitlement,
    Event,
    Helpdesk,
    Plugin,
    Settings,
    Subscriber,
    TicketField,
    hookimpl,
    on,
)
from helpdesk_core.accounts import PRODUCT, PersonRegistered
from helpdesk_core.sample import SampleData, SampleWorld

if TYPE_CHECKING:
    from helpdesk_web.routing import Panel, Route


class Trial(Settings):
    """A trial that a registration starts.

    Attributes:
        days: How long it lasts, the day of registration included.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=3660)]


class Product(Settings, kw_only=False):
    """A product that customers ask about.

    Attributes:
        code: Stable ASCII name.
        label: What people read (message id).
    """

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    label: str


class Contracts(Plugin):
    """Support for those in a trial or with a contract, decided once for web and mail.

    Attributes:
        offers: Address at which customers can request an offer.
        trial: The trial of new customers, None for none.
        products: What contracts and trials are about; empty when there is just one.
    """

    offers: Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
    trial: Trial | None = None
    products: tuple[Product, ...] = ()

    def validate(self) -> None:
        """Refuse two products of one code."""
        codes = [product.code for product in self.products]
        if len(codes) != len(set(codes)):
            raise ConfigurationError("Contracts.products names a code twice: %(codes)s", codes=", ".join(codes))

    @hookimpl
    def helpdesk_ticket_fields(self) -> Sequence[TicketField]:
        """The product a ticket is about, where the site has several; whoever leaves it open means any of them."""
        if not self.products:
            return ()
        choices = tuple(Choice(product.code, product.label) for product in self.products)
        return [TicketField(key=PRODUCT, label=N_("Product"), choices=choices, ask=True, listed=True)]

    @hookimpl
    def helpdesk_events(self) -> Sequence[type[Event]]:
        """What can happen to contracts."""
        return [EntitlementGranted]

    @hookimpl
    def helpdesk_entitlements(self, helpdesk: Helpdesk) -> Sequence[Entitlement]:
        """Ask the register of contracts."""
        return [Entitlement(name="helpdesk_contracts.register", ask=self._register(helpdesk).ask)]

    @hookimpl
    def helpdesk_subscribers(self, helpdesk: Helpdesk) -> Sequence[Subscriber]:
        """Start the trial of a new customer."""
        if self.trial is None:
            return ()
        start = on(PersonRegistered, self._register(helpdesk).start_trial)
        return [Subscriber(name="helpdesk_contracts.trials", reactions=(start,))]

    @hookimpl
    def helpdesk_sample_data(self, helpdesk: Helpdesk) -> Sequence[SampleData]:
        """Contracts that run, a trial, and a contract that has ended."""
        register = self._register(helpdesk)

        async def fill(world: SampleWorld) -> None:
            from helpdesk_contracts import sample

            await sample.fill(helpdesk, register, world)

        return [SampleData(name="helpdesk_contracts.contracts", fill=fill)]

    @hookimpl
    def helpdesk_commands(self, helpdesk: Helpdesk) -> Sequence[click.Command]:
        """`helpdesk contracts`."""
        from helpdesk_contracts.commands import contracts

        return [contracts(self._register(helpdesk))]

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_panels(self, helpdesk: Helpdesk) -> "Sequence[Panel]":
        """What was found, beside the customer's account and beside a ticket for agents."""
        from helpdesk_contracts.panels import Panels

        return Panels(helpdesk, self._register(helpdesk)).panels()

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_routes(self, helpdesk: Helpdesk) -> "Sequence[Route]":
        """Where agents allow exceptions and confirm where somebody belongs."""
        from helpdesk_contracts.panels import Panels

        return Panels(helpdesk, self._register(helpdesk)).routes()

    def _register(self, helpdesk: Helpdesk) -> Register:
        terms = Terms(
            trial_days=self.trial.days if self.trial else None,
            products=tuple(product.code for product in self.products),
            offers=self.offers,
        )
        return Register(helpdesk, terms)
