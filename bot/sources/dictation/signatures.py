"""Signatures below an impression: what stands there is none of it, and its change asks nobody.

One has a label ("Dictated by:", "Electronically signed"), or is a name with its title on a line of
its own, as in Europe, with what the person is below it.
"""

import re

_SIGNATURE = re.compile(
    r"[\s*]*(?:(?:DICTATED|TRANSCRIBED|SIGNED|REVIEWED|INTERPRETED|REPORTED|VERIFIED|FINALIZED|"
    r"APPROVED|AUTHENTICATED|READ|REPORT|TYPED|PENDING REVIEW) BY\s*:|"
    r"(?:TYPED|DICTATED|SIGNED)\s*:|"
    r"PRELIMINARY (?:REPORT|READ) BY\b|"
    r"(?:(?:FINAL )?REPORT (?:WAS |IS )?)?(?:THIS DOCUMENT HAS BEEN )?ELECTRONICALLY SIGNED\b|"
    r"SIGNED ELECTRONICALLY\b|"
    r"THANK YOU FOR (?:(?:THIS|THE|YOUR|KIND)\s+)*(?:REFER|ALLOW|OPPORTUNITY)|"
    r"I, [^\n]{1,60}?\bHAVE (?:PERSONALLY |INDEPENDENTLY )?REVIEWED\b|"
    r"WORKSTATION(?: ID| NAME)?\s*:|[DT]D?\s*:\s*\d{1,2}[/.-]\d|"
    r"(?:DICTATION|TRANSCRIPTION|DICTATED|TRANSCRIBED|SIGNED)(?: DATE| TIME| ON)\b)|"
    # Cerner's banner: "***** Final *****".
    r"[*=_-]{2,}\s*(?:FINAL|CORRECTED|MODIFIED|AMENDED|ADDENDED|PRELIMINARY)(?: REPORT)?"
    r"\s*[*=_-]{2,}\s*\Z|"
    # Meditech's: "** REPORT SIGNED IN OTHER VENDOR SYSTEM 01/15/2026 **".
    r"[*=_-]{2,}\s*(?:REPORT\s+|ELECTRONICALLY\s+)?SIGNED\b|"
    r"(?:MIT (?:FREUNDLICH|KOLLEGIAL|BESTEN)\w*\s+(?:KOLLEGIAL\w+\s+)?GR|MET VRIENDELIJKE GROET)|"
    r"(?:VIDIERT|VALIDIERT|FREIGEGEBEN|SIGNÉ|VALIDÉ|FIRMADO|SIGNERAT?|VALIDERAT?|GESIGNEERD)\b"
    r"(?:\s+(?:VON|DURCH|PAR|POR|AV|AF|DOOR))?\s*:?",
    re.IGNORECASE,
)
_TITLE = r"(?:(?:Dr|Prof|Priv|Doz|PD|med|lek|univ|dipl|hab|Mr|Mrs|Ms)\b\.?[ -]{0,2}){1,4}"
_NAME = r"(?:[^\W\d_a-z][\w'’.-]{0,30},?(?:[ \t]+|\Z)){1,6}"
_BY = r"(?:(?:[Rr]eported|REPORTED|[Aa]uthori[sz]ed|[Vv]erified|[Tt]yped|[Ss]igned)\s+(?:by|BY)\s+)"
# "Called Amy Jones, MD" says whom somebody told.
_NO_CALL = (
    r"(?!(?:Told|Called|Notified|Informed|Paged|Discussed|Reported|Spoke|Communicated|Sent|Faxed|"
    r"Per|Results?|Findings?|Dw)\b)"
)
_DEGREE = r"(?:M\.?D|D\.?O|MBBS|MBChB|FRCR|FRANZCR|FFRRCSI|FRCPC)\b"
_NAMED = re.compile(
    rf"\s*(?:(?:{_BY}(?:{_TITLE})?|{_TITLE}){_NAME}|{_NO_CALL}{_NAME}(?<=,\s){_DEGREE}"
    r"(?:[.,\t ]+[A-Z]{2,10})*[.\t ]*)"
)
_DECORATED = frozenset("-*=#[<_")
_SENTENCE_ENDS = (".", "!", "?", ")")
_LONGEST_TITLE = 60
_SIGNATURE_LINES = 6


def unsigned(lines: list[str]) -> list[str]:
    """Without the signature that some senders put into the impression's last segments."""
    for number in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        line = lines[number]
        if _may_sign(line) and _SIGNATURE.match(line):
            return lines[:number]
        if number and _is_name(lines, number):
            return lines[:number]
    return lines


def signs(line: str) -> bool:
    """Whether the line is a signature with its label."""
    return _SIGNATURE.match(line) is not None


def _may_sign(line: str) -> bool:
    if ":" in line or line[:1] in _DECORATED or line[:2] == "I,":
        return True
    upper = line.upper()
    return "SIGNED" in upper or "DATE" in upper or upper[:4] in {"MIT ", "MET ", "THAN"}


def _is_name(lines: list[str], number: int) -> bool:
    """A sentence that is broken over two lines may end with a name, and in capitals a verb looks
    like one; below a name stands what that person is, and no sentence."""
    line, before = lines[number], lines[number - 1].rstrip()
    if line.isupper() or not _NAMED.fullmatch(line):
        return False
    below = lines[number + 1 :]
    ended = not before or before.endswith(_SENTENCE_ENDS)
    return ended and all(len(one) < _LONGEST_TITLE and one[-1:] not in {".", ":"} for one in below)
