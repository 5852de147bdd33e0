"""A helpdesk with mail, on databases that were migrated once."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from helpdesk_core import Helpdesk, Site
from helpdesk_core.db import App
from helpdesk_core.plugins import app_of
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_email.plugin import Email
from tests.plugins.helpdesk_email.mail_world import START, MailDesk, email_plugin, mail_site


@pytest.fixture(scope="session")
def database_apps() -> Sequence[App]:
    app = app_of("helpdesk_email")
    assert app is not None
    return [CORE, app]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
def email() -> Email:
    """The channel of the site; override it for another."""
    return email_plugin()


@pytest.fixture
def sqlite_url(database_templates: Templates, tmp_path: Path) -> str:
    """For what does not touch the dialect."""
    return database_templates.sqlite(tmp_path / "mail.db")


@pytest.fixture
def desk_site(sqlite_url: str, tmp_path: Path, email: Email) -> Site:
    return mail_site(sqlite_url, tmp_path / "files", email)


@pytest.fixture
async def desk(desk_site: Site, clock: SettableClock, email: Email) -> AsyncIterator[MailDesk]:
    helpdesk = Helpdesk(desk_site, {}, clock=clock, demo=True)
    await helpdesk.start()
    try:
        await helpdesk.identify()
        with helpdesk.database.use():
            yield MailDesk(helpdesk, clock, email)
    finally:
        await helpdesk.close()
