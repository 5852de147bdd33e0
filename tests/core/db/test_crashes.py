"""A process that is killed loses nothing that it had acknowledged. On both databases."""

import signal
import subprocess
import sys
from contextlib import closing

import pytest

from helpdesk_core.db import Database
from helpdesk_core.testing.databases import run_apart

# Writes one unit after the other and says so after each commit, never before.
WRITER = """
import asyncio, os, sys
from helpdesk_core.db import Database, uuid7

async def main():
    async with Database(sys.argv[1]) as database:
        number = 0
        while True:
            async with database.unit():
                for part in range(3):
                    await database.execute(
                        "INSERT INTO things_thing (id, name, kind, amount) VALUES ({}, {}, 'plain', {})",
                        uuid7(), f"{sys.argv[2]} {number} {part}", number,
                    )
            os.write(1, f"{number}\\n".encode())
            number += 1

asyncio.run(main())
"""


def kill_after(url: str, name: str, acknowledgements: int) -> int:
    """Kill the writer with SIGKILL as soon as it acknowledged so many; return the last one it got out."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url, name], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with closing(process.stdout) as acknowledged:
            for _ in range(acknowledgements):
                last = int(acknowledged.readline())
            process.send_signal(signal.SIGKILL)
            for line in acknowledged:
                if line.endswith(b"\n"):
                    last = int(line)
        assert process.wait() == -signal.SIGKILL
    return last


@pytest.mark.parametrize("acknowledgements", [1, 2, 17, 60])
def test_kill_9_loses_nothing_acknowledged_and_leaves_no_half_unit(database_url: str, acknowledgements: int):
    last = kill_after(database_url, "first", acknowledgements)
    assert last >= acknowledgements - 1

    async def units() -> list[tuple[int, int]]:
        async with Database(database_url) as database:
            rows = await database.fetch(
                "SELECT amount, count(*) AS parts FROM things_thing GROUP BY amount ORDER BY amount"
            )
            return [(row["amount"], row["parts"]) for row in rows]

    found = run_apart(units)
    assert [number for number, _ in found[: last + 1]] == list(range(last + 1))
    # At most one more than was acknowledged: the one whose commit was just done. None is half.
    assert len(found) <= last + 2
    assert {parts for _, parts in found} == {3}
    # And the next writer finds nothing locked.
    kill_after(database_url, "second", 1)
