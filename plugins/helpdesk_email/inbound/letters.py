"""A mail with all that was found out about it, and what became of it: values that the last stages hand around."""

from uuid import UUID

import msgspec

from helpdesk_core.accounts import EMAIL
from helpdesk_core.bus import Addressee
from helpdesk_email.evidence import Refusal
from helpdesk_email.inbound.claims import Claimed
from helpdesk_email.inbound.identify import Claim
from helpdesk_email.inbound.lookup import Known
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.inbound.route import Route


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with all that was found out about it.

    Attributes:
        row: The mail as this worker holds it.
        mail: What it says.
        claim: What it says about itself.
        known: What the site knows of that.
        route: What was decided.
    """

    row: Claimed
    mail: ParsedMail
    claim: Claim
    known: Known
    route: Route

    @property
    def addressee(self) -> Addressee | None:
        """The one it says it is from, at the address as it is stored or, for a stranger, as it was written."""
        account, address = self.known.account, self.known.address
        if account is not None and address is not None:
            return Addressee(channel=EMAIL, address=address.value, address_id=address.id, person_id=account.id)
        if account is None and self.mail.from_address is not None:
            return Addressee(channel=EMAIL, address=self.mail.from_address)
        return None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail.

    Attributes:
        state: Where it went.
        outcome: Why, as a code.
        ticket: The ticket it is part of, or is about.
        number: Its number.
        message: The message it became.
        refusal: Why no ticket was opened.
        detail: A sentence of the program.
    """

    state: str
    outcome: str
    ticket: UUID | None = None
    number: str | None = None
    message: UUID | None = None
    refusal: Refusal | None = None
    detail: str = ""
