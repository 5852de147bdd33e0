"""Texts: the words and templates of one site, put together from its layers when it starts.

Nothing here is global: two sites with different layers live side by side in one process. Everything is read and
checked at the start, so that a mistake stops it with a sentence that names file and line.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import nodes

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.text import languages as lang
from helpdesk_core.text.catalogues import Catalogue, layered, read_catalogues
from helpdesk_core.text.checks import check_layers, check_templates
from helpdesk_core.text.layers import Layer, TemplateFile
from helpdesk_core.text.templates import CodeCache, TemplateIndex, make_environment
from helpdesk_core.text.words import FILTERS, Words


class Texts:
    """All words and templates of one site.

    Args:
        layers: The site, its plugins in site order, and the core, in any order of kinds.
        languages: Languages that the site speaks.
        default_language: The one for people who have no other; must be among them.
        timezone: Name of the site's time zone, for people who have no other (`Europe/Berlin`).
        globals: Further names for all templates.
        reload: Look for new and changed templates at every use (for development; slow).
        check: Read and check every template now. False lets a short command start at once on a site that was
            checked when it was started; a mistake then shows where it is used.

    Raises:
        ConfigurationError: Something is wrong with the layers, catalogues or templates; names every problem.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        languages: Sequence[str],
        default_language: str,
        timezone: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002  (Jinja's word for it)
        reload: bool = False,
        check: bool = True,
    ) -> None:
        problems = check_layers(layers)
        self.languages = _tags(languages, problems)
        self.default_language = _default(default_language, self.languages, problems)
        self.zone = _zone(timezone, problems)
        _stop(problems)
        self._index = TemplateIndex(layers, self.languages)
        self._rescan = (lambda: TemplateIndex(layers, self.languages)) if reload else None
        self._code = CodeCache()
        self._words: dict[tuple[str, str], Words] = {}
        sources = read_catalogues(layers, self.languages, problems)
        self._catalogues = {tag: Catalogue(layered(layers, sources, tag)) for tag in self.languages}
        self._environments = {
            tag: make_environment(
                index=self._current_index,
                language=tag,
                catalogue=self._catalogues[tag],
                filters=FILTERS,
                global_names=globals or {},
                code=self._code,
                reload=reload,
            )
            for tag in self.languages
        }
        _stop(problems + (check_templates(self._index, self._compile) if check else []))

    def words(self, language: str | None, timezone: str | None = None) -> Words:
        """Return the words for a reader.

        Args:
            language: What the reader wants; `de-AT` is served by `de`, an unknown or missing one by the site's.
            timezone: Name of the reader's zone; an unknown or missing one is the site's.
        """
        tag = lang.closest(language, self.languages) if language else None
        tag = tag or self.default_language
        zone = (find_zone(timezone) if timezone else None) or self.zone
        key = (tag, zone.key)
        if key not in self._words:
            self._words[key] = Words(
                language=tag,
                zone=zone,
                catalogue=self._catalogues[tag],
                environment=self._environments[tag],
                index=self._current_index,
            )
        return self._words[key]

    def negotiate(self, accept_language: str | None) -> str:
        """Return the language of this site that an Accept-Language header likes best, else the site's own."""
        return lang.negotiate(accept_language, self.languages, self.default_language)

    def template_names(self, language: str | None = None) -> list[str]:
        """Return the name of every template that can be rendered in a language (the site's if None), sorted."""
        return self._current_index().names(self.words(language).language)

    def _current_index(self) -> TemplateIndex:
        return self._rescan() if self._rescan else self._index

    def _compile(self, file: TemplateFile) -> nodes.Template:
        """Parse and compile a template, keep its code for all languages, and return its syntax tree."""
        environment = self._environments[self.default_language]
        source, path = file.path.read_text("utf-8"), str(file.path)
        tree = environment.parse(source, file.name, path)
        bucket = self._code.get_bucket(environment, file.name, path, source)
        bucket.code = environment.compile(tree, file.name, path)
        self._code.set_bucket(bucket)
        return tree


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by name, or None when this machine knows no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is that of a folder (`Europe`).
        return None


def _tags(languages: Sequence[str], problems: list[str]) -> tuple[str, ...]:
    tags = []
    for language in languages:
        try:
            tags.append(lang.language_tag(language))
        except ValueError as error:
            problems.append(f"languages: {error}.")
    if not languages:
        problems.append("languages: a site speaks at least one language.")
    return tuple(dict.fromkeys(tags))


def _default(language: str, languages: Sequence[str], problems: list[str]) -> str:
    found = lang.closest(language, languages)
    if found is None:
        problems.append(f"The site's own language {language!r} is not among its languages ({', '.join(languages)}).")
    return found or language


def _zone(name: str, problems: list[str]) -> ZoneInfo:
    zone = find_zone(name)
    if zone is None:
        problems.append(f"There is no time zone {name!r}, or this machine lacks the data (package tzdata).")
    return zone or ZoneInfo("UTC")


def _stop(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigurationError("\n".join(problems))
