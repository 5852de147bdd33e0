"""Which file a name means: the order of layers, the prefix, and two sites beside each other."""

from pathlib import Path

import pytest

from helpdesk_core.text import Layer, Texts
from helpdesk_core.text.words import TemplateFailed

PAGE = "templates/web/page.html"
GERMAN = "templates/de/web/page.html"


def test_the_nearest_layer_wins_and_each_removal_shows_the_next(make_texts, tmp_path):
    nearest_first = [
        ("shop", GERMAN),
        ("shop", PAGE),
        ("german", GERMAN),
        ("kernel", GERMAN),
        ("web", PAGE),
    ]
    files: dict[str, dict[str, str]] = {name: {} for name in ("shop", "german", "kernel", "web")}
    for name, path in nearest_first:
        files[name][path] = f"{name} {path}"

    for name, path in nearest_first:
        texts = make_texts(
            core=files["kernel"],
            plugins={"web": files["web"], "german": files["german"]},
            site=files["shop"],
        )
        assert texts.words("de").render("web/page.html") == f"{name} {path}"
        del files[name][path]
        (tmp_path / name / path).unlink()


def test_a_plugin_stands_before_the_core_in_the_plain_layer(make_texts):
    path = "templates/notices/hello/body.txt"
    texts = make_texts(core={path: "core"}, plugins={"alpha": {path: "alpha"}})
    assert texts.words("en").render("notices/hello/body.txt") == "alpha"


def test_whole_german_texts_serve_german_readers_only(make_texts):
    texts = make_texts(
        core={"templates/notices/hello/body.txt": "Hello"},
        plugins={"german": {"templates/de/notices/hello/body.txt": "Guten Tag"}},
    )
    assert texts.words("de").render("notices/hello/body.txt") == "Guten Tag"
    assert texts.words("en").render("notices/hello/body.txt") == "Hello"


def test_a_regional_text_comes_before_that_of_the_language(make_texts):
    path = "notices/hello/body.txt"
    texts = make_texts(
        core={f"templates/{path}": "Hello"},
        plugins={
            "german": {f"templates/de/{path}": "Guten Tag"},
            "austrian": {f"templates/de_AT/{path}": "Grüß Gott"},
        },
        languages=("de-AT", "de", "en"),
    )
    assert [texts.words(tag).render(path) for tag in ("de-AT", "de", "en")] == ["Grüß Gott", "Guten Tag", "Hello"]


def test_an_override_extends_the_original_by_its_prefix(make_texts):
    texts = make_texts(
        plugins={"web": {PAGE: "<h1>{% block title %}Ticket{% endblock %}</h1>"}},
        site={PAGE: '{% extends "web:page.html" %}{% block title %}{{ super() }} bei uns{% endblock %}'},
    )
    assert texts.words("de").render("web/page.html") == "<h1>Ticket bei uns</h1>"


def test_the_prefix_reaches_exactly_that_layer_and_never_an_override(make_texts):
    texts = make_texts(
        core={"templates/notices/hello/body.txt": "kernel"},
        plugins={
            "web": {PAGE: "web"},
            "german": {"templates/de/notices/hello/body.txt": "german", GERMAN: "german page"},
        },
        site={PAGE: "shop", "templates/notices/hello/body.txt": "shop"},
    )
    words = texts.words("de")
    assert words.render("web:page.html") == "web"
    assert words.render("web:web/page.html") == "web"
    assert words.render("german:web/page.html") == "german page"
    assert words.render("kernel:notices/hello/body.txt") == "kernel"
    assert words.render("german:notices/hello/body.txt") == "german"
    assert words.has("german:notices/hello/body.txt")
    assert not texts.words("en").has("german:notices/hello/body.txt")
    assert not words.has("nobody:page.html")


def test_a_prefix_reaches_the_layers_own_text_in_the_readers_language(make_texts):
    texts = make_texts(plugins={"web": {PAGE: "page", GERMAN: "Seite"}}, site={PAGE: '{% extends "web:page.html" %}'})
    assert texts.words("de").render("web/page.html") == "Seite"
    assert texts.words("en").render("web/page.html") == "page"


def test_pages_of_the_sites_own_are_rendered(make_texts):
    texts = make_texts(site={"templates/pages/imprint.html": "Impressum"})
    assert texts.words("en").render("pages/imprint.html") == "Impressum"


def test_a_name_cannot_leave_the_templates(make_texts):
    texts = make_texts(plugins={"web": {PAGE: "page", "secret.txt": "secret"}})
    for name in ("../secret.txt", "web/../../secret.txt", "de/web/page.html", "web:../secret.txt", "/etc/hostname"):
        assert not texts.words("de").has(name)
        with pytest.raises(TemplateFailed, match="There is no template"):
            texts.words("de").render(name)


def test_a_missing_template_says_which_was_probably_meant(make_texts):
    texts = make_texts(plugins={"web": {PAGE: "page"}})
    with pytest.raises(TemplateFailed, match=r"Did you mean 'web/page\.html'\?"):
        texts.words("de").render("web/pgae.html")


def test_two_sites_with_different_layers_live_side_by_side(package):
    package("kernel", {"templates/notices/hello/body.txt": "Hello {{ name }}"})
    package("north", {"templates/notices/hello/body.txt": "Moin {{ name }}"})
    package("south", {"templates/notices/hello/body.txt": "Servus {{ name }}"})
    core = Layer("kernel", "kernel", kind="core")

    def texts(site):
        layers = [Layer(site, site, kind="site"), core]
        return Texts(
            layers, languages=["de"], default_language="de", timezone="Europe/Berlin", globals={"name": site}
        ).words("de")

    north, south = texts("north"), texts("south")
    for _ in range(2):
        assert north.render("notices/hello/body.txt") == "Moin north"
        assert south.render("notices/hello/body.txt") == "Servus south"


def test_layers_are_read_from_a_zip_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, po):
    import zipfile

    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "raise AssertionError('a layer is read without importing it')")
        archive.writestr("zipped/templates/zipped/page.html", "{{ _('Save') }}")
        archive.writestr("zipped/locale/de/LC_MESSAGES/helpdesk.po", po(Save="Speichern"))
    monkeypatch.syspath_prepend(str(tmp_path / "zipped.zip"))
    texts = Texts([Layer("zipped", "zipped")], languages=["de"], default_language="de", timezone="UTC")
    assert texts.words("de").render("zipped/page.html") == "Speichern"


def test_without_reload_a_changed_file_is_not_seen_and_with_it_changes_and_new_overrides_are(
    make_texts, package, tmp_path
):
    plugins = {"web": {PAGE: "first"}}
    steady = make_texts(plugins=plugins)
    live = make_texts(plugins=plugins, reload=True)
    for texts in (steady, live):
        assert texts.words("de").render("web/page.html") == "first"
    (tmp_path / "web" / PAGE).write_text("second")
    assert steady.words("de").render("web/page.html") == "first"
    assert live.words("de").render("web/page.html") == "second"
    package("shop", {PAGE: "override"})
    assert live.words("de").render("web/page.html") == "override"
    assert live.words("de").has("web/page.html")


def test_the_names_of_all_templates_are_listed(make_texts):
    texts = make_texts(plugins={"web": {PAGE: "a", "templates/web/a.txt": "b"}}, site={"templates/pages/x.html": "c"})
    assert texts.template_names() == ["pages/x.html", "web/a.txt", "web/page.html"]
