"""A site is a value: what it is called, what it looks after and which plugins it is made of."""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.hookspecs import Plugin
from helpdesk_core.sample import SampleWords
from helpdesk_core.settings import Settings
from helpdesk_core.tickets import Tickets

_IMPORTING = (__file__, importlib.__file__)

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Site(Settings):
    """One support site, whole.

    Attributes:
        name: What people read at its top and below its mails.
        url: Its public address; all links in mails begin with it, whatever a request says.
        language: The language of people who chose none.
        languages: All languages it speaks.
        timezone: The zone of people who chose none, and the one in which days and years are counted.
        database: `sqlite:///path` or `postgres://…`.
        files: Folder for attachments.
        tickets: Kinds, numbers and the policy for the unentitled.
        plugins: What it is made of; their order is the order of rules, menus and words.
        sample: What `helpdesk demo` fills an empty database with; None for no demonstration.
        package: Import name of the package with the site's own templates and words; set when the site is loaded.
    """

    name: str
    url: str
    tickets: Tickets
    plugins: tuple[Plugin, ...]
    language: Language = "en"
    languages: tuple[Language, ...] = ()
    timezone: str = "UTC"
    database: str = "sqlite:///var/helpdesk.db"
    files: str = "var/files"
    sample: SampleWords | None = None
    package: str = ""

    def validate(self) -> None:
        """Refuse an address that cannot stand in a mail, an unknown zone, a language that is not among its own."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigurationError(
                "Site.url must be a whole address like https://support.example.org, not %(url)r", url=self.url
            )
        if self.timezone not in available_timezones():
            raise ConfigurationError("Site.timezone: there is no zone called %(zone)r", zone=self.timezone)
        if self.languages and self.language not in self.languages:
            raise ConfigurationError("Site.language %(language)r is not among Site.languages", language=self.language)

    @property
    def spoken(self) -> tuple[str, ...]:
        """All languages, the site's own first."""
        return (self.language, *(each for each in self.languages if each != self.language))

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.timezone)

    @property
    def host(self) -> str:
        """The host of its address."""
        return urlsplit(self.url).hostname or "localhost"


def load_site(reference: str) -> Site:
    """Import a site.

    Args:
        reference: `MODULE` or `MODULE:NAME`; for a package its `site` module is looked at first, NAME is `site`.

    Raises:
        ConfigurationError: It is not there, or is not what it should be; says file and line.
    """
    module_name, _, name = reference.partition(":")
    module = _import(module_name)
    site = getattr(module, name or "site", None)
    if not isinstance(site, Site):
        raise ConfigurationError(
            "%(module)s has no Site called %(name)r; write `site = Site(…)` in it",
            module=module.__name__,
            name=name or "site",
        )
    package = sys.modules[module.__name__.partition(".")[0]]
    # Only a package can hold templates and words; a plain module is a site without any of its own.
    return msgspec.structs.replace(site, package=package.__name__ if hasattr(package, "__path__") else "")


def _import(name: str) -> ModuleType:
    for candidate in (f"{name}.site", name):
        try:
            return importlib.import_module(candidate)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{candidate}.".startswith(f"{error.name}."):
                raise _broken(error) from error
        except ConfigurationError:
            raise
        except Exception as error:
            raise _broken(error) from error
    raise ConfigurationError(
        "there is no site %(name)r: no module %(name)s.site or %(name)s can be imported. "
        "Name one with --site or HELPDESK_SITE",
        name=name,
    )


def _broken(error: Exception) -> ConfigurationError:
    """Return the error of an import with the nearest line of the site itself, not of a library it came to light in."""
    frames = traceback.extract_tb(error.__traceback__)
    # The first code of a file that importing ran is the site's own.
    folder = next(
        (Path(f.filename).parent for f in frames if f.filename not in _IMPORTING and Path(f.filename).is_file()), None
    )
    own = [frame for frame in frames if Path(frame.filename).parent == folder] or frames
    file, line = own[-1].filename, own[-1].lineno
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    place = f"{Path(*Path(file).parts[-3:])}, line {line}"
    return ConfigurationError("%(kind)s: %(text)s", kind=type(error).__name__, text=error, place=place)
