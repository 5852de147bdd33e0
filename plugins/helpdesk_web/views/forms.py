"""The one vocabulary in which a page's handler describes a form, and the macros of `macros.html` draw it.

A handler builds the same `FormView` for the empty form and for the one that comes back with errors: values as typed,
`error` at the field, `error` of the form. Nothing here parses or judges input.

Every form that is drawn also sends `csrf` (`page.csrf`) and `form_key` (`page.form_key`, the one-time key).
"""

from typing import Literal

from markupsafe import Markup
from msgspec import Struct

__all__ = ["ChoiceView", "FieldError", "FieldType", "FieldView", "FileView", "FormView"]

FieldType = Literal[
    "text",
    "email",
    "password",
    "tel",
    "search",
    "number",
    "date",
    "datetime-local",
    "textarea",
    "select",
    "radio",
    "checkbox",
    "files",
    "hidden",
]


class ChoiceView(Struct, frozen=True, kw_only=True):
    """One of the values of a `select` or of radio cards; cards show the hint and the icon as well."""

    value: str
    label: str
    hint: str = ""
    icon: str = ""


class FileView(Struct, frozen=True, kw_only=True):
    """A file that is already here: on a message, or kept for a form that is not finished (`key` takes it out).

    `size` counts bytes; `preview` is the address of a small picture.
    """

    name: str
    size: int
    href: str = ""
    preview: str = ""
    key: str = ""


class FieldView(Struct, frozen=True, kw_only=True):
    """One field. `value` is what is filled in now; a checkbox is ticked when it is not empty.

    `files` fields carry what is kept so far in `kept`, and the site's limits in `most` (files) and `max_bytes`
    (each): the browser refuses more at once, the server is still the judge.
    """

    name: str
    label: str | Markup
    type: FieldType = "text"
    value: str = ""
    hint: str | Markup = ""
    error: str = ""
    required: bool = False
    choices: tuple[ChoiceView, ...] = ()
    autocomplete: str = ""
    rows: int = 6
    max_length: int | None = None
    half: bool = False
    """Stands beside the next half field where there is room."""
    kept: tuple[FileView, ...] = ()
    most: int = 10
    max_bytes: int = 25_000_000


class FieldError(Struct, frozen=True, kw_only=True):
    """A line of the summary above a form; `target` is the id of the control to go to."""

    target: str
    text: str


class FormView(Struct, frozen=True, kw_only=True):
    """A form that posts to `action`. `name` is unique on its page and names the controls (`login-email`).

    `draft` lets the browser keep typed text in this tab until the form has arrived (never a Kennwort).
    """

    name: str
    action: str
    fields: tuple[FieldView, ...]
    error: str = ""
    draft: bool = False

    def field(self, name: str) -> FieldView:
        """The field of that name.

        Raises:
            KeyError: the form has none.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Whether the form has a field of that name."""
        return any(field.name == name for field in self.fields)

    def without(self, *names: str) -> tuple[FieldView, ...]:
        """All fields but those named, in order."""
        return tuple(field for field in self.fields if field.name not in names)

    def id_of(self, field: FieldView) -> str:
        """The id of a field's control on the page."""
        return f"{self.name}-{field.name}"

    @property
    def failed(self) -> bool:
        """Whether anything is wrong; the page's title then says so first."""
        return bool(self.error or self.errors)

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """What the summary above the form lists: the fields' errors in order."""
        return tuple(FieldError(target=self.id_of(field), text=field.error) for field in self.fields if field.error)

    @property
    def marks_optional(self) -> bool:
        """Whether fields that may stay empty say so; where nothing is required, nothing needs to."""
        return any(field.required for field in self.fields)

    @property
    def multipart(self) -> bool:
        """Whether the form sends files."""
        return any(field.type == "files" for field in self.fields)
