"""Forms as pages show them: filled with what was typed, with errors at their fields.

Also the fields that sites and plugins add, between what is typed and what is stored.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from helpdesk_core import (
    AccountField,
    Changed,
    Choice,
    HelpdeskError,
    Invalid,
    Key,
    Refused,
    TicketField,
    TooMany,
    put,
)
from helpdesk_core.accounts import PHONE
from helpdesk_core.db import Conflict, DatabaseBusy, DatabaseFull, DatabaseUnavailable, KeyReused
from helpdesk_core.fields import Put, Value, Values, to_columns
from helpdesk_core.text import N_, Words
from helpdesk_web.errors import BUSY, FULL, SHORT_PAUSE
from helpdesk_web.sent import Form
from helpdesk_web.sentences import explained
from helpdesk_web.views import ChoiceView, FieldType, FieldView, FileView, FormView

__all__ = [
    "KEPT",
    "Asked",
    "Returned",
    "field_view",
    "filled",
    "missing",
    "read_fields",
    "returned",
    "with_errors",
]

KEPT: Final = (
    Invalid,
    Refused,
    Changed,
    TooMany,
    KeyReused,
    DatabaseBusy,
    DatabaseUnavailable,
    DatabaseFull,
    Conflict,
)
"""What a form survives: it comes back with everything typed and says what is wrong."""

SENT_ALREADY: Final = N_(
    "You have sent this form already, with another text. If this is something new, please send it again."
)
MISSING: Final = N_("Please fill in “%(field)s”.")
LONGEST: Final = 2000
"""Characters of a field of one line."""

_HIDDEN_TYPES: Final = frozenset({"password", "files", "hidden"})


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """A form that comes back.

    Attributes:
        form: As it is shown.
        status: HTTP status of its page.
        retry_after: Seconds until a new try makes sense, 0 for nothing said.
    """

    form: FormView
    status: int = 422
    retry_after: int = 0


def filled(form: FormView, sent: Form, kept: Mapping[str, tuple[FileView, ...]] | None = None) -> FormView:
    """Return the form with what was typed; a password is never shown again.

    Args:
        form: The empty form.
        sent: What was sent.
        kept: Name of a file field → the files that are kept for it.
    """

    def fill(field: FieldView) -> FieldView:
        if field.type == "files":
            return msgspec.structs.replace(field, kept=(kept or {}).get(field.name, ()))
        return field if field.type in _HIDDEN_TYPES else msgspec.structs.replace(field, value=sent.text(field.name))

    return msgspec.structs.replace(form, fields=tuple(fill(field) for field in form.fields))


def with_errors(form: FormView, errors: Mapping[str, str]) -> FormView:
    """Return the form with errors at its fields; an error of a field that it does not have is its own."""
    fields = tuple(
        msgspec.structs.replace(field, error=errors[field.name]) if field.name in errors else field
        for field in form.fields
    )
    rest = " ".join(text for name, text in errors.items() if not form.has(name))
    return msgspec.structs.replace(form, fields=fields, error=" ".join(filter(None, (form.error, rest))))


def returned(form: FormView, error: HelpdeskError, words: Words) -> Returned:
    """Return a filled form with what went wrong, one of `KEPT`."""
    field, text = "", explained(words, error)
    status, retry_after = 422, 0
    match error:
        case Invalid():
            field = error.field or ""
        case Refused():
            field, status = error.field or "", 403
            if error.temporary:
                status, retry_after = 503, SHORT_PAUSE
        case TooMany():
            status, retry_after = 429, error.retry_after
        case Changed():
            status = 409
        case KeyReused():
            status, text = 409, words.gettext(SENT_ALREADY)
        case DatabaseFull():
            status, retry_after, text = 507, SHORT_PAUSE, words.gettext(FULL)
        case _:
            status, retry_after, text = 503, SHORT_PAUSE, words.gettext(BUSY)
    return Returned(form=with_errors(form, {field: text}), status=status, retry_after=retry_after)


# --- fields of sites and plugins --------------------------------------------------------------------------------------

Declared = AccountField | TicketField

_TYPES: Final[Mapping[type, FieldType]] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "checkbox",
    date: "date",
    datetime: "datetime-local",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed into declared fields.

    Attributes:
        values: Every field that holds what it should, with its value; None for what was left empty.
        errors: Name of a field → what is wrong with it, in words.
    """

    values: tuple[tuple[Key[Any], Value | None], ...]
    errors: Mapping[str, str]

    @property
    def puts(self) -> tuple[Put[Any], ...]:
        """What was filled in, as commands that make something want it."""
        return tuple(put(key, value) for key, value in self.values if value is not None)

    def changes(self, known: Values) -> tuple[Put[Any], ...]:
        """Return what is other than before, as commands that change something want it."""
        return tuple(put(key, value) for key, value in self.values if value != known.get(key))


def field_view(declared: Declared, words: Words, value: Value | None = None) -> FieldView:
    """Return a declared field as a form shows it."""
    _ = words.gettext
    choices: tuple[Choice, ...] = declared.choices
    empty = (ChoiceView(value="", label=_("Please choose")),) if choices else ()
    return FieldView(
        name=declared.key.name,
        label=_(declared.label),
        hint=_(declared.hint) if declared.hint else "",
        type="select" if choices else _type(declared),
        required=declared.required,
        autocomplete=declared.autocomplete if isinstance(declared, AccountField) else "off",
        choices=(*empty, *(ChoiceView(value=choice.code, label=_(choice.label)) for choice in choices)),
        max_length=LONGEST if declared.key.holds is str and not choices else None,
        value=_shown(value, words),
    )


def read_fields(declared: Sequence[Declared], form: Form, words: Words) -> Asked:
    """Return what was typed into declared fields, and what is wrong with it."""
    values: list[tuple[Key[Any], Value | None]] = []
    errors: dict[str, str] = {}
    for field in declared:
        name = field.key.name
        try:
            value = _typed(field, form.line(name), words)
            if value is not None:
                to_columns(value, field=name)
        except Invalid as error:
            errors[name] = explained(words, error)
            continue
        values.append((field.key, value))
        if field.required and value in (None, False):
            errors[name] = words.gettext(MISSING, field=words.gettext(field.label))
    return Asked(values=tuple(values), errors=errors)


def missing(form: FormView, sent: Form, names: Sequence[str], words: Words) -> dict[str, str]:
    """Return an error for each of these fields that was left empty; it names the field, as the list of errors shows."""
    empty = [name for name in names if not sent.line(name)]
    return {name: words.gettext(MISSING, field=str(form.field(name).label)) for name in empty}


def _type(declared: Declared) -> FieldType:
    if declared.key == PHONE:
        return "tel"
    return _TYPES[declared.key.holds]


def _shown(value: Value | None, words: Words) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case datetime():
            return value.astimezone(words.zone).strftime("%Y-%m-%dT%H:%M")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _typed(declared: Declared, text: str, words: Words) -> Value | None:
    """Return the value of a field from what was typed.

    Raises:
        Invalid: It is none.
    """
    key: Key[Any] = declared.key
    if declared.choices and text and text not in {choice.code for choice in declared.choices}:
        raise Invalid(N_("Please choose one of the values given."), field=key.name)
    if key.holds is bool:
        return bool(text)
    if not text:
        return None
    if len(text) > LONGEST:
        raise Invalid(N_("This text is too long."), field=key.name)
    try:
        return _converted(key, text, words)
    except (ValueError, OverflowError) as error:
        raise Invalid(N_("Please check what you have typed here."), field=key.name) from error


def _converted(key: Key[Any], text: str, words: Words) -> Value:
    if key.holds is int:
        return int(text)
    if key.holds is float:
        return float(text.replace(",", "."))
    if key.holds is datetime:
        local = datetime.fromisoformat(text)
        return local if local.tzinfo else local.replace(tzinfo=words.zone)
    return date.fromisoformat(text) if key.holds is date else text
