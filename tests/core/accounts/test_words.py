"""The words of the notices about accounts: whole, short, polite, and without anything that a stranger typed."""

import re
from typing import Any

import pytest

from helpdesk_core.accounts import (
    NOTICES,
    AccountCreated,
    AccountExists,
    Invited,
    PasswordResetRequested,
    PasswordWasSet,
    Purpose,
    tokens,
)
from helpdesk_core.accounts.tables import Address, OneTimeToken, Person
from helpdesk_core.bus import Actor, Composing, OutgoingMessage
from helpdesk_core.text import Texts
from tests.core.accounts.world import LINKS, OTHER, PASSWORD, URL, World, form, token_in

pytestmark = pytest.mark.anyio

NAMES = {notice.name for notice in NOTICES}
EMAIL = "k.krueger@schule.example"


async def every_mail(world: World, language: str) -> dict[str, OutgoingMessage]:
    """Let everything happen that people are told about; return one mail of each notice."""
    await world.accounts.register(form(language=language))
    mails = await world.mails()
    await world.accounts.register(form())
    await world.created("anna@schule.example", password=None, language=language)
    mails += await world.mails()
    await world.accounts.confirm(token_in(mails[0]), PASSWORD)
    await world.accounts.forgot(EMAIL, source="", origin="web")
    mails += await world.mails()
    account = await world.accounts.find_by_address(EMAIL)
    assert account is not None
    await world.accounts.change_password(Actor.of(account.id), PASSWORD, OTHER, source="", origin="web")
    mails += await world.mails()
    return {mail.notice: mail for mail in mails}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_every_notice_has_short_and_complete_words(world: World, language: str):
    mails = await every_mail(world, language)
    assert mails.keys() == NAMES
    for mail in mails.values():
        assert mail.language == language
        assert mail.html is not None
        assert mail.automatic
        assert not mail.answerable
        assert 0 < len(mail.subject) < 60
        assert "\n" not in mail.subject + mail.short
        assert len(mail.text.split()) <= 120
        assert len(mail.short.split()) <= 25
        assert max(len(line) for line in mail.text.splitlines() if URL not in line) <= 80
        assert "STÜBER SYSTEMS" in mail.text
        assert not re.search(r"{{|{%|\bNone\b|Undefined", mail.text + mail.short + mail.html)
        assert set(re.findall(r"https?://[^/\s\"<]+", mail.text + mail.html)) == {URL}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_html_says_what_the_text_says(world: World, language: str):
    for mail in (await every_mail(world, language)).values():
        assert mail.html is not None
        links = set(re.findall(rf"{re.escape(URL)}/\S+", mail.text))
        assert links == set(re.findall(rf'href="({re.escape(URL)}/[^"]+)"', mail.html))
        visible = re.sub(r"<style>.*?</style>|<[^>]+>|\s", "", mail.html, flags=re.DOTALL)
        greeting = mail.recipient.salutation.replace(" ", "")
        assert f"{greeting}," in visible


async def test_german_says_sie_and_kennwort(world: World):
    for mail in (await every_mail(world, "de")).values():
        text = re.sub(r"https://\S+|E-Mail", "", f"{mail.subject} {mail.text} {mail.short}")
        words = set(re.findall(r"\w+", text))
        assert words & {"Sie", "Ihr", "Ihre", "Neues"}
        assert not words & {"du", "dein", "dir", "Passwort", "Login", "Account", "Mail"}
        assert "!" not in mail.text


async def test_the_german_words_of_the_first_mail_are_those_that_were_agreed(world: World):
    mail = (await every_mail(world, "de"))["account_created"]
    token = token_in(mail)
    assert (
        mail.text
        == f"""Guten Tag,

Ihr Konto im Ticketsystem von STÜBER SYSTEMS wurde erstellt. Sie können sich
ab sofort mit Ihrer E-Mail-Adresse und Ihrem Kennwort anmelden:

    {URL}/login

Bitte bestätigen Sie noch Ihre E-Mail-Adresse. Danach können Sie Tickets
auch per E-Mail erstellen:

    {URL}/confirm/{token}

Sie haben dieses Konto nicht erstellt? Dann entfernen Sie es hier:

    {URL}/confirm/{token}/not-me

Freundliche Grüße
Ihr Support-Team von STÜBER SYSTEMS
"""
    )


async def test_b22_no_mail_to_an_unproven_address_shows_what_was_typed(world: World):
    canary: dict[str, Any] = {"salutation": "Kanarie", "given_name": "Kanarie", "family_name": "Kanarie"}
    await world.accounts.register(form(**canary))
    await world.accounts.register(form(**canary))
    await world.accounts.forgot(EMAIL, source="", origin="web")
    await world.created("anna@schule.example", password=None, **canary)
    mails = await world.mails()
    assert {mail.notice for mail in mails} == NAMES - {"password_was_set"}
    for mail in mails:
        assert "Kanarie" not in f"{mail.subject}{mail.text}{mail.short}{mail.html}"
        assert mail.recipient.name == ""


async def test_a_name_that_looks_like_html_stays_a_name(world: World):
    account = await world.confirmed(salutation="", given_name="<b>K", family_name='"&')
    await world.accounts.change_password(Actor.of(account.id), PASSWORD, OTHER, source="", origin="web")
    mail = await world.mail()
    assert mail.text.startswith('Guten Tag <b>K "&,\n')
    assert mail.html is not None
    assert "<b>K" not in mail.html


async def test_on_a_site_without_web_only_what_needs_no_page_is_told(world: World, texts: Texts):
    account, _ = await world.registered()
    (addressee,) = await world.accounts.addressees([account.id])
    words = texts.words("de")
    composing = Composing(
        words=words,
        addressee=addressee,
        recipient=await world.accounts.recipient(addressee, words),
        links=None,
        now=world.clock.now(),
    )
    assert await AccountExists(person_id=account.id).context(composing) is None
    told = await PasswordWasSet(person_id=account.id, at=world.clock.now()).context(composing)
    assert told is not None
    context = {"recipient": composing.recipient, "words": words, **told.values}
    text = words.render("notices/password_was_set/body.txt", **context)
    assert "None" not in text
    assert "Wenn nicht" not in text


@pytest.mark.parametrize("gone", ["removed", "address"])
async def test_what_waits_for_somebody_who_left_is_withdrawn(world: World, gone: str):
    account = await world.confirmed()
    await world.accounts.forgot(EMAIL, source="", origin="web")
    await world.accounts.register(form())
    if gone == "address":
        await Address.update({Address.removed_at: world.clock.now()}).where(Address.person == account.id)
    else:
        await Person.update({Person.state: "removed"}).where(Person.id == account.id)
    assert await world.mails() == []


async def test_nobody_is_asked_to_confirm_what_is_confirmed(world: World):
    await world.accounts.register(form())
    account = await world.accounts.find_by_address(EMAIL)
    assert account is not None
    link = await tokens.issue(Purpose.RESET, account.id, account.addresses[0].id, world.clock.now())
    await world.accounts.reset(link.text, OTHER)
    assert [mail.notice for mail in await world.mails()] == ["password_was_set"]


@pytest.mark.parametrize("notice", [AccountCreated, Invited, PasswordResetRequested])
async def test_no_link_is_made_for_a_closed_account_even_if_its_mail_were_sent(
    world: World, texts: Texts, notice: type[AccountCreated | Invited | PasswordResetRequested]
):
    account, _ = await world.registered()
    (addressee,) = await world.accounts.addressees([account.id])
    words = texts.words("de")
    recipient = await world.accounts.recipient(addressee, words)
    composing = Composing(words=words, addressee=addressee, recipient=recipient, links=LINKS, now=world.clock.now())
    await Person.update({Person.state: "blocked"}).where(Person.id == account.id)
    before = await OneTimeToken.count()
    assert await notice(person_id=account.id, address_id=account.addresses[0].id).context(composing) is None
    assert await OneTimeToken.count() == before


async def test_b24_links_follow_the_site_s_own_address_alone(world: World):
    await world.accounts.register(form(source="evil.test", origin="evil.test"))
    mail = await world.mail()
    assert "evil.test" not in mail.text
    assert token_in(mail)
