"""What one coordinator is told goes to the next where nothing reaches the first."""

from bot.sandbox.hospital import Hospital
from tests.scenarios.acting import alert_of_ada, decline
from tests.scenarios.looking import acknowledge_by_sms, paged
from tests.scenarios.receiving import spoiled


def out_of_reach(hospital: Hospital) -> None:
    """The first coordinator: both providers refuse her for good, and nobody knows it yet."""
    hospital.carla.slack.deactivate("channel_not_found")
    hospital.carla.phone.refuse(21211)


def test_a_message_that_waits_in_quarantine_is_told_to_the_next(hospital: Hospital) -> None:
    out_of_reach(hospital)
    hospital.send(spoiled(hospital, ("|CT|F|", "|CT|?|")))
    hospital.settle()
    hospital.chris.slack.expect_new("It waits in quarantine: unknown status.")


def test_a_wrong_entry_of_the_directory_is_told_to_the_next(hospital: Hospital) -> None:
    message = alert_of_ada(hospital)
    out_of_reach(hospital)
    assert decline(hospital, hospital.ada, message, "Not my patient") == "closed"
    hospital.chris.slack.expect_new("Check the directory")
    _, sms = paged(hospital.ben)
    hospital.ada.slack.expect_now(message, "not your patient")
    acknowledge_by_sms(hospital, hospital.ben, sms)
    hospital.ben.slack.expect("Acknowledged")


def test_where_no_coordinator_can_be_told_the_operator_reads_it(
    hospital: Hospital, log_errors: set[str]
) -> None:
    out_of_reach(hospital)
    hospital.chris.slack.deactivate("channel_not_found")
    hospital.chris.phone.refuse(21211)
    hospital.send(spoiled(hospital, ("|CT|F|", "|CT|?|")))
    hospital.settle()
    log_errors.add("no_coordinator_to_tell")


def test_who_is_only_busy_is_not_passed_by(hospital: Hospital) -> None:
    hospital.world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=30)
    hospital.world.twilio.faults.fail_next("messages.create", status=429)
    hospital.send(spoiled(hospital, ("|CT|F|", "|CT|?|")))
    hospital.pass_time(minutes=1)
    hospital.carla.phone.expect_sms("unknown-status")
