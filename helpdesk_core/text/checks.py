"""What is wrong with the templates of a site, found before it serves anybody.

Every function returns sentences for people: where, what, what to do. Nothing here renders a template.
"""

from collections.abc import Callable, Iterator, Sequence

import jinja2
from jinja2 import nodes

from helpdesk_core.text.languages import fallbacks
from helpdesk_core.text.layers import Layer, TemplateFile, find_templates, package_files
from helpdesk_core.text.templates import RESERVED_FOLDERS, TemplateIndex, did_you_mean

Parsed = dict[str, nodes.Template]
"""Syntax trees by place of the file."""


def check_layers(layers: Sequence[Layer]) -> list[str]:
    """Find layers that share a name, a second site or core, and packages that are not installed."""
    problems = []
    names = [layer.name for layer in layers]
    problems += [f"Two layers are called {name!r}." for name in sorted({n for n in names if names.count(n) > 1})]
    problems += [
        f"There is more than one layer of kind {kind!r}."
        for kind in ("site", "core")
        if sum(layer.kind == kind for layer in layers) > 1
    ]
    for layer in layers:
        problems += [
            f"{layer.name}: the package {package!r} is not installed."
            for package in (layer.package, *layer.languages_of)
            if package_files(package) is None
        ]
    return problems


def check_templates(index: TemplateIndex, compiled: Callable[[TemplateFile], nodes.Template]) -> list[str]:
    """Find everything that is wrong with the templates of a site.

    Args:
        index: The templates of all layers.
        compiled: Parses and compiles one file and returns its syntax tree; raises Jinja's TemplateSyntaxError.
    """
    problems = list(index.problems) + _unspoken(index) + _clashes(index)
    trees: Parsed = {}
    plain = _plain_names(index.layers, index)
    for file in index.files:
        if file.name not in plain and file.layer.kind != "site":
            continue  # A translation for a plugin that this site does not use.
        try:
            trees[file.place] = compiled(file)
        except jinja2.TemplateSyntaxError as error:
            problems.append(f"{file.place}, line {error.lineno}: {error.message}")
        except UnicodeDecodeError:
            problems.append(f"{file.place}: this file is not UTF-8.")
    return problems + _orphans(index, trees) + _dead_references(index, trees) + _circles(index, trees)


def _plain_names(layers: Sequence[Layer], index: TemplateIndex) -> set[str]:
    return {name for layer in layers for name in index.shelf(layer, None)}


def _unspoken(index: TemplateIndex) -> list[str]:
    """A site's own folder for a language it does not speak is a mistake; a plugin's is an offer."""
    strange = sorted({f.language for f in index.unspoken if f.language and f.layer.kind == "site"})
    spoken = ", ".join(index.languages)
    return [
        f"The site has templates for {tag!r}, but speaks only {spoken}. Add it to the site's languages or remove them."
        for tag in strange
    ]


def _clashes(index: TemplateIndex) -> list[str]:
    """Two plugins with one template: only the site can say which one it wants, by a template of its own."""
    problems = []
    plugins = [layer for layer in index.layers if layer.kind == "plugin"]
    for name in sorted(_plain_names(plugins, index)):
        owners = [layer for layer in plugins if name in index.shelf(layer, None)]
        if len(owners) > 1 and not _site_decides(index, name):
            both = " and ".join(index.shelf(layer, None)[name].place for layer in owners)
            problems.append(
                f"{both} are the same template {name!r}. Say in the site which one holds: "
                f'templates/{name} with {{% extends "{owners[0].name}:{name}" %}}.'
            )
    return problems


def _site_decides(index: TemplateIndex, name: str) -> bool:
    files = [index.find(name, language) for language in index.languages]
    return all(file is not None and file.layer.kind == "site" for file in files)


def _orphans(index: TemplateIndex, trees: Parsed) -> list[str]:
    """Find templates that nobody asks for: misspelt overrides, translations of nothing, pages in wrong folders."""
    others = {layer.name: _known_to(layer, index) for layer in index.layers}
    used: dict[str, set[str]] = {}
    for file in index.files:
        if file.place in trees:
            used.setdefault(file.layer.name, set()).update(n for n, _ in _references(trees[file.place]))
    problems = []
    for file in index.files:
        known = others[file.layer.name]
        if file.name in known or _is_own(file, index, used.get(file.layer.name, set())):
            continue
        if file.first_folder != file.layer.package and file.name in _names_in(file.first_folder):
            continue  # It overrides something of a plugin that is installed, but not in use.
        problems.append(f"{file.place}: {_why_orphan(file)}{did_you_mean(file.name, sorted(known))}")
    return problems


def _known_to(layer: Layer, index: TemplateIndex) -> set[str]:
    """Return the names that other layers, in use or translated by one in use, have as plain templates."""
    known = _plain_names([other for other in index.layers if other.name != layer.name], index)
    packages = {package for other in index.layers for package in other.languages_of} - {layer.package}
    return known.union(*(_names_in(package) for package in packages))


def _names_in(package: str) -> set[str]:
    """Return the plain template names of an installed package, whether a site uses it or not."""
    if not package.isidentifier() or package in RESERVED_FOLDERS:
        return set()
    found = find_templates(Layer(package, package), RESERVED_FOLDERS, [])
    return {file.name for file in found if file.language is None}


def _is_own(file: TemplateFile, index: TemplateIndex, used: set[str]) -> bool:
    """Say whether a template may stand where it is without overriding anything."""
    if file.layer.kind == "site":
        everywhere = all(index.find(file.name, language) for language in index.languages)
        return file.name in used or (file.first_folder == "pages" and everywhere)
    if file.language is not None:
        return file.name in index.shelf(file.layer, None)
    return file.first_folder in {file.layer.name, "notices"}


def _why_orphan(file: TemplateFile) -> str:
    if file.layer.kind == "site" and file.first_folder == "pages":
        return "this page is missing in another language of the site."
    if file.layer.kind == "site":
        return "this overrides no template and no template uses it; a page of the site's own belongs into pages/."
    if file.language is not None:
        return "this translates no template."
    return f"this overrides no template; a plugin's own templates belong into templates/{file.layer.name}/."


def _references(tree: nodes.Template) -> Iterator[tuple[str, nodes.Node]]:
    """Yield what a template names by a constant and cannot do without, and where."""
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        assert isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport)
        if isinstance(node, nodes.Include) and node.ignore_missing:
            continue
        if isinstance(node.template, nodes.Const) and isinstance(node.template.value, str):
            yield node.template.value, node


def _dead_references(index: TemplateIndex, trees: Parsed) -> list[str]:
    problems = []
    for file in index.files:
        if file.place not in trees:
            continue
        for name, node in _references(trees[file.place]):
            if not all(index.find(name, language) for language in _readers(file, index)):
                known = index.names(index.languages[0])
                problems.append(
                    f"{file.place}, line {node.lineno}: there is no template {name!r}.{did_you_mean(name, known)}"
                )
    return problems


def _readers(file: TemplateFile, index: TemplateIndex) -> list[str]:
    """Return the languages in which a file may be read."""
    return [lang for lang in index.languages if file.language is None or file.language in fallbacks(lang)]


def _circles(index: TemplateIndex, trees: Parsed) -> list[str]:
    """Find templates that extend themselves: an override that forgot the prefix of its original."""
    problems = []
    for file in index.files:
        for language in _readers(file, index):
            seen = [file]
            while (step := _extended(seen[-1], language, index, trees)) and step not in seen:
                seen.append(step)
            if step == file:
                problems.append(
                    f"{file.place}: this template extends itself. To reach the original, put the name of its owner "
                    f'and a colon before the name: {{% extends "owner:{file.name}" %}}.'
                )
                break
    return problems


def _extended(file: TemplateFile, language: str, index: TemplateIndex, trees: Parsed) -> TemplateFile | None:
    tree = trees.get(file.place)
    extends = tree.find(nodes.Extends) if tree is not None else None
    if extends is None or not isinstance(extends.template, nodes.Const):
        return None
    return index.find(extends.template.value, language)
