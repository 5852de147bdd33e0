"""Finding the texts of a package, what is not translated, and catalogues kept up to date."""

from pathlib import Path

import pytest

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text import Layer
from helpdesk_core.text.extract import extract_messages, find_messages, missing_translations, update_catalogue

DE = "locale/de/LC_MESSAGES/helpdesk.po"

PYTHON = """
from helpdesk_core.text import N_ as _

# Translators: on the button
LABEL = _("Save")
def count(words, n):
    words.ngettext("%(num)s file", "%(num)s files", n)
    words.pgettext("verb", "Open")
    words.npgettext("list", "one", "many", n)
    return words.gettext("spread over " "two strings"), LABEL, "not marked"
"""
TEMPLATE = """<h1>{{ _("Tickets") }}</h1>
{% trans count=n %}one ticket of {{ name }}{% pluralize %}{{ count }} tickets of {{ name }}{% endtrans %}
{% trans "verb" %}
  Answer by
  100 %
{% endtrans %}
{{ not_marked }} not marked
"""


@pytest.fixture
def web(package):
    return package(
        "web",
        {
            "views/page.py": PYTHON,
            "templates/web/page.html": TEMPLATE,
            "templates/de/web/mail.txt": "{{ _('In a mail') }}",
            "static/page.html": "{{ _('Not a template') }}",
        },
    )


def test_every_marked_text_is_found(web):
    assert extract_messages(web) == {
        "Save",
        "%(num)s file",
        "Open",
        "one",
        "spread over two strings",
        "Tickets",
        "one ticket of %(name)s",
        "Answer by 100 %%",
        "In a mail",
    }


def test_each_text_is_found_with_its_place_context_plural_and_note(web):
    found = {message.id: message for message in find_messages(web)}
    assert (found["Save"].place, found["Save"].line, found["Save"].notes) == (
        "web/views/page.py",
        5,
        ("on the button",),
    )
    assert found["Open"].context == "verb"
    assert (found["one"].context, found["one"].plural) == ("list", "many")
    assert found["one ticket of %(name)s"].plural == "%(count)s tickets of %(name)s"
    assert (found["Answer by 100 %%"].place, found["Answer by 100 %%"].context) == (
        "web/templates/web/page.html",
        "verb",
    )


def test_what_is_extracted_is_what_is_asked_for_when_rendering(make_texts, po):
    """The extractor and the environment must agree on percent signs and white space in blocks."""
    entry = 'msgctxt "verb"\nmsgid "Answer by 100 %%"\nmsgstr "Antwort zu 100 %%"\n'
    texts = make_texts(
        plugins={"web": {"templates/web/page.html": TEMPLATE.replace("not_marked", "n")}, "german": {DE: po(entry)}}
    )
    assert "Antwort zu 100 %" in texts.words("de").render("web/page.html", n=2, name="x")


def test_an_unreadable_source_is_named(package):
    name = package("broken", {"templates/broken/a.html": "{% if %}"})
    with pytest.raises(ConfigurationError, match=r"broken/templates/broken/a\.html: this file cannot be read"):
        find_messages(name)


def test_an_unknown_package_is_an_error():
    with pytest.raises(LookupError, match="no package 'no_such_package'"):
        find_messages("no_such_package")


def test_what_no_layer_translates_is_missing(web, package, po):
    plural = 'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "eine Datei"\nmsgstr[1] ""\n'
    fuzzy = '#, fuzzy\nmsgid "In a mail"\nmsgstr "In einer Mail"\n'
    package("german", {DE: po(plural, fuzzy, Save="Speichern", Tickets="Tickets", Open="Offen")})
    layers = [Layer("web", web), Layer("german", "german")]
    assert missing_translations(layers, "de") == [
        ("web", "In a mail", "web/templates/de/web/mail.txt:1"),
        ("web", "one ticket of %(name)s", "web/templates/web/page.html:2"),
        ("web", "Answer by 100 %%", "web/templates/web/page.html:3"),
        ("web", "%(num)s file", "web/views/page.py:7"),
        ("web", "Open", "web/views/page.py:8"),
        ("web", "one", "web/views/page.py:9"),
        ("web", "spread over two strings", "web/views/page.py:10"),
    ]


def test_nothing_is_missing_from_a_whole_catalogue(web, package, tmp_path):
    path = tmp_path / "german" / DE
    package("german", {})
    update_catalogue([web], path)
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("msgstr") and number > 1:
            source = next(old for old in reversed(lines[:number]) if old.startswith(("msgid ", "msgid_plural ")))
            lines[number] = line.replace('""', source.partition(" ")[2])
    path.write_text("\n".join(lines), "utf-8")
    assert missing_translations([Layer("web", web), Layer("german", "german")], "de") == []


def test_a_broken_catalogue_is_told_when_looking_for_what_is_missing(web, package):
    package("german", {DE: 'msgid "a"'})
    with pytest.raises(ConfigurationError, match="missing msgstr"):
        missing_translations([Layer("web", web), Layer("german", "german")], "de")


def test_an_update_keeps_translations_adds_new_texts_and_sets_old_ones_aside(web, tmp_path, po):
    path = tmp_path / DE
    path.parent.mkdir(parents=True)
    former = po(
        '# by hand\nmsgid "Save"\nmsgstr "Speichern"\n',
        'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "eine Datei"\nmsgstr[1] "%(num)s Dateien"\n',
        Gone="Fort",
    )
    path.write_text("# German words, formal.\n" + former, "utf-8")
    update_catalogue([web], path)
    text = path.read_text("utf-8")
    assert text.startswith('# German words, formal.\nmsgid ""\nmsgstr ""\n"Language: de\\n"\n')
    assert '# by hand\n#. on the button\n#: web/views/page.py\nmsgid "Save"\nmsgstr "Speichern"\n' in text
    assert 'msgstr[0] "eine Datei"\nmsgstr[1] "%(num)s Dateien"\n' in text
    assert 'msgid "Tickets"\nmsgstr ""\n' in text
    assert '#~ msgid "Gone"\n#~ msgstr "Fort"\n' in text
    assert "fuzzy" not in text


def test_a_text_that_returns_finds_its_translation_again(package, tmp_path):
    path = tmp_path / DE
    package("web", {"a.py": '_("Save")'})
    update_catalogue(["web"], path)
    path.write_text(path.read_text("utf-8").replace('"Save"\nmsgstr ""', '"Save"\nmsgstr "Speichern"'), "utf-8")
    package("web", {"a.py": ""})
    update_catalogue(["web"], path)
    assert '#~ msgstr "Speichern"' in path.read_text("utf-8")
    package("web", {"a.py": '_("Save")'})
    update_catalogue(["web"], path)
    assert '\nmsgid "Save"\nmsgstr "Speichern"\n' in path.read_text("utf-8")
    assert "#~" not in path.read_text("utf-8")


def test_the_same_texts_give_the_same_file(web, package, tmp_path):
    package("other", {"b.py": '_("Zebra"); _("Apple"); _("Save")'})
    first, second = tmp_path / "one" / DE, tmp_path / "two" / DE
    update_catalogue([web, "other"], first)
    update_catalogue(["other", web], second)
    update_catalogue(["other", web], second)
    text = first.read_text("utf-8")
    assert second.read_text("utf-8") == text
    assert "#: other/b.py web/views/page.py\n" in text
    ids = [line[7:-1] for line in text.splitlines() if line.startswith("msgid ")]
    assert ids == sorted(ids)


def test_a_catalogue_names_no_date_no_person_and_no_machine(web, tmp_path):
    path = tmp_path / DE
    update_catalogue([web], path)
    text = path.read_text("utf-8")
    assert str(tmp_path) not in text
    for word in ("Date", "Translator", "Team", "Generated", "20"):
        assert word not in text


def test_a_written_catalogue_can_be_read_by_a_site(make_texts, web, tmp_path):
    path = tmp_path / "german" / DE
    update_catalogue([web], path)
    path.write_text(path.read_text("utf-8").replace('"Save"\nmsgstr ""', '"Save"\nmsgstr "Speichern"'), "utf-8")
    assert make_texts(plugins={"german": {"py.typed": ""}}).words("de").gettext("Save") == "Speichern"


@pytest.mark.parametrize("path", ["helpdesk.po", "locale/xx/LC_MESSAGES/helpdesk.po"])
def test_a_catalogue_in_no_languages_folder_is_refused(web, tmp_path, path):
    with pytest.raises(ConfigurationError, match="A catalogue is called locale/<language>"):
        update_catalogue([web], tmp_path / path)
    assert not (tmp_path / path).exists()


def test_a_broken_catalogue_is_left_alone(web, tmp_path):
    path = tmp_path / DE
    path.parent.mkdir(parents=True)
    path.write_text('msgid "a', "utf-8")
    with pytest.raises(ConfigurationError, match="this line cannot be read"):
        update_catalogue([web], path)
    assert path.read_text("utf-8") == 'msgid "a'


def test_the_core_itself_can_be_searched():
    assert "just now" in extract_messages("helpdesk_core")
    assert all(not Path(found.place).is_absolute() for found in find_messages("helpdesk_core"))
