"""Words: one language and one time zone, for one reader.

Pages and mails get everything a person reads from here: translated labels, rendered templates, dates, sizes, lists.
Stored times are UTC; the reader's zone is applied here and nowhere else.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Literal
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup

from helpdesk_core.errors import HelpdeskError
from helpdesk_core.text.catalogues import Catalogue
from helpdesk_core.text.languages import language_folder
from helpdesk_core.text.markdown import markdown_to_html, plain_to_html
from helpdesk_core.text.marks import N_
from helpdesk_core.text.templates import TemplateIndex

_JUST_NOW = dt.timedelta(seconds=45)
"""Nearer than this, a count of seconds tells nobody anything."""

_SIZES = (
    (1_000_000_000, N_("%(number)s GB")),
    (1_000_000, N_("%(number)s MB")),
    (1_000, N_("%(number)s kB")),
)


class TemplateFailed(HelpdeskError):
    """A template could not be rendered; the sentence names template and line."""

    code = "template"


class Words:
    """Everything that depends on the reader's language and zone. Made by `Texts.words`; shared, never changed.

    Attributes:
        language: Tag of the language (BCP 47), as `<html lang>` wants it.
        language_name: The language's own name for itself ("Deutsch").
        zone: The reader's time zone.
    """

    def __init__(
        self,
        *,
        language: str,
        zone: ZoneInfo,
        catalogue: Catalogue,
        environment: jinja2.Environment,
        index: Callable[[], TemplateIndex],
    ) -> None:
        self.language = language
        self.zone = zone
        self._locale = Locale.parse(language_folder(language))
        self.language_name = self._locale.get_display_name() or language
        self._environment = environment
        self._index = index
        self.gettext = catalogue.gettext
        self.ngettext = catalogue.ngettext
        self.pgettext = catalogue.pgettext
        self.npgettext = catalogue.npgettext

    def __repr__(self) -> str:
        return f"Words({self.language!r}, {self.zone.key!r})"

    def has(self, template_name: str) -> bool:
        """Say whether a name (plain or `layer:path`) means a template in this language."""
        return self._index().find(template_name, self.language) is not None

    def render(self, template_name: str, /, **context: object) -> str:
        """Render a template for this reader. These words themselves are its variable `words`.

        Raises:
            TemplateFailed: There is no such template, or it uses something undefined; says in which line.
        """
        token = _reader.set(self)
        try:
            return self._environment.get_template(template_name).render({"words": self} | context)
        except jinja2.TemplateError as error:
            raise TemplateFailed(f"{self._where(template_name, error)}: {error.message}") from error
        except Exception as error:
            error.add_note(f"While rendering {self._where(template_name, error)}, language {self.language}.")
            raise
        finally:
            _reader.reset(token)

    def _where(self, template_name: str, error: Exception) -> str:
        """Return place and line of the innermost template that an error passed through."""
        places = self._index().places
        if isinstance(error, jinja2.TemplateSyntaxError):
            return f"{places.get(error.filename or '', template_name)}, line {error.lineno}"
        where, step = template_name, error.__traceback__
        while step is not None:
            place = places.get(step.tb_frame.f_code.co_filename)
            where = f"{place}, line {step.tb_lineno}" if place else where
            step = step.tb_next
        return where

    def date(self, value: dt.date) -> str:
        """Write a day: "23.11.2026". An instant is the day it falls on in the reader's zone."""
        if isinstance(value, dt.datetime):
            return format_date(self._local(value), "medium", self._locale)
        if not isinstance(value, dt.date):
            raise TypeError(f"a date is wanted, not {value}")
        return format_date(value, "medium", self._locale)

    def time(self, value: dt.datetime) -> str:
        """Write the time of day of an instant in the reader's zone: "11:05"."""
        return format_time(self._local(value), "short", self.zone, self._locale)

    def datetime(self, value: dt.datetime) -> str:
        """Write an instant in the reader's zone: "23.11.2026, 11:05"."""
        return self._joined("medium", self.date(value), self.time(value))

    def long_datetime(self, value: dt.datetime) -> str:
        """Write an instant in full: "Montag, 23. November 2026, 11:05"."""
        day = format_date(self._local(value), "full", self._locale)
        return self._joined("full", day, self.time(value))

    def ago(self, value: dt.datetime, now: dt.datetime) -> str:
        """Write how far an instant is from now: "vor 3 Stunden", "in 2 Tagen"."""
        # Two instants of one zone would be subtracted by their clock faces, an hour off across the change of time.
        distance = self._local(value).astimezone(dt.UTC) - self._local(now).astimezone(dt.UTC)
        if abs(distance) < _JUST_NOW:
            return self.gettext("just now")
        return format_timedelta(distance, granularity="minute", add_direction=True, locale=self._locale)

    def time_tag(self, value: dt.datetime, now: dt.datetime | None = None) -> Markup:
        """Write an instant as `<time>`: for people as `datetime`, or as `ago` with the whole instant as its title."""
        exact = self._local(value).astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        shown = self.datetime(value) if now is None else self.ago(value, now)
        tag = Markup('<time datetime="{}" title="{}">{}</time>')
        return tag.format(exact, self.long_datetime(value), shown)

    def file_size(self, size: int) -> str:
        """Write a number of bytes: "240 kB", "1,5 MB" (powers of 1000)."""
        for unit, message in _SIZES:
            if size >= unit:
                digits = 1 if size < 10 * unit else 0
                return self.gettext(message, number=self.number(round(size / unit, digits)))
        return self.ngettext("%(num)s byte", "%(num)s bytes", size, num=size)

    def number(self, value: float) -> str:
        """Write a number: "1.234,5"."""
        return format_decimal(value, locale=self._locale)

    def list(self, items: Iterable[str]) -> str:
        """Write several things as one phrase: "Anna, Ben und Cem"."""
        return format_list([str(item) for item in items], locale=self._locale)

    def _joined(self, form: Literal["full", "medium"], day: str, time: str) -> str:
        pattern = str(get_datetime_format(form, self._locale)).replace("'", "")
        return pattern.replace("{0}", time).replace("{1}", day)

    def _local(self, value: dt.datetime) -> dt.datetime:
        if not isinstance(value, dt.datetime):
            raise TypeError(f"an instant is wanted, not {value}")
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be shown")
        return value.astimezone(self.zone)


_reader: ContextVar[Words] = ContextVar("helpdesk_text_reader")
"""Whom the template now being rendered is for: filters cannot see the values a page was given when they are used in an
imported macro. Set by `Words.render` alone and only for its duration."""


def _for_reader(write: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: write(_reader.get(), *args)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": _for_reader(Words.date),
    "time": _for_reader(Words.time),
    "datetime": _for_reader(Words.datetime),
    "long_datetime": _for_reader(Words.long_datetime),
    "ago": _for_reader(Words.ago),
    "time_tag": _for_reader(Words.time_tag),
    "file_size": _for_reader(Words.file_size),
    "number": _for_reader(Words.number),
    "listed": _for_reader(Words.list),
    "markdown": markdown_to_html,
    "plain_to_html": plain_to_html,
}
"""What templates may write after a bar: `{{ ticket.created|datetime }}`."""
