"""Finding the texts of a package, and keeping its catalogues up to date. Nothing here runs when a site serves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.pofile import PoFileError, write_po
from jinja2 import TemplateSyntaxError
from jinja2.ext import babel_extract

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text.catalogues import Catalogue, layered, parse_po, read_catalogues
from helpdesk_core.text.languages import language_folder, language_tag
from helpdesk_core.text.layers import PO_PATH, Layer, package_sources

_KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_Method = Callable[..., Any]
_PYTHON: dict[str, str] = {}
_JINJA = {"silent": "false", "trimmed": "true", "newstyle_gettext": "true"}
_NOTE = "Translators:"
"""A comment that starts with this, in the line before a text, reaches the catalogue."""


@dataclass(frozen=True, slots=True)
class Found:
    """One text in one place.

    Attributes:
        id: The English message; of a plural, its singular.
        plural: The English plural, or None.
        context: What tells it from the same words elsewhere, or None.
        place: File, from the package's name on.
        line: Line in it, from 1.
        notes: What the author tells translators.
    """

    id: str
    plural: str | None
    context: str | None
    place: str
    line: int
    notes: tuple[str, ...]


def find_messages(package: str) -> list[Found]:
    """Return every marked text in the Python files and templates of a package, in a stable order.

    Raises:
        LookupError: There is no such package.
        ConfigurationError: A file cannot be read.
    """
    found: list[Found] = []
    for place, path in package_sources(package):
        if place.endswith(".py"):
            messages = _messages(place, path.read_bytes(), extract_python, _PYTHON)
        elif place.startswith(f"{package}/templates/") and place.endswith((".html", ".txt")):
            messages = _messages(place, path.read_bytes(), babel_extract, _JINJA)
        else:
            continue
        found += messages
    return found


def extract_messages(package: str) -> set[str]:
    """Return the English messages of a package (of plurals, the singulars); see `find_messages`."""
    return {found.id for found in find_messages(package)}


def missing_translations(layers: Sequence[Layer], language: str) -> list[tuple[str, str, str]]:
    """Return package, message and place of everything in these layers that they do not translate.

    The catalogues count as a site would read them: a text of one layer may be translated by another.

    Raises:
        ConfigurationError: A catalogue or a source cannot be read.
    """
    problems: list[str] = []
    tag = language_tag(language)
    catalogue = Catalogue(layered(layers, read_catalogues(layers, (tag,), problems), tag))
    if problems:
        raise ConfigurationError("\n".join(problems))
    return [
        (layer.package, found.id, f"{found.place}:{found.line}")
        for layer in layers
        for found in find_messages(layer.package)
        if not catalogue.knows(found.context, found.id, plural=found.plural is not None)
    ]


def update_catalogue(packages: Iterable[str], path: Path) -> None:
    """Write into a `.po` file every text of some packages, and keep the translations it has.

    A text that is gone stays at the end as obsolete. The same texts always give the same file: no dates, no names of
    people or machines, no line numbers. The language is that of the folder: `locale/<language>/LC_MESSAGES/…`.

    Raises:
        ConfigurationError: The file cannot be read, or lies in no language's folder.
    """
    try:
        tag = language_tag(path.absolute().parent.parent.name)
        content = path.read_bytes() if path.exists() else b""
        catalog = parse_po(content, tag)
    except (ValueError, PoFileError) as error:
        problem = f"{error}. A catalogue is called locale/<language>/{PO_PATH}."
        raise ConfigurationError(problem, place=str(path)) from error
    # What was obsolete may be wanted again: the update sorts out anew what is.
    returning = [m for m in catalog.obsolete.values() if catalog.get(m.id, m.context) is None]
    catalog.obsolete.clear()
    for message in returning:
        catalog[message.id] = message
    catalog.update(_template(packages), no_fuzzy_matching=True)
    body = BytesIO()
    write_po(body, catalog, width=100, omit_header=True, sort_output=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_header(content, catalog, tag).encode() + body.getvalue().rstrip() + b"\n")


def _template(packages: Iterable[str]) -> Catalog:
    template = Catalog()
    for package in packages:
        for found in find_messages(package):
            template.add(
                found.id if found.plural is None else (found.id, found.plural),
                locations=[(found.place, found.line)],
                auto_comments=found.notes,
                context=found.context,
            )
    return template


def _header(former: bytes, catalog: Catalog, tag: str) -> str:
    """Return the head of a catalogue: the comment it begins with, and what its readers need to know."""
    comment = takewhile(lambda line: line.startswith("#"), former.decode("utf-8-sig").splitlines())
    lines = [line for line in comment if not line.startswith("#,")]
    lines += ['msgid ""', 'msgstr ""', f'"Language: {language_folder(tag)}\\n"']
    lines += [r'"Content-Type: text/plain; charset=utf-8\n"', r'"Content-Transfer-Encoding: 8bit\n"']
    lines += [f'"Plural-Forms: {catalog.plural_forms}\\n"']
    return "\n".join(lines) + "\n\n"


def _messages(place: str, source: bytes, method: _Method, options: dict[str, str]) -> Iterator[Found]:
    try:
        for line, ids, notes, context in extract(
            method, BytesIO(source), _KEYWORDS, (_NOTE,), options, strip_comment_tags=True
        ):
            message, plural = (ids, None) if isinstance(ids, str) else ids
            yield Found(message, plural, context, place, line, tuple(notes))
    except (SyntaxError, TemplateSyntaxError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"this file cannot be read: {error}", place=place) from error
