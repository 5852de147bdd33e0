"""A real worker in a process of its own, to be killed, frozen and stopped: `python -m tests.faults.worker …`."""

import asyncio
import signal
import sys
from datetime import timedelta

from helpdesk_core.db import Database
from helpdesk_core.testing.clock import SettableClock
from tests.core.bus.world import START, World
from tests.faults.peer import PeerChannel


async def work(url: str, port: int, lease: float, mode: str) -> None:
    """Drain what is due, or run until SIGTERM."""
    async with Database(url) as database:
        with database.use():
            world = World(database, SettableClock(START))
            world.wire(channels=[PeerChannel(port)])
            relay = world.relay("subprocess", lease=timedelta(seconds=lease))
            if mode == "drain":
                await relay.drain(30)
                return
            running = asyncio.create_task(relay.run())
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
            print("running", flush=True)  # noqa: T201 - the driver waits for this line
            await asyncio.wait([running])


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
