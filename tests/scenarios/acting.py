"""What people do about an alert of Ada, and what they are refused."""

from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.people import SlackMessage
from tests.scenarios.looking import entries, paged

SCREEN = "subdural hematoma"


def alert_of_ada(hospital: Hospital) -> SlackMessage:
    """A critical result that Ada owns; her page in Slack."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    return message


def decline(hospital: Hospital, member: Member, message: SlackMessage, reason: str) -> str:
    """Press "I can't take this", choose a reason, submit; the outcome."""
    modal = member.slack.click("I can't take this", message).modal
    answer = member.slack.submit(modal, {"Why can't you take it?": reason})
    hospital.settle()
    return answer.outcome


def command(hospital: Hospital, member: Member, text: str) -> str:
    """What the command answers in private."""
    return member.slack.command("/readback", text).ephemeral.plain


def refusals(hospital: Hospital) -> list[tuple[str, str]]:
    """Who was refused what, by name where the person is known."""
    alert = hospital.alert()
    found = []
    for entry in entries(hospital, "refused"):
        person = alert.roster.person(entry.actor)
        found.append((person.name if person else entry.actor, str(entry.data["reason"])))
    return found


def in_time_past(hospital: Hospital, *minutes: float) -> None:
    for step in minutes:
        hospital.pass_time(minutes=step)
