"""All tables of the core, as one app with one line of migrations in `helpdesk_core/migrations/`."""

from typing import Final

from helpdesk_core.accounts import tables as accounts
from helpdesk_core.bus import tables as bus
from helpdesk_core.db import App
from helpdesk_core.db import tables as db
from helpdesk_core.files import tables as files
from helpdesk_core.tickets import tables as tickets

CORE: Final = App(
    "helpdesk_core",
    "helpdesk_core",
    tables=(
        db.IdempotencyKey,
        db.RateLimit,
        db.Installation,
        files.Blob,
        bus.EventRow,
        bus.Delivery,
        bus.ReactionRow,
        bus.Lease,
        accounts.Person,
        accounts.PersonValue,
        accounts.Address,
        accounts.Organisation,
        accounts.Membership,
        accounts.OneTimeToken,
        tickets.Ticket,
        tickets.Number,
        tickets.NumberCounter,
        tickets.MessageRow,
        tickets.File,
        tickets.ParticipantRow,
        tickets.TicketValue,
        tickets.Decision,
    ),
)
