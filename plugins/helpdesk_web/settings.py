"""The smaller settings that `Web` is made of. Values only."""

from datetime import timedelta
from typing import Annotated

import msgspec

from helpdesk_core import AccountField, ConfigurationError, Settings

__all__ = ["Contact", "FooterLink", "Lifetimes", "Limits", "Registration"]

MIB = 1024 * 1024


class Registration(Settings):
    """What somebody is asked who makes an account.

    Attributes:
        fields: Beyond address, password and names; their keys name the fields of the form.
        confirm_first: Whether the link in the mail must be opened before the first sign-in.
        salutations: Forms of address to choose from (message ids); without any the form does not ask.
        privacy: Where the site says what it does with what people type; shown beside the form.
    """

    fields: tuple[AccountField, ...] = ()
    confirm_first: bool = False
    salutations: tuple[str, ...] = ()
    privacy: str = ""


class Contact(Settings):
    """Other ways to reach the vendor, as pages show them.

    Attributes:
        email: Address for tickets by mail.
        phone: Number, as people read it.
        hours: When somebody answers the telephone.
        offers: Address for offers of support contracts.
    """

    email: str = ""
    phone: str = ""
    hours: str = ""
    offers: str = ""


class FooterLink(Settings, kw_only=False):
    """A link at the foot of every page.

    Attributes:
        label: Its words (message id).
        href: A path of this site, or a whole `https:` address.
    """

    label: str
    href: str

    def validate(self) -> None:
        """Refuse addresses that could run something."""
        if not self.href.startswith(("/", "https://", "http://", "mailto:")) or self.href.startswith("//"):
            raise ConfigurationError(
                "FooterLink %(label)r: %(href)r must be a path like /privacy or a whole address",
                label=self.label,
                href=self.href,
            )


class Lifetimes(Settings):
    """How long somebody stays signed in.

    Attributes:
        customer_idle: Without any request, for customers.
        customer: At most, for customers.
        agent_idle: Without any request, for agents and administrators.
        agent: At most, for agents and administrators.
    """

    customer_idle: timedelta = timedelta(days=14)
    customer: timedelta = timedelta(days=90)
    agent_idle: timedelta = timedelta(hours=8)
    agent: timedelta = timedelta(days=7)

    def validate(self) -> None:
        """Refuse lifetimes that end before they begin."""
        if not timedelta(0) < self.customer_idle <= self.customer or not timedelta(0) < self.agent_idle <= self.agent:
            raise ConfigurationError("Lifetimes: each idle time must be positive and no longer than the whole time")


class Limits(Settings):
    """What a form may bring.

    Attributes:
        file: Bytes of one file.
        files: Files of one form.
    """

    file: Annotated[int, msgspec.Meta(ge=1024, le=100 * MIB)] = 10 * MIB
    files: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
