"""Ticket numbers: what a format may be, how a number is found again in a subject, and that none is ever given twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.db import Database
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.testing.desks import Desk
from helpdesk_core.tickets import Number
from helpdesk_core.tickets.numbers import next_number, register_number

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FORMATS = ["{year}-{seq:06}", "{seq}", "T{year}{month}{seq:04}", "sup-{seq:03}", "{seq}.{month}.{year}", "7_{seq:012}"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("", "{seq} once"),
        ("{year}", "{seq} once"),
        ("{seq}-{seq}", "{seq} once"),
        ("{year}{year}{seq}", "at most once"),
        ("{month}-{seq}", "without {year}"),
        ("Tick-{seq}", "upper and lower case"),
        ("{year}/{seq}", "from /{seq} on"),
        ("#{seq}", "from #{seq} on"),
        ("{seq} ", "not understood from   on"),
        ("{seq}\n", "not understood"),
        ("[{seq}]", "from [{seq}] on"),
        ("№{seq}", "from №{seq} on"),
        ("{{{seq}}}", "not understood"),
        ("{seq", "from {seq on"),
        ("{}", "from {} on"),
        ("{0}", "from {0} on"),
        ("{seq:x}", "from {seq:x} on"),
        ("{seq:,}", "from {seq:,} on"),
        ("{seq:6}", "from {seq:6} on"),
        ("{seq:013}", "from {seq:013} on"),
        ("{seq:00}", "from {seq:00} on"),
        ("{seq!r}", "from {seq!r} on"),
        ("{seq.real}", "from {seq.real} on"),
        ("{seq.__class__}", "not understood"),
        ("{seq:{year}}", "not understood"),
        ("{year:06}-{seq}", "from {year:06}-{seq} on"),
        ("{month:d}{year}{seq}", "not understood"),
        ("{day}{seq}", "from {day}{seq} on"),
        ("a" * 49 + "{seq}", "more than 60 characters"),
    ],
)
def test_a_wrong_format_says_what_is_wrong_with_it(wrong, why):
    with pytest.raises(ConfigurationError) as error:
        Number(wrong)
    assert why in str(error.value)


def test_a_number_of_twelve_digits_may_have_sixty_characters():
    assert len(Number("a" * 48 + "{seq}").text(10**12 - 1, NOON)) == 60


@pytest.mark.parametrize(
    ("form", "expected"),
    list(zip(FORMATS, ["2026-000042", "42", "T2026110042", "sup-042", "42.11.2026", "7_000000000042"], strict=True)),
)
def test_a_number_looks_as_its_format_says(form, expected):
    assert Number(form).text(42, NOON) == expected


moments = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - local moments, as `text` takes them
formats = st.sampled_from([Number(form) for form in FORMATS])
sequences = st.integers(1, 10**11)


@given(formats, sequences, moments, sequences, moments)
def test_different_sequences_or_periods_never_give_one_number(number, one, at, other, then):
    same = (number.period(at), one) == (number.period(then), other)
    assert (number.text(one, at) == number.text(other, then)) == same


around = st.sampled_from(
    [
        "",
        "Re: ",
        "RE: AW: WG: ",
        "Fwd: [EXTERN] ",
        "[EXTERN]",
        "It does not print ",
        "Drucker\r\n ",
        "[#] ",
        "#1 {x} %s ",
    ]
)
blanks = st.sampled_from(["", " ", "  ", "\t", "\r\n ", "\u00a0"])
cases = st.sampled_from([str.upper, str.lower, str])


@given(formats, sequences, moments, st.tuples(around, around, blanks, blanks, blanks, cases))
def test_the_number_is_found_whatever_stands_around_it(number, sequence, at, surroundings):
    before, after, first, second, third, case = surroundings
    text = number.text(sequence, at)
    (found,) = number.pattern().findall(f"{before}[{first}#{second}{case(text)}{third}]{after}")
    assert found.casefold() == text.casefold()


@pytest.mark.parametrize(
    "subject",
    [
        "2026-000001",
        "#2026-000001",
        "[2026-000001]",
        "(#2026-000001)",
        "[#2026-000001",
        "#2026-000001]",
        "[#2026-1]",
        "[#2026-00001]",
        "[#26-000001]",
        "[#02026-000001]",
        "[#2026 000001]",
        "[#2026-000001x]",
        "[#x2026-000001]",
        "[##2026-000001]",
        "[#2026-0000000000001]",
        "[#\uff12\uff10\uff12\uff16-000001]",
        "[#2026-00 0001]",
        "[#2026-000001, 2026-000002]",
        "[#2026\u2013000001]",
        "[ticket #2026-000001]",
    ],
)
def test_what_only_looks_like_a_number_is_none(subject):
    assert Number().pattern().findall(subject) == []


def test_several_numbers_are_found_in_their_order():
    subject = "[#2026-000001] WG: [#2026-000002] [EXTERN]"
    assert Number().pattern().findall(subject) == ["2026-000001", "2026-000002"]


def test_a_dot_in_a_format_is_a_dot():
    assert Number("{year}.{seq}").pattern().findall("[#2026x1]") == []


# --- giving numbers -------------------------------------------------------------------------------------------------


async def give(database: Database, number: Number, now: datetime, zone: ZoneInfo = BERLIN) -> str:
    async with database.unit() as unit:
        return await next_number(database, unit, number, now, zone)


@pytest.mark.anyio
async def test_sequences_begin_again_with_the_year_of_the_sites_zone(database: Database):
    new_year = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    moments = [new_year - timedelta(seconds=1), new_year - timedelta(seconds=1), new_year, new_year]
    assert [await give(database, Number(), now) for now in moments] == [
        "2026-000001",
        "2026-000002",
        "2027-000001",
        "2027-000002",
    ]


@pytest.mark.anyio
async def test_sequences_begin_again_with_the_month_where_the_format_has_one(database: Database):
    number = Number("{year}{month}{seq:03}")
    first_of_december = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    moments = [first_of_december - timedelta(seconds=1), first_of_december, first_of_december + timedelta(days=31)]
    assert [await give(database, number, now) for now in moments] == ["202611001", "202612001", "202701001"]


@pytest.mark.anyio
async def test_without_year_and_month_sequences_never_begin_again(database: Database):
    moments = [NOON, NOON + timedelta(days=400), NOON - timedelta(days=400)]
    assert [await give(database, Number("{seq}"), now) for now in moments] == ["1", "2", "3"]


@pytest.mark.anyio
async def test_a_clock_that_goes_back_over_the_new_year_repeats_no_number(database: Database):
    days = [NOON, NOON + timedelta(days=60), NOON, NOON + timedelta(days=60)]
    given_out = [await give(database, Number(), now) for now in days]
    assert given_out == ["2026-000001", "2027-000001", "2026-000002", "2027-000002"]


@pytest.mark.anyio
async def test_a_unit_that_is_rolled_back_gives_its_number_to_the_next(database: Database):
    async def crash() -> None:
        async with database.unit() as unit:
            await next_number(database, unit, Number(), NOON, BERLIN)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await crash()
    assert await give(database, Number(), NOON) == "2026-000001"


@pytest.mark.anyio
async def test_numbers_that_were_used_are_jumped_over_whoever_used_them(desk: Desk):
    karin = await desk.person("Karin Krüger")
    first, second = await desk.ticket(karin), await desk.ticket(karin)
    # As after a restore of the counter alone, and after an import of old numbers.
    await desk.helpdesk.database.execute("UPDATE helpdesk_core_number_counter SET last = 0")
    async with desk.helpdesk.database.unit() as unit:
        await register_number(desk.helpdesk.database, unit, "2026-000003", first.ticket, NOON)
    assert (await desk.ticket(karin)).number == "2026-000004"
    found = await desk.helpdesk.tickets.read.find("2026-000003")
    assert found is not None
    assert found.number == first.number
    assert second.number == "2026-000002"


@pytest.mark.anyio
async def test_no_number_can_be_registered_twice(desk: Desk):
    from helpdesk_core.db import UniqueViolation

    karin = await desk.person("Karin Krüger")
    done = await desk.ticket(karin)
    with pytest.raises(UniqueViolation):
        async with desk.helpdesk.database.unit() as unit:
            await register_number(desk.helpdesk.database, unit, done.number, done.ticket, NOON)


@pytest.mark.anyio
async def test_twenty_tickets_at_once_have_twenty_numbers(desk: Desk):
    karin = await desk.person("Karin Krüger")
    numbers = [done.number for done in await asyncio.gather(*(desk.ticket(karin) for _ in range(20)))]
    assert len(set(numbers)) == 20
    rows = await desk.helpdesk.database.fetch("SELECT text FROM helpdesk_core_number")
    assert {row["text"] for row in rows} == set(numbers)
