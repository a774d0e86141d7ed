"""`readback fhir`: what a FHIR server's administrators need from us."""

from typing import Annotated

import typer

from bot.cli.flags import Command, Group
from bot.cli.opening import ConfigFile, settings_from
from bot.cli.shown import print_json, stop

app = typer.Typer(help="The FHIR servers that are polled.", no_args_is_help=True, cls=Group)


@app.callback()
def _fhir() -> None:
    """The FHIR servers that are polled."""


@app.command(cls=Command)
def keys(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The server's name in [[fhir]].")],
    config: ConfigFile = None,
) -> None:
    """Print the public keys (a JWK set) that the server needs for SMART Backend Services."""
    from bot.app.feeds import keys_of
    from bot.sources.fhir.keys import BadKey, public_keys

    servers = {server.name: server for server in settings_from(config).fhir}
    if name not in servers:
        stop(f"No [[fhir]] server is named {name}. There are: {', '.join(servers) or 'none'}.")
    try:
        print_json(public_keys(*keys_of(servers[name]).all()))
    except BadKey as bad:
        stop(str(bad))
