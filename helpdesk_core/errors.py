"""The errors of the helpdesk: each has a stable code for programs and a sentence for people.

The sentence is an English message id with named placeholders, so that whoever shows it can translate it:
`words.gettext(error.message) % error.values`.
"""

from typing import Any, ClassVar


class HelpdeskError(Exception):
    """Base of all errors that this project raises on purpose.

    Attributes:
        code: Stable name for programs, logs and tests.
        message: English message id; placeholders are written `%(name)s`.
        values: What the placeholders stand for.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message, values)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class ConfigurationError(HelpdeskError):
    """A site or plugin cannot start as it is written; says where and what to do."""

    code = "configuration"

    def __init__(self, message: str, /, *, place: str = "", **values: Any) -> None:
        super().__init__(message, **values)
        self.place = place

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.place}: {text}" if self.place else text


class NotFound(HelpdeskError):
    """The thing does not exist, or the asker may not know that it does."""

    code = "not-found"


class Forbidden(HelpdeskError):
    """The actor may see the thing, but may not do this with it."""

    code = "forbidden"


class Invalid(HelpdeskError):
    """One field of a command or form does not hold what it should.

    Attributes:
        field: Name of the field, or None when the whole is wrong.
    """

    code = "invalid"

    def __init__(self, message: str, /, *, field: str | None = None, **values: Any) -> None:
        super().__init__(message, **values)
        self.field = field


class Refused(HelpdeskError):
    """A check, a workflow or the entitlement policy said no to a command.

    Attributes:
        rule: Name of the rule that refused.
        field: The form field it is about, or None.
        temporary: True when a later try may succeed (a form is kept, a mail is tried again).
    """

    code = "refused"

    def __init__(
        self, message: str, /, *, rule: str, field: str | None = None, temporary: bool = False, **values: Any
    ) -> None:
        super().__init__(message, **values)
        self.rule = rule
        self.field = field
        self.temporary = temporary


class Changed(HelpdeskError):
    """Somebody else changed the thing since the actor looked at it."""

    code = "changed"


class TooMany(HelpdeskError):
    """A rate limit is used up.

    Attributes:
        retry_after: Seconds until a new try makes sense.
    """

    code = "too-many"

    def __init__(self, message: str, /, *, retry_after: int, **values: Any) -> None:
        super().__init__(message, **values)
        self.retry_after = retry_after
