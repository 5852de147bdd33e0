"""Values that sites and plugins add: what goes in comes out, of the same type."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import Invalid
from helpdesk_core.fields import Key, Stored, Value, Values, from_columns, put, to_columns

DUE = Key("sla_due", datetime)
SEATS = Key("contracts_seats", int)
WEIGHT = Key("weight", float)
PAID = Key("contracts_paid", bool)
BIRTHDAY = Key("birthday", date)
PRODUCT = Key("product", str)
KEYS: dict[type, Key[Any]] = {key.holds: key for key in (DUE, SEATS, WEIGHT, PAID, BIRTHDAY, PRODUCT)}

values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])),
    st.dates(),
)


@given(value=values)
def test_what_is_put_comes_back_with_its_type(value: Value):
    key = KEYS[type(value)]
    found = Values().changed(put(key, value))[key]
    assert found == value
    assert type(found) is type(value)


@given(value=values)
def test_exactly_one_column_is_filled(value: Value):
    stored = to_columns(value)
    assert sum(column is not None for column in (stored.text, stored.number, stored.instant)) == 1


@given(one=st.dates(), other=st.dates())
def test_dates_sort_in_their_column_as_days_do(one: date, other: date):
    first, second = to_columns(one).text, to_columns(other).text
    assert first is not None
    assert second is not None
    assert (first < second) == (one < other)


def test_a_missing_value_is_none_by_get_and_an_error_by_index():
    assert Values().get(PRODUCT) is None
    assert PRODUCT not in Values()
    with pytest.raises(KeyError):
        Values()[PRODUCT]


def test_none_takes_a_value_away_and_leaves_the_others():
    before = Values.of({"product": "GRUNDSCHULE", "contracts_seats": 3})
    after = before.changed(put(PRODUCT, None))
    assert PRODUCT not in after
    assert after[SEATS] == 3
    assert before[PRODUCT] == "GRUNDSCHULE"


def test_values_without_a_key_are_kept_as_they_are():
    old = Values({"gone_plugin_note": Stored(text="kept")})
    assert old.changed(put(SEATS, 1)).columns["gone_plugin_note"] == Stored(text="kept")
    assert sorted(old.changed(put(SEATS, 1))) == ["contracts_seats", "gone_plugin_note"]


@pytest.mark.parametrize("number", [math.nan, math.inf, 2**53 + 1])
def test_a_number_that_a_double_does_not_hold_is_refused_at_its_field(number: float):
    with pytest.raises(Invalid) as refused:
        Values.of({"weight": number})
    assert refused.value.field == "weight"


def test_a_nul_in_a_text_is_refused_at_its_field():
    with pytest.raises(Invalid) as refused:
        put(PRODUCT, "a\0b")
    assert refused.value.field == "product"


def test_a_key_takes_only_what_it_holds():
    with pytest.raises(TypeError, match="sla_due"):
        put(DUE, date(2026, 11, 23))  # type: ignore[misc] # it is what the test is about
    with pytest.raises(TypeError, match="contracts_seats"):
        put(SEATS, True)
    assert put(WEIGHT, 3).value == 3


def test_an_instant_needs_a_zone():
    with pytest.raises(ValueError, match="zone"):
        put(DUE, datetime(2026, 11, 23, 12))  # noqa: DTZ001 - it is what the test is about


def test_a_value_stored_as_something_else_is_told_with_what_to_do():
    with pytest.raises(TypeError, match="new name"):
        from_columns(Stored(text="soon"), datetime)
    with pytest.raises(TypeError, match="new name"):
        from_columns(Stored(number=1.0), str)


@pytest.mark.parametrize("name", ["", "Sla", "1due", "a-b", "a" * 65, "ä", "due\n"])
def test_a_key_has_a_plain_name(name: str):
    with pytest.raises(ValueError, match="key"):
        Key(name, str)


def test_a_key_holds_one_of_six_types():
    with pytest.raises(TypeError, match="bytes"):
        Key("raw", bytes)  # type: ignore[type-var] # it is what the test is about


def test_equal_values_are_equal_and_do_not_show_what_they_hold():
    assert Values.of({"product": "secret"}) == Values().changed(put(PRODUCT, "secret"))
    assert hash(Values.of({"product": "x"})) == hash(Values.of({"product": "x"}))
    assert "secret" not in repr(Values.of({"product": "secret"}))
    assert len(Values.of({"product": "x"})) == 1
