"""What a report says, put together."""

from dataclasses import dataclass

from bot.domain.report import Addendum, Flag


@dataclass(slots=True)
class Narrative:
    """``text`` is everything but the addenda, in the order received; ``flags`` are its own.

    ``lowered`` is the text in small letters, ``today`` is it without earlier reports quoted in it.
    ``communication`` is what stands under LOINC 73568-8, ``study`` the study's UID, each with
    its segment ("OBX[4]-5"). ``figures``: a FHIR report all of which are figures and coded answers.
    """

    text: str
    impression: str
    addenda: tuple[Addendum, ...]
    flags: tuple[Flag, ...]
    lowered: str = ""
    communication: tuple[str, str] = ("", "")
    study: tuple[str, str] = ("", "")
    today: str = ""
    figures: bool = False

    def flagged(self, own: tuple[Flag, ...], addenda: tuple[Addendum, ...]) -> "Narrative":
        """The same with these flags of its own, and these addenda; dataclasses.replace takes ten
        times as long."""
        return Narrative(
            self.text,
            self.impression,
            addenda,
            own,
            self.lowered,
            self.communication,
            self.study,
            self.today,
            self.figures,
        )
