"""The reference: what a bare program would do for the same promise, run as a child process.

MLLP, split() parse, four inserts of raw SQL, one writer thread with group commit
(synchronous=FULL), ACK after the commit; with a channel address it then makes one bare request.
"""

import asyncio
import queue
import sqlite3
import sys
import threading

import aiohttp

SCHEMA = """
CREATE TABLE message (id INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE report
    (id INTEGER PRIMARY KEY, message INTEGER, accession TEXT, status TEXT, body TEXT);
CREATE TABLE alert (id INTEGER PRIMARY KEY, report INTEGER, state TEXT, due TEXT);
CREATE TABLE page (id INTEGER PRIMARY KEY, alert INTEGER, provider TEXT, state TEXT);
"""
Job = tuple[bytes, "asyncio.Future[None]"]


class Writer(threading.Thread):
    """Commits whatever has queued up as one group."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._path, self._loop = path, loop

    def run(self) -> None:
        """Until the process ends."""
        database = sqlite3.connect(self._path, isolation_level=None)
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        while True:
            jobs = [self.jobs.get()]
            while not self.jobs.empty() and len(jobs) < 256:
                jobs.append(self.jobs.get())
            database.execute("BEGIN IMMEDIATE")
            for data, _ in jobs:
                store(database, data)
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [future for _, future in jobs])


def _resolve(futures: list["asyncio.Future[None]"]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def store(database: sqlite3.Connection, data: bytes) -> None:
    """The four inserts of one message."""
    segments = [line.split("|") for line in data.decode().split("\r")]
    obr = next(fields for fields in segments if fields[0] == "OBR")
    body = "\n".join(fields[5] for fields in segments if fields[0] == "OBX")
    run = database.execute
    message = run("INSERT INTO message (data) VALUES (?)", (data,)).lastrowid
    values = (message, obr[18], obr[25], body)
    insert = "INSERT INTO report (message, accession, status, body) VALUES (?, ?, ?, ?)"
    report = run(insert, values).lastrowid
    insert = "INSERT INTO alert (report, state, due) VALUES (?, 'open', ?)"
    alert = run(insert, (report, obr[22])).lastrowid
    run("INSERT INTO page (alert, provider, state) VALUES (?, ?, 'due')", (alert, obr[16]))


async def serve(path: str, channel: str) -> None:
    """Listen on a free port, print it, answer until ended."""
    writer = Writer(path, asyncio.get_running_loop())
    writer.start()
    session = aiohttp.ClientSession()
    calls: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        while True:
            try:
                frame = await reader.readuntil(b"\x1c\r")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            data = frame[1:-2]
            stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            writer.jobs.put((data, stored))
            await stored
            fields = data[:400].split(b"|")
            out.write(b"\x0bMSH|^~\\&|R|R|S|S|||ACK|1|P|2.5\rMSA|AA|" + fields[9] + b"\r\x1c\r")
            if channel:
                provider = data.split(b"\rOBR|")[1].split(b"|")[15].split(b"^")[0].decode()
                call = asyncio.create_task(_call(session, channel, provider))
                calls.add(call)
                call.add_done_callback(calls.discard)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def _call(session: aiohttp.ClientSession, channel: str, provider: str) -> None:
    async with session.post(channel, data={"channel": provider}) as answer:
        await answer.read()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
