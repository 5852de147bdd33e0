"""A private PostgreSQL server: made, started, broken and stopped by a test session."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Final

ROLE: Final = "helpdesk"
PATIENCE: Final = 30.0
# Nothing here has to survive a power cut; a crash of the server alone it survives all the same.
SETTINGS: Final = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
    "log_min_messages=warning",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    # In the data folder, so that a server that was killed leaves nothing elsewhere.
    "dynamic_shared_memory_type=mmap",
)
# In memory where there is room: databases are copied ten times as fast there.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folder made in it is private
ROOM: Final = 1 << 30


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest that is installed, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    there = shutil.which("postgres")
    return Path(there).resolve().parent if there else None


def make_folder() -> Path:
    """Make a private folder for a server; its path is short, because that of a Unix socket has to be."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="helpdesk-pg-", dir=MEMORY if roomy else None))


class PostgresServer:
    """A server with its data in a folder, on a free port of 127.0.0.1 and a socket in the folder.

    Args:
        programs: Where `initdb`, `postgres` and `psql` are.
        folder: An empty folder with a short path.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None

    def create(self) -> None:
        """Make the data folder.

        Raises:
            RuntimeError: PostgreSQL could not.
        """
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        made = subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self.folder / 'data'}",
                f"--username={ROLE}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            user=self._user,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start and wait until it answers, on the same port as before if it ran before.

        Raises:
            RuntimeError: It does not come up.
        """
        self.port = self.port or _free_port()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self.folder / "data", "-k", self.folder, "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1"),
                    *(part for setting in SETTINGS for part in ("-c", setting)),
                ],
                user=self._user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                # Ctrl+C of a test run stops the tests; they stop the server.
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'server.log').read_text()}")
            time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop: disconnecting everybody, or `at_once` as in a crash (`pg_ctl stop -m immediate`)."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def url(self, database: str) -> str:
        """Return the URL of a database on this server."""
        return f"postgres://{ROLE}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """Return the URL of a database through the Unix socket."""
        return f"postgres://{ROLE}@/{database}?host={self.folder}&port={self.port}"

    def command(self, sql: str) -> None:
        """Run one statement as the owner of the server.

        Raises:
            RuntimeError: It failed.
        """
        done = self._psql(sql)
        if done.returncode:
            raise RuntimeError(f"{sql}: {done.stderr.decode(errors='replace')}")

    def copy(self, template: str, name: str) -> None:
        """Make a database as a copy of another that nobody is connected to.

        Raises:
            RuntimeError: It failed.
        """
        # Version 15 brought a second way, made for servers that must not pause, and took it as its default.
        strategy = "STRATEGY FILE_COPY" if self._version() >= 15 else ""
        self.command(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")

    @cache  # noqa: B019 - there is one server in a test session
    def _version(self) -> int:
        said = subprocess.run([self._programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        return int(re.findall(r"\d+", said.stdout)[0])

    def _answers(self) -> bool:
        return self._psql("SELECT 1").returncode == 0

    def _psql(self, sql: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [
                self._programs / "psql",
                *("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                *("-h", self.folder, "-p", str(self.port), "-U", ROLE, "-d", "postgres", "-c", sql),
            ],
            capture_output=True,
            check=False,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
