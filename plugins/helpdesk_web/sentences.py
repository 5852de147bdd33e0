"""Sentences that other rooms give as message ids, put into the reader's words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from helpdesk_core import HelpdeskError
from helpdesk_core.text import Words

__all__ = ["explained", "sentence"]


def sentence(words: Words, message: str, values: Mapping[str, Any]) -> str:
    """Return a sentence in the reader's words; days and instants among its values are written as the reader does."""
    return words.gettext(message, **{name: _written(words, value) for name, value in values.items()})


def explained(words: Words, error: HelpdeskError) -> str:
    """Return what an error says to people."""
    return sentence(words, error.message, error.values)


def _written(words: Words, value: Any) -> Any:
    if isinstance(value, datetime):
        return words.date(value)
    return words.date(value) if isinstance(value, date) else value
