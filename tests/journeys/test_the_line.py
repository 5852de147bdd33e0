"""One line through the whole house, as the promise tells it: customer and agent, on the web and by mail."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page

from helpdesk_core.testing.dovecot import Dovecot
from tests.journeys.conftest import PASSWORD, Letterbox, RunningSite, answer_to, text_of

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.needs("dovecot"), pytest.mark.timeout(500)]

KARIN = "karin.krueger@schule.example"
ANNA = "anna.meyer@stueber.example"


def register(page: Page, site: RunningSite) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="Registrieren Sie sich jetzt").first.click()
    page.fill("[name=email]", KARIN)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=given_name]", "Karin")
    page.fill("[name=family_name]", "Krüger")
    page.fill("[name=organisation]", "Schule am See")
    page.select_option("[name=product]", "stundenplan")
    page.get_by_role("button", name="Erstellen").click()
    page.get_by_role("heading").first.wait_for()


def sign_in(page: Page, site: RunningSite, email: str) -> None:
    """Sign in as on another day, when the browser knows nobody any more."""
    page.context.clear_cookies()
    page.goto(f"{site.url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))


def confirm(page: Page, mail_text: str) -> None:
    link = re.search(r"http://\S+/confirm/\S+", mail_text)
    assert link is not None, mail_text
    page.goto(link[0].removesuffix("/not-me"))
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="bestätigen").first.click()
    page.get_by_role("heading").first.wait_for()


def wait_for_text(page: Page, url: str, text: str) -> None:
    """Load a page again until it says something; mail takes its time."""
    for _ in range(180):
        page.goto(url)
        if text in page.content():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{url} does not say {text!r}")


def test_a_customer_and_an_agent_meet_on_the_web_and_by_mail(
    site: RunningSite, letterbox: Letterbox, dovecot: Dovecot, customer: BrowserContext, agent: BrowserContext
):
    made = site.run(
        "accounts", "create", "--email", ANNA, "--role", "agent", "--given-name", "Anna", "--family-name", "Meyer",
        "--password-stdin", given=PASSWORD.encode(),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()

    # Registration, and the mail that confirms it at once.
    page = customer.new_page()
    register(page, site)
    welcome = letterbox.mail(KARIN, "Ihr Konto wurde erstellt")
    confirm(page, text_of(welcome))
    sign_in(page, site, KARIN)

    # A new ticket, its unique number, and the mail that names it.
    page.goto(f"{site.url}/tickets/new")
    page.check("[name=kind][value=bug]", force=True)
    page.select_option("[name=product]", "stundenplan")
    page.fill("[name=subject]", "Druckvorlage lässt sich nicht öffnen")
    page.fill("[name=text]", "Seit heute Morgen öffnet sich die Druckvorlage nicht mehr.")
    page.set_input_files("[name=files]", {"name": "Bildschirm.txt", "mimeType": "text/plain", "buffer": b"Fehler 17"})
    page.get_by_role("button", name="Erstellen").click()
    page.wait_for_url(re.compile(r"/tickets/\d{4}-\d{6}"))
    number = re.search(r"/tickets/(\d{4}-\d{6})", page.url)
    assert number is not None
    assert "Bildschirm.txt" in page.content()
    receipt = letterbox.mail(KARIN, f"[#{number[1]}]")
    assert str(receipt["Subject"]) == f"Druckvorlage lässt sich nicht öffnen [#{number[1]}]"
    assert f"{site.url}/tickets/{number[1]}" in text_of(receipt)

    # The customer answers that mail, with the subject unchanged, and finds the answer in the ticket.
    dovecot.deliver(answer_to(receipt, "Nachtrag: Es betrifft nur Rechner 3.", sender=KARIN))
    wait_for_text(page, f"{site.url}/tickets/{number[1]}", "Es betrifft nur Rechner 3.")

    # An agent answers on the web, and the customer gets it by mail, with the change of status in the same mail.
    desk = agent.new_page()
    sign_in(desk, site, ANNA)
    desk.goto(f"{site.url}/desk")
    desk.get_by_role("link", name="Druckvorlage").first.click()
    assert "Es betrifft nur Rechner 3." in desk.content()
    desk.fill("#reply-text", "Bitte klicken Sie auf „Vorlagen prüfen“.")
    desk.locator("button[name=then][value=waiting]").click()
    desk.get_by_text("Bitte klicken Sie auf").first.wait_for()
    answered = letterbox.mail(KARIN, "Vorlagen prüfen")
    assert str(answered["Subject"]) == f"Re: Druckvorlage lässt sich nicht öffnen [#{number[1]}]"
    assert "Wartet auf Ihre Antwort" in text_of(answered)
    assert answered["Auto-Submitted"] is None

    # The customer answers by mail once more: the ticket is in progress again, and the agent hears of it.
    dovecot.deliver(answer_to(answered, "Das hat geholfen, danke!", sender=KARIN))
    wait_for_text(page, f"{site.url}/tickets/{number[1]}", "Das hat geholfen, danke!")
    assert "In Bearbeitung" in page.content()
    assert "Das hat geholfen" in text_of(letterbox.mail(ANNA, "Neue Nachricht"))
    assert "In Bearbeitung" in text_of(letterbox.mail(KARIN, "ist jetzt: In Bearbeitung"))

    # Solved on the web by the agent: the customer is told.
    desk.reload()
    desk.select_option("[name=status]", "solved")
    desk.get_by_role("button", name="Speichern").click()
    letterbox.mail(KARIN, "als gelöst markiert")
    wait_for_text(page, f"{site.url}/tickets/{number[1]}", "Gelöst")


def test_a_registered_customer_opens_a_ticket_by_mail_and_a_stranger_is_told_how_to_register(
    site: RunningSite, letterbox: Letterbox, dovecot: Dovecot, customer: BrowserContext
):
    stranger = (
        b"From: Fremd <fremd@irgendwo.example>\r\nTo: support@stueber.de\r\nSubject: Hallo\r\n"
        b"Message-ID: <f1@irgendwo.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nBitte helfen Sie mir.\r\n"
    )
    dovecot.deliver(stranger)
    told = letterbox.mail("fremd@irgendwo.example", "registrieren")
    assert f"{site.url}/register" in text_of(told)

    page = customer.new_page()
    register(page, site)
    confirm(page, text_of(letterbox.mail(KARIN, "Ihr Konto wurde erstellt")))
    received = site.run(
        "mail",
        "receive",
        given=stranger.replace(b"Fremd <fremd@irgendwo.example>", f"Karin <{KARIN}>".encode())
        .replace(b"Subject: Hallo", b"Subject: =?utf-8?q?Stundenplan_l=C3=A4dt_nicht?=")
        .replace(b"<f1@", b"<k1@"),
    )
    assert received.returncode == 0, received.stderr.decode()
    receipt = letterbox.mail(KARIN, "Stundenplan lädt nicht [#")
    number = re.search(r"\[#(\S+)\]", str(receipt["Subject"]))
    assert number is not None
    sign_in(page, site, KARIN)
    page.goto(f"{site.url}/tickets/{number[1]}")
    assert "Bitte helfen Sie mir." in page.content()

    # With the number gone from the subject, a new ticket is created, as promised.
    without = answer_to(receipt, "Noch etwas anderes", sender=KARIN).replace(
        str(receipt["Subject"]).encode(), b"Noch etwas"
    )
    changed = re.sub(rb"Subject: .*\r\n(?:[ \t].*\r\n)*", b"Subject: Noch etwas\r\n", without)
    assert site.run("mail", "receive", given=changed).returncode == 0
    second = letterbox.mail(KARIN, "Noch etwas [#")
    assert number[1] not in str(second["Subject"])
