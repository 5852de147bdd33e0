"""The pages of the web channel and of the desk, drawn from samples with the real texts."""

from collections.abc import Callable

import pytest

from helpdesk_core.text import Layer, Texts
from helpdesk_german.plugin import German
from tests.plugins.helpdesk_web.samples import PAGES
from tests.plugins.helpdesk_web.samples.frames import NOW, SITE
from tests.plugins.helpdesk_web.world import build, clock, database_apps, world

__all__ = ["build", "clock", "database_apps", "world"]

LAYERS = (
    Layer("helpdesk_core", "helpdesk_core", kind="core"),
    Layer("helpdesk_web", "helpdesk_web"),
    Layer("helpdesk_desk", "helpdesk_desk"),
    Layer("helpdesk_german", "helpdesk_german", languages_of=German.translates),
)

Draw = Callable[..., str]


@pytest.fixture(scope="session")
def texts() -> Texts:
    """Every template is compiled here, so a broken one fails every test."""
    return Texts(LAYERS, languages=("de", "en"), default_language="de", timezone="Europe/Berlin")


@pytest.fixture(scope="session")
def draw(texts: Texts) -> Draw:
    """Draws a sample page, or another view with the same template."""

    def drawn(name: str, view: object = None, language: str = "de") -> str:
        template, page, sample = PAGES[name]
        return texts.words(language).render(
            template, site=SITE, page=page, view=view or sample, asset=lambda path: f"/static/{path}", now=NOW
        )

    return drawn
