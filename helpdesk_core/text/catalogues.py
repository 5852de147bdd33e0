"""Catalogues: translated words, read from `.po` files when a site starts.

An entry counts only when it is whole: untranslated, half translated and fuzzy entries are dropped before catalogues
are laid over each other, so that an empty entry of a nearer layer never hides a translation below it. A translation
that would break the sentence it stands for (other placeholders, a stray percent sign) is refused with file and line.
"""

import gettext
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from helpdesk_core.text.languages import fallbacks, language_folder
from helpdesk_core.text.layers import Layer, find_catalogues

_LINE = re.compile(r'(?:msgctxt |msgid |msgid_plural |msgstr(?:\[\d\])? |)"(?:[^"\\]|\\[\\trn"])*"')
"""What a line of a catalogue is when it is no comment: a keyword, or nothing, and a closed string."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)([#0\- +]*\d*(?:\.\d+)?[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Plural:
    """A translation that depends on a number. `choose` gives the index of the form."""

    forms: tuple[str, ...]
    choose: Callable[[int], int]


Entries = Mapping[tuple[str | None, str, bool], str | Plural]
"""Translations by context, English message (of a plural: its singular) and whether it is a plural."""


class Catalogue:
    """All words of one language: several sources laid over each other, nearest first.

    Every method returns the English message where there is no translation, and fills the placeholders `%(name)s`
    when it is given values for them; without values the text comes back with its placeholders.
    """

    def __init__(self, sources: Iterable[Entries] = ()) -> None:
        self._entries: dict[tuple[str | None, str, bool], str | Plural] = {}
        for source in reversed(tuple(sources)):
            self._entries.update(source)

    def gettext(self, message: str, /, **values: object) -> str:
        """Translate a message."""
        return _filled(self.one(None, message), values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Translate a message whose English words mean different things in different contexts."""
        return _filled(self.one(context, message), values)

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Translate a message about a number of things; with values, `%(num)s` is the number."""
        return _filled(self.many(None, singular, plural, number), values and {"num": number} | values)

    def npgettext(self, context: str, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Translate a message about a number of things in a context."""
        return _filled(self.many(context, singular, plural, number), values and {"num": number} | values)

    def one(self, context: str | None, message: str) -> str:
        """Return the translation of a message as it stands in the catalogue."""
        entry = self._entries.get((context, message, False)) or self._entries.get((context, message, True))
        if isinstance(entry, Plural):
            return entry.forms[entry.choose(1)]
        return entry or message

    def many(self, context: str | None, singular: str, plural: str, number: int) -> str:
        """Return the right form of a plural as it stands in the catalogue."""
        entry = self._entries.get((context, singular, True))
        if isinstance(entry, Plural):
            return entry.forms[entry.choose(abs(number))]
        return singular if number == 1 else plural

    def knows(self, context: str | None, message: str, *, plural: bool) -> bool:
        """Say whether the message is translated."""
        return (context, message, True) in self._entries or (not plural and (context, message, False) in self._entries)


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text % values if values else text


def read_catalogues(
    layers: Sequence[Layer], languages: Sequence[str], problems: list[str]
) -> dict[tuple[str, str], Entries]:
    """Read the catalogues of all layers in the languages a site speaks, by name of the layer and language tag."""
    spoken = {tag for language in languages for tag in fallbacks(language)}
    found: dict[tuple[str, str], Entries] = {}
    for layer in layers:
        for tag, (path, place) in find_catalogues(layer, problems).items():
            if tag in spoken:
                found[layer.name, tag] = read_catalogue(path, place, tag, problems)
            elif layer.kind == "site":
                problems.append(f"{place}: the site speaks only {', '.join(languages)}.")
    return found


def layered(layers: Sequence[Layer], sources: Mapping[tuple[str, str], Entries], language: str) -> list[Entries]:
    """Return the catalogues of one language, nearest first: the site's, the core's, the plugins' in site order.

    Among those of core and plugins a nearer language comes first: `de-AT` of any of them before `de`.
    """
    site, core, plugins = ([layer for layer in layers if layer.kind == kind] for kind in ("site", "core", "plugin"))
    order = [(layer.name, tag) for layer in site for tag in fallbacks(language)]
    order += [(layer.name, tag) for tag in fallbacks(language) for layer in (*core, *plugins)]
    return [sources[key] for key in order if key in sources]


def read_catalogue(path: Traversable, place: str, language: str, problems: list[str]) -> Entries:
    """Read the whole entries of a `.po` file and write down what is wrong with it.

    Args:
        path: The file.
        place: Where it is, for people.
        language: Tag of its language.
        problems: Takes a sentence for people, with file and line, for each thing that is wrong.
    """
    try:
        catalog = parse_po(path.read_bytes(), language)
        choose = _plural_rule(catalog)
    except PoFileError as error:
        problems.append(f"{place}, line {error.lineno + 1}: {error.args[0].rpartition(' on ')[0]}.")
        return {}
    except (UnicodeDecodeError, ValueError) as error:
        problems.append(f"{place}: {error}.")
        return {}
    entries: dict[tuple[str | None, str, bool], str | Plural] = {}
    for message in catalog:
        translated = _whole(message)
        if translated is None:
            continue
        wrong = _misfit(message, translated, choose)
        if wrong:
            problems.append(f"{place}, line {message.lineno}: the translation of {_ids(message)[0]!r} {wrong}.")
        elif len(translated) > 1 or message.pluralizable:
            entries[message.context, _ids(message)[0], True] = Plural(translated, choose)
        else:
            entries[message.context, _ids(message)[0], False] = translated[0]
    return entries


def parse_po(content: bytes, language: str) -> Catalog:
    """Read a `.po` file strictly: what Babel would mend in silence is an error here.

    Raises:
        PoFileError: A line is malformed; `lineno` counts from 0.
        ValueError: The file is not UTF-8, or its header is wrong.
    """
    catalog = _StrictCatalog(locale=language_folder(language))
    lines = content.decode("utf-8-sig").split("\n")
    for number, line in enumerate(map(str.strip, lines)):
        if line.startswith("#~|"):
            lines[number] = (
                ""  # Former wordings of obsolete entries: gettext's tools write them, Babel cannot read them.
            )
        elif line and not line.startswith("#") and not _LINE.fullmatch(line):
            raise PoFileError(f"this line cannot be read: {line}", catalog, line, number)
    PoFileParser(catalog, abort_invalid=True).parse(lines)
    return catalog


def _plural_rule(catalog: Catalog) -> Callable[[int], int]:
    rule = gettext.c2py(catalog.plural_expr)
    if max(rule(number) for number in range(200)) >= catalog.num_plurals:
        raise ValueError("Plural-Forms chooses a form beyond nplurals")
    return rule


class _StrictCatalog(Catalog):
    """A catalogue in which a message may stand once only: of two translations one would be lost."""

    def __setitem__(self, id: str | tuple[str, ...] | list[str], message: Message) -> None:  # noqa: A002 - Babel's name
        if id and self.get(id, message.context) is not None:
            raise PoFileError("this message stands here twice", self, "", (message.lineno or 1) - 1)
        super().__setitem__(id, message)


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _whole(message: Message) -> tuple[str, ...] | None:
    """Return all forms of a finished translation, or None for one that is missing, half done or only guessed."""
    if not message.id or message.fuzzy or not message.string:
        return None
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return forms if all(forms) else None


def _misfit(message: Message, forms: tuple[str, ...], choose: Callable[[int], int]) -> str | None:
    """Say what is wrong with the placeholders of a translation, or None.

    A plural form that serves one number only may leave one placeholder out: "eine Datei" for "%(num)s file".
    """
    wanted = _placeholders(_ids(message)[-1])
    allowed = _placeholders(*_ids(message))
    formatted = bool(allowed) or any("%%" in text for text in _ids(message))
    uses = Counter(choose(number) for number in range(200))
    for index, form in enumerate(forms):
        found = _placeholders(form)
        spare = 1 if len(forms) > 1 and uses[index] == 1 else 0
        if not found <= allowed or len(wanted - found) > spare:
            return f"has the placeholders {_named(found)}, but needs {_named(wanted)}"
        if formatted and "%" in _PLACEHOLDER.sub("", form.replace("%%", "")):
            return "has a percent sign that belongs to no placeholder; a plain one is written %%"
    return None


def _placeholders(*texts: str) -> set[tuple[str, str]]:
    return {found for text in texts for found in _PLACEHOLDER.findall(text.replace("%%", ""))}


def _named(placeholders: set[tuple[str, str]]) -> str:
    return ", ".join(sorted(f"%({name}){kind}" for name, kind in placeholders)) or "none"
