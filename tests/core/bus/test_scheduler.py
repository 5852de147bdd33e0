import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

from helpdesk_core.bus import Job, LeaseState, Scheduler, Service, Services
from helpdesk_core.bus.leases import LEASE, Leases, pause, read
from tests.core.bus.world import World, eventually

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
SHORT = timedelta(seconds=0.3)
"""For what is to be lost. What is to be kept gets more: a busy machine may keep a worker from its heartbeat."""


class Work:
    """Something that can be run, held and broken."""

    def __init__(self) -> None:
        self.starts = 0
        self.running = 0
        self.most = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self.go.set()
        self.error: Exception | None = None
        self.started = asyncio.Event()
        self.cut = asyncio.Event()

    async def run(self) -> None:
        self.starts += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.started.set()
        try:
            await self.go.wait()
            if self.error is not None:
                raise self.error
        except asyncio.CancelledError:
            self.cancelled += 1
            self.cut.set()
            raise
        finally:
            self.running -= 1

    async def for_ever(self) -> None:
        self.go.clear()
        await self.run()

    async def next_start(self, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            await self.started.wait()
        self.started.clear()


@pytest.fixture
async def work() -> Work:
    return Work()


async def lease(world: World, name: str = "tests.work") -> LeaseState:
    return next(row for row in await read(world.database) if row.name == name)


def scheduler(world: World, job: Job, worker: str = "worker", lease: timedelta = LEASE) -> Scheduler:
    return Scheduler(world.database, [job], worker, lease=lease)


@asynccontextmanager
async def running(*parts: Scheduler | Services) -> AsyncIterator[list["asyncio.Task[None]"]]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_a_job_runs_when_it_is_due_and_next_due_counts_from_its_start(world: World, work: Work) -> None:
    job = Job(name="tests.work", every=HOUR, run=work.run)
    began = world.clock.now()
    assert await scheduler(world, job).run_due() == ["tests.work"]
    assert await scheduler(world, job).run_due() == []
    row = await lease(world)
    assert (row.started_at, row.due_at, row.owner, row.failures) == (began, began + HOUR, None, 0)
    world.clock.advance(HOUR)
    assert await scheduler(world, job).run_due() == ["tests.work"]
    assert work.starts == 2


async def test_missed_runs_are_not_caught_up(world: World, work: Work) -> None:
    job = Job(name="tests.work", every=HOUR, run=work.run)
    await scheduler(world, job).run_due()
    world.clock.advance(10 * HOUR)
    for _ in range(3):
        await scheduler(world, job).run_due()
    assert work.starts == 2


async def test_two_schedulers_never_run_a_job_at_the_same_time(world: World, work: Work) -> None:
    work.go.clear()
    job = Job(name="tests.work", every=timedelta(), run=work.run)
    async with running(*(scheduler(world, job, f"worker {number}") for number in range(3))):
        await work.next_start()
        await asyncio.sleep(0.3)
        assert work.starts == 1
        work.go.set()
        await work.next_start()
        await work.next_start()
    assert work.most == 1


async def test_a_failing_job_says_why_and_waits_longer_each_time(world: World, work: Work) -> None:
    work.error = ValueError("no connection to the shop")
    job = Job(name="tests.work", every=timedelta(seconds=5), run=work.run)
    for failures in (1, 2, 3):
        await scheduler(world, job).run_due()
        row = await lease(world)
        assert (row.failures, row.reason) == (failures, "ValueError: no connection to the shop")
        assert row.due_at == world.clock.now() + timedelta(minutes=2 ** (failures - 1))
        world.clock.advance(timedelta(minutes=2 ** (failures - 1)))
    work.error = None
    await scheduler(world, job).run_due()
    row = await lease(world)
    assert (row.failures, row.reason) == (0, None)
    assert row.due_at == world.clock.now() + timedelta(seconds=5)


def test_a_pause_after_failures_grows_to_an_hour() -> None:
    assert [pause(failures) for failures in (1, 2, 7, 50)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        HOUR,
        HOUR,
    ]


async def test_a_job_over_its_budget_is_cut_and_counts_as_failed(world: World, work: Work) -> None:
    work.go.clear()
    job = Job(name="tests.work", every=HOUR, run=work.run, budget=timedelta(seconds=0.1))
    await scheduler(world, job).run_due()
    row = await lease(world)
    assert work.cancelled == 1
    assert (row.failures, row.reason) == (1, "it took longer than 0:00:00.100000")


async def test_a_job_of_a_worker_that_is_stopped_is_given_back_due_at_once(world: World, work: Work) -> None:
    work.go.clear()
    job = Job(name="tests.work", every=HOUR, run=work.run)
    async with running(scheduler(world, job)):
        await work.next_start()
    row = await lease(world)
    assert (row.owner, row.failures, row.due_at) == (None, 0, world.clock.now())
    work.go.set()
    await scheduler(world, job, "other").run_due()
    assert work.starts == 2


async def test_the_job_of_a_dead_worker_is_taken_up_by_another(world: World, work: Work) -> None:
    job = Job(name="tests.work", every=HOUR, run=work.run)
    dead = Leases(world.database, "dead")
    await dead.ensure(["tests.work"])
    fence = await dead.take(await lease(world), next_due=world.clock.now() + HOUR)
    assert fence is not None
    async with running(scheduler(world, job, "other", SHORT)):
        await work.next_start()
    row = await lease(world)
    assert row.fence >= fence + 1


async def test_a_job_that_keeps_killing_its_workers_waits_longer_each_time(world: World) -> None:
    for failures in (0, 1, 2):
        dead = Leases(world.database, "dead", monotonic=world.steady)
        await dead.ensure(["tests.work"])
        await dead.take(await lease(world), next_due=world.clock.now())
        watcher = Leases(world.database, "watcher", monotonic=world.steady)
        for _ in range(3):
            await watcher.look(["tests.work"])
            world.steady.seconds += 15
        row = await lease(world)
        assert (row.owner, row.failures) == (None, failures + 1)
        assert "dead fell silent" in (row.reason or "")
        assert row.waits(world.clock.now()) == (pause(failures) if failures else timedelta())


async def test_a_job_that_lost_its_lease_is_cut_and_records_nothing(world: World, work: Work) -> None:
    work.go.clear()
    job = Job(name="tests.work", every=HOUR, run=work.run)
    async with running(scheduler(world, job, lease=SHORT)):
        await work.next_start()
        await world.database.execute("UPDATE helpdesk_core_lease SET fence = fence + 1, owner = 'thief'")
        async with asyncio.timeout(10):
            await work.cut.wait()
    row = await lease(world)
    assert (row.owner, row.finished_at) == ("thief", None)


def test_two_jobs_of_one_name_are_refused() -> None:
    async def run() -> None:
        pass

    jobs = [Job(name="tests.work", every=HOUR, run=run)] * 2
    with pytest.raises(ValueError, match=r"two jobs have one name: tests\.work"):
        Scheduler(None, jobs, "worker")  # type: ignore[arg-type]


async def test_a_service_runs_until_it_is_stopped(world: World, work: Work) -> None:
    async with running(Services(world.database, [Service(name="tests.work", run=work.for_ever)], "worker")):
        await work.next_start()
    assert (work.starts, work.cancelled, work.running) == (1, 1, 0)


async def test_a_service_that_fails_is_started_again(world: World, work: Work) -> None:
    work.error = ConnectionError("the mailbox is away")
    async with running(Services(world.database, [Service(name="tests.work", run=work.run)], "worker")):
        await work.next_start()
        await work.next_start()
    assert work.starts >= 2


async def test_a_single_service_runs_in_one_process_and_another_takes_over_when_it_stops(world: World) -> None:
    first, second = Work(), Work()
    lease = timedelta(seconds=3)
    one = Services(world.database, [Service(name="tests.work", run=first.for_ever, single=True)], "one", lease=lease)
    two = Services(world.database, [Service(name="tests.work", run=second.for_ever, single=True)], "two", lease=lease)
    async with running(one):
        await first.next_start()
        async with running(two):
            await asyncio.sleep(0.3)
            assert second.starts == 0
    async with running(two):
        await second.next_start()
    assert first.most == second.most == 1


async def test_a_single_service_passes_on_when_its_holder_falls_silent(world: World, work: Work) -> None:
    dead = Leases(world.database, "dead")
    await dead.ensure(["tests.work"])
    assert await dead.take(await lease(world), next_due=world.clock.now()) is not None
    service = Service(name="tests.work", run=work.for_ever, single=True)
    async with running(Services(world.database, [service], "other", lease=SHORT)):
        await work.next_start()
    assert (await lease(world)).fence >= 2


async def test_a_holder_that_lost_its_single_service_stops_it(world: World, work: Work) -> None:
    service = Service(name="tests.work", run=work.for_ever, single=True)
    async with running(Services(world.database, [service], "slow", lease=SHORT)):
        await work.next_start()
        await world.database.execute("UPDATE helpdesk_core_lease SET fence = fence + 1, owner = 'thief'")
        async with asyncio.timeout(10):
            await work.cut.wait()
    # It gave nothing back that was not its own any more.
    assert (await lease(world)).finished_at is None


async def test_a_living_holder_keeps_what_it_has_by_its_signs_of_life(world: World, work: Work) -> None:
    """Goes red when `_BEAT` does not raise the count."""
    service = Service(name="tests.work", run=work.for_ever, single=True)
    watcher = Leases(world.database, "watcher", monotonic=world.steady)
    async with running(Services(world.database, [service], "alive", lease=timedelta(seconds=1.5))):
        await work.next_start()
        for _ in range(4):
            (row,) = await watcher.look(["tests.work"])
            assert row.owner is not None
            world.steady.seconds += 15
            await eventually(partial(another_beat, world, row.beats))
    assert work.starts == 1


async def another_beat(world: World, before: int) -> bool:
    return (await lease(world)).beats > before


async def test_a_dead_holder_is_replaced_within_a_minute_by_the_usual_lease(world: World) -> None:
    dead = Leases(world.database, "dead", monotonic=world.steady)
    await dead.ensure(["tests.work"])
    other = Leases(world.database, "other", monotonic=world.steady)
    await other.look(["tests.work"])
    await dead.take(await lease(world), next_due=world.clock.now())
    died = world.steady.seconds
    while (await other.look(["tests.work"]))[0].owner is not None:
        world.steady.seconds += 15
    assert world.steady.seconds - died <= 60
