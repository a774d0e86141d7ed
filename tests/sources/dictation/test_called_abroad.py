"""Calls documented in other languages, and attempts that are none."""

import pytest

from tests.sources.dictated import called


@pytest.mark.parametrize(
    "text",
    [
        "Résultat critique communiqué par téléphone au Dr Martin à 9h20.",
        "Le Dr Martin a été prévenu par téléphone à 9h20.",
        "Résultats transmis téléphoniquement au médecin prescripteur.",
        "Se comunica telefónicamente a la Dra. López a las 09:20.",
        "Hallazgo comunicado por teléfono al Dr. Gómez.",
        "Telefonisch doorgegeven aan dr. Bakker om 09:20.",
        "Bevindingen telefonisch besproken met de aanvrager.",
        "Telefonsvar till dr Larsson kl 09:20.",
        "Meddelat per telefon till vakthavande läkare.",
        "Vakthavende lege er informert per telefon kl 09:20.",
        "Telefonisk besked til vagthavende kl 9:20.",
        "Reperto critico comunicato telefonicamente al dott. Rossi alle 9:20.",
        "Achado comunicado por telefone ao Dr. Silva às 9h20.",
        "Löydöksestä ilmoitettu puhelimitse tohtori Virtaselle klo 10.30.",
        "Soitettu päivystävälle lääkärille klo 10.30.",
        "Keskusteltu puhelimessa kirurgian päivystäjän kanssa klo 10.30.",
        "Wynik przekazano telefonicznie lekarzowi dyżurnemu o godz. 10.30.",
        "O wyniku poinformowano telefonicznie dr. Kowalskiego o godz. 10.30.",
        "Lekarz kierujący został powiadomiony telefonicznie.",
    ],
)
def test_a_sentence_that_says_who_was_told_by_telephone_is_quoted(text: str) -> None:
    assert called(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Le Dr Martin n'a pas pu être prévenu par téléphone.",
        "Le Dr Martin sera prévenu par téléphone.",
        "Résultat à communiquer par téléphone au Dr Martin, non informé.",
        "Dr Martin : message laissé, informé par téléphone de rappeler.",
        "No se pudo comunicar por teléfono con la Dra. López, no informada.",
        "Dr. Bakker telefonisch niet bereikt, voicemail doorgegeven.",
        "Dr Larsson har inte kunnat meddelas per telefon.",
        "Dr. Hansen ikke informert per telefon.",
        "Il dott. Rossi non è stato informato telefonicamente.",
        "Da comunicare telefonicamente al dott. Rossi, comunicato a nessuno.",
        "Patient informé par téléphone.",
        "Communiqué au Dr Martin par courrier.",
        "Yritetty soittaa tohtori Virtaselle, ei vastausta.",
        "Soitettu lääkärille, ei vastannut.",
        "Lääkärille soitetaan.",
        "Puhelimitse ilmoitettu potilaalle, lääkäri.",
        "Wyniku nie przekazano telefonicznie lekarzowi.",
        "Próbowano przekazać telefonicznie lekarzowi dyżurnemu, bez odpowiedzi.",
        "Wynik zostanie przekazany telefonicznie lekarzowi.",
        "Pacjent poinformowany telefonicznie.",
    ],
)
def test_an_attempt_a_plan_or_somebody_else_is_none(text: str) -> None:
    assert called(text) == ""
