"""Layers: the packages that texts come from, and the files found in them.

This module finds and names files. It does not read what stands in them, and it imports no package: looking whether
a plugin that is not in use has a template must not start that plugin's libraries.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from typing import Any, Literal, cast

from helpdesk_core.text.languages import language_folder, language_tag

PO_PATH = "LC_MESSAGES/helpdesk.po"
_SUFFIXES = (".html", ".txt")
_LANGUAGE_SHAPED = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of templates and words: a site, a plugin or the core.

    Attributes:
        name: What people call it; the prefix in `{% extends "name:file.html" %}`.
        package: Importable package that holds `templates/`, `templates/<language>/` and
            `locale/<language>/LC_MESSAGES/helpdesk.po`; each may be absent. It may lie in a wheel or a zip file.
        kind: The site (at most one), a plugin, or the core (at most one).
        languages_of: Further packages whose texts this layer translates, in use or not. Their templates count as
            known when the check for templates that override nothing looks around.
    """

    name: str
    package: str
    kind: Literal["site", "plugin", "core"] = field(default="plugin", kw_only=True)
    languages_of: Sequence[str] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """One template in one layer.

    Attributes:
        layer: The layer it lies in.
        language: Tag of the language folder it lies in, or None.
        name: Logical name: its path below `templates/` or `templates/<language>/`.
        path: The file.
        place: Where it is, for people: package and path.
    """

    layer: Layer
    language: str | None
    name: str
    path: Traversable
    place: str

    @property
    def first_folder(self) -> str:
        """The first part of the name, which says whose template it is; empty for a name without a folder."""
        return self.name.rpartition("/")[0].partition("/")[0]


def package_files(package: str) -> Traversable | None:
    """Return the folder of an installed package, or None when there is no such package.

    The package is not imported (of a dotted name, only what stands before the last dot is).
    """
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.submodule_search_locations is None:
        return None
    # The reader of a package's loader is what importlib.resources uses; its own `files()` would import the package.
    return cast("Traversable", cast("Any", spec.loader).get_resource_reader(package).files())


def find_templates(layer: Layer, reserved: frozenset[str], problems: list[str]) -> Iterator[TemplateFile]:
    """Yield the templates of a layer in a stable order and write down what is wrong with their places.

    Args:
        layer: Where to look.
        reserved: Names of folders that are no languages even though they look like one (`sms`).
        problems: Takes a sentence for people for each thing that is wrong.
    """
    folder = _folder(layer.package, "templates")
    if folder is None:
        return
    root = f"{layer.package}/templates"
    for entry in _entries(folder):
        language = None
        if entry.is_dir() and _LANGUAGE_SHAPED.fullmatch(entry.name) and entry.name not in reserved:
            language = _language_of_folder(entry.name, root, problems)
            if language is None:
                continue
        inside = _files(entry, "") if language else _files(entry, entry.name)
        for name, path in inside:
            place = f"{root}/{language_folder(language)}/{name}" if language else f"{root}/{name}"
            if name.endswith(_SUFFIXES):
                yield TemplateFile(layer, language, name, path, place)
            else:
                problems.append(f"{place}: templates end in .html or .txt; move this file elsewhere.")


def find_catalogues(layer: Layer, problems: list[str]) -> dict[str, tuple[Traversable, str]]:
    """Return file and place of each catalogue of a layer by language tag; write down folders that are no language."""
    folder = _folder(layer.package, "locale")
    found: dict[str, tuple[Traversable, str]] = {}
    if folder is None:
        return found
    root = f"{layer.package}/locale"
    for entry in _entries(folder):
        if not entry.is_dir():
            continue
        language = _language_of_folder(entry.name, root, problems)
        if language is None:
            continue
        path, place = entry.joinpath(PO_PATH), f"{root}/{entry.name}/{PO_PATH}"
        if path.is_file():
            found[language] = (path, place)
        else:
            problems.append(f"{place}: missing; a folder in locale/ holds exactly this file.")
    return found


def package_sources(package: str) -> Iterator[tuple[str, Traversable]]:
    """Yield place and file of everything in a package, in a stable order.

    Raises:
        LookupError: There is no such package.
    """
    folder = package_files(package)
    if folder is None:
        raise LookupError(f"there is no package {package!r}")
    for name, path in _files(folder, ""):
        yield f"{package}/{name}", path


def _folder(package: str, name: str) -> Traversable | None:
    root = package_files(package)
    folder = root.joinpath(name) if root is not None else None
    return folder if folder is not None and folder.is_dir() else None


def _language_of_folder(name: str, root: str, problems: list[str]) -> str | None:
    try:
        tag = language_tag(name)
    except ValueError:
        problems.append(f"{root}/{name}: {name!r} is not a language; a folder of another kind needs a longer name.")
        return None
    if language_folder(tag) != name:
        problems.append(f"{root}/{name}: the folder of this language is called {language_folder(tag)}.")
        return None
    return tag


def _entries(folder: Traversable) -> list[Traversable]:
    """Return what stands in a folder, by name; hidden files and the copies that editors leave are nobody's texts."""
    entries = [e for e in folder.iterdir() if not e.name.startswith((".", "__pycache__")) and not e.name.endswith("~")]
    return sorted(entries, key=lambda entry: entry.name)


def _files(entry: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    if not entry.is_dir():
        yield name, entry
        return
    for inner in _entries(entry):
        yield from _files(inner, f"{name}/{inner.name}" if name else inner.name)
