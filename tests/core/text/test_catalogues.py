"""Words of several layers laid over each other, and catalogues that are refused."""

import pytest

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text import N_, Layer, Texts

DE = "locale/de/LC_MESSAGES/helpdesk.po"

FILES_EMPTY = 'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\nmsgstr[0] ""\nmsgstr[1] ""\n'
FILES_HALF = 'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "eine Datei"\nmsgstr[1] ""\n'
FILES = 'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "eine Datei"\nmsgstr[1] "%(num)s Dateien"\n'


def test_marking_a_text_returns_it_unchanged():
    assert N_("Sign in") == "Sign in"


def test_a_site_overrides_the_core_and_the_core_the_plugins_in_site_order(make_texts, po):
    texts = make_texts(
        site={DE: po(One="site")},
        core={DE: po(One="core", Two="core")},
        plugins={
            "alpha": {DE: po(One="alpha", Two="alpha", Three="alpha")},
            "beta": {DE: po(One="beta", Two="beta", Three="beta", Four="beta")},
        },
    )
    words = texts.words("de")
    assert [words.gettext(name) for name in ("One", "Two", "Three", "Four", "Five")] == [
        "site",
        "core",
        "alpha",
        "beta",
        "Five",
    ]


@pytest.mark.parametrize("entry", [FILES_EMPTY, FILES_HALF, "#, fuzzy\n" + FILES.replace("Datei", "Feile")])
def test_an_unfinished_plural_hides_no_translation_below_it(make_texts, po, entry):
    texts = make_texts(site={DE: po(entry)}, plugins={"german": {DE: po(FILES)}})
    words = texts.words("de")
    assert words.ngettext("%(num)s file", "%(num)s files", 1, name="") == "eine Datei"
    assert words.ngettext("%(num)s file", "%(num)s files", 3, name="") == "3 Dateien"


def test_an_unfinished_plural_without_translation_below_stays_english(make_texts, po):
    words = make_texts(site={DE: po(FILES_HALF)}).words("de")
    assert words.ngettext("%(num)s file", "%(num)s files", 1) % {"num": 1} == "1 file"
    assert words.ngettext("%(num)s file", "%(num)s files", 0) % {"num": 0} == "0 files"


def test_an_empty_or_fuzzy_message_hides_no_translation_below_it(make_texts, po):
    texts = make_texts(
        site={DE: po('#, fuzzy\nmsgid "Close"\nmsgstr "Nahe"\n', Save="")},
        plugins={"german": {DE: po(Save="Speichern", Close="Schließen")}},
    )
    assert texts.words("de").gettext("Save") == "Speichern"
    assert texts.words("de").gettext("Close") == "Schließen"


def test_english_readers_get_the_english_source(make_texts, po):
    texts = make_texts(plugins={"german": {DE: po(Save="Speichern")}})
    assert texts.words("en").gettext("Save") == "Save"
    assert texts.words("de").gettext("Save") == "Speichern"


def test_a_german_site_shows_its_own_german_words_and_may_translate_them_to_english(make_texts, po):
    texts = make_texts(site={"locale/en/LC_MESSAGES/helpdesk.po": po(Fehler="Bug")})
    assert texts.words("de").gettext("Fehler") == "Fehler"
    assert texts.words("en").gettext("Fehler") == "Bug"


def test_a_regional_word_comes_before_that_of_the_language(make_texts, po):
    texts = make_texts(
        plugins={
            "german": {DE: po(January="Januar", Save="Speichern")},
            "austrian": {"locale/de_AT/LC_MESSAGES/helpdesk.po": po(January="Jänner")},
        },
        languages=("de-AT", "de"),
        default_language="de",
    )
    assert texts.words("de-AT").gettext("January") == "Jänner"
    assert texts.words("de-AT").gettext("Save") == "Speichern"
    assert texts.words("de").gettext("January") == "Januar"


def test_contexts_tell_equal_words_apart(make_texts, po):
    entry = 'msgctxt "button"\nmsgid "Open"\nmsgstr "Öffnen"\n'
    words = make_texts(plugins={"german": {DE: po(entry, Open="Offen")}}).words("de")
    assert words.pgettext("button", "Open") == "Öffnen"
    assert words.gettext("Open") == "Offen"
    assert words.pgettext("menu", "Open") == "Open"


def test_plurals_in_a_context_are_translated(make_texts, po):
    entry = f'msgctxt "upload"\n{FILES}'
    words = make_texts(plugins={"german": {DE: po(entry)}}).words("de")
    assert words.npgettext("upload", "%(num)s file", "%(num)s files", 2, who="") == "2 Dateien"
    assert words.npgettext("other", "%(num)s file", "%(num)s files", 2, who="") == "2 files"


def test_values_fill_the_placeholders_of_the_translation(make_texts, po):
    entry = 'msgid "Hello %(name)s"\nmsgstr "Guten Tag %(name)s"\n'
    words = make_texts(plugins={"german": {DE: po(entry)}}).words("de")
    assert words.gettext("Hello %(name)s", name="Frau Krüger") == "Guten Tag Frau Krüger"
    assert words.gettext("Hello %(name)s") % {"name": "Frau Krüger"} == "Guten Tag Frau Krüger"


def test_a_language_with_three_plurals_uses_its_own_rule(make_texts):
    rule = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
    entry = 'msgid "file"\nmsgid_plural "files"\nmsgstr[0] "plik"\nmsgstr[1] "pliki"\nmsgstr[2] "plików"\n'
    catalogue = f'msgid ""\nmsgstr ""\n"Plural-Forms: {rule}\\n"\n\n{entry}'
    texts = make_texts(core={"locale/pl/LC_MESSAGES/helpdesk.po": catalogue}, languages=("pl",), default_language="pl")
    words = texts.words("pl")
    assert [words.ngettext("file", "files", n) for n in (1, 3, 5, 22)] == ["plik", "pliki", "plików", "pliki"]


REFUSED = {
    "another placeholder": ('msgid "Hello %(name)s"\nmsgstr "Guten Tag %(nme)s"', 5, "placeholders %(nme)s, but"),
    "a missing placeholder": ('msgid "Hello %(name)s"\nmsgstr "Guten Tag"', 5, "needs %(name)s"),
    "a placeholder too many": ('msgid "Hello"\nmsgstr "Guten Tag %(name)s"', 5, "needs none"),
    "a placeholder that lost its type": ('msgid "for %(name)s"\nmsgstr "%(name) ist gemeint"', 5, "but needs %(name)s"),
    "a stray percent sign": ('msgid "%(n)s %% done"\nmsgstr "%(n)s % fertig"', 5, "a plain one is written %%"),
    "a plural without its number": (FILES.replace("%(num)s Dateien", "Dateien"), 5, "needs %(num)s"),
    "an unclosed string": ('msgid "Save"\nmsgstr "Speichern', 6, "this line cannot be read"),
    "an unknown keyword": ('msgid "Save"\nmsgtxt "Speichern"', 6, "this line cannot be read"),
    "a message without translation line": ('msgid "Save"\n\nmsgid "Close"\nmsgstr "Schließen"', 5, "missing msgstr"),
    "a form too many": (FILES.rstrip() + '\nmsgstr[2] "zu viel"\n', 5, "more translations than num_plurals"),
    "a message that stands there twice": ('msgid "A"\nmsgstr "B"\n\nmsgid "A"\nmsgstr "C"', 8, "stands here twice"),
}


@pytest.mark.parametrize(("entry", "line", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_catalogue_is_refused_with_file_and_line_for(make_texts, po, entry, line, sentence):
    with pytest.raises(ConfigurationError) as refused:
        make_texts(plugins={"german": {DE: po(entry)}})
    assert f"german/{DE}, line {line}: " in str(refused.value)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("rule", ["nplurals=1; plural=(n != 1);", "nplurals=2; plural=__import__;"])
def test_a_wrong_plural_rule_is_refused(make_texts, rule):
    with pytest.raises(ConfigurationError, match=r"german/locale/de.*[Pp]lural"):
        make_texts(plugins={"german": {DE: f'msgid ""\nmsgstr ""\n"Plural-Forms: {rule}\\n"\n'}})


def test_a_catalogue_that_is_not_utf_8_is_refused(make_texts, package, tmp_path):
    package("german", {DE: ""})
    (tmp_path / "german" / DE).write_bytes('msgid "Close"\nmsgstr "Schließen"\n'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"german/locale/de/LC_MESSAGES/helpdesk\.po: 'utf-8'"):
        Texts([Layer("german", "german")], languages=["de"], default_language="de", timezone="UTC")


def test_all_mistakes_are_told_at_once(make_texts, po):
    wrong = po('msgid "a %(x)s"\nmsgstr "b"\n', 'msgid "c %(x)s"\nmsgstr "d"\n')
    with pytest.raises(ConfigurationError) as refused:
        make_texts(plugins={"german": {DE: wrong}, "other": {DE: wrong}})
    assert len(str(refused.value).splitlines()) == 4


def test_a_form_for_one_number_alone_may_leave_the_number_out_but_not_one_for_several(make_texts, po):
    french = FILES.replace("Datei", "fichier")
    header = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
    assert make_texts(plugins={"german": {DE: po(FILES)}})
    with pytest.raises(ConfigurationError, match="needs %"):
        make_texts(core={"locale/fr/LC_MESSAGES/helpdesk.po": header + french}, languages=["fr"], default_language="fr")


def test_a_percent_sign_in_plain_words_is_nothing_special(make_texts, po):
    words = make_texts(plugins={"german": {DE: po('msgid "100 % sure"\nmsgstr "zu 100 % sicher"\n')}}).words("de")
    assert words.gettext("100 % sure") == "zu 100 % sicher"


def test_obsolete_entries_are_read_over(make_texts, po):
    obsolete = '#~ msgid "Gone"\n#~ msgstr "Weg"\n#~| msgid "Long gone"\n'
    assert make_texts(plugins={"german": {DE: po(obsolete)}}).words("de").gettext("Gone") == "Gone"
