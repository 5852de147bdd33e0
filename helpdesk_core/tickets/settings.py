"""How a site wants its tickets."""

import re

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.settings import Settings
from helpdesk_core.tickets.entitlement import Unentitled
from helpdesk_core.tickets.fields import TicketField
from helpdesk_core.tickets.numbers import Number


class Kind(Settings, kw_only=False):
    """A kind of matter: a fault, a question, a wish.

    Attributes:
        code: Stable ASCII name.
        label: What people read (message id).
        hint: What to write for this kind (message id).
    """

    code: str
    label: str
    hint: str = ""


class Tickets(Settings):
    """How a site wants its tickets.

    Attributes:
        kinds: What a ticket can be about; the first is the one of a mail that does not say.
        number: How ticket numbers look.
        unentitled: What happens when nobody grants: `refuse`, `review` (open and mark) or `allow`.
        fields: Fields of the site's own.
    """

    kinds: tuple[Kind, ...]
    number: Number = Number()
    unentitled: Unentitled = "refuse"
    fields: tuple[TicketField, ...] = ()

    def validate(self) -> None:
        """Refuse a site without kinds, or with two of one code."""
        codes = [kind.code for kind in self.kinds]
        if not codes:
            raise ConfigurationError("Tickets.kinds is empty; name at least one, like Kind('question', 'Question')")
        if len(codes) != len(set(codes)):
            raise ConfigurationError("Tickets.kinds names a code twice: %(codes)s", codes=", ".join(codes))
        if wrong := [code for code in codes if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", code)]:
            raise ConfigurationError(
                "Tickets.kinds: the code %(code)r must be lower case letters, digits and - only, at most 64",
                code=wrong[0],
            )

    def kind(self, code: str | None) -> Kind | None:
        """Return a kind by its code, the first one for None; None for an unknown code."""
        if code is None:
            return self.kinds[0]
        return next((kind for kind in self.kinds if kind.code == code), None)
