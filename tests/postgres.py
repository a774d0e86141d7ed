"""A real PostgreSQL of the tests' own: a new cluster in a temporary folder, on a Unix socket.

It does not wait for the disk (fsync off): the tests kill Readback and PostgreSQL, never the
machine, and what a killed process had written is there all the same.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.leash import guarded

START_SECONDS = 30.0
# Nothing has to outlive the server, and it need not tidy databases that last for one test.
SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
    "max_wal_size=64MB",
    "shared_buffers=16MB",  # each new connection and each new database pays for their number
)
OPTIONS = [option for setting in SETTINGS for option in ("-c", setting)]


def find_postgres() -> Path | None:
    """The folder of the newest server's programs. Debian keeps initdb out of PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda programs: int(programs.parent.name)
    )
    in_path = shutil.which("postgres")
    found = [*debian, *([Path(in_path).resolve().parent] if in_path else [])]
    return next((each for each in reversed(found) if (each / "initdb").exists()), None)


def server_user() -> str | None:
    """Whom the server runs as: it refuses root. None: the user who runs the tests."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Start a server, yield the SQLAlchemy URL of its maintenance database, and end it.

    Raises RuntimeError with the server's own words if it does not start.
    """
    user = server_user()
    # Not pytest's folder: only its owner may enter that, and a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="readback-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        create_cluster(programs, folder, user)
        server = start_server(programs, folder, user)
        try:
            with guarded(server, folder):
                wait_until_ready(server, folder)
                yield f"postgresql+psycopg://readback@/postgres?host={folder}"
        finally:
            stop_server(server)
    finally:
        shutil.rmtree(folder)


def create_cluster(programs: Path, folder: Path, user: str | None) -> None:
    where = ["--pgdata", "data", "--username", "readback", "--auth", "trust"]
    how = ["--encoding", "UTF8", "--locale", "C", "--no-sync"]
    done = subprocess.run(
        [programs / "initdb", *where, *how],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")


def start_server(programs: Path, folder: Path, user: str | None) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("wb") as log:
        # A process group of its own: Ctrl-C on the tests must not end it before they have ended.
        return subprocess.Popen(
            [programs / "postgres", "-D", "data", "-k", folder, *OPTIONS],
            user=user,
            cwd=folder,
            stdout=log,
            stderr=log,
            process_group=0,
        )


def wait_until_ready(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="readback", dbname="postgres").close()
            return
        time.sleep(0.02)
    stop_server(server)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def stop_server(server: "subprocess.Popen[bytes]") -> None:
    """Stop it without a last checkpoint: its data is thrown away."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
    server.wait(timeout=START_SECONDS)
