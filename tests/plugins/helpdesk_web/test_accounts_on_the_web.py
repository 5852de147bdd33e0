"""Registration, confirmation, a forgotten password and one's own data, as a customer meets them."""

import pytest
from msgspec.structs import replace

from helpdesk_web.plugin import Registration
from tests.plugins.helpdesk_web.world import EMAIL, PASSWORD, WEB, Browser, Build, World

pytestmark = pytest.mark.anyio

NEW_PASSWORD = "Kometen kochen selten Marmelade"


async def register(world: World, email: str = EMAIL, **typed: str) -> Browser:
    browser = world.browser()
    await browser.open("/register")
    fields = {"given_name": "Karin", "family_name": "Krüger", "organisation": "Goethe-Gymnasium"}
    await browser.send("/register", fields={"email": email, "password": PASSWORD, **fields, **typed})
    return browser


async def test_the_link_and_the_password_together_confirm_an_account(world: World):
    await register(world)
    link = await world.mailed_link("/confirm/")
    browser = world.browser()
    await browser.open(link)
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert not account.confirmed, "opening a link confirms nothing"
    await browser.send(link, password="not the password")
    assert browser.status == 422
    assert "The password is not right." in browser.text
    await browser.send(link, password=PASSWORD)
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert account.confirmed
    await browser.open("/tickets")
    assert browser.path == "/tickets", "who typed the password is signed in"


async def test_an_expired_or_made_up_link_says_what_to_do(world: World):
    browser = world.browser()
    for path in ("/confirm/nothing", "/confirm/nothing/not-me", "/reset/nothing"):
        await browser.open(path)
        assert browser.status == 410
        assert "This link has expired" in browser.text


async def test_this_was_not_me_removes_the_account(world: World):
    await register(world)
    link = await world.mailed_link("/not-me")
    browser = world.browser()
    await browser.open(link)
    assert await world.helpdesk.accounts.find_by_address(EMAIL), "opening a link removes nothing"
    await browser.send(link)
    assert "Account removed" in browser.text
    assert await world.helpdesk.accounts.find_by_address(EMAIL) is None


async def test_the_fields_of_the_site_are_stored_and_can_be_changed(world: World):
    await register(world, salutation="Frau", customer_number="4711", product="davinci")
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert (account.salutation, account.name) == ("Frau", "Karin Krüger")
    fields = {field.key.name: field.key for field in world.helpdesk.account_fields}
    values = await world.helpdesk.accounts.values(account.id)
    assert values[fields["organisation"]] == "Goethe-Gymnasium"
    assert values[fields["product"]] == "davinci"
    browser = world.browser()
    await browser.sign_in()
    await browser.open("/account")
    assert ("product", "davinci") in browser.form("/account").fields
    await browser.send("/account", family_name="Krüger-Meier", customer_number="", product="magellan")
    assert "Your data is saved." in browser.text
    account = await world.helpdesk.accounts.find(account.id)
    assert account
    assert account.family_name == "Krüger-Meier"
    values = await world.helpdesk.accounts.values(account.id)
    assert fields["customer_number"] not in values
    assert values[fields["product"]] == "magellan"


async def test_every_empty_field_is_named_once_above_and_once_beside(world: World):
    browser = world.browser()
    await browser.open("/register")
    await browser.send("/register", email="", password="")
    assert browser.status == 422
    assert "<title>Error: " in browser.text
    assert "Please check 5 entries:" in browser.text
    for label in ("E-mail address", "Password", "First name", "Last name", "School"):
        assert browser.text.count(f"Please fill in “{label}”.") == 2


async def test_the_form_says_where_the_privacy_notice_is(world: World):
    browser = world.browser()
    await browser.open("/register")
    assert 'What we do with your data: <a href="/privacy">' in browser.text


async def test_what_was_typed_comes_back_but_the_password_does_not(world: World):
    browser = await register(world, password="short", given_name="Käthe")
    assert browser.status == 422
    assert "Please use at least 12 characters." in browser.text
    assert ("given_name", "Käthe") in browser.form("/register").fields
    assert 'value="short"' not in browser.text


async def test_a_value_that_nobody_offers_is_refused(world: World):
    browser = await register(world, product="made-up")
    assert browser.status == 422
    assert "Please choose one of the values given." in browser.text
    assert await world.helpdesk.accounts.find_by_address(EMAIL) is None


async def test_a_form_of_address_that_nobody_offers_is_left_out(world: World):
    await register(world, salutation="<b>Graf</b>")
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert account.salutation == ""


async def test_a_forgotten_password_is_replaced_by_the_mailed_link(world: World):
    await world.create()
    signed_in = world.browser()
    await signed_in.sign_in()
    browser = world.browser()
    await browser.open("/forgot")
    await browser.send("/forgot", email=EMAIL)
    assert "Please look into your mailbox" in browser.text
    link = await world.mailed_link("/reset/")
    await browser.open(link)
    await browser.send(link, password="short")
    assert browser.status == 422
    await browser.send(link, password=NEW_PASSWORD)
    assert browser.path == "/login", "a reset signs nobody in"
    assert "Your new password is stored." in browser.text
    await browser.send("/login", email=EMAIL, password=NEW_PASSWORD)
    assert browser.path == "/"
    await signed_in.open("/tickets")
    assert signed_in.path == "/login", "every session of before is void"
    again = world.browser()
    await again.open(link)
    assert again.status == 410


async def test_a_new_password_keeps_this_device_and_signs_out_the_others(world: World):
    await world.create()
    here, there = world.browser(), world.browser()
    await here.sign_in()
    await there.sign_in()
    token = here.cookie("session")
    await here.open("/account")
    await here.send("/account/password", password="wrong", new_password=NEW_PASSWORD)
    assert "The password is not right." in here.text
    await here.send("/account/password", password=PASSWORD, new_password="short")
    assert "Please use at least 12 characters." in here.text
    await here.send("/account/password", password=PASSWORD, new_password=NEW_PASSWORD)
    assert "Your new password is stored." in here.text
    assert here.cookie("session") != token
    await there.open("/account")
    assert there.path == "/login"


async def test_two_who_change_one_profile_do_not_overwrite_each_other(world: World):
    browser = await world.signed_in()
    await browser.open("/account")
    other = world.browser()
    await other.sign_in()
    await other.open("/account")
    await other.send("/account", given_name="Karina", organisation="A")
    await browser.send("/account", given_name="Katrin", organisation="B")
    assert browser.status == 409
    assert ("given_name", "Katrin") in browser.form("/account").fields
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert account.given_name == "Karina"


async def test_the_language_is_taken_from_person_cookie_and_browser_in_this_order(world: World):
    browser = world.browser(headers={"accept-language": "de-AT,de;q=0.9"})
    await browser.open("/")
    assert 'lang="de"' in browser.text
    await browser.send("/language", language="en")
    assert browser.path == "/"
    assert '<html lang="en"' in browser.text
    await world.create()
    await browser.sign_in()
    await browser.open("/account")
    await browser.send("/account/language", language="de")
    assert '<html lang="de"' in browser.text
    elsewhere = world.browser(headers={"accept-language": "en"})
    await elsewhere.sign_in()
    assert '<html lang="de"' in elsewhere.text


async def test_a_language_that_the_site_does_not_speak_changes_nothing(world: World):
    browser = await world.signed_in()
    await browser.open("/account")
    await browser.post("/account/language", [*browser.form("/account").fields, ("language", "xx")])
    account = await world.helpdesk.accounts.find_by_address(EMAIL)
    assert account
    assert account.language is None


async def test_a_site_may_ask_for_the_link_before_the_first_sign_in(build: Build):
    asking = Registration(fields=WEB.registration.fields, confirm_first=True)
    world = await build(replace(WEB, registration=asking))
    await register(world)
    browser = world.browser()
    await browser.sign_in()
    assert browser.status == 403
    assert "Please open the link in our e-mail first." in browser.text
    await browser.open("/tickets")
    assert browser.path == "/login"
    link = await world.mailed_link("/confirm/")
    await browser.open(link)
    await browser.send(link, password=PASSWORD)
    await browser.open("/tickets")
    assert browser.path == "/tickets"
