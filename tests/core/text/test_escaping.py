"""What templates do with values: HTML escapes every one, plain text none, and nothing undefined passes."""

import datetime as dt
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text.words import TemplateFailed

EVIL = "\"><script>alert(1)</script><a b='%(x)s {{ 7*7 }}"
DE = "locale/de/LC_MESSAGES/helpdesk.po"

SINKS = {
    "value": "{{ value }}",
    "attribute": '<p title="{{ value }}"></p>',
    "label": "{{ _(value) }}",
    "gettext": "{{ gettext(value) }}",
    "context": "{{ pgettext('c', value) }}",
    "label with value": "{{ _('Hello %(name)s', name=value) }}",
    "plural with value": "{{ ngettext('%(who)s has one', '%(who)s has %(num)s', 2, who=value) }}",
    "plural in context": "{{ npgettext('c', '%(who)s has one', '%(who)s has %(num)s', 2, who=value) }}",
    "block": "{% trans %}Hello <b>{{ value }}</b>{% endtrans %}",
    "block with expression": "{% trans name=value %}Hello {{ name }}{% endtrans %}",
    "plural block": "{% trans n=2, value %}{{ value }}{% pluralize %}{{ n }} of {{ value }}{% endtrans %}",
    "block in context": '{% trans "c" %}Hello {{ value }}{% endtrans %}',
    "plural block in context": '{% trans "c" n=2, value %}one {{ value }}{% pluralize %}{{ value }}{% endtrans %}',
    "list": "{{ [value, value]|listed }}",
    "macro": "{% macro show(v) %}<i>{{ v }}</i>{% endmacro %}{{ show(value) }}",
    "markdown": "{{ value|markdown }}",
    "mail text": "{{ value|plain_to_html }}",
    "included": "{% include 'kernel/inner.html' %}",
    "imported": "{% import 'kernel/macros.html' as m %}{{ m.show(value) }}",
}
BASE = {
    "templates/kernel/inner.html": "{{ value }}",
    "templates/kernel/macros.html": "{% macro show(v) %}{{ v }}{% endmacro %}",
}


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def tags_of(html):
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser.tags


@pytest.mark.parametrize("sink", SINKS)
def test_a_hostile_value_is_escaped_in_the_sink(make_texts, sink):
    texts = make_texts(core=BASE | {"templates/kernel/page.html": SINKS[sink]})
    words = texts.words("de")
    page = words.render("kernel/page.html", value=EVIL)
    harmless = words.render("kernel/page.html", value="x")
    assert "<script" not in page
    assert "49" not in page
    assert tags_of(page) == tags_of(harmless)
    assert "alert(1)" in page


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(alphabet=st.sampled_from("<>\"'&%(){} /=abxs\n"), max_size=40))
def test_no_value_changes_the_elements_of_a_page(every_sink, value):
    words, harmless = every_sink
    page = words.render("kernel/page.html", value=value)
    assert tags_of(page) == harmless


@pytest.fixture
def every_sink(make_texts):
    """All sinks in one page, but those whose elements depend on the text by design."""
    source = "\n".join(SINKS[name] for name in SINKS if name not in {"markdown", "mail text"})
    words = make_texts(core=BASE | {"templates/kernel/page.html": source}).words("de")
    return words, tags_of(words.render("kernel/page.html", value="x"))


def test_plain_text_is_not_escaped(make_texts):
    texts = make_texts(core={"templates/kernel/mail.txt": "{{ value }} {% trans %}for {{ value }}{% endtrans %}"})
    assert texts.words("de").render("kernel/mail.txt", value="A & <B>") == "A & <B> for A & <B>"


def test_a_translated_block_may_hold_markup_but_a_label_may_not(make_texts, po):
    entries = po('msgid "a <b>bold</b> word"\nmsgstr "ein <b>fettes</b> Wort"\n')
    source = "{% trans %}a <b>bold</b> word{% endtrans %}|{{ _('a <b>bold</b> word') }}"
    texts = make_texts(core={"templates/kernel/page.html": source, DE: entries})
    block, label = texts.words("de").render("kernel/page.html").split("|")
    assert block == "ein <b>fettes</b> Wort"
    assert label == "ein &lt;b&gt;fettes&lt;/b&gt; Wort"


def test_percent_signs_survive_in_blocks_and_labels(make_texts, po):
    entries = po(
        'msgid "100 %% sure"\nmsgstr "zu 100 %% sicher"\n',
        'msgid "100 % safe"\nmsgstr "zu 100 % sicher"\n',
        'msgid "all"\nmsgstr "100 %"\n',
    )
    source = "{% trans %}100 % sure{% endtrans %}|{{ _('100 % safe') }}|{% trans %}all{% endtrans %}"
    texts = make_texts(core={"templates/kernel/page.html": source, DE: entries})
    assert texts.words("de").render("kernel/page.html") == "zu 100 % sicher|zu 100 % sicher|100 %"


def test_plural_blocks_take_the_form_of_the_number(make_texts, po):
    entry = 'msgid "%(n)s file"\nmsgid_plural "%(n)s files"\nmsgstr[0] "eine Datei"\nmsgstr[1] "%(n)s Dateien"\n'
    source = "{% trans n=n %}{{ n }} file{% pluralize %}{{ n }} files{% endtrans %}"
    words = make_texts(core={"templates/kernel/page.html": source, DE: po(entry)}).words("de")
    assert [words.render("kernel/page.html", n=n) for n in (0, 1, 2)] == ["0 Dateien", "eine Datei", "2 Dateien"]


def test_blocks_over_several_lines_are_one_message(make_texts, po):
    entry = po('msgid "one long sentence"\nmsgstr "ein langer Satz"\n')
    source = "{% trans %}\n  one long\n    sentence\n{% endtrans %}"
    words = make_texts(core={"templates/kernel/page.html": source, DE: entry}).words("de")
    assert words.render("kernel/page.html") == "ein langer Satz"


def test_something_undefined_is_an_error_that_names_template_and_line(make_texts):
    texts = make_texts(
        plugins={"web": {"templates/web/layout.html": "<main>\n{% block main %}{% endblock %}\n</main>"}},
        site={
            "templates/pages/p.html": '{% extends "web/layout.html" %}\n{% block main %}\n\n{{ nobody }}{% endblock %}'
        },
    )
    with pytest.raises(TemplateFailed, match=r"^shop/templates/pages/p\.html, line 4: 'nobody' is undefined$"):
        texts.words("de").render("pages/p.html")


@pytest.mark.parametrize("use", ["{{ x.y }}", "{% if x %}{% endif %}", "{% for a in x %}{% endfor %}", "{{ x|date }}"])
def test_no_use_of_something_undefined_passes(make_texts, use):
    words = make_texts(core={"templates/kernel/page.txt": f"\n{use}"}).words("de")
    with pytest.raises(TemplateFailed, match=r"kernel/templates/kernel/page\.txt, line 2: 'x' is undefined"):
        words.render("kernel/page.txt")


def test_other_errors_keep_their_type_and_gain_the_place(make_texts):
    words = make_texts(core={"templates/kernel/page.txt": "\n\n{{ 1 / n }}"}).words("de")
    with pytest.raises(ZeroDivisionError) as error:
        words.render("kernel/page.txt", n=0)
    assert error.value.__notes__ == ["While rendering kernel/templates/kernel/page.txt, line 3, language de."]


@pytest.mark.parametrize("tag", ['{% include "kernel/a.txt" %}', "{% include name %}", "{% extends name %}"])
def test_a_page_never_includes_plain_text_whose_values_are_not_escaped(make_texts, tag):
    words = make_texts(core={"templates/kernel/a.txt": "{{ value }}", "templates/kernel/p.html": tag}).words("de")
    with pytest.raises(TemplateFailed, match="text and HTML do not mix"):
        words.render("kernel/p.html", value=EVIL, name="kernel/a.txt")


def test_names_given_to_all_templates_are_known_in_macros_too(make_texts):
    files = BASE | {
        "templates/kernel/g.html": "{% macro m() %}{{ vendor }} {{ language }}{% endmacro %}",
        "templates/kernel/p.html": "{% from 'kernel/g.html' import m %}{{ m() }}",
    }
    words = make_texts(core=files, globals={"vendor": "A & B"}).words("en")
    assert words.render("kernel/p.html") == "A &amp; B en"


def test_a_name_that_templates_already_have_is_refused(make_texts):
    with pytest.raises(ConfigurationError, match="already have the names _, language"):
        make_texts(globals={"_": str, "language": "de", "fine": 1})


def test_a_template_knows_the_words_it_is_rendered_with(make_texts):
    files = {
        "templates/kernel/m.html": "{% macro size(n) %}{{ words.file_size(n) }}{% endmacro %}",
        "templates/kernel/p.html": '{% import "kernel/m.html" as m with context %}{{ m.size(1500) }}',
    }
    texts = make_texts(core=files)
    assert [texts.words(tag).render("kernel/p.html") for tag in ("de", "en")] == ["1,5 kB", "1.5 kB"]


def test_a_date_in_an_imported_macro_is_written_for_the_reader(make_texts):
    files = {
        "templates/kernel/m.html": "{% macro at(t) %}{{ t|datetime }}{% endmacro %}",
        "templates/kernel/p.html": "{% import 'kernel/m.html' as m %}{{ m.at(t) }}",
    }
    texts = make_texts(core=files)
    instant = dt.datetime(2026, 11, 23, 10, 5, tzinfo=dt.UTC)
    pages = [texts.words("de", zone).render("kernel/p.html", t=instant) for zone in (None, "UTC", "Asia/Tokyo")]
    assert pages == ["23.11.2026, 11:05", "23.11.2026, 10:05", "23.11.2026, 19:05"]


def test_a_page_rendered_inside_another_keeps_both_readers_apart(make_texts):
    files = {
        "templates/kernel/outer.txt": "{{ t|time }} {{ inner() }} {{ t|time }}",
        "templates/kernel/inner.txt": "{{ t|time }}",
    }
    texts = make_texts(core=files)
    instant = dt.datetime(2026, 11, 23, 10, 5, tzinfo=dt.UTC)
    tokyo = texts.words("de", "Asia/Tokyo")
    page = texts.words("de").render(
        "kernel/outer.txt", t=instant, inner=lambda: tokyo.render("kernel/inner.txt", t=instant)
    )
    assert page == "11:05 19:05 11:05"
