"""Registration: an account at once, a mail to the address, and nothing told to a stranger."""

import asyncio
from datetime import timedelta

import pytest

from helpdesk_core.accounts import AccountState, Purpose, Role, WrongCredentials
from helpdesk_core.accounts.tables import Address, Person, PersonValue
from helpdesk_core.bus import Subject
from helpdesk_core.bus.tables import Delivery, EventRow
from helpdesk_core.checks import Check, Refuse
from helpdesk_core.db import KeyReused
from helpdesk_core.errors import Invalid, Refused, TooMany
from helpdesk_core.fields import Key, put
from tests.core.accounts.world import OTHER, PASSWORD, START, URL, World, form, key, token_in

pytestmark = pytest.mark.anyio

SCHOOL = Key("organisation", str)


async def test_whoever_registers_can_sign_in_at_once(world: World):
    await world.accounts.register(form(values=(put(SCHOOL, "Grundschule Nord"),), language="de"))
    account = await world.accounts.sign_in("k.krueger@schule.EXAMPLE", PASSWORD, source="")
    assert account.name == "Karin Krüger"
    assert account.email == "K.Krueger@Schule.example"
    assert account.values[SCHOOL] == "Grundschule Nord"
    assert account.role is Role.CUSTOMER
    assert account.state is AccountState.ACTIVE
    assert account.language == "de"
    assert account.created_at == account.password_set_at == START
    assert not account.confirmed
    assert not account.addresses[0].proven
    assert not account.is_agent
    assert await world.history(account.id) == ["person.registered"]


async def test_the_confirmation_mail_goes_out_at_once_and_shows_nothing_that_was_typed(world: World):
    await world.accounts.register(form(given_name="Kanarie", family_name="Vogel"))
    mail = await world.mail()
    assert mail.addressee.address == "K.Krueger@Schule.example"
    assert mail.subject == "Ihr Konto wurde erstellt"
    assert mail.text.startswith("Guten Tag,\n\nIhr Konto im Ticketsystem von STÜBER SYSTEMS wurde erstellt.")
    token = token_in(mail)
    for link in ("/login", f"/confirm/{token}", f"/confirm/{token}/not-me"):
        assert f"    {URL}{link}\n" in mail.text
        assert mail.html is not None
        assert f'href="{URL}{link}"' in mail.html
    for part in (mail.subject, mail.text, mail.short, mail.html or ""):
        assert "Kanarie" not in part
        assert "Vogel" not in part


async def test_b23_a_known_address_gives_the_same_answer_and_changes_nothing(world: World):
    unknown = await world.accounts.register(form())
    await world.mails()
    before = await world.rows()
    known = await world.accounts.register(form("k.krueger@SCHULE.example", password=OTHER, given_name="Eve"))
    assert (unknown.email, known.email) == ("K…@Schule.example", "k…@SCHULE.example")
    assert await world.rows() == before
    mail = await world.mail()
    assert mail.subject == "Sie haben bereits ein Konto"
    assert mail.text.startswith("Guten Tag,\n")
    assert f"    {URL}/forgot\n" in mail.text
    assert "Eve" not in mail.text
    assert mail.addressee.address == "K.Krueger@Schule.example"
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("k.krueger@schule.example", OTHER, source="")


async def test_b23_registering_costs_the_same_work_whether_the_address_is_known_or_not(world: World):
    known = "known@schule.example"
    await world.accounts.register(form(known))
    costs: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for number in range(40):
        is_known = number % 2 == 0
        email = known if is_known else f"new{number}@schule.example"
        hashed, compared = world.hasher.work
        deliveries, events = await Delivery.count(), await EventRow.count()
        await world.accounts.register(form(email))
        costs[is_known].add((world.hasher.hashed - hashed, world.hasher.compared - compared))
        assert await EventRow.count() == events + 1
        assert await Delivery.count() - deliveries <= 1
        world.clock.advance(timedelta(hours=3))
    assert costs == {True: {(1, 0)}, False: {(1, 0)}}


async def test_the_same_form_sent_twice_makes_one_account_and_one_mail(world: World):
    sent = form()
    first = await world.accounts.register(sent)
    assert await world.accounts.register(sent) == first
    assert await Person.count() == 1
    assert (await world.mail()).subject == "Ihr Konto wurde erstellt"


async def test_a_used_key_with_another_form_behind_it_is_refused(world: World):
    once = key()
    await world.accounts.register(form(once=once))
    with pytest.raises(KeyReused):
        await world.accounts.register(form("other@schule.example", once=once))
    assert await Person.count() == 1


async def test_the_key_of_a_form_may_be_anything(world: World):
    await world.accounts.register(form(once="x" * 10_000 + "\0\ud800"))
    assert await Person.count() == 1


async def test_of_many_at_once_with_one_address_one_makes_the_account(world: World):
    answers = await asyncio.gather(*(world.accounts.register(form(given_name=f"N{number}")) for number in range(8)))
    assert len({answer.email for answer in answers}) == 1
    assert await Person.count() == 1
    assert await Address.count() == 1
    subjects = [mail.subject for mail in await world.mails()]
    assert subjects.count("Ihr Konto wurde erstellt") == 1
    assert len(subjects) == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": "a@b.de\r\nBcc: c@d.de"}, "email"),
        ({"password": "kurz"}, "password"),
        ({"password": "Grundschule2026!"}, "password"),
        ({"password": "StueberSupport"}, "password"),
        ({"given_name": "See http://spam.example"}, "given_name"),
        ({"family_name": "www.spam.example"}, "family_name"),
        ({"family_name": "a@spam.example"}, "family_name"),
        ({"family_name": "two\nlines"}, "family_name"),
        ({"family_name": "x" * 101}, "family_name"),
        ({"salutation": "x" * 41}, "salutation"),
        ({"language": "de; DROP"}, "language"),
        ({"timezone": "Europe"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(world: World, changed: dict[str, str], field: str):
    with pytest.raises(Invalid) as refused:
        await world.accounts.register(form(**changed))
    assert refused.value.field == field
    assert await Person.count() == 0


async def test_a_check_may_refuse_before_anything_is_stored(world: World):
    async def ask(command: object) -> Refuse | None:
        return Refuse("We only serve schools.", field="email")

    world.accounts.wire([Check(name="test.schools", command=type(form()), ask=ask)])
    with pytest.raises(Refused, match="schools") as refused:
        await world.accounts.register(form())
    assert refused.value.field == "email"
    assert await Person.count() == 0
    assert await world.mails() == []


async def test_checks_are_wired_once(world: World):
    world.accounts.wire([])
    with pytest.raises(RuntimeError, match="once"):
        world.accounts.wire([])


async def test_a_form_does_not_show_what_was_typed(world: World):
    assert PASSWORD not in repr(form())
    assert "Krüger" not in repr(form())


async def test_b22_registrations_from_one_place_are_limited(world: World):
    for number in range(60):
        await world.accounts.register(form(f"n{number}@schule.example"))
    with pytest.raises(TooMany) as refused:
        await world.accounts.register(form("one-more@schule.example"))
    assert refused.value.retry_after == 3600
    await world.accounts.register(form("elsewhere@schule.example", source="198.51.100.0/24"))


async def test_b22_accounts_that_nobody_confirms_are_gone_after_seven_days(world: World):
    for number in range(30):
        await world.accounts.register(form(f"n{number}@spam.example", values=(put(SCHOOL, "Spam"),)))
    kept = await world.confirmed_after_mails("kept@schule.example")
    await world.created("invited@schule.example", password=None)
    world.clock.advance(timedelta(days=6, hours=23))
    assert await world.accounts.remove_unconfirmed() == 0
    world.clock.advance(timedelta(hours=2))
    (job,) = (job for job in world.accounts.jobs() if job.name == "accounts.unconfirmed")
    await job.run()
    assert await Person.count() == 2
    assert await Address.count() == 2
    assert await PersonValue.count() == 0
    assert await world.accounts.find(kept.id)
    with pytest.raises(WrongCredentials):
        await world.accounts.sign_in("n1@spam.example", PASSWORD, source="")


async def test_an_account_whose_address_answered_is_not_taken_away(world: World):
    account, _ = await world.registered()
    await world.prove(account)
    world.clock.advance(timedelta(days=30))
    assert await world.accounts.remove_unconfirmed() == 0


async def test_a_confirmed_account_stays_though_its_address_was_given_up(world: World):
    account = await world.confirmed()
    await Address.delete().where(Address.person == account.id)
    world.clock.advance(timedelta(days=30))
    assert await world.accounts.remove_unconfirmed() == 0


async def test_an_address_that_was_taken_away_can_register_again(world: World):
    first, _ = await world.registered()
    world.clock.advance(timedelta(days=8))
    assert await world.accounts.remove_unconfirmed() == 1
    second, _ = await world.registered()
    assert second.id != first.id
    assert await world.history(first.id) == ["person.registered", "person.removed"]


async def test_r14_strangers_make_us_send_three_mails_an_hour_to_an_unproven_address(world: World):
    for number in range(20):
        source = f"{number}.example"
        await world.accounts.register(form(source=source))
        await world.accounts.forgot("k.krueger@schule.example", source=source, origin="web")
    assert len(await world.mails()) == 3


async def test_r14_and_ten_a_day(world: World):
    sent = 0
    for hour in range(24):
        for number in range(5):
            await world.accounts.register(form(source=f"{hour}-{number}"))
        world.clock.advance(timedelta(minutes=59))
        sent += len(await world.mails())
    assert sent == 10


async def test_events_hold_no_name_and_no_address(world: World):
    account, _ = await world.registered(values=(put(SCHOOL, "Grundschule Nord"),))
    await world.accounts.register(form())
    for row in await EventRow.select():
        assert not any(word in str(row).casefold() for word in ("krueger", "krüger", "karin", "schule"))
    subjects = await world.bus.history(Subject("person", account.id))
    assert [each.sequence for each in subjects] == [1, 2]


async def test_looking_at_a_link_changes_nothing(world: World):
    _, token = await world.registered()
    before = await world.rows()
    for _ in range(3):
        assert await world.accounts.look_at_token(Purpose.CONFIRM, token) == "K…@Schule.example"
    assert await world.accounts.look_at_token(Purpose.RESET, token) is None
    assert await world.rows() == before


async def test_the_first_mail_can_be_sent_again_and_tells_a_stranger_nothing(world: World):
    account, first = await world.registered()
    for email in ("k.krueger@SCHULE.example", "nobody@schule.example"):
        await world.accounts.send_again(email, source="", origin="web")
    mail = await world.mail()
    assert mail.notice == "account_created"
    second = token_in(mail)
    assert second != first
    assert (await world.accounts.confirm(first, PASSWORD)).confirmed
    assert await world.accounts.look_at_token(Purpose.CONFIRM, second) is None
    await world.accounts.send_again("k.krueger@schule.example", source="", origin="web")
    assert (await world.mail()).notice == "account_exists"
    assert (await world.history(account.id)).count("person.registration_repeated") == 2


async def test_an_invitation_can_be_sent_again(world: World):
    await world.created("anna@schule.example", password=None, tell=False)
    await world.accounts.send_again("anna@schule.example", source="", origin="web")
    assert (await world.mail()).notice == "invited"


async def test_mails_sent_again_count_like_all_others(world: World):
    await world.registered()
    for number in range(10):
        await world.accounts.send_again("k.krueger@schule.example", source=f"{number}", origin="web")
    assert len(await world.mails()) == 2
    for number in range(60):
        await world.accounts.send_again(f"n{number}@schule.example", source="here", origin="web")
    with pytest.raises(TooMany):
        await world.accounts.send_again("k.krueger@schule.example", source="here", origin="web")
