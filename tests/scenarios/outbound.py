"""A site of which Twilio knows no address: it asks for replies and receipts."""

from bot.sandbox.hospital import Hospital
from storage import people

OUTBOUND_ALONE = {"READBACK_WEB__PUBLIC_URL": "", "READBACK_TWILIO__POLL_SECONDS": "0.2"}


def channels_of_ada(hospital: Hospital) -> tuple[str, ...]:
    everybody = hospital.database.look(people.everybody)
    return next(person.channels for person in everybody if person.name == hospital.ada.name)


def behind_the_firewall(hospital: Hospital) -> None:
    """Nothing at Twilio knows an address of ours."""
    hospital.world.inbound_url = None


def lists(hospital: Hospital) -> int:
    return sum(entry.method == "messages.list" for entry in hospital.world.journal.entries)
