"""Why a message cannot be used."""


class BadReport(Exception):
    """This message goes to quarantine: ``reason`` is a slug, ``detail`` names field and cure.

    ``code`` is from HL7 table 0357 and ``location`` an ERL; no value of the message is quoted.
    """

    def __init__(self, reason: str, detail: str, code: str, location: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail, self.code, self.location = reason, detail, code, location


def cut_off() -> BadReport:
    """Of a message whose end is missing."""
    return BadReport("cut-off", "The message broke off before its end: send it again", "207")
