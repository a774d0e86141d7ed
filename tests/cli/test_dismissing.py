"""`readback quarantine dismiss`: what is on record of it, where somebody looks for it later."""

import json

from bot.cli.opening import operator
from tests.cli.conftest import CARLA, Place, Receive, report


def test_who_has_dismissed_it_and_why_stands_with_the_entry(place: Place, receive: Receive) -> None:
    """Whoever looks at it a week later has this command, and not the database's audit table."""
    place.imported(CARLA)
    receive(report("A1").replace(b"OBR|", b"XXX|"))
    receive(report("A2").replace(b"OBR|", b"XXX|"))
    one, other = json.loads(place.run("quarantine", "list", "--json").stdout)
    place.run("quarantine", "dismiss", other["id"], "--reason", "the other one")
    shown = json.loads(place.run("quarantine", "show", one["id"], "--json").stdout)
    assert (shown["dismissed_by"], shown["dismissed_for"]) == (None, None)
    place.run("quarantine", "dismiss", one["id"], "--reason", "a [test] of the interface")
    shown = json.loads(place.run("quarantine", "show", one["id"], "--json").stdout)
    expected = (operator(), "a [test] of the interface")
    assert (shown["dismissed_by"], shown["dismissed_for"]) == expected
    assert "a [test] of the interface" in place.run("quarantine", "show", one["id"]).stdout
