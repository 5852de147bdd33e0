"""What contracts say on the pages of others: to customers beside their account, to agents beside a ticket."""

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from helpdesk_contracts.contract import Contract
from helpdesk_contracts.register import Register
from helpdesk_core import Actor, Helpdesk, put
from helpdesk_core.accounts import CUSTOMER_NUMBER, ORGANISATION, Account, Role, UpdateProfile
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_core.testing.clock import SettableClock
from helpdesk_german.plugin import German
from tests.plugins.helpdesk_contracts.conftest import CONTRACTS
from tests.plugins.helpdesk_web.world import WEB, Browser, Postbox, World, site

pytestmark = pytest.mark.anyio

SYSTEM = Actor.system("test")


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: SettableClock) -> AsyncIterator[World]:
    channel = RecordingChannel()
    plugins = (WEB, Postbox(channel=channel), CONTRACTS, German())
    helpdesk = Helpdesk(site(database_url, tmp_path, Postbox(channel=channel), plugins=plugins), {}, clock=clock)
    await helpdesk.start()
    await helpdesk.identify()
    yield World(helpdesk, channel)
    await helpdesk.close()


@pytest.fixture
def register(world: World) -> Register:
    return CONTRACTS._register(world.helpdesk)


@pytest.fixture
async def karin(world: World) -> Account:
    return await world.create()


async def grants(
    register: Register, karin: Account, *, first: date = date(2026, 1, 1), last: date | None = None
) -> None:
    await register.grant(Contract(person=karin.id, first=first, last=last, source_key="test"))


async def claims(world: World, karin: Account, *, school: str = "", number: str = "") -> None:
    command = UpdateProfile(
        actor=SYSTEM,
        origin="cli",
        once=f"claims {school} {number}",
        person_id=karin.id,
        version=karin.version,
        values=(put(ORGANISATION, school or None), put(CUSTOMER_NUMBER, number or None)),
    )
    await world.helpdesk.accounts.update_profile(command)


async def account_page(world: World, language: str = "en") -> str:
    browser = world.browser(headers={"Accept-Language": language})
    await browser.sign_in()
    await browser.open("/account")
    return browser.plain


async def agent_at(world: World, number: str) -> Browser:
    await world.create("anna@vendor.example", Role.AGENT, given_name="Anna", family_name="Meyer")
    browser = world.browser()
    await browser.sign_in("anna@vendor.example")
    await browser.open(f"/tickets/{number}")
    assert browser.status == 200
    return browser


async def ticket_of(world: World) -> str:
    browser = world.browser()
    await browser.sign_in()
    return await world.ticket(browser)


# --- customers ------------------------------------------------------------------------------------------------------


async def test_customers_read_until_when_their_contract_runs(world: World, register: Register, karin: Account):
    await grants(register, karin)
    assert "Support contract Your support contract is valid until Dec 31, 2026." in await account_page(world)
    assert "Supportvertrag Ihr Supportvertrag gilt bis 31.12.2026." in await account_page(world, "de")


async def test_customers_whose_contract_has_ended_read_where_to_get_an_offer(
    world: World, register: Register, karin: Account
):
    await grants(register, karin, first=date(2025, 1, 1))
    page = await account_page(world, "de")
    assert "Ihr Supportvertrag ist am 31.12.2025 abgelaufen." in page
    assert "Ein Angebot für einen Supportvertrag können Sie unter office@example.org anfordern." in page


async def test_customers_without_anything_read_the_next_step(world: World, karin: Account):
    page = await account_page(world, "de")
    assert "Für Ihr Konto gibt es keinen Supportvertrag." in page
    assert "office@example.org" in page


async def test_customers_see_no_forms_of_agents(world: World, register: Register, karin: Account):
    await grants(register, karin)
    browser = world.browser()
    await browser.sign_in()
    number = await world.ticket(browser)
    await browser.open(f"/tickets/{number}")
    assert "/contracts/" not in browser.text
    for path in ("/contracts/exceptions", "/contracts/memberships"):
        await browser.open("/account")
        token = dict(browser.form("/account").fields)
        await browser.post(path, [("csrf", token["csrf"]), ("form_key", token["form_key"]), ("ticket", number)])
        assert browser.status in {403, 404}


async def test_agents_have_no_panel_about_themselves(world: World):
    await world.create(role=Role.AGENT)
    assert "Support contract" not in await account_page(world)


# --- agents ---------------------------------------------------------------------------------------------------------


async def test_agents_read_beside_a_ticket_how_it_stands_today(world: World, register: Register, karin: Account):
    await grants(register, karin)
    number = await ticket_of(world)
    browser = await agent_at(world, number)
    assert "Support contract until Dec 31, 2026." in browser.plain
    assert "/contracts/" not in browser.text


async def test_an_agent_allows_an_exception_until_a_day(
    world: World, register: Register, karin: Account, clock: SettableClock
):
    await grants(register, karin, last=date(2026, 11, 23))
    number = await ticket_of(world)
    clock.set(clock.now().replace(day=24))
    browser = await agent_at(world, number)
    assert "The support contract ended on Nov 23, 2026." in browser.plain
    await browser.send("/contracts/exceptions", until="2026-11-30", note="Agreed on the phone")
    assert browser.path == f"/tickets/{number}"
    assert "The customer has support until Nov 30, 2026." in browser.plain
    assert "Support agreed until Nov 30, 2026." in browser.plain
    (row,) = await world.helpdesk.database.fetch(
        "SELECT * FROM helpdesk_contracts_entitlement WHERE kind = 'exception'"
    )
    assert (row["person"], row["valid_from"], row["note"]) == (karin.id, date(2026, 11, 24), "Agreed on the phone")
    assert row["created_by"] is not None
    await ticket_of(world)


async def test_an_exception_that_makes_no_sense_is_refused_in_a_sentence(
    world: World, register: Register, karin: Account, clock: SettableClock
):
    await grants(register, karin, last=date(2026, 11, 23))
    number = await ticket_of(world)
    clock.set(clock.now().replace(day=24))
    browser = await agent_at(world, number)
    said = []
    for until in ("", "soon", "2026-11-01"):
        await browser.send("/contracts/exceptions", until=until)
        said.append(browser.plain)
    assert "Please choose a day." in said[0]
    assert "Please choose a day." in said[1]
    assert "The last day lies before the first." in said[2]
    assert not await world.helpdesk.database.fetch(
        "SELECT id FROM helpdesk_contracts_entitlement WHERE kind = 'exception'"
    )


async def test_an_agent_confirms_where_the_customer_belongs_and_the_review_ends(
    world: World, register: Register, karin: Account
):
    accounts = world.helpdesk.accounts
    school = await accounts.create_organisation(SYSTEM, "Schule am See", customer_number="K1", origin="cli")
    await register.grant(Contract(organisation="K1", first=date(2026, 1, 1), source_key="school"))
    await claims(world, karin, number="K1")
    number = await ticket_of(world)
    browser = await agent_at(world, number)
    assert "Nobody has confirmed it yet." in browser.plain
    assert "Belongs to Schule am See, K1" in browser.plain
    await browser.send("/contracts/memberships")
    assert "The customer now belongs to Schule am See." in browser.plain
    assert "Support contract until Dec 31, 2026." in browser.plain
    members = await accounts.memberships(karin.id, date(2026, 11, 23))
    assert [(each.organisation, each.source) for each in members] == [(school.id, "agent")]


async def test_an_agent_confirms_only_what_the_customer_typed(world: World, register: Register, karin: Account):
    accounts = world.helpdesk.accounts
    await accounts.create_organisation(SYSTEM, "Schule am See", customer_number="K1", origin="cli")
    other = await accounts.create_organisation(SYSTEM, "Another School", customer_number="K2", origin="cli")
    await register.grant(Contract(organisation="K1", first=date(2026, 1, 1), source_key="school"))
    await claims(world, karin, number="K1")
    number = await ticket_of(world)
    browser = await agent_at(world, number)
    fields = dict(browser.form("/contracts/memberships").fields) | {"organisation": str(other.id)}
    await browser.post("/contracts/memberships", fields.items())
    assert browser.status == 404
    assert await accounts.memberships(karin.id, date(2026, 11, 23)) == []


async def test_the_form_of_an_exception_sent_twice_allows_it_once(
    world: World, register: Register, karin: Account, clock: SettableClock
):
    await grants(register, karin, last=date(2026, 11, 23))
    number = await ticket_of(world)
    clock.set(clock.now().replace(day=24))
    browser = await agent_at(world, number)
    fields = dict(browser.form("/contracts/exceptions").fields) | {"until": "2026-11-30"}
    for _ in range(2):
        await browser.post("/contracts/exceptions", fields.items())
        assert browser.status == 200
    rows = await world.helpdesk.database.fetch("SELECT id FROM helpdesk_contracts_entitlement WHERE kind = 'exception'")
    assert len(rows) == 1


async def test_german_agents_read_german(world: World, register: Register, karin: Account):
    await grants(register, karin)
    number = await ticket_of(world)
    await world.create("anna@vendor.example", Role.AGENT)
    browser = world.browser(headers={"Accept-Language": "de"})
    await browser.sign_in("anna@vendor.example")
    await browser.open(f"/tickets/{number}")
    assert "Supportvertrag bis 31.12.2026." in browser.plain


def test_naming_the_plugin_loads_nothing_of_the_web():
    """A site without a web channel has no panels, and its start needs no part of one."""
    code = (
        "import sys, tempfile, pathlib\n"
        "from helpdesk_contracts.plugin import Contracts\n"
        "from helpdesk_core import Helpdesk\n"
        "from helpdesk_core.testing.desks import Told, small_site\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "site = small_site(f'sqlite:///{folder}/a.db', folder, Told(), Contracts(offers='a@example.org'))\n"
        "Helpdesk(site, {})\n"
        "print([name for name in sys.modules if name.startswith(('litestar', 'helpdesk_web'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
