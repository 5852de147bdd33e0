"""An agent at the desk, through the real pages and without scripts."""

import pytest

from tests.plugins.helpdesk_web.world import Browser, World

pytestmark = pytest.mark.anyio


async def test_the_desk_is_for_agents_alone(world: World, karin: Browser):
    stranger = world.browser()
    for path in ("/desk", "/desk/tickets/2026-000001"):
        await stranger.open(path)
        assert 'name="password"' in stranger.text
        await karin.open(path)
        assert karin.status == 403
    await karin.open("/")
    assert "/desk" not in karin.text


async def test_a_new_ticket_stands_on_top_of_the_list(world: World, karin: Browser, anna: Browser):
    await world.ticket(karin, "The first")
    number = await world.ticket(karin, "The second")
    await anna.open("/desk")
    assert anna.plain.index("The second") < anna.plain.index("The first")
    assert f"/desk/tickets/{number}?view=open" in anna.text


async def test_an_answer_reaches_the_customer_with_the_status_chosen(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin)
    await anna.open(f"/desk/tickets/{number}")
    await anna.send(f"/desk/tickets/{number}/reply?view=open", text="Which **version**?", then="waiting")
    assert anna.status == 200
    assert "Your answer is on its way." in anna.plain
    await karin.open(f"/tickets/{number}")
    assert "Which <strong>version</strong>?" in karin.text
    assert "Waiting for your answer" in karin.plain
    await world.deliver()
    assert "Which **version**?" in world.post.taken[-1].content.decode()


async def test_a_note_is_seen_by_agents_and_by_nobody_else(world: World, karin: Browser, anna: Browser):
    number, canary = await world.ticket(karin), "kanarienvogel"
    await anna.open(f"/desk/tickets/{number}")
    await anna.send(f"/desk/tickets/{number}/note?view=open", text=canary)
    assert canary in anna.text
    assert "Internal note" in anna.plain
    for path in (f"/tickets/{number}", "/tickets"):
        await karin.open(path)
        assert canary not in karin.text
    await world.deliver()
    assert all(canary not in parcel.content.decode() for parcel in world.post.taken)


async def test_a_note_that_fails_never_turns_up_in_the_answer(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin)
    await anna.open(f"/desk/tickets/{number}")
    await anna.send(f"/desk/tickets/{number}/note?view=open", text=" " * 3)
    assert anna.status == 422
    assert "Please write something." in anna.plain
    reply = dict(anna.form(f"/desk/tickets/{number}/reply?view=open").fields)
    assert reply["text"] == ""


async def test_a_message_that_came_in_meanwhile_is_shown_before_the_answer_leaves(
    world: World, karin: Browser, anna: Browser
):
    number = await world.ticket(karin)
    await anna.open(f"/desk/tickets/{number}")
    await karin.open(f"/tickets/{number}")
    await karin.send(f"/tickets/{number}", text="It is the other printer")
    await anna.send(f"/desk/tickets/{number}/reply?view=open", text="Restart the printer")
    assert anna.status == 409
    assert "It is the other printer" in anna.plain
    assert "Send anyway" in anna.plain
    await anna.send(f"/desk/tickets/{number}/reply?view=open")
    assert anna.status == 200
    await karin.open(f"/tickets/{number}")
    assert "Restart the printer" in karin.plain


async def test_two_clicks_send_one_answer(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin)
    await anna.open(f"/desk/tickets/{number}")
    action = f"/desk/tickets/{number}/reply?view=open"
    fields = [(name, value) for name, value in anna.form(action).fields if name != "text"]
    for _ in range(2):
        await anna.post(action, [*fields, ("text", "Once is enough")])
    await karin.open(f"/tickets/{number}")
    assert karin.plain.count("Once is enough") == 1


async def test_status_and_who_is_in_charge_are_set_beside_the_ticket(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin)
    await anna.open(f"/desk/tickets/{number}")
    account = await world.helpdesk.accounts.find_by_address("anna@vendor.example")
    assert account is not None
    await anna.send(f"/desk/tickets/{number}/properties?view=open", status="solved", assignee=str(account.id))
    assert "Saved." in anna.plain
    await anna.open("/desk?view=solved")
    assert number in anna.text
    head = await world.helpdesk.tickets.read.find(number)
    assert head is not None
    assert (head.status, head.assignee) == ("solved", account.id)


async def test_a_long_list_goes_on_page_by_page(world: World, karin: Browser, anna: Browser):
    numbers = [await world.ticket(karin, f"Matter {at}") for at in range(5)]
    await anna.open("/desk?view=all")
    first = [number for number in numbers if number in anna.text]
    link = next(part for part in anna.text.split('"') if part.startswith("/desk?view=all&amp;after="))
    await anna.open(link.replace("&amp;", "&"))
    second = [number for number in numbers if number in anna.text]
    assert sorted(first + second) == sorted(numbers)


async def test_markup_of_a_customer_is_only_text_to_the_agent(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin, "<script>alert(1)</script>", "<img src=x onerror=alert(2)>")
    for path in ("/desk", f"/desk/tickets/{number}"):
        await anna.open(path)
        assert "<script>alert(1)" not in anna.text
        assert "<img src=x" not in anna.text


async def test_a_number_leads_to_its_ticket_and_a_wrong_one_says_so(world: World, karin: Browser, anna: Browser):
    number = await world.ticket(karin)
    for typed in (number, f"%23{number}", str(int(number.rpartition("-")[2]))):
        await anna.open(f"/desk?q={typed}")
        assert anna.path == f"/desk/tickets/{number}"
    await anna.open("/desk?q=4711")
    assert anna.status == 200
    assert "No ticket has the number 4711." in anna.plain
