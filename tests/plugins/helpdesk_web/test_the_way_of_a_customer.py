"""The whole line of a customer, by HTTP alone: without scripts, with nothing but links and forms."""

import pytest

from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, World

pytestmark = pytest.mark.anyio


async def test_a_customer_registers_signs_in_asks_and_is_answered(world: World):
    browser = world.browser()
    await browser.open("/")
    assert "Register now" in browser.text
    await browser.open("/register")
    await browser.send(
        "/register",
        email=EMAIL,
        password=PASSWORD,
        salutation="Frau",
        given_name="Karin",
        family_name="Krüger",
        organisation="Goethe-Gymnasium",
        product="magellan",
    )
    assert browser.status == 200
    assert "k…@schule.example" in browser.text
    await browser.sign_in()
    assert browser.path == "/"
    assert "Karin Krüger" in browser.text
    await browser.open("/tickets/new")
    await browser.send(
        "/tickets/new",
        kind="bug",
        subject="Printing fails",
        text="It prints\nnothing.",
        files=[("screen.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100)],
    )
    assert browser.path == "/tickets/2026-000001"
    assert "Your ticket #2026-000001 has been created." in browser.text
    assert f"A confirmation goes to {EMAIL}." in browser.text
    assert "screen.png" in browser.text
    await world.agent_answers("2026-000001", "Please **restart** it.", status="waiting")
    await browser.open("/tickets")
    assert "Waiting for your answer" in browser.text
    await browser.open("/tickets/2026-000001")
    assert "Your ticket #2026-000001 has been created." not in browser.text
    assert "We are waiting for your answer." in browser.text
    await browser.send("/tickets/2026-000001", text="Now it works.", then="solved")
    assert "Your reply has been sent." in browser.text
    assert "This ticket is solved." in browser.text
    await browser.send("/logout")
    assert browser.path == "/"
    await browser.open("/tickets")
    assert browser.path == "/login"
