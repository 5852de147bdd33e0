"""Sample data: a believable helpdesk for demonstrations, tests of speed and screenshots.

Here stand the words it is made of and what plugins are given to add theirs; `filling` writes the rows.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.settings import Settings

__all__ = ["PASSWORD", "Matter", "SampleData", "SampleFile", "SampleWords", "SampleWorld", "Thread"]

PASSWORD: Final = "Only-for-looking-around-7"  # noqa: S105 - printed for everybody who looks at a demonstration
"""The password of everybody in sample data."""

SOURCE: Final = "sample"
"""What the rows of sample people say about who made them: so a demonstration knows its own database again."""


class Matter(Settings, kw_only=False):
    """One thing sample customers write about.

    Attributes:
        kind: Code of a kind of ticket.
        subject: The subject.
        text: What the customer writes.
        answer: What an agent answers.
        thanks: What the customer writes then.
    """

    kind: str
    subject: str
    text: str
    answer: str
    thanks: str = ""


class Thread(Settings, kw_only=False):
    """One long conversation.

    Attributes:
        kind: Code of a kind of ticket.
        subject: The subject.
        texts: What the customer and an agent write in turn; the customer begins.
    """

    kind: str
    subject: str
    texts: tuple[str, ...]


class SampleFile(Settings, kw_only=False):
    """A file on some of the tickets.

    Attributes:
        name: Its name; the ending says what is made: `.png`, `.pdf`, or text as it stands.
        text: What is written in it; a picture needs none.
    """

    name: str
    text: str = ""


class SampleWords(Settings):
    """The words sample data are made of.

    Attributes:
        salutations: Salutation for each given name, in the same order.
        given_names: Given names.
        family_names: Family names.
        organisations: Names of customers' organisations.
        matters: What they write about.
        note: An internal note.
        thread: One long conversation.
        files: Files on some of the tickets.
        domain: Domain of the sample addresses; nothing may be delivered there.
    """

    salutations: tuple[str, ...]
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    organisations: tuple[str, ...]
    matters: tuple[Matter, ...]
    note: str
    thread: Thread | None = None
    files: tuple[SampleFile, ...] = ()
    domain: str = "example.org"

    def validate(self) -> None:
        """Refuse words that do not fit together."""
        if len(self.salutations) != len(self.given_names):
            raise ConfigurationError("SampleWords needs one salutation for each given name")
        for field in ("given_names", "family_names", "organisations", "matters"):
            if not getattr(self, field):
                raise ConfigurationError("SampleWords.%(field)s is empty; name at least one", field=field)


class SamplePerson(msgspec.Struct, frozen=True):
    """Somebody in the sample."""

    id: UUID
    name: str
    email: str
    organisation: UUID | None


class SampleWorld(msgspec.Struct, frozen=True):
    """What was made; plugins add their own rows to it.

    Attributes:
        chance: The random numbers of the seed.
        now: When it was made.
        agents: Those who answer; the first is an administrator.
        customers: Those who ask; the first is the one whose sign-in is shown.
        organisations: Where they work; the first is the first customer's.
    """

    chance: random.Random
    now: datetime
    agents: tuple[SamplePerson, ...]
    customers: tuple[SamplePerson, ...]
    organisations: tuple[UUID, ...]

    def key(self, at: datetime) -> UUID:
        """Return a key of the seed, for a row that was made at a moment."""
        return sample_key(self.chance, at)


class SampleData(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin adds to a sample.

    Attributes:
        name: `plugin.subject`.
        fill: Writes rows of the plugin for the people of the world.
    """

    name: str
    fill: Callable[[SampleWorld], Awaitable[None]]


def sample_key(chance: random.Random, at: datetime) -> UUID:
    """Return a key that sorts by time (RFC 9562, version 7), of the random numbers of a seed."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    low = (0b10 << 62) | chance.getrandbits(62)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (chance.getrandbits(12) << 64) | low)
