"""Mistakes in layers and templates stop the start with a sentence that says what, where and what to do."""

import pytest

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text import Layer, Texts
from helpdesk_core.text.words import TemplateFailed

PAGE = "templates/web/page.html"
WEB = {PAGE: "page"}


@pytest.fixture
def refusal(make_texts):
    """Return a function that builds texts and returns the sentences they are refused with."""

    def build(**arguments):
        with pytest.raises(ConfigurationError) as refused:
            make_texts(**arguments)
        return str(refused.value).splitlines()

    return build


def test_an_override_of_nothing_is_refused_and_the_nearest_name_proposed(refusal):
    [problem] = refusal(plugins={"web": WEB}, site={"templates/web/pgae.html": ""})
    assert problem.startswith("shop/templates/web/pgae.html: this overrides no template and no template uses it")
    assert problem.endswith("Did you mean 'web/page.html'?")


def test_an_override_of_nothing_in_a_language_folder_is_refused(refusal):
    [problem] = refusal(plugins={"web": WEB}, site={"templates/de/web/pgae.html": ""})
    assert "shop/templates/de/web/pgae.html" in problem
    assert "Did you mean 'web/page.html'?" in problem


def test_a_piece_that_the_sites_own_templates_use_needs_to_override_nothing(make_texts):
    site = {PAGE: '{% include "shop/logo.html" %}', "templates/shop/logo.html": "STÜBER"}
    assert make_texts(plugins={"web": WEB}, site=site).words("de").render("web/page.html") == "STÜBER"


def test_a_piece_that_nobody_uses_is_refused(refusal):
    [problem] = refusal(plugins={"web": WEB}, site={"templates/shop/logo.html": ""})
    assert "no template uses it; a page of the site's own belongs into pages/" in problem


def test_a_page_of_the_sites_own_must_exist_in_every_language(refusal, make_texts):
    [problem] = refusal(site={"templates/de/pages/imprint.html": ""})
    assert problem == "shop/templates/de/pages/imprint.html: this page is missing in another language of the site."
    assert make_texts(site={"templates/en/pages/imprint.html": ""})


def test_a_translation_of_nothing_is_refused(refusal):
    [problem] = refusal(plugins={"web": WEB, "german": {"templates/de/web/pages.html": ""}})
    assert problem.startswith("german/templates/de/web/pages.html: this translates no template.")


def test_a_plugins_template_outside_its_own_folder_is_refused(refusal):
    [problem] = refusal(plugins={"web": {"templates/page.html": ""}})
    assert problem.startswith("web/templates/page.html: this overrides no template")
    assert "belong into templates/web/" in problem


def test_texts_for_a_plugin_that_is_installed_but_not_used_are_fine(make_texts, package):
    package("idle", {"templates/idle/page.html": "", "templates/notices/idle/body.txt": ""})
    texts = make_texts(
        plugins={
            "german": {
                "templates/de/idle/page.html": '{% extends "idle/layout.html" %}',
                "templates/de/notices/idle/body.txt": "",
            }
        },
        languages_of={"german": ["idle"]},
    )
    assert not texts.words("en").has("idle/page.html")


def test_an_override_for_a_plugin_that_is_installed_but_not_used_is_fine(make_texts, package):
    package("idle", {"templates/idle/page.html": ""})
    assert make_texts(site={"templates/idle/page.html": "ours"})


def test_a_misspelt_override_for_a_plugin_that_is_not_used_is_refused(refusal, package):
    package("idle", {"templates/idle/page.html": ""})
    [problem] = refusal(plugins={"german": {"templates/de/idle/pgae.html": ""}}, languages_of={"german": ["idle"]})
    assert "Did you mean 'idle/page.html'?" in problem


def test_two_plugins_with_one_template_clash_until_the_site_says_which_one_holds(refusal, make_texts):
    plugins = {"web": WEB, "other": {PAGE: "other"}}
    [problem] = refusal(plugins=plugins)
    assert "web/templates/web/page.html and other/templates/web/page.html are the same template" in problem
    assert '{% extends "web:web/page.html" %}' in problem
    texts = make_texts(plugins=plugins, site={PAGE: '{% extends "other:web/page.html" %}'})
    assert texts.words("de").render("web/page.html") == "other"


def test_two_plugins_may_translate_the_same_template_and_the_first_in_site_order_holds(make_texts):
    german = "templates/de/web/page.html"
    texts = make_texts(plugins={"web": WEB, "one": {german: "eins"}, "two": {german: "zwei"}})
    assert texts.words("de").render("web/page.html") == "eins"


def test_a_syntax_error_names_file_and_line(refusal):
    [problem] = refusal(plugins={"web": {PAGE: "\n\n{% if %}"}})
    assert problem.startswith("web/templates/web/page.html, line 3: ")


def test_a_short_command_may_start_without_reading_every_template(make_texts):
    words = make_texts(plugins={"web": {PAGE: "\n\n{% if %}"}}, check=False).words("de")
    with pytest.raises(TemplateFailed, match=r"web/templates/web/page\.html, line 3: "):
        words.render("web/page.html")


def test_an_unknown_filter_names_file_and_line(refusal):
    [problem] = refusal(plugins={"web": {PAGE: "\n{{ 1|dated }}"}})
    assert problem == "web/templates/web/page.html, line 2: No filter named 'dated'."


@pytest.mark.parametrize("tag", ["include", "extends", "import", "from"])
def test_a_reference_to_nothing_names_file_and_line(refusal, tag):
    rest = {"import": " as m", "from": " import m"}.get(tag, "")
    source = '\n{% TAG "web/pgae.html"REST %}'.replace("TAG", tag).replace("REST", rest)
    [problem] = refusal(plugins={"web": {PAGE: "", "templates/web/b.html": source}})
    assert problem == (
        "web/templates/web/b.html, line 2: there is no template 'web/pgae.html'. Did you mean 'web/page.html'?"
    )


def test_an_include_that_may_be_missing_may_be_missing(make_texts):
    source = 'a{% include "web/nothing.html" ignore missing %}b'
    assert make_texts(plugins={"web": {PAGE: source}}).words("de").render("web/page.html") == "ab"


def test_a_reference_that_holds_in_one_language_only_is_refused_for_the_others(refusal, make_texts):
    german = {"german": {"templates/de/web/page.html": "Seite"}, "web": WEB}
    source = '{% extends "german:web/page.html" %}'
    assert make_texts(plugins=german, site={"templates/de/web/page.html": source})
    [problem] = refusal(plugins=german, site={PAGE: source})
    assert problem.startswith("shop/templates/web/page.html, line 1: there is no template 'german:web/page.html'")


def test_an_override_that_extends_itself_is_refused(refusal):
    [problem] = refusal(plugins={"web": WEB}, site={PAGE: '{% extends "web/page.html" %}'})
    assert problem.startswith("shop/templates/web/page.html: this template extends itself.")
    assert '{% extends "owner:web/page.html" %}' in problem


def test_a_circle_of_templates_is_refused(refusal):
    files = {
        "templates/web/a.html": '{% extends "web/b.html" %}',
        "templates/web/b.html": '{% extends "web/a.html" %}',
        "templates/web/c.html": '{% extends "web/a.html" %}',
    }
    problems = refusal(plugins={"web": files})
    assert [problem.partition(":")[0] for problem in problems] == [
        "web/templates/web/a.html",
        "web/templates/web/b.html",
    ]


def test_a_template_that_includes_itself_for_a_tree_is_fine(make_texts):
    source = "{{ n }}{% if n %}{% set n = n - 1 %}{% include 'web/page.html' %}{% endif %}"
    assert make_texts(plugins={"web": {PAGE: source}}).words("de").render("web/page.html", n=3) == "3210"


@pytest.mark.parametrize("folder", ["templates/xx/web", "locale/xx/LC_MESSAGES"])
def test_a_folder_of_an_unknown_language_is_refused(refusal, folder):
    root = folder.partition("/")[0]
    [problem] = refusal(plugins={"web": {f"{folder}/helpdesk.po": ""}})
    assert problem.startswith(f"web/{root}/xx: 'xx' is not a language")


@pytest.mark.parametrize("folder", ["templates/de-AT/web", "locale/de-AT/LC_MESSAGES"])
def test_a_language_folder_in_another_spelling_is_refused(refusal, folder):
    [problem] = refusal(plugins={"web": {f"{folder}/helpdesk.po": ""}})
    assert problem.endswith("the folder of this language is called de_AT.")


def test_a_catalogue_of_another_name_is_refused(refusal):
    [problem] = refusal(plugins={"web": {"locale/de/LC_MESSAGES/messages.po": ""}})
    assert problem.startswith("web/locale/de/LC_MESSAGES/helpdesk.po: missing;")


def test_a_plugin_may_offer_a_language_that_the_site_does_not_speak(make_texts):
    french = {"templates/fr/web/page.html": "", "locale/fr/LC_MESSAGES/helpdesk.po": "this is not read"}
    assert make_texts(plugins={"web": WEB | french})


def test_a_site_with_texts_in_a_language_it_does_not_speak_is_refused(refusal):
    problems = refusal(
        plugins={"web": WEB}, site={"templates/fr/web/page.html": "", "locale/fr/LC_MESSAGES/helpdesk.po": ""}
    )
    assert problems[0] == "shop/locale/fr/LC_MESSAGES/helpdesk.po: the site speaks only de, en."
    assert problems[1].startswith("The site has templates for 'fr', but speaks only de, en.")


def test_a_plugin_with_a_short_name_has_its_own_folder(make_texts):
    texts = make_texts(plugins={"sms": {"templates/sms/page.txt": "sms"}}, site={"templates/sms/page.txt": "ours"})
    assert texts.words("de").render("sms/page.txt") == "ours"


@pytest.mark.parametrize("name", ["page.htm", "page.HTML", "page.xml", "README"])
def test_a_file_that_would_not_be_escaped_as_html_is_refused(refusal, name):
    [problem] = refusal(plugins={"web": {f"templates/web/{name}": ""}})
    assert problem.startswith(f"web/templates/web/{name}: templates end in .html or .txt")


def test_hidden_files_and_copies_of_editors_are_nobodys_templates(make_texts):
    files = WEB | {"templates/web/.page.html.swp": "", "templates/web/page.html~": "{% if %}", "templates/.keep": ""}
    assert make_texts(plugins={"web": files}).template_names() == ["web/page.html"]


def test_a_template_that_is_not_utf_8_is_refused(make_texts, package, tmp_path, refusal):
    package("shop", {})
    (tmp_path / "shop/templates/pages").mkdir(parents=True)
    (tmp_path / "shop/templates/pages/a.html").write_bytes(b"\xff")
    assert refusal() == ["shop/templates/pages/a.html: this file is not UTF-8."]


def test_layers_that_cannot_be_told_apart_or_found_are_refused():
    layers = [
        Layer("a", "helpdesk_core", kind="core"),
        Layer("a", "helpdesk_core", kind="core"),
        Layer("b", "no_such_package", languages_of=["neither.this_one"]),
    ]
    with pytest.raises(ConfigurationError) as refused:
        Texts(layers, languages=["de"], default_language="de", timezone="UTC")
    assert str(refused.value).splitlines() == [
        "Two layers are called 'a'.",
        "There is more than one layer of kind 'core'.",
        "b: the package 'no_such_package' is not installed.",
        "b: the package 'neither.this_one' is not installed.",
    ]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"languages": ["de", "klingon"]}, "'klingon' is not a language"),
        ({"languages": []}, "speaks at least one language"),
        ({"default_language": "fr"}, "The site's own language 'fr' is not among its languages"),
        ({"timezone": "Europe/Stuber"}, "There is no time zone 'Europe/Stuber'"),
        ({"timezone": "Europe"}, "There is no time zone 'Europe'"),
        ({"timezone": "../../etc/passwd"}, "There is no time zone"),
    ],
)
def test_wrong_languages_and_zones_are_refused(refusal, settings, sentence):
    assert sentence in "\n".join(refusal(**settings))
