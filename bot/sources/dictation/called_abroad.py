"""A call documented in another language of Europe than English or German: by telephone, done, and
to whom.

All three have to stand in one sentence. One word that it was only tried, or is to be done, is
enough against it: an attempt taken for a call is the worse mistake.
"""

import re

FINNISH = ("puhelim", "soitettu")
"""What tells of one in Finnish, whose texts are never ASCII."""

_PHONE = r"\b(?:t[ée]l[ée]ph?on\w*|tele[fp]\w*|teléf\w*|puhelim\w*)"
_DONE = (
    r"\b(?:"
    # French
    r"(?:communiqu|annonc|inform|contact|donn|avis|appel)ée?s?|transmise?s?|prévenue?s?|"
    # Spanish, Italian, Portuguese
    r"(?:comunic|inform|avis|notific)(?:a|ó|ad[oa]s?|at[oaie])|(?:avvis|contatt)at[oaie]|"
    r"avvertit[oaie]|"
    # Dutch
    r"doorge(?:geven|beld)|me[de]*gedeeld|besproken|gemeld|geïnformeerd|overlegd|"
    # Swedish, Norwegian, Danish
    r"meddela(?:t|ts|d|s|des)|meddelt|inform(?:era(?:t|d|ts|des)|ere?t)|orientere?t|konfere?re?t|"
    r"rapportera(?:t|d|ts|des)|gitt beskjed|besked|"
    # Finnish, Polish
    r"ilmoitettu|informoitu|keskusteltu|annettu|kerrottu|konsultoitu|"
    r"przekazan[oyae]|poinformowan[oyae]|powiadomion[oyae]|omówion[oyae]|zgłoszon[oyae]"
    r")\b"
)
_CALLED = re.compile(
    rf"{_PHONE}[^;]{{0,100}}{_DONE}|{_DONE}[^;]{{0,100}}{_PHONE}|"
    r"\btelefonsvar till?\b|\bsoitettu\b",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"\b(?:Drs?|Dre|Dra|docteur|Pr|dott(?:ssa|or\w*)?|médecin|prescripteur|interne|urgences|"
    r"réanimation|médic[oa]|medico|reparto|pronto soccorso|urgencias|arts|huisarts|aanvrager|"
    r"afdeling\w*|SEH|läkare|vakthavande|avdelning\w*|lege|vakthavende|avdeling\w*|læge|"
    r"vagthavende|\w*lääkär\w*|tohtori\w*|tri|päivystäj\w+|\w*osasto\w*|\w*hoitaj\w+|"
    r"lekarz\w*|SOR|oddzia\w+|chirurg\w*|pielęgniar\w*)\b",
    re.IGNORECASE,
)
_ONLY_TRIED = re.compile(
    r"\b(?:pas|sans|jamais|injoignable|messagerie|répondeur|laissé|tent\w+|essay\w+|doit|devra|"
    r"sera|seront|non|senza|segreteria|verrà|sarà|dovrà|no|sin|intent\w*|buzón|contestador|será|"
    r"debe\w*|não|sem|mensa\w+|message|messaggio|niet|geen|nooit|poging\w*|getracht|geprobeerd|"
    r"voicemail|achtergelaten|ingesproken|wordt|worden|zal|moet|inte|ej|försök\w*|ska|skall|bör|"
    r"ei|eivät|ilman|yrit\w+|vastaaja\w*|viesti\w*|potilaalle|pyydetään|pitää|tulee|"
    r"nie|bez|prób\w+|należy|proszę|trzeba|zostanie|będzie|wiadomo\w+|poczt\w+|SMS\w*|"
    r"ikke|ikkje|forsøk\w*|forsøg\w*|skal|bør|vil)\b|\b(?:à|da) \w+(?:er|re|ir)\b",
    re.IGNORECASE,
)


def called_abroad(sentence: str) -> bool:
    """Whether it says that somebody was told by telephone."""
    if not (_CALLED.search(sentence) and _WHOM.search(sentence)):
        return False
    return _ONLY_TRIED.search(sentence) is None
