"""Opening a ticket: what is written, who is told, what is refused."""

from datetime import UTC, datetime
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from helpdesk_core.accounts import Role
from helpdesk_core.bus import Actor, Subject
from helpdesk_core.checks import Check, Refuse
from helpdesk_core.db import KeyReused
from helpdesk_core.errors import Forbidden, Invalid, Refused
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Abstain, Entitlement, Grant, NewFile, NotEntitled, OpenTicket, Reply, Review, Writing

pytestmark = pytest.mark.anyio


def opening(desk: Desk, customer, **changes) -> OpenTicket:
    command = OpenTicket(
        actor=Actor.of(customer.id),
        origin="web",
        once=desk.once(),
        requester=customer.id,
        subject="It does not print",
        writing=Writing(text="Since this morning."),
    )
    return msgspec.structs.replace(command, **changes)


async def test_a_ticket_gets_the_next_number_of_the_year_and_its_first_message(desk: Desk):
    karin = await desk.person("Karin Krüger")
    first, second = await desk.ticket(karin), await desk.ticket(karin)
    assert (first.number, second.number) == ("2026-000001", "2026-000002")
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), "2026-000001")
    assert [message.text for message in view.messages] == ["Help, please"]
    assert view.head.status == "new"


async def test_the_customer_is_told_the_number_and_nobody_else_is_told_anything(desk: Desk):
    karin = await desk.person("Karin Krüger")
    await desk.agent()
    await desk.ticket(karin, "It does not print")
    await desk.deliver()
    assert [(notice, subject) for notice, subject, _ in desk.mails()] == [
        ("ticket_received", "It does not print [#2026-000001]")
    ]


async def test_the_year_of_a_number_is_that_of_the_sites_zone(desk: Desk):
    desk.helpdesk.tickets._zone = ZoneInfo("Europe/Berlin")
    desk.clock.set(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert (await desk.ticket(await desk.person("Karin Krüger"))).number == "2027-000001"


async def test_the_same_form_twice_gives_one_ticket(desk: Desk):
    karin = await desk.person("Karin Krüger")
    command = opening(desk, karin)
    assert await desk.helpdesk.tickets.open(command) == await desk.helpdesk.tickets.open(command)
    assert len(await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_ticket")) == 1


async def test_the_same_key_with_other_words_is_an_error_and_loses_neither(desk: Desk):
    karin = await desk.person("Karin Krüger")
    command = opening(desk, karin)
    await desk.helpdesk.tickets.open(command)
    with pytest.raises(KeyReused):
        await desk.helpdesk.tickets.open(msgspec.structs.replace(command, subject="Something else"))


async def test_a_customer_cannot_open_a_ticket_for_somebody_else(desk: Desk):
    karin, emre = await desk.person("Karin Krüger"), await desk.person("Emre Weber")
    with pytest.raises(Forbidden):
        await desk.helpdesk.tickets.open(opening(desk, karin, requester=emre.id))


async def test_an_agent_opens_a_ticket_for_a_customer_in_the_customers_name(desk: Desk):
    karin, anna = await desk.person("Karin Krüger"), await desk.agent()
    done = await desk.helpdesk.tickets.open(opening(desk, karin, actor=Actor.of(anna.id), origin="desk"))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    assert view.messages[0].author.person_id == karin.id
    assert view.history[0].actor.person_id == anna.id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "  \n "}, "subject"),
        ({"kind": "no-such-kind"}, "kind"),
        ({"writing": Writing(text=" \r\n ")}, "text"),
        ({"writing": Writing(text="x" * 500_001)}, "text"),
    ],
)
async def test_what_is_missing_or_wrong_names_its_field(desk: Desk, changes, field):
    karin = await desk.person("Karin Krüger")
    with pytest.raises(Invalid) as error:
        await desk.helpdesk.tickets.open(opening(desk, karin, **changes))
    assert error.value.field == field


async def test_a_file_is_kept_under_its_hash_with_a_clean_name(desk: Desk):
    karin = await desk.person("Karin Krüger")
    stored = await desk.helpdesk.files.put(b"pixels")
    file = NewFile(name="../../etc/passwd\u202e.png", stored=stored, media_type="image/png")
    done = await desk.helpdesk.tickets.open(opening(desk, karin, writing=Writing(text="See", files=(file,))))
    viewer = await desk.viewer(karin)
    view = await desk.helpdesk.tickets.read.view(viewer, done.number)
    (attachment,) = view.messages[0].files
    assert attachment.name == "passwd.png"
    found = await desk.helpdesk.tickets.read.attachment(viewer, attachment.id)
    assert await desk.helpdesk.files.get(found.blob or "") == b"pixels"


async def test_a_check_that_says_no_leaves_nothing_behind(desk: Desk):
    async def no(command: OpenTicket) -> Refuse:
        return Refuse("Not on Mondays.", field="subject")

    desk.helpdesk.tickets.wire(
        checks=[Check(name="test.mondays", command=OpenTicket, ask=no)], entitlements=(), fields=()
    )
    karin = await desk.person("Karin Krüger")
    with pytest.raises(Refused) as error:
        await desk.ticket(karin)
    assert (error.value.rule, error.value.field, error.value.temporary) == ("test.mondays", "subject", False)
    assert not await desk.helpdesk.database.fetch("SELECT id FROM helpdesk_core_ticket")


async def test_a_check_that_fails_refuses_for_the_time_being(desk: Desk, caplog):
    async def broken(command: OpenTicket) -> None:
        raise RuntimeError("the plugin is broken")

    desk.helpdesk.tickets.wire(
        checks=[Check(name="test.broken", command=OpenTicket, ask=broken)], entitlements=(), fields=()
    )
    with pytest.raises(Refused) as error:
        await desk.ticket(await desk.person("Karin Krüger"))
    assert error.value.temporary
    assert "check failed" in caplog.text


async def test_a_check_that_answers_nonsense_refuses_for_the_time_being(desk: Desk):
    async def nonsense(command: OpenTicket):
        return "no"

    desk.helpdesk.tickets.wire(
        checks=[Check(name="test.nonsense", command=OpenTicket, ask=nonsense)], entitlements=(), fields=()
    )
    with pytest.raises(Refused) as error:
        await desk.ticket(await desk.person("Karin Krüger"))
    assert error.value.temporary


class TestEntitlement:
    async def ask(self, desk: Desk, *answers):
        async def answering(answer, command):
            if isinstance(answer, Exception):
                raise answer
            return answer

        entitlements = [
            Entitlement(name=f"test.rule{at}", ask=partial(answering, answer)) for at, answer in enumerate(answers)
        ]
        desk.helpdesk.tickets.wire(checks=(), entitlements=entitlements, fields=())
        return await desk.ticket(await desk.person("Karin Krüger"))

    async def test_one_grant_suffices_and_its_reason_is_kept(self, desk: Desk):
        done = await self.ask(
            desk, Abstain(reason="none", text="No contract."), Grant(reason="contract", text="Yes.", facts={"a": 1})
        )
        (decision,) = await desk.helpdesk.tickets.read.decisions(done.ticket)
        assert (decision.outcome, decision.rule, decision.reason) == ("grant", "test.rule1", "contract")
        assert [answer["reason"] for answer in decision.answers] == ["none", "contract"]

    async def test_nobody_grants_so_the_site_refuses_and_keeps_why(self, desk: Desk):
        with pytest.raises(NotEntitled) as error:
            await self.ask(desk, Abstain(reason="contract-ended", text="Your contract ended."))
        assert error.value.verdict.answer.reason == "contract-ended"
        rows = await desk.helpdesk.database.fetch("SELECT outcome, reason, ticket FROM helpdesk_core_decision")
        assert [(row["outcome"], row["reason"], row["ticket"]) for row in rows] == [("refuse", "contract-ended", None)]

    async def test_a_review_opens_the_ticket_and_marks_it_for_the_agent(self, desk: Desk):
        done = await self.ask(desk, Abstain(reason="none", text="No."), Review(reason="claim", text="We check."))
        view = await desk.helpdesk.tickets.read.view(await desk.viewer(await desk.agent()), done.number)
        assert view.head.review

    async def test_a_rule_that_fails_counts_as_a_review(self, desk: Desk):
        done = await self.ask(desk, RuntimeError("broken"))
        (decision,) = await desk.helpdesk.tickets.read.decisions(done.ticket)
        assert (decision.outcome, decision.reason) == ("review", "check-failed")

    async def test_answering_an_open_ticket_is_never_refused_for_it(self, desk: Desk):
        karin = await desk.person("Karin Krüger")
        done = await desk.ticket(karin)

        async def no(command: OpenTicket) -> Abstain:
            return Abstain(reason="ended", text="Ended.")

        desk.helpdesk.tickets.wire(checks=(), entitlements=[Entitlement(name="test.no", ask=no)], fields=())
        await desk.helpdesk.tickets.reply(
            Reply(
                actor=Actor.of(karin.id),
                origin="web",
                once=desk.once(),
                ticket=done.ticket,
                writing=Writing(text="One more thing"),
            )
        )


async def test_a_ticket_of_nobody_we_know_cannot_be_opened(desk: Desk):
    await desk.person("Karin Krüger", Role.CUSTOMER)
    stranger = uuid4()
    with pytest.raises(Forbidden):
        await desk.helpdesk.tickets.open(
            OpenTicket(
                actor=Actor.of(stranger),
                origin="web",
                once=desk.once(),
                requester=stranger,
                subject="Hello",
                writing=Writing(text="Hello"),
            )
        )
    assert not await desk.helpdesk.bus.history(Subject("ticket", stranger))


async def test_a_repeat_is_the_same_command_also_when_a_membership_began_meanwhile(desk: Desk):
    """Red when the key stands for more than was asked."""
    karin, accounts, system = await desk.person("Karin Krüger"), desk.helpdesk.accounts, Actor.system("test")
    command = opening(desk, karin)
    first = await desk.helpdesk.tickets.open(command)
    school = await accounts.create_organisation(system, "Einstein School", origin="cli")
    await accounts.grant_membership(system, karin.id, school.id, origin="cli")
    assert await desk.helpdesk.tickets.open(command) == first


async def test_a_sign_that_no_database_holds_loses_no_ticket(desk: Desk):
    karin = await desk.person("Karin Krüger")
    done = await desk.helpdesk.tickets.open(
        opening(desk, karin, subject="It\0does \ud800not", writing=Writing(text="a\0b\ud800\r\nc", folds=((5, 6),)))
    )
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    assert (view.head.subject, view.messages[0].text) == ("It does ?not", "ab?\nc")


async def test_a_name_or_content_id_of_a_file_that_nobody_can_hold_loses_no_mail(desk: Desk):
    karin = await desk.person("Karin Krüger")
    stored = await desk.helpdesk.files.put(b"pixels")
    files = tuple(
        NewFile(name=f"\ud800\0{'x' * 5000}.png", stored=stored, media_type="image/png", content_id=content_id)
        for content_id in (None, "a@b", "x" * 5000)
    )
    await desk.helpdesk.tickets.open(opening(desk, karin, origin="email", writing=Writing(text="See", files=files)))
    rows = await desk.helpdesk.database.fetch("SELECT name, content_id FROM helpdesk_core_file ORDER BY position")
    assert [row["content_id"] for row in rows] == [None, "a@b", None]
    assert all(row["name"].endswith("x.png") and len(row["name"]) == 150 for row in rows)
