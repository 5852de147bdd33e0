"""Tickets as their customers see them: the list, the conversation, files, and what is kept from them."""

from datetime import timedelta

import pytest

from helpdesk_core import Abstain, Choice, Entitlement, Grant, Key, Note, OpenTicket, Review, TicketField, Writing
from helpdesk_core.accounts import Role
from helpdesk_core.bus import Actor
from helpdesk_core.testing.clock import SettableClock
from tests.plugins.helpdesk_web.world import EMAIL, Browser, Build, World

pytestmark = pytest.mark.anyio


def says(answer: object) -> tuple[Entitlement, ...]:
    async def ask(command: OpenTicket):
        return answer

    return (Entitlement(name="test.rule", ask=ask),)


async def test_what_is_known_stands_there_before_anything_is_written(build: Build, clock: SettableClock):
    grant = Grant(reason="contract", text="Your contract lasts until %(day)s.", values={"day": clock.now().date()})
    world = await build(entitlements=says(grant))
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    assert "Your contract lasts until Nov 23, 2026." in browser.text


async def test_who_may_not_open_a_ticket_is_told_why_and_loses_nothing(build: Build):
    refused = Abstain(reason="none", text="There is no contract.", next_step="Write to office@vendor.example.")
    world = await build(entitlements=says(refused))
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    assert "There is no contract. Write to office@vendor.example." in browser.text
    await browser.send(
        "/tickets/new", kind="bug", subject="Help", text="It is on fire.", files=[("fire.txt", b"smoke")]
    )
    assert browser.status == 403
    assert "Your ticket was not created." in browser.text
    assert "There is no contract. Write to office@vendor.example." in browser.text
    fields = dict(browser.form("/tickets/new").fields)
    assert (fields["subject"], fields["text"]) == ("Help", "It is on fire.")
    assert "fire.txt" in browser.text
    rows = await world.helpdesk.database.fetch("SELECT outcome FROM helpdesk_core_decision")
    assert [row["outcome"] for row in rows] == ["refuse"], "the decision is kept"


async def test_a_review_opens_the_ticket(build: Build):
    world = await build(entitlements=says(Review(reason="check", text="We are checking your details.")))
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    assert "We are checking your details." in browser.text
    assert await world.ticket(browser) == "2026-000001"


async def test_a_form_with_mistakes_names_each_and_keeps_the_text(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", subject="", text="Only a text.")
    assert browser.status == 422
    assert "Please check 2 entries:" in browser.text
    assert "Please choose what it is about." in browser.text
    assert dict(browser.form("/tickets/new").fields)["text"] == "Only a text."


async def test_fields_of_a_site_are_asked_for_where_their_kind_is(build: Build):
    version = TicketField(key=Key("version", str), label="Version", ask=True, required=True, kinds=("bug",))
    system = TicketField(
        key=Key("system", str), label="System", ask=True, choices=(Choice("win", "Windows"), Choice("mac", "macOS"))
    )
    hidden = TicketField(key=Key("cost", float), label="Cost", see="agent", ask=True)
    world = await build(fields=(version, system, hidden))
    browser = await world.signed_in()
    await browser.open("/tickets/new")
    assert {"version", "system"} <= browser.form("/tickets/new").names
    assert "cost" not in browser.form("/tickets/new").names
    await browser.send("/tickets/new", kind="bug", subject="S", text="T", version="")
    assert "Please fill in “Version”." in browser.text
    await browser.send("/tickets/new", kind="bug", subject="S", text="T", version="6.2", system="mac")
    number = browser.path.rpartition("/")[2]
    head = await world.helpdesk.tickets.read.find(number)
    assert head
    person = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert person
    viewer = await world.helpdesk.tickets.viewer(Actor.of(person.id))
    assert viewer
    view = await world.helpdesk.tickets.read.view(viewer, number)
    assert (view.values[version.key], view.values[system.key]) == ("6.2", "mac")
    await browser.open("/tickets/new")
    await browser.send("/tickets/new", kind="question", subject="S", text="T", version="")
    assert browser.path.startswith("/tickets/2026-"), "a question needs no version"


async def test_a_note_never_reaches_the_customer(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    await world.agent_answers(number, "We look into it.")
    agent = await world.helpdesk.accounts.find_by_address("anna@vendor.example")
    head = await world.helpdesk.tickets.read.find(number)
    assert agent
    assert head
    await world.helpdesk.tickets.note(
        Note(actor=Actor.of(agent.id), origin="desk", once="n", ticket=head.id, writing=Writing(text="KANARIENVOGEL"))
    )
    await browser.open(f"/tickets/{number}")
    assert "We look into it." in browser.text
    assert "KANARIENVOGEL" not in browser.text
    on_the_customers_page = world.browser()
    await on_the_customers_page.sign_in("anna@vendor.example")
    await on_the_customers_page.open(f"/tickets/{number}")
    assert on_the_customers_page.status == 200
    assert "KANARIENVOGEL" not in on_the_customers_page.text, "this is the customers' page, whoever looks at it"
    assert "Your reply" not in on_the_customers_page.text


async def test_an_old_number_leads_to_the_ticket_of_today(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    head = await world.helpdesk.tickets.read.find(number)
    assert head
    await world.helpdesk.database.execute(
        "INSERT INTO helpdesk_core_number (text, ticket, reason, created_at) VALUES ({}, {}, 'old', {})",
        "OLD-17",
        head.id,
        world.helpdesk.clock.now(),
    )
    await browser.open("/tickets/OLD-17")
    assert browser.path == f"/tickets/{number}"


async def test_tickets_of_others_look_like_tickets_that_do_not_exist(world: World):
    theirs = await world.signed_in("other@school.example")
    number = await world.ticket(theirs)
    browser = await world.signed_in()
    await browser.open("/tickets/2026-999999")
    nothing = browser.plain
    await browser.open(f"/tickets/{number}")
    assert browser.status == 404
    assert browser.plain == nothing
    fields = [("csrf", await token(browser)), ("text", "let me in")]
    await browser.post(f"/tickets/{number}", fields)
    assert browser.status == 404


async def token(browser: Browser) -> str:
    await browser.open("/account")
    return dict(browser.form("/account").fields)["csrf"]


async def test_the_list_has_tabs_pages_and_a_way_back(world: World, clock: SettableClock):
    browser = await world.signed_in()
    for number in range(1, 28):
        clock.advance(timedelta(minutes=1))
        await world.ticket(browser, subject=f"Matter {number:02}")
    await world.agent_answers("2026-000003", "Solved it.", status="solved")
    await world.agent_answers("2026-000004", "Which version?", status="waiting")
    await browser.open("/tickets")
    assert 'Waiting for you <span class="count">1</span>' in browser.text
    assert 'Open <span class="count">25</span>' in browser.text
    assert "Matter 27" in browser.text
    assert "Matter 01" not in browser.text
    following = next(link for link in links(browser.text) if "after=" in link)
    await browser.open(following)
    assert "Matter 01" in browser.text
    assert "26\u201327 of 27" in browser.text
    await browser.open(next(link for link in links(browser.text) if link == "/tickets?tab=all"))
    assert "Matter 27" in browser.text
    await browser.open("/tickets?tab=solved")
    assert "Matter 03" in browser.text
    assert "Matter 04" not in browser.text


def links(text: str) -> list[str]:
    import html
    import re

    return [html.unescape(each) for each in re.findall(r'href="(/tickets\?[^"]+)"', text)]


async def test_a_place_in_the_list_that_makes_no_sense_starts_at_the_top(world: World):
    browser = await world.signed_in()
    await world.ticket(browser)
    for mark in ("nonsense", "2026-01-01_x", "%00", "'; DROP TABLE helpdesk_core_ticket; --"):
        await browser.open("/tickets", params={"after": mark, "tab": "no such tab"})
        assert browser.status == 200
        assert "Printing fails" in browser.text


async def test_search_finds_words_of_the_subject_and_leads_to_a_number(world: World):
    browser = await world.signed_in()
    await world.ticket(browser, subject="Drucker brennt")
    await world.ticket(browser, subject="Zeugnisse auf A3")
    await browser.open("/tickets?q=BRENNT+druck")
    assert "Drucker brennt" in browser.text
    assert "Zeugnisse" not in browser.text
    await browser.open("/tickets?q=%232026-000002")
    assert browser.path == "/tickets/2026-000002"
    await browser.open("/tickets?q=%3Cb%3Enichts")
    assert "Nothing found for “&lt;b&gt;nichts”" in browser.text


async def test_who_has_no_ticket_yet_is_told_what_to_do(world: World):
    browser = await world.signed_in()
    await browser.open("/tickets")
    assert "You have no tickets yet" in browser.text


async def test_an_agent_sees_only_their_own_matters_among_my_tickets(world: World):
    customer = await world.signed_in()
    await world.ticket(customer, subject="Of the customer")
    agent = await world.signed_in("agent@vendor.example", Role.AGENT)
    await agent.open("/tickets")
    assert "Of the customer" not in agent.text
    assert "You have no tickets yet" in agent.text


async def test_marking_as_solved_needs_no_words(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    await browser.send(f"/tickets/{number}", text="", then="solved")
    assert "This ticket is solved now." in browser.text
    assert "Status changed: Solved" in browser.text
    await browser.send(f"/tickets/{number}", text="It is back.")
    assert "Status changed: In progress" in browser.text


async def test_an_empty_reply_is_not_sent(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    await browser.send(f"/tickets/{number}", text="  ")
    assert browser.status == 422
    assert "Please write something." in browser.text


async def test_a_file_alone_is_a_reply(world: World):
    browser = await world.signed_in()
    number = await world.ticket(browser)
    await browser.send(f"/tickets/{number}", text="", files=[("log.txt", b"all is well")])
    assert "Your reply has been sent." in browser.text
    assert "log.txt" in browser.text
