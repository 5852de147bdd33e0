"""Sample data: the same every time, in every state, and past the commands."""

import io
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filetype
import pytest

from helpdesk_core import ConfigurationError, Reply, Writing
from helpdesk_core.bus import Actor
from helpdesk_core.db.migrations import migrate
from helpdesk_core.helpdesk import Helpdesk
from helpdesk_core.sample import PASSWORD, Matter, SampleFile, SampleWords, SampleWorld, Thread
from helpdesk_core.sample.filling import fill
from helpdesk_core.tables import CORE
from helpdesk_core.testing.clock import SettableClock
from helpdesk_core.testing.databases import Templates
from helpdesk_core.testing.desks import Desk, Told, small_site
from helpdesk_core.tickets import InternalNote, TicketQuery

pytestmark = pytest.mark.anyio

WORDS = SampleWords(
    salutations=("Ms", "Mr", "Ms"),
    given_names=("Anna", "Jörg", "Zoë"),
    family_names=("Groß", "Miller"),
    organisations=("School by the Lake", "School on the Hill", "School in the Woods"),
    matters=(
        Matter("bug", "It does not print", "Since today.", "Please restart it.", "Thank you, it helped."),
        Matter("question", "Where is the manual?", "We cannot find it.", "In the menu Help."),
    ),
    note="Called back.",
    thread=Thread("question", "Moving to the new server", tuple(f"Step {step}." for step in range(30))),
    files=(SampleFile("screen.png"), SampleFile("report.pdf", "Report (draft)"), SampleFile("log.txt", "Größe: 3\n")),
)


@pytest.fixture(scope="session")
def database_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("sample-templates"), [CORE])


@pytest.fixture
async def world(desk: Desk) -> SampleWorld:
    return await fill(desk.helpdesk, WORDS, tickets=40, customers=12, seed=1)


@pytest.fixture
async def other_desk(tmp_path: Path, database_templates: Templates, clock: SettableClock) -> AsyncIterator[Desk]:
    """A second, empty helpdesk at the same moment."""
    site = small_site(database_templates.sqlite(tmp_path / "other.db"), tmp_path / "other", Told())
    helpdesk = Helpdesk(site, {}, clock=clock)
    await helpdesk.start()
    await migrate(helpdesk.database, helpdesk.apps)
    await helpdesk.identify()
    yield Desk(helpdesk, clock)
    await helpdesk.close()


async def dump(desk: Desk) -> dict[str, list[tuple[str, ...]]]:
    """Return everything a sample writes, but the hash of the password, which is salted."""
    with desk.helpdesk.database.use():
        found = {}
        for table in CORE.tables:
            name = table._meta.tablename
            if name != "helpdesk_core_installation":
                rows = await desk.helpdesk.database.fetch(f"SELECT * FROM {name}")
                found[name] = sorted(
                    [tuple(repr(value) for key, value in row.items() if key != "password_hash") for row in rows]
                )
        return found


async def test_the_same_seed_at_the_same_moment_gives_the_same_rows_with_the_same_keys(desk: Desk, other_desk: Desk):
    for each in (desk, other_desk):
        with each.helpdesk.database.use():
            await fill(each.helpdesk, WORDS, tickets=40, customers=12, seed=7)
    first, second = await dump(desk), await dump(other_desk)
    assert first == second
    assert sum(map(len, first.values())) > 300


async def test_another_seed_gives_other_rows(desk: Desk, other_desk: Desk):
    for seed, each in enumerate((desk, other_desk)):
        with each.helpdesk.database.use():
            await fill(each.helpdesk, WORDS, tickets=10, customers=3, seed=seed)
    assert (await dump(desk))["helpdesk_core_ticket"] != (await dump(other_desk))["helpdesk_core_ticket"]


async def test_there_are_as_many_tickets_and_people_as_were_asked_for(desk: Desk, world: SampleWorld):
    (row,) = await desk.helpdesk.database.fetch("SELECT COUNT(*) AS number FROM helpdesk_core_ticket")
    assert row["number"] == 40
    assert (len(world.agents), len(world.customers), len(world.organisations)) == (2, 12, 3)


async def test_the_customer_who_is_shown_has_a_ticket_in_every_state(desk: Desk, world: SampleWorld):
    karin = await desk.helpdesk.accounts.get(world.customers[0].id)
    page = await desk.helpdesk.tickets.read.list(await desk.viewer(karin), TicketQuery(requester=karin.id), limit=50)
    assert {head.status for head in page.tickets} == {"new", "open", "waiting", "solved", "closed"}


async def test_every_state_is_there_among_the_others_too(desk: Desk, world: SampleWorld):
    rows = await desk.helpdesk.database.fetch("SELECT status, requester FROM helpdesk_core_ticket")
    others = Counter(row["status"] for row in rows if row["requester"] != world.customers[0].id)
    assert set(others) == {"new", "open", "waiting", "solved", "closed"}


async def test_one_conversation_is_long_and_both_sides_speak_in_turn(desk: Desk, world: SampleWorld):
    agent = await desk.helpdesk.accounts.get(world.agents[0].id)
    rows = await desk.helpdesk.database.fetch(
        "SELECT number FROM helpdesk_core_ticket WHERE subject = {}", "Moving to the new server"
    )
    view = await desk.helpdesk.tickets.read.view(await desk.viewer(agent), rows[0]["number"])
    assert [message.text for message in view.messages] == [f"Step {step}." for step in range(30)]
    assert [message.author.agent for message in view.messages] == [False, True] * 15


async def test_what_agents_note_is_a_note(desk: Desk, world: SampleWorld):
    agent = await desk.helpdesk.accounts.get(world.agents[0].id)
    viewer = await desk.viewer(agent)
    rows = await desk.helpdesk.database.fetch(
        "SELECT t.number FROM helpdesk_core_ticket t JOIN helpdesk_core_message m ON m.ticket = t.id "
        "WHERE m.type = 'note'"
    )
    assert rows
    view = await desk.helpdesk.tickets.read.view(viewer, rows[0]["number"])
    assert [type(message) for message in view.messages if message.text == "Called back."] == [InternalNote]


async def test_numbers_follow_the_moments_at_which_tickets_were_opened(desk: Desk, world: SampleWorld):
    rows = await desk.helpdesk.database.fetch("SELECT number, opened_at FROM helpdesk_core_ticket ORDER BY opened_at")
    numbers = [row["number"] for row in rows]
    assert numbers == sorted(numbers)
    assert {row["opened_at"].year for row in rows} == {int(number[:4]) for number in numbers}


async def test_nothing_happened_later_than_now_and_everything_in_its_order(desk: Desk, world: SampleWorld):
    rows = await desk.helpdesk.database.fetch(
        "SELECT subject_id, sequence, at FROM helpdesk_core_event WHERE subject_kind = 'ticket' "
        "ORDER BY subject_id, sequence"
    )
    assert all(row["at"] <= desk.clock.now() for row in rows)
    moments: dict[object, list[datetime]] = {}
    for row in rows:
        moments.setdefault(row["subject_id"], []).append(row["at"])
    assert len(moments) == 40
    assert all(each == sorted(each) for each in moments.values())


async def test_a_new_ticket_takes_the_number_after_the_last_of_the_sample(desk: Desk, world: SampleWorld):
    (row,) = await desk.helpdesk.database.fetch(
        "SELECT MAX(number) AS last FROM helpdesk_core_ticket WHERE number LIKE '2026-%'"
    )
    done = await desk.ticket(await desk.person("Karin Krüger"))
    assert int(done.number.partition("-")[2]) == int(row["last"].partition("-")[2]) + 1


async def test_agents_can_answer_sample_tickets(desk: Desk, world: SampleWorld):
    (row,) = await desk.helpdesk.database.fetch(
        "SELECT id FROM helpdesk_core_ticket WHERE status = 'new' ORDER BY number DESC LIMIT 1"
    )
    command = Reply(
        actor=Actor.of(world.agents[1].id),
        origin="desk",
        once=desk.once(),
        ticket=row["id"],
        writing=Writing(text="We are looking into it."),
        status="waiting",
    )
    assert (await desk.helpdesk.tickets.reply(command)).status == "waiting"
    await desk.deliver()
    assert [notice for notice, _, _ in desk.mails()] == ["ticket_answered"]


async def test_everybody_signs_in_with_the_password_that_is_printed(desk: Desk, world: SampleWorld):
    for person in (world.customers[0], world.customers[11], world.agents[0], world.agents[1]):
        account = await desk.helpdesk.accounts.sign_in(person.email, PASSWORD, source="192.0.2.1")
        assert account.name == person.name


async def test_files_are_what_they_say_and_counted(desk: Desk, world: SampleWorld):
    rows = await desk.helpdesk.database.fetch("SELECT name, media_type, size, blob FROM helpdesk_core_file")
    assert {(row["name"], row["media_type"]) for row in rows} == {
        ("screen.png", "image/png"),
        ("report.pdf", "application/pdf"),
        ("log.txt", "text/plain"),
    }
    for row in rows:
        content = await desk.helpdesk.files.get(row["blob"])
        assert len(content) == row["size"]
        guess = filetype.guess(content)
        assert (guess.mime if guess else "text/plain") == row["media_type"]
    uses = await desk.helpdesk.database.fetch("SELECT hash, uses FROM helpdesk_core_blob")
    assert {row["hash"]: row["uses"] for row in uses} == Counter(row["blob"] for row in rows)


async def test_the_picture_can_be_decoded(desk: Desk, world: SampleWorld):
    (row,) = await desk.helpdesk.database.fetch("SELECT blob FROM helpdesk_core_file WHERE name = 'screen.png' LIMIT 1")
    stream = io.BytesIO(await desk.helpdesk.files.get(row["blob"]))
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    chunks = {}
    while head := stream.read(8):
        size, kind = struct.unpack(">I4s", head)
        chunks[kind] = stream.read(size)
        assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(kind + chunks[kind])
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)


async def test_names_that_come_twice_have_two_addresses(desk: Desk):
    world = await fill(desk.helpdesk, WORDS, tickets=0, customers=50, seed=1)
    assert len({person.email for person in (*world.agents, *world.customers)}) == 52


async def test_a_database_with_people_in_it_is_not_touched(desk: Desk):
    await desk.person("Karin Krüger")
    with pytest.raises(ConfigurationError, match="not empty"):
        await fill(desk.helpdesk, WORDS, tickets=1, customers=1, seed=1)


async def test_few_tickets_are_made_as_well(desk: Desk):
    await fill(desk.helpdesk, WORDS, tickets=2, customers=1, seed=1)
    rows = await desk.helpdesk.database.fetch("SELECT status FROM helpdesk_core_ticket ORDER BY number")
    assert [row["status"] for row in rows] == ["open", "new"]


async def test_nobody_is_told_anything(desk: Desk, world: SampleWorld):
    await desk.deliver()
    assert desk.mails() == []


async def test_around_new_year_each_year_counts_for_itself(desk: Desk):
    desk.clock.set(datetime(2027, 1, 1, 8, 0, tzinfo=UTC))
    await fill(desk.helpdesk, WORDS, tickets=40, customers=3, seed=1)
    counters = await desk.helpdesk.database.fetch("SELECT period, last FROM helpdesk_core_number_counter")
    rows = await desk.helpdesk.database.fetch("SELECT number FROM helpdesk_core_ticket")
    years = Counter(row["number"][:4] for row in rows)
    assert {row["period"]: row["last"] for row in counters} == years
    assert len(years) > 1


async def test_many_tickets_spread_over_more_than_a_year(desk: Desk):
    began = desk.clock.now()
    await fill(desk.helpdesk, WORDS, tickets=2000, customers=100, seed=1)
    rows = await desk.helpdesk.database.fetch("SELECT opened_at FROM helpdesk_core_ticket ORDER BY opened_at")
    assert len(rows) == 2000
    assert timedelta(days=390) < began - rows[0]["opened_at"] <= timedelta(days=401)


def test_words_without_a_salutation_for_each_name_are_refused():
    with pytest.raises(ConfigurationError, match="salutation"):
        SampleWords(
            salutations=("Ms",),
            given_names=("Anna", "Ben"),
            family_names=("Groß",),
            organisations=("School",),
            matters=(Matter("bug", "a", "b", "c"),),
            note="",
        )


def test_words_without_a_matter_are_refused():
    with pytest.raises(ConfigurationError, match="matters"):
        SampleWords(
            salutations=("Ms",),
            given_names=("Anna",),
            family_names=("Groß",),
            organisations=("School",),
            matters=(),
            note="",
        )
