"""What is asked of providers: a page ends with its step, and each patient has their own."""

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import code_in
from tests.scenarios.looking import CODE, acknowledge_by_sms, expect_everything, paged


def test_an_sms_is_valid_until_the_next_step_and_no_stale_one_arrives_after_it(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=12)
    paged(hospital.ada)
    sent = hospital.world.twilio.carrier.of_number(hospital.ada.phone.number)
    assert len(sent) == 2, "the second is the reminder at 10 minutes; the next one comes at 20"
    assert all(sms.validity_period in {599, 600} for sms in sent)
    expect_everything(hospital)


def test_pages_of_different_patients_are_never_merged(hospital: Hospital) -> None:
    """To one doctor at one moment: each has its own message, reference and code."""
    for accession in ("1", "2"):
        hospital.send(hospital.report("ct-head-hemorrhage", accession=accession))
    sms = [hospital.ada.phone.expect_sms(CODE) for _ in range(2)]
    assert len({code_in(one) for one in sms}) == 2
    refs = [hospital.alert(accession).ref for accession in ("1", "2")]
    assert sorted(ref for ref in refs for one in sms if ref in one.body) == sorted(refs)
    assert len(hospital.ada.slack.messages) == 2
    acknowledge_by_sms(hospital, hospital.ada, sms[0])
    assert sorted(hospital.alert(a).is_open for a in ("1", "2")) == [False, True]
    expect_everything(hospital)
