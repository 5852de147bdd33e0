"""What people wrote is kept as one kind of text: no sign that a database refuses, and folds where they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import Invalid
from helpdesk_core.tickets import NewFile, Writing
from helpdesk_core.tickets.commands import LONGEST_TEXT
from helpdesk_core.tickets.wording import judged, one_line

signs = st.sampled_from(["\r", "\n", "\r\n", "\0", "a", "ß", "😀", " ", "\ud800", "> "])
texts = st.lists(signs, max_size=30).map("".join)
anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_a_text_is_kept_but_for_its_line_ends_and_what_no_database_holds(text):
    kept = judged(Writing(text=f"x{text}")).text
    assert "\0" not in kept
    assert "\r" not in kept
    kept.encode("utf-8")
    assert judged(Writing(text=kept)).text == kept
    plain = text.isprintable() and text.encode("utf-8", "replace").decode() == text
    assert not plain or kept == f"x{text}"


@given(texts, st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=4))
def test_folds_fit_the_text_whatever_was_given(text, folds):
    kept = judged(Writing(text=f"x{text}", folds=tuple(folds)))
    ends = [0, *(place for fold in kept.folds for place in fold), len(kept.text)]
    assert ends == sorted(ends)
    assert all(start < stop for start, stop in kept.folds)


@given(texts, texts, texts)
def test_what_was_folded_stays_folded_when_line_ends_change(before, folded, after):
    # A fold never ends within a line end of two signs.
    before, folded = before.rstrip("\r") + "a", "b" + folded.rstrip("\r") + "c"
    text = before + folded + after
    fold = (len(before), len(before) + len(folded))
    kept = judged(Writing(text=text, folds=(fold,)))
    ((start, stop),) = kept.folds
    assert kept.text[start:stop] == judged(Writing(text=folded)).text


@given(anything)
def test_a_subject_is_one_line_that_every_header_and_database_takes(subject):
    line = one_line(subject)
    assert line == line.strip()
    assert all(sign.isprintable() or not sign.isspace() for sign in line.replace(" ", ""))
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line)
    line.encode("utf-8")
    assert one_line(line) == line


@pytest.mark.parametrize("text", ["", " \r\n\t", "\0", "\0\r"])
def test_nothing_is_no_message_unless_there_is_a_file(text):
    from helpdesk_core.files import StoredFile

    with pytest.raises(Invalid) as error:
        judged(Writing(text=text))
    assert error.value.field == "text"
    file = NewFile(name="a.txt", stored=StoredFile("0" * 64, 1), media_type="text/plain")
    assert judged(Writing(text=text, files=(file,))).files == (file,)


def test_a_text_may_be_long_but_not_endless():
    assert len(judged(Writing(text="x" * LONGEST_TEXT)).text) == LONGEST_TEXT
    with pytest.raises(Invalid):
        judged(Writing(text="x" * (LONGEST_TEXT + 1)))
