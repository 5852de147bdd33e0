"""A small helpdesk with contracts, on databases that were migrated once."""

from pathlib import Path

import pytest

from helpdesk_contracts.plugin import Contracts, Product, Trial
from helpdesk_contracts.register import Register
from helpdesk_core import Site
from helpdesk_core.plugins import app_of
from helpdesk_core.tables import CORE
from helpdesk_core.testing.databases import Templates
from helpdesk_core.testing.desks import Desk, Told, small_site

CONTRACTS = Contracts(
    offers="office@example.org",
    trial=Trial(days=30),
    products=(Product("timetable", "Timetable"), Product("reports", "Reports")),
)


@pytest.fixture(scope="session")
def database_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    apps = [app for name in ("helpdesk_contracts", "helpdesk_web") if (app := app_of(name))]
    assert len(apps) == 2
    return Templates(tmp_path_factory.mktemp("contracts-templates"), [CORE, *apps])


@pytest.fixture
def desk_site(database_url: str, tmp_path: Path) -> Site:
    return small_site(database_url, tmp_path / "files", Told(), CONTRACTS, timezone="Europe/Berlin")


@pytest.fixture
def register(desk: Desk) -> Register:
    return CONTRACTS._register(desk.helpdesk)
