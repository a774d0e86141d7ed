"""`readback explain`: what is read from where, which rule decides, and whom it would page."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opening import ConfigFile, clock_for, policy_or_stop, say_mode, settings_from
from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, say, stop

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.cli.explaining import Ground, Message
    from bot.cli.foretold import Look
    from bot.domain.policy import Policy
    from bot.domain.report import Preliminary
    from bot.settings import Settings
    from bot.sources.files import Known
    from storage.database import Database


_STDIN = Path("-")


def explain(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", dir_okay=False, help="HL7 or FHIR JSON; - is standard input."
        ),
    ],
    text: Annotated[bool, typer.Option("--text", help="Show the whole text.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what is read from each message of each FILE; nothing is stored and nobody is paged.

    With --json one object a line for each message. Exit code 1 if any could not be used.
    """
    from bot.cli import explained

    _all_there(files)
    settings = _settings(config)
    say_mode(settings)
    unusable = total = 0
    for message in _messages(files, settings):
        total += 1
        unusable += explained.is_unusable(message)
        if as_json:
            explained.print_line(message)
        else:
            explained.show(message, settings.site.timezone, whole=text)
    if not as_json:
        told = count(total, "message")
        say(f"{told}, {unusable} of them would wait in quarantine." if unusable else f"{told}.")
    if unusable:
        raise typer.Exit(FOUND_PROBLEMS)


def _messages(files: list[Path], settings: "Settings") -> "Iterator[Message]":
    from bot.cli.explaining import explain as explain_bytes

    with _ground(settings) as ground:
        for file in files:
            data = _bytes_of(file)
            yield from explain_bytes(file, data, _of_its_folder(file, ground, settings))
            _say_what_it_lacks(file, data)


def _all_there(files: list[Path]) -> None:
    """Before any is shown. Typer's own check takes "-" for a missing file."""
    missing = [file for file in files if file != _STDIN and not file.exists()]
    if missing:
        stop(*(f"{file} does not exist." for file in missing))


def _bytes_of(file: Path) -> bytes:
    if file == _STDIN and sys.stdin is None:
        stop("Standard input is closed.")
    try:
        return sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}.")


def _say_what_it_lacks(file: Path, data: bytes) -> None:
    """Of a batch that was cut between two messages each of them looks whole."""
    from bot.sources.files import is_json, pieces
    from bot.sources.hl7.batch_counts import lacking

    if not is_json(data) and (lacks := lacking(pieces(data))):
        say(f"{file} holds a batch that is not whole: {lacks}.")


def _of_its_folder(file: Path, ground: "Ground", settings: "Settings") -> "Ground":
    """Of a file that lies in a watched folder, or was moved on from there, all is known that the
    bot knows of that folder."""
    if file == _STDIN or not settings.folder:  # what it takes is slow to load
        return ground
    from dataclasses import replace

    from bot.app.feeds import known_of
    from bot.sources.folder_files import DONE, REJECTED

    here = file.resolve().parent
    places = {here, here.parent} if here.name in {DONE, REJECTED} else {here}
    for folder in settings.folder:
        if folder.path.resolve() in places:
            return replace(ground, known=known_of(folder, settings, ground.policy))
    return ground


def _settings(config: Path | None) -> "Settings":
    """The site's, or what holds for anybody: an interface can be looked at before there is one."""
    from bot.settings import Settings, is_configured

    if is_configured(config):
        return settings_from(config)
    say("No settings here: the packaged policy, no sender profiles, times without a zone in UTC.")
    site = {"name": "no site", "timezone": "UTC", "callback_number": "000"}
    return Settings.model_validate({"site": site, "database": {"url": "sqlite:///readback.db"}})


def _known(settings: "Settings", policy: "Policy") -> "Known":
    """What the listener knows, and of FHIR what all servers and folders together do."""
    from bot.domain.site_codes import knowing, rules_of
    from bot.sources.fhir.numbers import Origin
    from bot.sources.files import Known

    authorities: dict[str, str] = {}
    for folder in settings.folder:
        authorities |= folder.authorities
    for server in settings.fhir:
        authorities |= server.authorities
    feeds, rules = knowing(settings.hl7.feeds(), policy), rules_of(policy)
    zone = settings.hl7.timezone or settings.site.timezone
    name, fhir_zone = _server(settings) or ("file", zone)
    return Known(
        source="file",
        timezone=zone,
        origin=Origin(name, authorities, fhir_zone, feeds.machines, _of_fhir(settings), rules),
        limit=settings.hl7.max_message_bytes,
        feeds=feeds,
    )


def _server(settings: "Settings") -> "tuple[str, ZoneInfo] | None":
    """The only FHIR server, with the zone of its times: it issues the numbers without a system, by
    which the directory may know who ordered. A file does not tell from which of several it is."""
    if len(settings.fhir) != 1:
        return None
    (server,) = settings.fhir
    return server.name, server.timezone or settings.site.timezone


def _of_fhir(settings: "Settings") -> "Preliminary":
    """What a flagged FHIR report does before it is final. A file does not tell its server: where
    they differ it is explained as that one would take it which does most."""
    from bot.domain.report import Preliminary

    told = {server.name: Preliminary(server.preliminary) for server in settings.fhir}
    for folder in settings.folder:
        told[folder.name] = Preliminary(folder.preliminary or settings.hl7.preliminary)
    most = max(told, key=lambda name: list(Preliminary).index(told[name]), default="")
    if len(set(told.values())) > 1:
        say(f'Sources of FHIR differ in preliminary: explained as from {most}, "{told[most]}".')
    return told.get(most, Preliminary.IGNORE)


@contextmanager
def _ground(settings: "Settings") -> "Iterator[Ground]":
    from bot.cli.explaining import Ground
    from bot.cli.foretold import Directory

    policy = policy_or_stop(settings)
    with _directory(settings) as look:
        yield Ground(
            policy=policy,
            known=_known(settings, policy),
            processing_ids=frozenset(settings.hl7.processing_ids),
            directory=Directory(clock_for(settings).now(), look, settings.calls),
        )


@contextmanager
def _directory(settings: "Settings") -> "Iterator[Look | None]":
    """Who is who, where there is a directory to ask; identifiers are shown where there is none."""
    from sqlalchemy.engine import make_url

    from bot.cli.foretold import roster_of
    from storage.database import Database

    parts = make_url(settings.database.url)
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_file():
        yield None
        return
    database = Database(settings.database.url, calls=settings.calls)
    try:
        known = _has_people(database)
        yield (lambda ordering: database.look(lambda c: roster_of(c, ordering))) if known else None
    finally:
        database.close()


def _has_people(database: "Database") -> bool:
    from sqlalchemy.exc import DBAPIError

    from storage import people
    from storage.trouble import why

    try:
        found = any(database.look(people.everybody))
    except DBAPIError as error:
        say(f"The database cannot be used, {why(error)}: nobody is looked up.")
        return False
    if not found:
        say("Nobody is in the directory yet: identifiers stand for people.")
    return found
