"""Templates: which file a name means in which language, and the Jinja environments that render it.

A logical name is a path below `templates/`. Its first folder says whose template it is: the name of the layer that
owns it (`helpdesk_web/ticket.html`), `notices/` (mails and messages; the name of a notice is unique in a site), or
`pages/` (pages of the site's own). Whoever has a template of the same name nearer to the reader overrides it:

    site templates/<language>/ → site templates/ → every plugin's and the core's templates/<language>/
    → every plugin's templates/ → the core's templates/

`name:path` leaves the layers: it is the template of exactly that layer, `templates/path` or short for
`templates/name/path`, in the reader's language if the layer has it. An override extends its original that way.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import CodeType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.ext import InternationalizationExtension
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text.catalogues import Catalogue
from helpdesk_core.text.languages import fallbacks
from helpdesk_core.text.layers import Layer, TemplateFile, find_templates

RESERVED_FOLDERS = frozenset({"notices", "pages"})


class TemplateIndex:
    """The templates of all layers, found once; answers which file a name means.

    Args:
        layers: The layers in the site's order.
        languages: Tags of the languages that the site speaks; folders of others are left alone.

    Attributes:
        files: Every template in a language that the site speaks, or in none.
        unspoken: The others.
        places: Where each file is, for people, by its path.
        problems: Sentences for people about files in wrong places.
    """

    def __init__(self, layers: Sequence[Layer], languages: Sequence[str]) -> None:
        self.layers = tuple(layers)
        self.languages = tuple(languages)
        self.problems: list[str] = []
        spoken = {None, *(tag for language in languages for tag in fallbacks(language))}
        names = frozenset(layer.name for layer in layers) | RESERVED_FOLDERS
        found = [file for layer in layers for file in find_templates(layer, names, self.problems)]
        self.files = tuple(file for file in found if file.language in spoken)
        self.unspoken = tuple(file for file in found if file.language not in spoken)
        self.places = {str(file.path): file.place for file in self.files}
        self._shelves: dict[tuple[str, str | None], dict[str, TemplateFile]] = {}
        for file in self.files:
            self._shelves.setdefault((file.layer.name, file.language), {})[file.name] = file
        self._by_language = {language: self._layered(language) for language in self.languages}

    def _layered(self, language: str) -> Mapping[str, TemplateFile]:
        site = [layer for layer in self.layers if layer.kind == "site"]
        others = [layer for layer in self.layers if layer.kind == "plugin"]
        others += [layer for layer in self.layers if layer.kind == "core"]
        shelves = [self.shelf(layer, tag) for layer in site for tag in (*fallbacks(language), None)]
        shelves += [self.shelf(layer, tag) for tag in (*fallbacks(language), None) for layer in others]
        return ChainMap(*shelves)

    def shelf(self, layer: Layer, language: str | None) -> dict[str, TemplateFile]:
        """Return the templates by name in one folder of a layer: that of a language, or the plain one."""
        return self._shelves.get((layer.name, language), {})

    def find(self, name: str, language: str) -> TemplateFile | None:
        """Return the file that a name (plain or `layer:path`) means in a language, or None."""
        layer_name, colon, path = name.rpartition(":")
        if not colon:
            return self._by_language[language].get(name)
        for tag in (*fallbacks(language), None):
            own = self._shelves.get((layer_name, tag), {})
            file = own.get(path) or own.get(f"{layer_name}/{path}")
            if file:
                return file
        return None

    def names(self, language: str) -> list[str]:
        """Return every plain name that means something in a language, sorted."""
        return sorted(self._by_language[language])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean {near[0]!r}?" if near else ""


class CodeCache(BytecodeCache):
    """Compiled templates in memory, shared by the environments of all languages: the code is the same in each."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a bucket the code that was compiled for its name, file and source, if any."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a bucket."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class _Loader(jinja2.BaseLoader):
    """Finds templates for one language. With `reload`, the folders are looked through anew at every use."""

    def __init__(self, index: Callable[[], TemplateIndex], language: str) -> None:
        self._index = index
        self._language = language

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        del environment
        index = self._index()
        file = index.find(template, self._language)
        if file is None:
            hint = did_you_mean(template, index.names(self._language))
            raise jinja2.TemplateNotFound(template, f"There is no template {template!r}.{hint}")
        source = file.path.read_text("utf-8")

        def unchanged() -> bool:
            now = self._index().find(template, self._language)
            return now is not None and now.path.read_text("utf-8") == source

        return source, str(file.path), unchanged


class _Environment(jinja2.Environment):
    """An environment in which HTML and plain text do not mix.

    Escaping follows the name of each template: a `.txt` included in a page would bring its values unescaped.
    """

    def join_path(self, template: str, parent: str) -> str:
        if template.rpartition(".")[2] != parent.rpartition(".")[2]:
            raise jinja2.TemplateRuntimeError(f"{parent!r} must not use {template!r}: text and HTML do not mix.")
        return template


class _Translations(InternationalizationExtension):
    """`{% trans %}` calls functions of its own, because its body is part of the template and may hold HTML.

    `_()` gives text like any other value, so `{{ _(anything) }}` is escaped whatever it is given.
    """

    def _make_node(self, *args: Any, **kwargs: Any) -> nodes.Output:
        output = super()._make_node(*args, **kwargs)
        call = output.nodes[0]
        assert isinstance(call, nodes.Call)
        assert isinstance(call.node, nodes.Name)
        call.node.name = f"trans_{call.node.name}"
        return output


def make_environment(
    *,
    index: Callable[[], TemplateIndex],
    language: str,
    catalogue: Catalogue,
    filters: Mapping[str, Callable[..., Any]],
    global_names: Mapping[str, Any],
    code: CodeCache,
    reload: bool,
) -> jinja2.Environment:
    """Return the environment of one language."""
    environment = _Environment(
        loader=_Loader(index, language),
        extensions=[_Translations],
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        cache_size=-1,
        bytecode_cache=code,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # The extension adds it.
    environment.filters.update(filters)
    own = _functions(catalogue) | {"language": language}
    taken = sorted(own.keys() & global_names.keys())
    if taken:
        raise ConfigurationError(f"Templates already have the names {', '.join(taken)}; choose others.")
    environment.globals.update(own | dict(global_names))
    return environment


def _functions(catalogue: Catalogue) -> dict[str, Any]:
    """Return the functions that templates translate with."""

    def finished(context: EvalContext, text: str, source: str, values: Mapping[str, object]) -> str:
        # Jinja doubles the percent signs in the body of `{% trans %}`: what has none is no format.
        translated = Markup(text) if context.autoescape else text  # noqa: S704  (catalogues are part of the program)
        return translated % values if "%" in source else translated

    @pass_eval_context
    def trans_gettext(context: EvalContext, message: str, /, **values: object) -> str:
        return finished(context, catalogue.one(None, message), message, values)

    @pass_eval_context
    def trans_pgettext(context: EvalContext, about: str, message: str, /, **values: object) -> str:
        return finished(context, catalogue.one(about, message), message, values)

    @pass_eval_context
    def trans_ngettext(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
        text = catalogue.many(None, one, many, number)
        return finished(context, text, one + many, {"num": number} | values)

    @pass_eval_context
    def trans_npgettext(context: EvalContext, about: str, one: str, many: str, number: int, /, **values: object) -> str:
        text = catalogue.many(about, one, many, number)
        return finished(context, text, one + many, {"num": number} | values)

    def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
        return catalogue.ngettext(singular, plural, number, **({"num": number} | values))

    def npgettext(context: str, singular: str, plural: str, number: int, /, **values: object) -> str:
        return catalogue.npgettext(context, singular, plural, number, **({"num": number} | values))

    return {
        "trans_gettext": trans_gettext,
        "trans_pgettext": trans_pgettext,
        "trans_ngettext": trans_ngettext,
        "trans_npgettext": trans_npgettext,
        "_": catalogue.gettext,
        "gettext": catalogue.gettext,
        "pgettext": catalogue.pgettext,
        "ngettext": ngettext,
        "npgettext": npgettext,
    }
