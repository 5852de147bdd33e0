"""Files for browsers: style sheets, scripts, pictures, each under an address that changes with its bytes.

They lie in the folder `static/` of the site and of every plugin; the site's own wins over a plugin's. Everything is
read once, when the site starts. `site.css` is not a file: it is written from the site's colours.
"""

import hashlib
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from helpdesk_core import ConfigurationError

PREFIX: Final = "/static/"

_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


class Asset(msgspec.Struct, frozen=True):
    """A file as it is served.

    Attributes:
        content: Its bytes.
        media_type: Its type.
    """

    content: bytes
    media_type: str


class Assets:
    """All files of one site.

    Raises:
        ConfigurationError: Two plugins have one name, or a file is of a kind that browsers are not given.
    """

    def __init__(self, site: str, plugins: Iterable[str], generated: Mapping[str, bytes]) -> None:
        """Read the files.

        Args:
            site: Import name of the site's package, may be empty.
            plugins: Import names of the plugins, in site order.
            generated: Name → bytes of what is written rather than read; wins over all.
        """
        found: dict[str, tuple[str, bytes]] = {}
        for plugin in plugins:
            for name, content in _files(plugin):
                if name in found:
                    raise ConfigurationError(
                        "%(one)s and %(other)s both have the static file %(name)s; rename one",
                        one=found[name][0],
                        other=plugin,
                        name=name,
                    )
                found[name] = (plugin, content)
        found |= {name: (site, content) for name, content in (_files(site) if site else ())}
        found |= {name: ("helpdesk_web", content) for name, content in generated.items()}
        self._paths: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        for name, (owner, content) in found.items():
            path = _hashed(name, content)
            self._paths[name] = PREFIX + path
            self._assets[path] = Asset(content, _media_type(owner, name))

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def address(self, name: str) -> str:
        """Return the address of a file by its name, as templates ask for it: `asset('css/helpdesk.css')`.

        Raises:
            ConfigurationError: There is no such file.
        """
        if name not in self._paths:
            raise ConfigurationError("there is no static file %(name)r", name=name)
        return self._paths[name]

    def find(self, path: str) -> Asset | None:
        """Return what lies at an address below `/static/`, None when nothing does."""
        return self._assets.get(path)


def _files(package: str) -> list[tuple[str, bytes]]:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(spec.submodule_search_locations[0]) / "static"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]


def _hashed(name: str, content: bytes) -> str:
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()[:16]
    return path.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()


def _media_type(owner: str, name: str) -> str:
    media_type = _TYPES.get(Path(name).suffix.lower())
    if media_type is None:
        raise ConfigurationError(
            "%(owner)s: the static file %(name)s is of no kind that browsers are given (%(kinds)s)",
            owner=owner,
            name=name,
            kinds=", ".join(_TYPES),
        )
    return media_type
