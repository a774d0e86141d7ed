"""The last coordinator in reach is not lost without anybody hearing of it."""

import json

from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import channels, checked, expect_everything, import_people, operate
from tests.web.served import get


def test_the_last_coordinator_is_not_taken_out_without_anybody_hearing_of_it(
    hospital: Hospital, log_errors: set[str]
) -> None:
    import_people(
        hospital,
        ("carla.reyes@example.org,+13125550103,U0CARLA", "carla.reyes@example.org,+13125550103,"),
        ("chris.novak@example.org,+13125550104,U0CHRIS", "chris.novak@example.org,,"),
    )
    operate(hospital, "people", "test", hospital.carla.name)
    hospital.carla.phone.expect_sms("TEST")
    hospital.carla.phone.send("Wrong number")
    hospital.settle()
    assert channels(hospital, hospital.carla.name) == ("sms",)
    log_errors.add("wrong_number_kept")
    expect_everything(hospital)


def test_a_stop_of_the_last_coordinator_is_an_error_in_the_log(
    hospital: Hospital, log_errors: set[str]
) -> None:
    """The carrier has acted on it: nobody can be told, but the operator."""
    import_people(
        hospital,
        ("carla.reyes@example.org,+13125550103,U0CARLA", "carla.reyes@example.org,+13125550103,"),
        ("chris.novak@example.org,+13125550104,U0CHRIS", "chris.novak@example.org,,"),
    )
    assert standing(hospital) == ("some-out-of-reach", 1.0, 1.0)
    hospital.carla.phone.send("STOP")
    hospital.settle()
    assert channels(hospital, hospital.carla.name) == ()
    log_errors.add("no_coordinator_to_tell")
    assert standing(hospital) == ("none-can-be-paged", 0.0, 2.0)
    assert "no coordinator can be paged" in checked(hospital, "failed")


def standing(hospital: Hospital) -> tuple[str, float, float]:
    """What /readyz says of the coordinators, and /metrics of those in reach and those out of it."""
    at = f"http://127.0.0.1:{hospital.place.ports.web}"
    said = json.loads(get(f"{at}/readyz")[1])
    scraped = get(f"{at}/metrics")[1]

    def gauge(reach: str) -> float:
        name = f'readback_coordinators{{in_reach="{reach}"}} '
        (line,) = [line for line in scraped.splitlines() if line.startswith(name)]
        return float(line.removeprefix(name))

    return said["coordinators"], gauge("yes"), gauge("no")


def test_all_coordinators_in_reach_is_what_is_usual(hospital: Hospital) -> None:
    assert standing(hospital) == ("ok", 2.0, 0.0)
