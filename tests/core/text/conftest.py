"""Small real packages on the import path, as sites, plugins and the core bring their texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import pytest

from helpdesk_core.text import Layer, Texts

Files = Mapping[str, str]
NOTHING: Mapping[str, Any] = MappingProxyType({})


class WritePackage(Protocol):
    def __call__(self, name: str, files: Files) -> str: ...


class MakeTexts(Protocol):
    def __call__(
        self,
        *,
        core: Files = ...,
        plugins: Mapping[str, Files] = ...,
        site: Files = ...,
        languages: Sequence[str] = ...,
        default_language: str = ...,
        languages_of: Mapping[str, Sequence[str]] = ...,
        **more: Any,
    ) -> Texts: ...


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WritePackage:
    """Write a package (path → content) onto the import path and return its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, files: Files) -> str:
        for path, content in ({"__init__.py": ""} | dict(files)).items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        return name

    return write


@pytest.fixture
def make_texts(package: WritePackage) -> MakeTexts:
    """Build the texts of a site called `shop` on a core called `kernel`."""

    def make(
        *,
        core: Files = NOTHING,
        plugins: Mapping[str, Files] = NOTHING,
        site: Files = NOTHING,
        languages: Sequence[str] = ("de", "en"),
        default_language: str = "de",
        languages_of: Mapping[str, Sequence[str]] = NOTHING,
        **more: Any,
    ) -> Texts:
        layers = [Layer("shop", package("shop", site), kind="site")]
        layers += [
            Layer(name, package(name, files), languages_of=languages_of.get(name, ()))
            for name, files in plugins.items()
        ]
        layers.append(Layer("kernel", package("kernel", core), kind="core"))
        settings = {"timezone": "Europe/Berlin"} | more
        return Texts(layers, languages=languages, default_language=default_language, **settings)

    return make


@pytest.fixture
def po() -> Any:
    """Return a function that writes a German catalogue of simple words, or of whole entries."""

    def write(*entries: str, **words: str) -> str:
        header = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
        simple = [f'msgid "{name.replace("_", " ")}"\nmsgstr "{text}"\n' for name, text in words.items()]
        return "\n".join([header, *entries, *simple])

    return write
