"""Versions of one order that name other people."""

import re
from datetime import timedelta

from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import version

BEN = "1002^ITO^BEN^^^DR^^^MAIN"
SAM = "1003^PARK^SAM^^^DR^^^MAIN"
TESS = "1004^WOLF^TESS^^^DR^^^MAIN"
NOBODY = "9999^NOBODY^^^^^^^MAIN"
ROE = "DEMO0002^^^MAIN^MR||ROE^RICHARD||19710203|M"
ANOTHER_PROVIDER = re.compile("names another ordering provider")


def send(hospital: Hospital, **about: str) -> str:
    """One version of order V1, finalized now or at ``minutes_ago``, with its own control id."""
    hospital.sent += 1
    final = hospital.now - timedelta(minutes=float(about.pop("minutes_ago", "0")))
    return hospital.send(version("V1", final, control=f"V{hospital.sent}", **about))


def correct(hospital: Hospital, **about: str) -> str:
    """A correction, one minute after whatever came before it."""
    hospital.pass_time(minutes=1)
    return send(hospital, **{"status": "C", **about})
