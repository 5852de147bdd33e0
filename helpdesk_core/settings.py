"""Settings: frozen, typed values that judge themselves when they are made.

A site and every plugin are `Settings`. Making one checks the type of every field (also inside unions, tuples and
callables) and its bounds, so that a mistake is found where it stands, with file and line. `env(...)` and
`secret(...)` stand for values that only the running machine knows; `resolve` puts them in.
"""

import difflib
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
import typeguard

from helpdesk_core.errors import ConfigurationError

T = TypeVar("T")
S = TypeVar("S", bound="Settings")


class Secret:
    """A text that must not be shown: its `repr` and `str` hide it, `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; only for the one who hands it to its owner."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class _Missing:
    """The absence of a default, told apart from a default of None."""


_MISSING = _Missing()


class Reference:
    """Stands in a field until the site is built; knows where its value will come from.

    Attributes:
        name: Name of the environment variable.
        secret: Whether the value must be hidden.
        place: File and line where it stands.
    """

    __slots__ = ("_default", "name", "place", "secret")

    def __init__(self, name: str, default: object = _MISSING, *, secret: bool = False) -> None:
        self.name = name
        self.secret = secret
        self.place = _place()
        self._default = default

    def __repr__(self) -> str:
        return f"{'secret' if self.secret else 'env'}({self.name!r})"

    def look_up(self, environ: Mapping[str, str]) -> tuple[object, str]:
        """Return the value and where it was found.

        Environment variable `NAME`, else the file that `NAME_FILE` names, else the systemd credential of that
        name, else the default.

        Raises:
            ConfigurationError: Nothing gives the value and there is no default.
        """
        if (text := environ.get(self.name)) is not None:
            return self._wrap(text), f"environment variable {self.name}"
        if path := environ.get(f"{self.name}_FILE"):
            return self._wrap(_read(Path(path), self.name)), f"file {path}"
        credential = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / self.name
        if credential.is_file():
            return self._wrap(_read(credential, self.name)), f"credential {self.name}"
        if isinstance(self._default, _Missing):
            raise ConfigurationError(
                "the environment variable %(name)s is not set; set it, or %(name)s_FILE to a file that holds it",
                name=self.name,
                place=self.place,
            )
        return self._default, "default"

    def _wrap(self, text: str) -> object:
        return Secret(text) if self.secret else text


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigurationError(
            "%(name)s should be read from %(path)s, which failed: %(reason)s",
            name=name,
            path=path,
            reason=error.strerror,
        ) from error


def env(name: str, default: T | _Missing = _MISSING) -> T:
    """Take a setting from the environment variable `name` when the site is built.

    The text is converted to the type of the field. Without a default a missing variable stops the start.
    """
    return cast("T", Reference(name, default))


def secret(name: str, default: Secret | _Missing | None = _MISSING) -> Secret:
    """Take a secret from the environment variable `name`, a file or a systemd credential."""
    return cast("Secret", Reference(name, default, secret=True))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class SettingsMeta(msgspec.StructMeta):
    """Makes settings frozen and keyword-only, and explains a wrong or missing option."""

    def __new__(  # noqa: D102 - the class says it
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> "SettingsMeta":
        options.setdefault("frozen", True)
        options.setdefault("kw_only", True)
        return super().__new__(mcls, name, bases, namespace, **options)

    def __call__(cls, *args: Any, **given: Any) -> Any:
        """Make the value; an unknown or missing option names the class, the option and the nearest known one."""
        known: tuple[str, ...] = cls.__struct_fields__
        for option in given:
            if option not in known:
                near = difflib.get_close_matches(option, known, n=1)
                hint = f"Did you mean `{near[0]}`?" if near else f"It knows: {', '.join(known) or 'no option'}."
                raise ConfigurationError(
                    "%(settings)s has no option `%(option)s`. %(hint)s",
                    settings=cls.__qualname__,
                    option=option,
                    hint=hint,
                    place=_place(),
                )
        try:
            return super().__call__(*args, **given)
        except TypeError as error:
            raise ConfigurationError(
                "%(settings)s: %(reason)s", settings=cls.__qualname__, reason=error, place=_place()
            ) from error


class Settings(msgspec.Struct, metaclass=SettingsMeta):
    """Base of a site, a plugin and of what they are made of.

    A subclass declares fields with types and defaults, bounds as `Annotated[int, msgspec.Meta(ge=1)]`, and rules
    across fields in `validate`.
    """

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():
            value = getattr(self, name)
            if not _holds_reference(value):
                _check(type(self), name, hint, value)
        if not any(_holds_reference(getattr(self, name)) for name in self.__struct_fields__):
            self._judge()

    def _judge(self) -> None:
        try:
            self.validate()
        except ConfigurationError as error:
            if not error.place:
                error.place = _place()
            raise

    def validate(self) -> None:
        """Check rules across fields; raise `ConfigurationError` with a sentence that says what to do."""


def resolve(settings: S, environ: Mapping[str, str] | None = None) -> S:
    """Return the settings with every `env` and `secret` replaced by its value, checked as if written there.

    Raises:
        ConfigurationError: A variable is missing or its text does not fit the field.
    """
    return cast("S", _resolved(settings, environ if environ is not None else os.environ))


def _resolved(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, Settings):
        hints = _hints(type(value))
        changed: dict[str, Any] = {}
        for name in value.__struct_fields__:
            old = getattr(value, name)
            if isinstance(old, Reference):
                changed[name] = _converted(old, hints[name], environ, f"{type(value).__qualname__}.{name}")
            elif (new := _resolved(old, environ)) is not old:
                changed[name] = new
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, tuple) and any(_holds_reference(item) for item in value):
        return tuple(_resolved(item, environ) for item in value)
    if isinstance(value, Reference):
        return value.look_up(environ)[0]
    return value


def _converted(reference: Reference, hint: Any, environ: Mapping[str, str], field: str) -> object:
    value, source = reference.look_up(environ)
    if not isinstance(value, str):
        return value
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            "%(field)s, from %(source)s: %(reason)s", field=field, source=source, reason=error, place=reference.place
        ) from error


def _holds_reference(value: object) -> bool:
    if isinstance(value, Reference):
        return True
    if isinstance(value, Settings):
        return any(_holds_reference(getattr(value, name)) for name in value.__struct_fields__)
    return isinstance(value, tuple) and any(_holds_reference(item) for item in value)


def _hints(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in cls.__struct_fields__}  # type: ignore[attr-defined] # every Struct has it


def _check(cls: type, name: str, hint: Any, value: object) -> None:
    """Check one value against its annotation: the type by typeguard, bounds on leaves by msgspec."""
    where = f"{cls.__module__}.{cls.__qualname__}.{name}"
    try:
        typeguard.check_type(
            value,
            hint,
            collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS,
            forward_ref_policy=typeguard.ForwardRefPolicy.ERROR,
        )
        if _is_bounded_leaf(hint) and value is not None:
            msgspec.convert(value, hint)
    except (typeguard.TypeCheckError, msgspec.ValidationError) as error:
        raise ConfigurationError("%(field)s: %(reason)s", field=where, reason=error, place=_place()) from error


_LEAVES = (str, int, float, bytes)


def _is_bounded_leaf(hint: Any) -> bool:
    """Tell whether msgspec can judge the bounds of this annotation (it refuses Struct subclasses and unions)."""
    if get_origin(hint) is Annotated:
        return get_args(hint)[0] in _LEAVES
    if get_origin(hint) in (Union, types.UnionType):
        inner = [item for item in get_args(hint) if item is not type(None)]
        return len(inner) == 1 and _is_bounded_leaf(inner[0])
    return False


def _place() -> str:
    """Return `file, line N` of the code that makes the settings: the nearest frame outside this module."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to name the line of a constructor call
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return f"{Path(*path.parts[-3:])}, line {frame.f_lineno}"
