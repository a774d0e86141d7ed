"""The clock was set far ahead for a moment: new reports are not late for weeks."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.domain.events import ReadBack
from bot.sandbox.hospital import Hospital
from tests.scenarios.late import send_late, set_back
from tests.scenarios.looking import expect_everything, owner, paged

GLITCH = timedelta(hours=25)
CHICAGO = ZoneInfo("America/Chicago")


def test_after_a_glitch_of_a_day_a_new_report_is_paged_as_ever_with_the_time_on_the_wall(
    hospital: Hospital,
) -> None:
    hospital.clock.step(GLITCH)
    hospital.pass_time()
    set_back(hospital, GLITCH / timedelta(minutes=1))
    send_late(hospital, GLITCH / timedelta(minutes=1) + 2)  # by our clock: two minutes by theirs
    alert = hospital.alert()
    assert (owner(hospital), alert.stale, alert.expired_at) == (hospital.ada.name, False, None)
    _, sms = paged(hospital.ada)
    due = (alert.due_at - GLITCH).astimezone(CHICAGO)
    assert f" {due:%H:%M}." in sms.body  # before midnight the day stands before it
    at = (hospital.now - GLITCH).astimezone(CHICAGO)
    call = f"called {alert.ref} Dr. Osei at {at:%H:%M} on 312-555-0101 repeated yes"
    assert "is recorded" in hospital.carla.slack.command("/readback", call).ephemeral.plain
    hospital.settle()
    given = hospital.alert().acknowledgment
    assert given is not None
    assert (given.by, given.read_back) == ("Dr. Osei", ReadBack.REPEATED)
    expect_everything(hospital)
