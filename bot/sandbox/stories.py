"""The fixed stories: each is played by ``readback demo --script`` and by the scenario tests.

A story takes a hospital whose bot is running, lets people act, and asserts what must hold. What
people get and nobody expects fails it as well (see Hospital.verify).
"""

import re
from collections.abc import Callable

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.people import PhoneMessage, SlackMessage

Story = Callable[[Hospital], None]
CODE = re.compile(r"ACK (\d+)")
UNDERSTOOD = "I have read and understood this finding"


def paged(member: Member, what: str = "critical") -> tuple[SlackMessage, PhoneMessage]:
    """The page on both channels, expected now."""
    message = member.slack.expect_new(re.compile(what, re.IGNORECASE))
    return message, member.phone.expect_sms(CODE)


def code_in(sms: PhoneMessage) -> str:
    """The code that the SMS asks for."""
    found = CODE.search(sms.body)
    assert found, f"no code in {sms.body!r}"
    return found[1]


def silent_half_hour(hospital: Hospital) -> SlackMessage:
    """The ordering provider is paged, reminded twice, and does not answer; their newest page.

    The ones before point to it and can no longer be answered.
    """
    newest, _ = paged(hospital.ada)
    for _ in range(2):
        hospital.pass_time(minutes=10)
        older, (newest, _) = newest, paged(hospital.ada)
        hospital.ada.slack.expect_now(older, "A newer message")
        assert not older.buttons
    hospital.pass_time(minutes=10)
    return newest


def acknowledged_in_slack(hospital: Hospital) -> None:
    """Acknowledged in Slack with read-back in one's own words."""
    ack = hospital.send(hospital.report("ct-head-hemorrhage"), "a CT head with a subdural hematoma")
    assert "MSA|AA|" in ack
    message, _ = paged(hospital.ada)
    hospital.pass_time(minutes=4)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "subdural hematoma" in modal.text
    words = "Left subdural, nine millimetres shift, calling neurosurgery now"
    answer = hospital.ada.slack.submit(modal, {"words": words})
    assert answer.outcome == "closed", answer
    hospital.settle()
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))
    alert = hospital.alert()
    assert alert.state is State.ACKNOWLEDGED
    assert alert.acknowledgment is not None
    assert alert.acknowledgment.read_back is ReadBack.REPEATED
    hospital.pass_time(hours=2)


def acknowledged_by_sms(hospital: Hospital) -> None:
    """Acknowledged by SMS from the number on file: recorded with read-back none."""
    hospital.send(hospital.report("cr-chest-pneumothorax"), "a chest X-ray with a pneumothorax")
    sms = hospital.sam.phone.expect_sms(CODE)
    hospital.pass_time(minutes=3)
    sms.reply(f"ack {code_in(sms)}")
    hospital.sam.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    alert = hospital.alert()
    assert alert.state is State.ACKNOWLEDGED
    assert alert.acknowledgment is not None
    assert alert.acknowledgment.read_back is ReadBack.NONE
    hospital.pass_time(hours=2)


def designee_takes_over(hospital: Hospital) -> None:
    """Silence, reminders, the designee before expiry; the first owner's messages say so."""
    hospital.send(hospital.report("cta-chest-pe"), "a CTA with a saddle embolus")
    message = silent_half_hour(hospital)
    theirs, sms = paged(hospital.ben)
    assert hospital.alert().due_at > hospital.now
    hospital.ada.slack.expect_now(message, re.compile("Handed over at .* to Dr. Ben Ito"))
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ben.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))
    hospital.ben.slack.expect_now(theirs, re.compile("acknowledged", re.IGNORECASE))
    assert hospital.alert().expired_at is None
    hospital.pass_time(hours=2)


def nobody_answers(hospital: Hospital) -> None:
    """Coordinator, expiry recorded, paging goes on, and a late acknowledgment still counts."""
    hospital.send(hospital.report("xr-abdomen-free-air"), "an abdomen X-ray with free air")
    message = silent_half_hour(hospital)
    paged(hospital.ben)
    hospital.pass_time(minutes=15)
    paged(hospital.carla)
    hospital.rosa.slack.expect(re.compile("phone", re.IGNORECASE))
    hospital.pass_time(minutes=15)
    assert hospital.alert().expired_at is not None
    paged(hospital.chris)
    hospital.rosa.slack.expect(re.compile("phone", re.IGNORECASE))
    hospital.pass_time(minutes=10)
    paged(hospital.carla)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    alert = hospital.alert()
    assert alert.state is State.ACKNOWLEDGED
    assert alert.expired_at is not None
    hospital.pass_time(hours=2)


def provider_unknown(hospital: Hospital) -> None:
    """The ordering provider is not in the directory: the coordinator at once."""
    hospital.send(hospital.report("unknown-provider"), "a critical CT of an unknown provider")
    _, sms = paged(hospital.carla)
    assert hospital.alert().window_opens_at <= hospital.now
    sms.reply(f"ACK {code_in(sms)}")
    hospital.carla.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED


def sent_twice_then_withdrawn(hospital: Hospital) -> None:
    """The same report twice is one alert; a correction that withdraws it tells the owner."""
    report = hospital.report("us-testis-torsion", accession="B77")
    hospital.send(report, "an ultrasound with testicular torsion")
    message, _ = paged(hospital.tess)
    assert "MSA|AA|" in hospital.send(report, "the same message again")
    assert hospital.alerts() == 1
    hospital.pass_time(minutes=5)
    withdrawal = hospital.report("us-testis-torsion", accession="B77").replace(b"|US|F|", b"|US|X|")
    hospital.send(withdrawal, "a correction that withdraws the result")
    for _ in ("the page, rewritten", "a message below it, which rings"):
        hospital.tess.slack.expect(re.compile("withdrawn", re.IGNORECASE))
    hospital.tess.slack.expect_now(message, re.compile("withdrawn", re.IGNORECASE))
    assert hospital.alert("B77").state is State.WITHDRAWN
    assert hospital.alerts() == 1
    hospital.pass_time(hours=2)


ADDENDUM = (
    b"OBX|9|TX|REPORT&ADT^Addendum^MAIN|9|ADDENDUM: On further review there is also an "
    b"acute dissection of the descending aorta.|||AA|||F\r"
)


def addendum_reopens(hospital: Hospital) -> None:
    """Acknowledged, then an addendum with a new critical finding: the same alert opens again."""
    hospital.send(hospital.report("cta-chest-pe", accession="B88"), "a CTA with a saddle embolus")
    message, sms = paged(hospital.ada)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))
    hospital.pass_time(minutes=30)
    addendum = hospital.report("cta-chest-pe", accession="B88").replace(b"|CT|F|", b"|CT|C|")
    hospital.send(addendum + ADDENDUM, "an addendum with a dissection")
    _, again = paged(hospital.ada)
    alert = hospital.alert("B88")
    assert (alert.state, alert.cycle, hospital.alerts()) == (State.OPEN, 2, 1)
    assert code_in(again) != code_in(sms)
    again.reply(f"ACK {code_in(again)}")
    hospital.ada.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    assert hospital.alert("B88").state is State.ACKNOWLEDGED


def failed_send_moves_on(hospital: Hospital) -> None:
    """A number that cannot be reached and a deactivated account: the next channel, then the next
    person, in the same minute and not at the next timer."""
    hospital.sam.phone.refuse(21211)
    hospital.ben.slack.deactivate("channel_not_found")
    began = hospital.now
    hospital.send(hospital.report("us-thyroid-nodule"), "a significant thyroid nodule")
    hospital.settle()
    sms = hospital.ben.phone.expect_sms(CODE)
    assert (hospital.now - began).total_seconds() < 60
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ben.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED


def slack_down_and_a_phone_off(hospital: Hospital) -> None:
    """Slack is down and a phone is off: no channel of the first person works, so the next person
    has it within seconds by the one that does. What was missed is made good once both are back."""
    hospital.tell("Slack is down: no message, no click")
    hospital.world.slack_down()
    hospital.tell("Dr. Ada Osei's phone is off")
    hospital.ada.phone.off()
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"), "a CT head with a subdural hematoma")
    hospital.pass_time(minutes=0.5)
    sms = hospital.ben.phone.expect_sms(CODE)
    assert (hospital.now - began).total_seconds() < 60
    assert not hospital.ada.phone.sms
    assert not hospital.ben.slack.messages
    hospital.tell("Slack is back, and Dr. Ada Osei's phone is on again")
    hospital.world.slack_down(down=False)
    hospital.ada.phone.on()
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ben.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    hospital.ada.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))


def killed_between_pages(hospital: Hospital) -> None:
    """kill -9 between two pages: started again, it sends what falls due, and nothing twice."""
    hospital.send(hospital.report("mr-spine-cord"), "an MR with cord compression")
    paged(hospital.ada)
    hospital.pass_time(minutes=5)
    hospital.kill_and_restart()
    hospital.pass_time(minutes=5)
    _, sms = paged(hospital.ada)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED


def taken_by_phone(hospital: Hospital) -> None:
    """Nobody reads the messages: a voicemail takes the first call, the doctor the second."""
    hospital.send(hospital.report("ct-head-hemorrhage"), "a CT head with a subdural hematoma")
    message, sms = paged(hospital.ada)
    hospital.ada.phone.answers("voicemail")
    hospital.pass_time(minutes=5)
    assert hospital.ada.phone.expect_call("imaging result").over
    hospital.ada.phone.answers("picks up")
    hospital.pass_time(minutes=1)
    call = hospital.ada.phone.expect_call("press 1").press("1")
    assert hospital.alert().is_open, "a key alone answers nothing"
    call.press(f"{code_in(sms)}#")
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))


STORIES: dict[str, Story] = {
    "acknowledged in Slack with read-back": acknowledged_in_slack,
    "acknowledged by SMS": acknowledged_by_sms,
    "silence, then the designee": designee_takes_over,
    "nobody answers": nobody_answers,
    "ordering provider unknown": provider_unknown,
    "sent twice, then withdrawn": sent_twice_then_withdrawn,
    "an addendum reopens it": addendum_reopens,
    "a send fails": failed_send_moves_on,
    "Slack is down, and a phone is off": slack_down_and_a_phone_off,
    "killed between two pages": killed_between_pages,
    "taken by phone": taken_by_phone,
}
RINGING = {taken_by_phone}
"""Stories of a site that can ring phones."""
KILLS = {killed_between_pages}
"""Stories that need the bot as a process of its own."""


def environment_of(story: Story) -> dict[str, str]:
    """The settings with which this story is played."""
    return {CALL_FROM: CALLER} if story in RINGING else {}
