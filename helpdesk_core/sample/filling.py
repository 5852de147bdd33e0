"""Filling an empty database with sample data.

The same seed at the same moment gives the same keys, people, tickets and texts. Rows are written in bulk, past the
commands: nobody is told anything, and a hundred thousand tickets take minutes. Never used on a database that people
rely on.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from helpdesk_core.accounts import CUSTOMER_NUMBER, ORGANISATION, PHONE, fold_name
from helpdesk_core.errors import ConfigurationError
from helpdesk_core.files import media_type_of
from helpdesk_core.sample import (
    PASSWORD,
    SOURCE,
    SamplePerson,
    SampleWords,
    SampleWorld,
    sample_key,
)
from helpdesk_core.sample.conversations import Conversation, KeptFile, Rows
from helpdesk_core.sample.files import content_of

if TYPE_CHECKING:
    from helpdesk_core.helpdesk import Helpdesk

SPAN: Final = timedelta(days=400)
"""How far back sample tickets go."""

AGENTS: Final = 2
BATCH: Final = 1000
"""Tickets of one transaction."""

SHOWN: Final = ("closed", "solved", "waiting", "open", "new")
"""The statuses of the newest tickets: those of the customer whose sign-in is shown."""

THREAD_AT: Final = len(SHOWN) + 2
"""How many tickets from the end on the long conversation stands."""


class _School(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    number: str


async def is_empty(helpdesk: "Helpdesk") -> bool:
    """Tell whether nobody is in the database yet."""
    return not await helpdesk.database.fetch("SELECT id FROM helpdesk_core_person LIMIT 1")


async def fill(helpdesk: "Helpdesk", words: SampleWords, *, tickets: int, customers: int, seed: int) -> SampleWorld:
    """Fill an empty database.

    Raises:
        ConfigurationError: There are people in it already, or nobody who could open the tickets.
    """
    if not await is_empty(helpdesk):
        raise ConfigurationError("the database is not empty; sample data go into a new one only")
    if tickets and not customers:
        raise ConfigurationError("tickets need somebody who opens them; ask for at least one customer")
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    writer = _Writer(helpdesk, words, chance, helpdesk.clock.now())
    world = await writer.people(customers)
    await writer.keep_files()
    for start in range(0, tickets, BATCH):
        await writer.tickets(world, range(start, min(start + BATCH, tickets)), tickets)
    await writer.finish()
    for data in helpdesk.sample_data:
        await data.fill(world)
    return world


class _Writer:
    """Makes rows and writes them in bulk."""

    def __init__(self, helpdesk: "Helpdesk", words: SampleWords, chance: random.Random, now: datetime) -> None:
        self._helpdesk = helpdesk
        self._words = words
        self._chance = chance
        self._now = now
        self._sequences: Counter[str] = Counter()
        self._uses: Counter[str] = Counter()
        self._files: list[KeptFile] = []
        # Those among the fields of tickets that can be filled without knowing what they mean.
        self._fields = [field for field in helpdesk.tickets.fields if field.ask and field.choices]

    async def people(self, customers: int) -> SampleWorld:
        """Write organisations, agents and customers."""
        began = self._now - SPAN - timedelta(days=1)
        schools = [
            _School(self._key(began), name, f"K{10_001 + at}") for at, name in enumerate(self._words.organisations)
        ]
        await self._insert(
            "helpdesk_core_organisation",
            "id, name, folded_name, customer_number, created_at, sequence, version",
            [(each.id, each.name, fold_name(each.name), each.number, began, 0, 1) for each in schools],
        )
        password = await self._helpdesk.accounts.hash_password(PASSWORD)
        people, addresses, values, memberships = list[Any](), list[Any](), list[Any](), list[Any]()
        made: list[SamplePerson] = []
        for at, (salutation, given, family, email) in zip(range(AGENTS + customers), self._names(), strict=False):
            # A millisecond later each: in the order of their keys they stand as they are made.
            key = self._key(began + timedelta(milliseconds=at))
            role = ("administrator", "agent")[at] if at < AGENTS else "customer"
            school = schools[(at - AGENTS) % len(schools)] if at >= AGENTS else None
            people.append((key, salutation, given, family, role, "active", password, began, began, began, SOURCE, 0, 1))
            addresses.append((self._key(began), key, "email", email, email, True, began, began))
            if school is not None:
                memberships.append((self._key(began), school.id, key, "member", "import", began))
                values += ((self._key(began), key, name, text) for name, text in self._claims(school))
            made.append(SamplePerson(key, f"{given} {family}", email, school.id if school else None))
        await self._insert(
            "helpdesk_core_person",
            "id, salutation, given_name, family_name, role, state, password_hash, password_set_at, confirmed_at, "
            "created_at, created_by, sequence, version",
            people,
        )
        await self._insert(
            "helpdesk_core_address", "id, person, channel, value, canonical, main, created_at, proven_at", addresses
        )
        await self._insert("helpdesk_core_person_value", "id, person, key, text", values)
        await self._insert(
            "helpdesk_core_membership", "id, organisation, person, role, source, created_at", memberships
        )
        organisations = tuple(each.id for each in schools)
        return SampleWorld(self._chance, self._now, tuple(made[:AGENTS]), tuple(made[AGENTS:]), organisations)

    async def keep_files(self) -> None:
        """Put the bytes of the sample's files into the store."""
        for file in self._words.files:
            content = content_of(file.name, file.text)
            stored = await self._helpdesk.files.put(content)
            self._files.append(KeptFile(file.name, media_type_of(file.name, content), stored))
        blobs = {each.stored.blob: each.stored.size for each in self._files}
        rows = [(blob, size, 0, self._now) for blob, size in blobs.items()]
        await self._insert("helpdesk_core_blob", "hash, size, uses, created_at", rows)

    async def tickets(self, world: SampleWorld, numbers: range, total: int) -> None:
        """Write some of the tickets, with what was said and what happened."""
        rows = Rows()
        for at in numbers:
            self._ticket(rows, world, at, total)
        async with self._helpdesk.database.unit():
            for table, columns, values in rows.all():
                await self._insert(table, columns, values)

    async def finish(self) -> None:
        """Let new tickets go on where the sample ends, and count what needs each file."""
        await self._insert("helpdesk_core_number_counter", "period, last", list(self._sequences.items()))
        for blob, uses in self._uses.items():
            await self._helpdesk.database.execute("UPDATE helpdesk_core_blob SET uses = {} WHERE hash = {}", uses, blob)

    def _ticket(self, rows: Rows, world: SampleWorld, at: int, total: int) -> None:
        chance, left = self._chance, total - at
        # The nearer to now, the more there are; in the order of their numbers they were opened.
        opened = self._now - timedelta(minutes=5) - SPAN * ((left - chance.random()) / total) ** 2
        shown = left <= len(SHOWN) or left == THREAD_AT
        thread = self._words.thread if left == THREAD_AT else None
        said = Conversation(
            rows,
            chance,
            customer=world.customers[0] if shown else chance.choice(world.customers[1:] or world.customers),
            origin="web" if shown or chance.random() < 0.6 else "email",
            opened=opened,
            now=self._now,
            turns=len(thread.texts) if thread else 3,
        )
        agent = chance.choice(world.agents)
        file = self._files[at // 5 % len(self._files)] if self._files and at % 5 == 0 else None
        if thread is not None:
            kind, subject = thread.kind, thread.subject
            said.open(kind, thread.texts[0], file)
            for turn, text in enumerate(thread.texts[1:]):
                said.reply(text) if turn % 2 else said.answer(text, by=agent, after="waiting")
        else:
            matter = self._words.matters[at % len(self._words.matters)]
            kind, subject = matter.kind, matter.subject
            said.open(kind, matter.text, file)
            stage = SHOWN[-left] if left <= len(SHOWN) else self._stage(at, total)
            said.go_to(stage, matter, agent=agent, note=self._words.note)
        if file is not None:
            self._uses[file.stored.blob] += 1
        values = [(field.key.name, chance.choice(field.choices).code) for field in self._fields]
        said.end(number=self._number(opened), kind=kind, subject=subject, values=values)

    def _stage(self, at: int, total: int) -> str:
        """Return the status of a ticket by its place: the old ones are over, the newest wait for an agent."""
        age = at / max(1, total - len(SHOWN))
        stages: tuple[str, ...]
        if age < 0.5:
            stages = ("solved", "closed")
        elif age < 0.75:
            stages = ("solved",)
        elif age < 0.85:
            stages = ("waiting", "open", "solved")
        else:
            stages = ("new", "open", "waiting")
        return stages[at % len(stages)]

    def _number(self, opened: datetime) -> str:
        local = opened.astimezone(self._helpdesk.site.zone)
        number = self._helpdesk.site.tickets.number
        period = number.period(local)
        self._sequences[period] += 1
        return number.text(self._sequences[period], local)

    def _claims(self, school: _School) -> Iterator[tuple[str, str]]:
        """Yield what a customer typed when they registered, for the fields that the site asks for."""
        known = {
            ORGANISATION.name: school.name,
            CUSTOMER_NUMBER.name: school.number,
            PHONE.name: f"0251 {self._chance.randint(100_000, 999_999)}",
        }
        for field in self._helpdesk.account_fields:
            if field.choices:
                yield field.key.name, self._chance.choice(field.choices).code
            elif field.key.name in known:
                yield field.key.name, known[field.key.name]

    def _names(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield salutation, names and address; no pair of names twice before all pairs were used."""
        pairs = [
            (salutation, given, family)
            for family in self._words.family_names
            for salutation, given in zip(self._words.salutations, self._words.given_names, strict=True)
        ]
        turn = 1
        while True:
            self._chance.shuffle(pairs)
            for salutation, given, family in pairs:
                more = str(turn) if turn > 1 else ""
                yield salutation, given, family, f"{_plain(given)}.{_plain(family)}{more}@{self._words.domain}"
            turn += 1

    def _key(self, at: datetime) -> UUID:
        return sample_key(self._chance, at)

    async def _insert(self, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            holders = ", ".join("{}" for _ in columns.split(","))
            await self._helpdesk.database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holders})", rows)


def _plain(name: str) -> str:
    """Return a name as it stands in a mail address, in ASCII."""
    name = name.lower()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), (" ", "-")):
        name = name.replace(letter, plain)
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
