"""A report whose every field is a marker, and the markers in what has left."""

import re
from datetime import datetime

from bot.sandbox.hospital import Hospital
from bot.sandbox.journal import Entry
from bot.sandbox.samples import hl7_time

MARK = re.compile(r"ZQX[A-Z]+|19530717|1953-07-17|07/17/1953|17 Jul 1953")
EXAM = {"ZQXEXAM"}
FINDING = {"ZQXIMPRESSION", "ZQXADDENDUM"}


def marked(now: datetime, control: str, **changes: str) -> bytes:
    """A report whose every field that may identify somebody, or says something, is a marker."""
    final = changes.pop("final", hl7_time(now))
    lines = [
        f"MSH|^~\\&|RIS|MAIN|READBACK|MAIN|{hl7_time(now)}||ORU^R01^ORU_R01|{control}|P|2.5.1",
        "PID|1|ZQXPATIENTID|ZQXMRN^^^MAIN^MR|ZQXOTHERID|ZQXLAST^ZQXFIRST^ZQXMIDDLE|ZQXMAIDEN"
        "|19530717|F|ZQXALIAS||ZQXSTREET^^ZQXCITY^IL^ZQXZIP||ZQXHOME|ZQXWORK||||ZQXACCOUNT|ZQXSSN",
        "PV1|1|I|ZQXWARD^ZQXROOM^ZQXBED||||1001^ZQXATTENDING^ZQXATTFIRST|||||||||||||ZQXVISIT",
        "ORC|RE|ZQXPLACER|ZQXACCESSION^RIS|||||||||1001^ZQXORDERER^ZQXORDFIRST^^^DR^^^MAIN",
        "OBR|1|ZQXPLACER|ZQXACCESSION^RIS|ZQXEXAMCODE^CT HEAD ZQXEXAM^MAIN|||"
        f"{hl7_time(now)}||||||ZQXCLINICAL|||1001^ZQXORDERER^ZQXORDFIRST^^^DR^^^MAIN|ZQXCALLBACK|"
        f"ZQXACCESSION||||{final}||CT|F|||9999^ZQXCOPY^ZQXCOPYFIRST|||ZQXREASON|"
        "3001&ZQXREADER&ZQXREADFIRST&&&DR&&&MAIN",
        "NTE|1||ZQXNOTE",
        "OBX|1|TX|REPORT&GDT^Report^MAIN|1|CLINICAL HISTORY: ZQXHISTORY.||||||F",
        "OBX|2|TX|REPORT&GDT^Report^MAIN|2|FINDINGS: ZQXFINDING.||||||F",
        "OBX|3|TX|REPORT&IMP^Report^MAIN|3|ZQXIMPRESSION.|||AA|||F|||||ZQXOBSERVER",
        "ZDS|ZQXSTUDY",
    ]
    message = "\r".join(lines) + "\r"
    for old, new in changes.items():
        message = message.replace(old.replace("_", "|"), new)
    return message.encode()


def entitled(entry: Entry, phi: str) -> set[str]:
    """What may stand in this request, by what the site allowed. The name of the exam stands in
    Slack alone."""
    exam = EXAM if entry.service == "slack" else set()
    # The answer to a submission, over the socket, can put another view in the modal's place.
    updates = entry.method == "socket.ack" and '"response_action": "update"' in entry.text
    modal = entry.method.startswith("views.") or updates
    message = entry.method in {"chat.postMessage", "chat.update"}
    shown = (phi != "none" and modal) or (phi == "message" and message)
    return exam | (FINDING if shown else set())


def leaks(hospital: Hospital, phi: str) -> list[str]:
    """Every marker in what the bot sent to Slack and Twilio, with where it stood."""
    return [
        f"{entry.service} {entry.method}: {sorted(found)}"
        for entry in hospital.world.log
        if (found := set(MARK.findall(entry.text)) - entitled(entry, phi))
    ]
