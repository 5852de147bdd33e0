"""A mail whose sender could not be checked: its owner says by one click that it is theirs."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from helpdesk_core import Helpdesk
from helpdesk_core.db.migrations import migrate
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.desks import small_site
from helpdesk_german.plugin import German
from helpdesk_web.app import build_app
from helpdesk_web.channel import WebChannel
from helpdesk_web.plugin import Web
from helpdesk_web.sitemap import site_map
from tests.plugins.helpdesk_email.mail_world import URL, MailDesk, email_plugin, mail
from tests.plugins.helpdesk_web.world import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(tmp_path: Path, clock: SettableClock) -> AsyncIterator[MailDesk]:
    email = email_plugin()
    site = small_site(f"sqlite:///{tmp_path}/web.db", tmp_path / "files", Web(), email, German())
    site = msgspec.structs.replace(site, languages=("en", "de"))
    helpdesk = Helpdesk(site, {}, clock=clock, demo=True)
    await helpdesk.start()
    try:
        await migrate(helpdesk.database, helpdesk.apps)
        await helpdesk.identify()
        with helpdesk.database.use():
            yield MailDesk(helpdesk, clock, email)
    finally:
        await helpdesk.close()


@pytest.fixture
def browser(desk: MailDesk) -> Browser:
    web = next(plugin for plugin in desk.helpdesk.site.plugins if isinstance(plugin, Web))
    channel = WebChannel(desk.helpdesk, web)
    return Browser(build_app(channel, site_map(channel)), URL)


async def asked(desk: MailDesk) -> str:
    """Return the path of the link in the question to the owner of the address."""
    [question] = await desk.sent("confirm_sender")
    found = re.search(URL + r"(/mail/\S+)", question.parsed.text)
    assert found
    return found.group(1)


async def test_one_click_lets_the_mail_pass(desk: MailDesk, browser: Browser) -> None:
    customer = await desk.customer()
    row = await desk.get(mail(customer.email, "Es druckt nicht", auth="fail"))
    assert row.state == "held"
    link = await asked(desk)
    await browser.open(link)
    assert browser.status == 200
    assert "Es druckt nicht" in browser.plain
    # Opening it changes nothing: mail programs and scanners open links.
    assert (await desk.row(row.id)).state == "held"
    await browser.send(link)
    assert browser.status == 200
    await desk.handle()
    settled = await desk.row(row.id)
    assert (settled.state, settled.vouched_by) == ("done", "sender")
    assert len(await desk.tickets()) == 1


async def test_the_link_works_once(desk: MailDesk, browser: Browser) -> None:
    customer = await desk.customer()
    await desk.get(mail(customer.email, auth="fail"))
    link = await asked(desk)
    await browser.open(link)
    await browser.send(link)
    await desk.handle()
    await browser.open(link)
    assert browser.status == 404
    assert (await browser.open("/mail/" + "x" * 43)).status_code == 404


async def test_the_question_carries_nothing_that_was_typed(desk: MailDesk) -> None:
    customer = await desk.customer()
    await desk.get(mail(customer.email, "Kaufen Sie jetzt", "Hier klicken", auth="fail"))
    [question] = await desk.sent("confirm_sender")
    assert question.to == customer.email
    assert b"Kaufen" not in question.content
    assert b"klicken" not in question.content


async def test_a_flood_of_forged_mails_asks_twice_an_hour(desk: MailDesk) -> None:
    customer = await desk.customer()
    for number in range(6):
        await desk.get(mail(customer.email, f"Nr {number}", f"Text {'abcdef'[number]}", auth="fail"))
    assert len(await desk.sent("confirm_sender")) == 2
    assert {row.state for row in await desk.rows()} == {"held"}


async def test_the_page_speaks_german(desk: MailDesk, browser: Browser) -> None:
    customer = await desk.customer()
    await desk.get(mail(customer.email, auth="fail"))
    await browser.open(await asked(desk), headers={"Accept-Language": "de"})
    assert "Ja, diese E-Mail ist von mir" in browser.plain
