"""Sample rows for `helpdesk demo`: contracts that run, one trial, and one contract that has ended."""

from datetime import timedelta

from helpdesk_contracts.register import Register
from helpdesk_contracts.rules import Period, trial_period, whole_year
from helpdesk_core import Helpdesk
from helpdesk_core.sample import SampleWorld


async def fill(helpdesk: Helpdesk, register: Register, world: SampleWorld) -> None:
    """Give each organisation of the sample something: the last one's contract has ended, the one before has a trial.

    The first organisation is that of the customer whose sign-in is printed: theirs is a contract that runs.
    """
    rows = []
    for at, organisation in enumerate(reversed(world.organisations)):
        period = _period(at, register, world)
        rows.append(
            (
                world.key(world.now),
                *(period.kind, organisation, None, period.first, period.last, "import"),
                *(f"sample:{organisation}", world.now, 1),
            )
        )
    await helpdesk.database.executemany(
        "INSERT INTO helpdesk_contracts_entitlement (id, kind, organisation, product, valid_from, valid_to, source, "
        "source_key, created_at, version) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        rows,
    )


def _period(at: int, register: Register, world: SampleWorld) -> Period:
    """Return the days for an organisation, counted from the last one."""
    today = register.today()
    if at == 0:
        began = today - timedelta(days=400)
        return Period(kind="contract", product=None, first=began, last=whole_year(began))
    if at == 1 and len(world.organisations) > 2:
        return trial_period(today - timedelta(days=25), register.terms.trial_days or 30, None)
    began = today - timedelta(days=60 + 10 * at)
    return Period(kind="contract", product=None, first=began, last=whole_year(began))
