"""Fields of tickets: who may set which value, what comes back, and what history says of it."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.accounts import Account
from helpdesk_core.bus import Actor, EventTypes
from helpdesk_core.errors import ConfigurationError, Invalid
from helpdesk_core.fields import Choice, Key, Put, put
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import (
    EVENTS,
    Done,
    Kind,
    OpenTicket,
    PutValues,
    TicketField,
    Tickets,
    ValueChanged,
    Worth,
    Writing,
)
from helpdesk_core.tickets.fields import judge_values

STATE = Key("state", str)
PLACE = Key("place", str)
ROOMS = Key("rooms", int)
WEIGHT = Key("weight", float)
URGENT = Key("urgent", bool)
DUE = Key("due", datetime)
DAY = Key("day", date)
KEYS: tuple[Key[Any], ...] = (STATE, PLACE, ROOMS, WEIGHT, URGENT, DUE, DAY)
STATES = (Choice("by", "Bavaria"), Choice("be", "Berlin"))
FIELDS = tuple(
    TicketField(key=key, label=key.name, choices=STATES if key is STATE else (), edit="customer", ask=True)
    for key in KEYS
)
ALL: dict[Key[Any], Any] = {
    STATE: "by",
    PLACE: "Room 12, kanarienvogel-4711",
    ROOMS: 3,
    WEIGHT: 2.5,
    URGENT: True,
    DUE: datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=UTC),
    DAY: date(2026, 12, 24),
}


def may(field: TicketField) -> bool:
    return True


def may_not(field: TicketField) -> bool:
    return False


class TestJudging:
    def test_what_fits_passes(self):
        judge_values(FIELDS, [put(key, value) for key, value in ALL.items()], may_set=may)
        judge_values(FIELDS, [put(key, None) for key in KEYS], may_set=may)

    @pytest.mark.parametrize(
        ("given_value", "field"),
        [
            (put(Key("nobody_knows", str), "x"), "nobody_knows"),
            (put(STATE, "hh"), "state"),
            (put(STATE, ""), "state"),
            (put(STATE, "BY"), "state"),
            # Of another type than the field: it would be stored where nobody could read it.
            (put(Key("rooms", str), "3"), "rooms"),
            (Put(Key("state", int), 1), "state"),
        ],
    )
    def test_what_does_not_names_its_field(self, given_value, field):
        with pytest.raises(Invalid) as error:
            judge_values(FIELDS, [put(PLACE, "here"), given_value], may_set=may)
        assert error.value.field == field

    def test_who_may_not_set_it_is_told_the_same_as_when_there_is_no_such_field(self):
        messages = set()
        for fields, allowed in ((FIELDS, False), ((), True)):
            with pytest.raises(Invalid) as error:
                judge_values(fields, [put(PLACE, "here")], may_set=may if allowed else may_not)
            messages.add(str(error.value))
        assert len(messages) == 1


class TestDeclaring:
    def test_a_form_asks_for_a_field_where_its_kind_fits(self):
        everywhere = TicketField(key=PLACE, label="Place", ask=True)
        at_bugs = TicketField(key=PLACE, label="Place", ask=True, kinds=("bug",), required=True)
        never = TicketField(key=PLACE, label="Place", kinds=("bug",))
        asked = [[field.asked_for(kind) for kind in ("bug", "wish")] for field in (everywhere, at_bugs, never)]
        assert asked == [[True, True], [True, False], [False, False]]

    @pytest.mark.parametrize("code", ["BY", "", "b y", "ä", "x" * 65, "-by"])
    def test_a_choice_that_history_cannot_hold_is_an_error_at_the_start(self, code):
        with pytest.raises(ConfigurationError, match="state"):
            TicketField(key=STATE, label="State", choices=(Choice(code, "Bavaria"),))

    def test_only_texts_are_chosen(self):
        with pytest.raises(ConfigurationError, match="rooms"):
            TicketField(key=ROOMS, label="Rooms", choices=(Choice("1", "One"),))

    @pytest.mark.parametrize("code", ["Bug", "", "b ug", "bug_", "ä", "-bug", "x" * 65])
    def test_a_kind_that_history_cannot_hold_is_an_error_at_the_start(self, code):
        with pytest.raises(ConfigurationError, match="lower case"):
            Tickets(kinds=(Kind(code, "Fault"),))


instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
worths = st.one_of(
    st.builds(Worth, choice=st.sampled_from(["by", "be", "7.0", "a_b-c"])),
    st.builds(Worth, number=st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(Worth, instant=instants),
    st.none(),
)


@given(worths, worths)
def test_a_changed_value_is_read_from_history_as_it_was_written(before, after):
    types = EventTypes(EVENTS)
    event = ValueChanged(key="due", before=before, after=after)
    assert types.decode(event.name, event.version, msgspec.json.decode(types.encode(event))) == event


@given(st.text(min_size=1).filter(lambda text: not text.isascii() or text != text.lower() or " " in text))
def test_history_has_no_place_for_a_text(text):
    with pytest.raises(msgspec.ValidationError):
        EventTypes(EVENTS).encode(ValueChanged(key="place", after=Worth(choice=text)))


@pytest.fixture
async def karin(desk: Desk) -> Account:
    desk.helpdesk.tickets.wire(checks=(), entitlements=(), fields=FIELDS)
    return await desk.person("Karin Krüger")


async def set_values(desk: Desk, who: Account, ticket: Done, *values: Put[Any]) -> Done:
    command = PutValues(actor=Actor.of(who.id), origin="web", once=desk.once(), ticket=ticket.ticket, values=values)
    return await desk.helpdesk.tickets.put(command)


async def opened(desk: Desk, who: Account, *values: Put[Any]) -> Done:
    command = OpenTicket(
        actor=Actor.of(who.id),
        origin="web",
        once=desk.once(),
        requester=who.id,
        subject="It does not print",
        writing=Writing(text="Help"),
        values=values,
    )
    return await desk.helpdesk.tickets.open(command)


@pytest.mark.anyio
@pytest.mark.parametrize("when", ["opened", "later"])
async def test_values_of_every_type_come_back_as_they_were_put(desk: Desk, karin, when):
    values = [put(key, value) for key, value in ALL.items()]
    done = await opened(desk, karin, *(values if when == "opened" else ()))
    if when == "later":
        await set_values(desk, karin, done, *values)
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    assert {key: view.values[key] for key in KEYS} == ALL
    await set_values(desk, karin, done, *(put(key, None) for key in KEYS))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    assert len(view.values) == 0


@pytest.mark.anyio
async def test_history_has_choices_numbers_and_instants_with_old_and_new_and_of_a_text_that_it_changed(desk, karin):
    done = await opened(desk, karin, *(put(key, value) for key, value in ALL.items()))
    later = ALL[DUE] + timedelta(days=1)
    changes: dict[Key[Any], Any] = {
        STATE: "be",
        PLACE: "elsewhere",
        ROOMS: 4,
        WEIGHT: None,
        URGENT: False,
        DUE: later,
        DAY: None,
    }
    await set_values(desk, karin, done, *(put(key, value) for key, value in changes.items()))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    told = {each.event.key: each.event for each in view.history if isinstance(each.event, ValueChanged)}
    assert told == {
        "state": ValueChanged(key="state", before=Worth(choice="by"), after=Worth(choice="be")),
        "place": ValueChanged(key="place"),
        "rooms": ValueChanged(key="rooms", before=Worth(number=3.0), after=Worth(number=4.0)),
        "weight": ValueChanged(key="weight", before=Worth(number=2.5)),
        "urgent": ValueChanged(key="urgent", before=Worth(number=1.0), after=Worth(number=0.0)),
        "due": ValueChanged(key="due", before=Worth(instant=ALL[DUE]), after=Worth(instant=later)),
        "day": ValueChanged(key="day"),
    }
    rows = await desk.helpdesk.database.fetch("SELECT facts FROM helpdesk_core_event")
    assert all("kanarienvogel" not in row["facts"] and "elsewhere" not in row["facts"] for row in rows)


@pytest.mark.anyio
async def test_a_value_that_stays_the_same_is_no_event(desk: Desk, karin):
    done = await opened(desk, karin, put(ROOMS, 3))
    await set_values(desk, karin, done, put(ROOMS, 3), put(PLACE, None))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    assert [each.event.name for each in view.history] == ["ticket.opened"]


@pytest.mark.anyio
async def test_a_text_of_the_time_before_a_field_had_choices_does_not_get_into_history(desk: Desk, karin):
    free = TicketField(key=STATE, label="State", edit="customer", ask=True)
    desk.helpdesk.tickets.wire(checks=(), entitlements=(), fields=(free,))
    done = await opened(desk, karin, put(STATE, "by"))
    await set_values(desk, karin, done, put(STATE, "Freie Stadt"))
    desk.helpdesk.tickets.wire(checks=(), entitlements=(), fields=FIELDS)
    await set_values(desk, karin, done, put(STATE, "be"))
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(karin), done.number)
    told = [each.event for each in view.history if isinstance(each.event, ValueChanged)]
    assert told == [ValueChanged(key="state"), ValueChanged(key="state", after=Worth(choice="be"))]
