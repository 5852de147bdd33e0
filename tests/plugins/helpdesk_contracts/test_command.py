"""`helpdesk contracts grant`, as an operator calls it."""

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from helpdesk_contracts.register import Register
from helpdesk_core import Actor, Site
from helpdesk_core.testing.desks import Desk
from tests.core.cli.conftest import Result, environment, program

pytestmark = pytest.mark.anyio

SITE = """
from tests.plugins.helpdesk_contracts.conftest import CONTRACTS
from helpdesk_core import env
from helpdesk_core.testing.desks import Told, small_site
import msgspec

site = msgspec.structs.replace(small_site("sqlite:///unused.db", "files", Told(), CONTRACTS), database=env("SHOP"))
"""


@pytest.fixture
def grant(desk_site: Site, tmp_path: Path) -> Callable[..., Result]:
    (tmp_path / "shop.py").write_text(SITE)
    root = Path(__file__).parents[3]

    def call(*words: str) -> Result:
        done = subprocess.run(
            [program(), "--site", "shop", "contracts", "grant", *words],
            cwd=tmp_path,
            env=environment(tmp_path, SHOP=desk_site.database) | {"PYTHONPATH": f"{tmp_path}:{root}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done)

    return call


async def test_a_contract_of_an_organisation_runs_a_whole_year_for_its_members(
    desk: Desk, register: Register, grant: Callable[..., Result]
):
    accounts, system = desk.helpdesk.accounts, Actor.system("test")
    school = await accounts.create_organisation(system, "Schule am See", customer_number="K1", origin="cli")
    karin = await desk.person("Karin Krüger")
    await accounts.grant_membership(system, karin.id, school.id, origin="cli")
    result = grant("--organisation", "schule am see", "--from", "2026-03-01", "--product", "timetable", "--key", "A-7")
    assert (result.code, result.out) == (0, "Entered, valid until 2027-02-28.\n")
    assert (await register.answer(karin.id, "timetable")).values["until"] == date(2027, 2, 28)
    assert (await register.answer(karin.id, "reports")).reason == "other-product"
    again = grant("--organisation", "K1", "--from", "2026-03-01", "--key", "A-7")
    assert (again.code, again.out) == (0, "Entered before; nothing was changed.\n")


async def test_an_exception_of_a_person_is_entered_with_its_reason(
    desk: Desk, register: Register, grant: Callable[..., Result]
):
    karin = await desk.person("Karin Krüger")
    result = grant(
        "--email", karin.email, "--from", "2026-11-23", "--to", "2026-11-30", "--exception", "--note", "Phone"
    )
    assert result.out == "Entered, valid until 2026-11-30.\n"
    assert (await register.answer(karin.id)).reason == "exception"


async def test_what_makes_no_sense_is_refused_in_one_sentence(desk: Desk, grant: Callable[..., Result]):
    unknown = grant("--email", "nobody@school.example", "--from", "2026-01-01")
    assert (unknown.code, unknown.errors) == (2, "helpdesk: email: Nobody has the address nobody@school.example.\n")
    both = grant("--email", "a@school.example", "--organisation", "K1", "--from", "2026-01-01")
    assert both.code == 2
    assert "either with --email or with --organisation" in both.errors
    day = grant("--organisation", "K1", "--from", "tomorrow")
    assert day.code == 2
    assert "'tomorrow' does not match the format '%Y-%m-%d'" in day.errors
