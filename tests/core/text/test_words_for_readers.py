"""Dates, sizes and lists for people, each in their language and zone; and which language a person gets."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.text.languages import closest, fallbacks, language_folder, language_tag, negotiate

MORNING = dt.datetime(2026, 11, 23, 10, 5, tzinfo=dt.UTC)


@pytest.fixture
def texts(make_texts):
    return make_texts(languages=("de", "en", "en-GB"))


def test_an_instant_is_written_in_the_readers_language_and_zone(texts):
    german = texts.words("de")
    assert german.datetime(MORNING) == "23.11.2026, 11:05"
    assert german.date(MORNING) == "23.11.2026"
    assert german.time(MORNING) == "11:05"
    assert german.long_datetime(MORNING) == "Montag, 23. November 2026, 11:05"
    assert texts.words("en-GB", "Europe/London").datetime(MORNING) == "23 Nov 2026, 10:05"
    assert texts.words("en", "America/New_York").datetime(MORNING).startswith("Nov 23, 2026, 5:05")


def test_summer_and_winter_time_are_kept_apart(texts):
    words = texts.words("de", "Europe/Berlin")
    before, after = (dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1))
    assert [words.time(before), words.time(after)] == ["02:30", "02:30"]
    assert "00:30:00Z" in words.time_tag(before)
    assert "01:30:00Z" in words.time_tag(after)
    spring = [dt.datetime(2026, 3, 29, hour, 59, tzinfo=dt.UTC) for hour in (0, 1)]
    assert [words.time(instant) for instant in spring] == ["01:59", "03:59"]


def test_the_day_of_an_instant_is_that_of_the_readers_zone(texts):
    late = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)
    assert texts.words("de").date(late) == "01.01.2027"
    assert texts.words("de", "America/New_York").date(late) == "31.12.2026"
    assert texts.words("de", "Pacific/Kiritimati").date(dt.date(2026, 12, 31)) == "31.12.2026"


def test_an_instant_of_any_zone_is_the_same_instant(texts):
    tokyo = MORNING.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert texts.words("de").datetime(tokyo) == "23.11.2026, 11:05"


@pytest.mark.parametrize("method", ["date", "time", "datetime", "long_datetime", "time_tag"])
def test_an_instant_without_zone_is_an_error(texts, method):
    with pytest.raises(ValueError, match="without a time zone"):
        getattr(texts.words("de"), method)(dt.datetime(2026, 11, 23, 10, 5))  # noqa: DTZ001


@pytest.mark.parametrize("method", ["date", "time", "datetime", "long_datetime", "time_tag"])
def test_nothing_is_never_written_as_today(texts, method):
    with pytest.raises(TypeError, match="is wanted, not None"):
        getattr(texts.words("de"), method)(None)


@pytest.mark.parametrize(
    ("seconds", "german"),
    [
        (3 * 3600, "vor 3 Stunden"),
        (60, "vor 1 Minute"),
        (46, "vor 1 Minute"),
        (2 * 86400, "vor 2 Tagen"),
        (-3600, "in 1 Stunde"),
        (0, "just now"),
        (44, "just now"),
        (-44, "just now"),
    ],
)
def test_how_long_ago_is_said_in_words(texts, seconds, german):
    assert texts.words("de").ago(MORNING, MORNING + dt.timedelta(seconds=seconds)) == german


def test_just_now_is_translated_like_any_word(make_texts, po):
    texts = make_texts(plugins={"german": {"locale/de/LC_MESSAGES/helpdesk.po": po(just_now="gerade eben")}})
    assert texts.words("de").ago(MORNING, MORNING) == "gerade eben"


def test_how_long_ago_counts_true_hours_across_the_change_of_time(texts):
    before = dt.datetime(2026, 10, 24, 22, 0, tzinfo=dt.UTC)
    assert texts.words("de").ago(before, before + dt.timedelta(hours=5)) == "vor 5 Stunden"


def test_a_time_element_holds_the_instant_for_machines_and_people(make_texts):
    source = "{{ t|time_tag }}|{{ t|time_tag(now) }}"
    words = make_texts(core={"templates/kernel/p.html": source}).words("de")
    exact, relative = words.render("kernel/p.html", t=MORNING, now=MORNING + dt.timedelta(hours=3)).split("|")
    attributes = 'datetime="2026-11-23T10:05:00Z" title="Montag, 23. November 2026, 11:05"'
    assert exact == f"<time {attributes}>23.11.2026, 11:05</time>"
    assert relative == f"<time {attributes}>vor 3 Stunden</time>"


def test_every_filter_writes_what_the_words_write(make_texts):
    source = (
        "{{ t|date }};{{ t|time }};{{ t|datetime }};{{ t|long_datetime }};{{ t|ago(now) }};{{ s|file_size }};"
        "{{ n|number }};{{ names|listed }}"
    )
    texts = make_texts(core={"templates/kernel/p.txt": source})
    now, names = MORNING + dt.timedelta(hours=2), ["Anna", "Ben", "Cem"]
    for words in (texts.words("de"), texts.words("en", "UTC")):
        page = words.render("kernel/p.txt", t=MORNING, now=now, s=240_000, n=1234.5, names=names)
        assert page.split(";") == [
            words.date(MORNING),
            words.time(MORNING),
            words.datetime(MORNING),
            words.long_datetime(MORNING),
            words.ago(MORNING, now),
            words.file_size(240_000),
            words.number(1234.5),
            words.list(names),
        ]


@pytest.mark.parametrize(
    ("size", "german"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1499, "1,5 kB"),
        (9949, "9,9 kB"),
        (240_000, "240 kB"),
        (1_520_000, "1,5 MB"),
        (25_000_000, "25 MB"),
        (3_000_000_000, "3 GB"),
        (1_234_000_000_000, "1.234 GB"),
    ],
)
def test_file_sizes_are_short(texts, size, german):
    assert texts.words("de").file_size(size) == german


def test_units_of_file_sizes_are_translated(make_texts, po):
    entry = 'msgid "%(number)s kB"\nmsgstr "%(number)s ko"\n'
    texts = make_texts(plugins={"french": {"locale/fr/LC_MESSAGES/helpdesk.po": po(entry)}}, languages=["fr", "de"])
    assert texts.words("fr").file_size(1500) == "1,5 ko"


def test_numbers_and_lists_follow_the_language(texts):
    assert texts.words("de").number(1234.5) == "1.234,5"
    assert texts.words("en").number(1234.5) == "1,234.5"
    assert texts.words("de").list(["Anna", "Ben", "Cem"]) == "Anna, Ben und Cem"
    assert texts.words("en").list(["Anna", "Ben"]) == "Anna and Ben"
    assert texts.words("de").list([]) == ""


def test_words_are_made_once_for_each_language_and_zone(texts):
    assert texts.words("de") is texts.words("DE", "Europe/Berlin")
    assert texts.words("de") is not texts.words("de", "UTC")
    assert texts.words("de", "UTC").zone.key == "UTC"
    assert texts.words("de", "UTC").language == "de"


def test_a_language_names_itself(texts):
    assert [texts.words(tag).language_name for tag in texts.languages] == [
        "Deutsch",
        "English",
        "English (United Kingdom)",
    ]


@pytest.mark.parametrize(
    ("wanted", "served"),
    [("de", "de"), ("de-AT", "de"), ("de_at", "de"), ("EN-gb", "en-GB"), ("en-US", "en"), ("fr", "de"), (None, "de")],
)
def test_a_reader_is_served_in_the_nearest_language(texts, wanted, served):
    assert texts.words(wanted).language == served


@pytest.mark.parametrize("zone", [None, "", "Mars/Phobos", "../../etc/passwd", "Europe", "x" * 5000, "a\0b"])
def test_a_reader_whose_zone_is_unknown_gets_the_sites(texts, zone):
    assert texts.words("de", zone).zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "de"),
        ("", "de"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en-GB"),
        ("fr-FR, fr;q=0.9, en;q=0.8, de;q=0.7", "en"),
        ("de-AT", "de"),
        ("en;q=0.5, de;q=0.6", "de"),
        ("en;q=0, fr", "de"),
        ("*", "de"),
        ("fr;q=0.9, *;q=0.5, en;q=0.4", "de"),
        ("EN", "en"),
        ("en;q=high", "de"),
        ("en;q=2", "de"),
        ("en;level=1", "de"),
        (",,;;=,en", "en"),
        ("zh-Hant-TW", "de"),
    ],
)
def test_a_browser_gets_the_language_it_likes_best(texts, header, language):
    assert texts.negotiate(header) == language


@given(st.text(max_size=200))
def test_no_header_is_an_error(header):
    assert negotiate(header, ("de", "en"), "de") in {"de", "en"}


def test_a_huge_header_is_read_at_its_beginning_only():
    assert negotiate("fr," * 1_000_000 + "en", ("de", "en"), "de") == "de"


def test_a_variety_serves_who_asks_for_the_language():
    assert closest("en", ["de", "en-GB"]) == "en-GB"
    assert closest("en-US", ["de", "en-GB"]) == "en-GB"
    assert closest("e", ["de", "en-GB"]) is None


def test_languages_have_one_name():
    assert [language_tag(name) for name in ("de", "de_at", "pt-br", "zh_Hant")] == ["de", "de-AT", "pt-BR", "zh-Hant"]
    assert fallbacks("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh")
    assert language_folder("de-AT") == "de_AT"
    for name in ("xx", "", "english", "de_DE_x", "../de"):
        with pytest.raises(ValueError, match="is not a language"):
            language_tag(name)
