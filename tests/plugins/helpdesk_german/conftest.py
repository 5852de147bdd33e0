"""The words and templates of the core and every shipped plugin, in German and in English."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from helpdesk_core.accounts import NOTICES as ACCOUNT_NOTICES
from helpdesk_core.bus import Notice
from helpdesk_core.text import Layer, Texts
from helpdesk_core.tickets import NOTICES as TICKET_NOTICES
from helpdesk_email.notices import NOTICES as EMAIL_NOTICES
from helpdesk_german.plugin import German

TRANSLATED = German.translates
NOTICES: tuple[type[Notice], ...] = (*ACCOUNT_NOTICES, *TICKET_NOTICES, *EMAIL_NOTICES)


def layers() -> Iterator[Layer]:
    for package in TRANSLATED:
        yield Layer(package, package, kind="core" if package == "helpdesk_core" else "plugin")
    yield Layer("helpdesk_german", "helpdesk_german", languages_of=TRANSLATED)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts(
        tuple(layers()),
        languages=("de", "en"),
        default_language="de",
        timezone="Europe/Berlin",
        globals={"site": SimpleNamespace(name="STÜBER SYSTEMS", url="https://support.example.org")},
    )
