"""Every page as it is drawn: sound HTML, nothing that the content policy forbids, German words, budgets, contrast."""

import gzip
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product
from pathlib import Path

import msgspec
import pytest

from helpdesk_core.text.extract import missing_translations
from helpdesk_desk.views import ListPage
from helpdesk_web.colours import DARK, LIGHT, contrast, mixed
from helpdesk_web.views import PagesView, TicketsPage
from tests.plugins.helpdesk_web.conftest import LAYERS, Draw
from tests.plugins.helpdesk_web.samples import PAGES, TABS
from tests.plugins.helpdesk_web.samples.tickets import ROWS
from tests.plugins.helpdesk_web.samples.workspace import BULK, FRAME, queue, rows

WEB, DESK = (Path(str(files(package))) for package in ("helpdesk_web", "helpdesk_desk"))
TEMPLATES = sorted(path for package in (WEB, DESK) for path in package.glob("templates/**/*.html"))
STATIC = WEB / "static"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page's elements with their text. A tag that closes nothing, or the wrong thing, is an error."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert not self.open, f"never closed: {[element.tag for element in self.open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs}, tuple(e.tag for e in self.open))
        assert len(found.attributes) == len(attrs), f"an attribute twice on {self.get_starttag_text()}"
        self.elements.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/> with {attrs} closes itself only in XML")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing, line {self.getpos()[0]}"
        opened = self.open.pop().tag
        assert opened == tag, f"</{tag}> closes <{opened}>, line {self.getpos()[0]}"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def values(self, attribute: str) -> list[str]:
        return [element.attributes[attribute] for element in self.elements if attribute in element.attributes]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, draw: Draw) -> Page:
    return Page(draw(request.param))


def test_every_page_template_has_a_sample():
    parts = {"layout.html", "macros.html", "brand.html", "desk_layout.html"}
    pages = {"/".join(path.parts[-2:]) for path in TEMPLATES if path.name not in parts}
    assert pages == {template for template, _page, _view in PAGES.values()}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_drawn_in_english_too(draw: Draw, name: str):
    Page(draw(name, language="en"))


def test_a_page_has_nothing_that_the_content_policy_forbids(page: Page):
    assert not page.all("style", "base", "object", "embed")
    assert all(frame.attributes["sandbox"] == "" for frame in page.all("iframe"))
    for element in page.elements:
        forbidden = {name for name in element.attributes if name == "style" or name.startswith("on")}
        assert not forbidden, f"{element.tag}: {forbidden}"
    for script in page.all("script"):
        assert script.attributes["src"].startswith("/static/")
        assert not script.text.strip()
    for address in page.values("href") + page.values("src") + page.values("action"):
        assert address.startswith(("/", "#", "mailto:")), address


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_template_has_inline_style_script_or_handlers_in_any_branch(template: Path):
    source = template.read_text("utf-8")
    assert not re.search(r"<style|\bstyle\s*=|javascript:|<script(?![^>]*\bsrc=)|\s(?<!-)on[a-z]+\s*=", source)


def test_ids_are_unique_and_everything_that_points_somewhere_arrives(page: Page):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    named = " ".join(page.values("aria-describedby") + page.values("aria-labelledby") + page.values("aria-controls"))
    fragments = [href.removeprefix("#") for href in page.values("href") if href.startswith("#")]
    assert {*named.split(), *page.values("for"), *fragments} <= set(ids)


def test_every_control_has_a_name_for_people(page: Page):
    labelled = set(page.values("for"))
    for control in page.all("input", "select", "textarea"):
        if control.attributes.get("type") == "hidden" or "hidden" in control.attributes:
            continue
        assert control.attributes.get("id") in labelled or "label" in control.inside, control
    for pressed in page.all("button", "a", "summary"):
        assert pressed.text.strip(), pressed


def test_every_form_that_changes_something_carries_its_keys(draw: Draw):
    for name in PAGES:
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", draw(name), re.DOTALL):
            assert 'name="csrf"' in form
            assert 'name="form_key"' in form


def test_a_page_has_one_heading_of_the_first_level_and_a_title_that_names_the_site(page: Page):
    assert len(page.all("h1")) == 1
    (title,) = page.all("title")
    assert re.fullmatch(r"\S.* \N{EN DASH} STÜBER SYSTEMS Support", title.text)


@pytest.mark.parametrize("name", ["register-errors", "login-failed", "ticket-new-errors"])
def test_a_form_with_errors_says_so_in_the_title_and_takes_the_focus(draw: Draw, name: str):
    page = Page(draw(name))
    assert page.all("title")[0].text.startswith("Fehler: ")
    (summary,) = (element for element in page.elements if "autofocus" in element.attributes)
    assert summary.attributes["tabindex"] == "-1"


def test_what_people_typed_is_shown_as_text(draw: Draw):
    assert "drukcer &lt;b&gt;" in draw("tickets-search")
    assert "drukcer <b>" not in draw("tickets-search")


def test_the_fixed_labels_are_spelled_as_the_vendor_promises(draw: Draw):
    assert {"Registrieren Sie sich jetzt"} <= {link.text for link in Page(draw("login")).all("a")}
    assert {"Erstellen"} <= {button.text.strip() for button in Page(draw("register")).all("button")}
    assert {"Erstellen"} <= {button.text.strip() for button in Page(draw("ticket-new")).all("button")}
    assert {"Anmelden"} <= {button.text.strip() for button in Page(draw("login")).all("button")}
    assert {"Neues Ticket"} <= {link.text.strip() for link in Page(draw("tickets")).all("a")}


def test_every_text_of_the_templates_is_translated_into_german():
    missing = missing_translations(LAYERS, "de")
    assert [where for package, _text, where in missing if f"{package}/templates/" in where] == []


def test_german_pages_say_kennwort_and_sie(page: Page):
    assert not re.search(r"Pa(ss|ß)wort|\b(du|dein|deine|dir|dich)\b", page.all("html")[0].text, re.IGNORECASE)


def test_icons_used_exist_in_the_sprite(draw: Draw):
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    drawn = {icon for name in PAGES for icon in re.findall(r"icons\.svg#([\w-]+)", draw(name))}
    scripted = set(re.findall(r'symbol\("([\w-]+)"\)', (STATIC / "js/files.js").read_text("utf-8")))
    assert drawn
    assert scripted
    assert drawn | scripted <= sprite


def test_an_icon_is_never_read_out(page: Page):
    assert all(svg.attributes.get("aria-hidden") == "true" for svg in page.all("svg"))


# --- Budgets ---------------------------------------------------------------------------------------------------


def compressed(*suffixes: str) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in STATIC.rglob("*") if path.suffix in suffixes)


def test_style_sheets_and_scripts_stay_within_their_weight():
    assert compressed(".css") <= 12_000
    assert compressed(".js") <= 6_000
    assert compressed(".svg") <= 3_000


def test_a_list_of_25_rows_stays_below_40_kilobytes(draw: Draw):
    pages = PagesView(first=1, last=25, total=61, next="/tickets?page=2")
    assert len(draw("tickets", TicketsPage(tabs=TABS, rows=ROWS * 5, pages=pages)).encode()) <= 40_000
    listing = msgspec.structs.replace(queue(), rows=(rows() * 5)[:25])
    assert len(draw("desk", ListPage(desk=FRAME, queue=listing, bulk=BULK)).encode()) <= 40_000


# --- Colours ---------------------------------------------------------------------------------------------------

CSS = (STATIC / "css/helpdesk.css").read_text("utf-8")


def tokens(place: int) -> dict[str, str]:
    """The colours of light (0) or dark (1) pages."""
    found = {
        name: pair[place]
        for name, *pair in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
    }
    return found | {"brand": re.findall(r"--accent(?:-dark)?: (#[0-9a-f]{6});\n", CSS)[-2:][place]}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: int):
    colour = tokens(theme)
    grounds = {name: colour[name] for name in ("bg", "surface", "raised", "note")}
    inks = ("fg", "muted", "brand", "ok", "warn", "danger")
    tones = ("brand", "ok", "warn", "danger", "muted")
    softly = {f"soft {tone}": mixed(colour[tone], colour["bg"], 0.08) for tone in tones}
    assert "--soft: 8%;" in CSS
    pairs = {
        **{(ink, ground): (colour[ink], grounds[ground]) for ink, ground in product(inks, grounds)},
        **{(ink, soft): (colour[ink], softly[soft]) for ink, soft in product(("fg", "muted"), softly)},
        **{(tone, f"soft {tone}"): (colour[tone], softly[f"soft {tone}"]) for tone in tones},
        **{
            (f"badge {tone}", f"soft {tone}"): (mixed(colour[tone], colour["fg"], 0.85), softly[f"soft {tone}"])
            for tone in tones
        },
        ("on-brand", "brand"): (colour["on-brand"], colour["brand"]),
        ("on-brand", "brand, pointed at"): (colour["on-brand"], mixed(colour["brand"], colour["fg"], 0.86)),
        ("bg", "warn"): (colour["bg"], colour["warn"]),
        ("bg", "danger"): (colour["bg"], colour["danger"]),
    }
    assert {pair: round(contrast(*both), 2) for pair, both in pairs.items() if contrast(*both) < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_controls_can_be_seen(theme: int):
    colour = tokens(theme)
    assert min(contrast(colour["edge"], colour[ground]) for ground in ("bg", "surface", "raised", "note")) >= 3


def test_browsers_without_light_dark_show_the_same_light_colours():
    plain = dict(re.findall(r"^    --([\w-]+): (#[0-9a-f]{6});$", CSS, re.MULTILINE))
    light = {name: value for name, value in tokens(0).items() if name != "brand"}
    assert light
    assert {name: plain[name] for name in light} == light


def test_the_grounds_that_a_vendors_colour_is_judged_on_are_those_of_the_style_sheet():
    for theme, grounds in enumerate((LIGHT, DARK)):
        assert tuple(tokens(theme)[name] for name in ("bg", "surface", "note")) == grounds
