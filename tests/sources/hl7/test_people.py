import pytest

from bot.domain.report import Identifier
from bot.sources.hl7.places import read_from
from tests.sources.oru import OBX, ORC, PID, message, obr, report, reports, sample


def test_the_same_person_twice_is_one_with_two_identifiers() -> None:
    field = "1001^OSEI^ADA^^^^^^MAIN~1234567893^OSEI^ADA^^^^^^NPI^^^^NPI"
    (one,) = report(sample(fields={16: field})).ordering
    assert one.identifiers == (Identifier("1001", "MAIN"), Identifier("1234567893", "NPI", "NPI"))


def test_other_names_are_other_people() -> None:
    field = "1001^OSEI^ADA^^^^^^MAIN~1002^OSEI^BEN^^^^^^MAIN~1003^^^^^^^^MAIN"
    assert len(report(sample(fields={16: field})).ordering) == 3


def test_an_authority_is_known_by_name_and_by_oid() -> None:
    field = "1003^PARK^SAM^^^^^^NPI&2.16.840.1.113883.4.6&ISO^^^^NPI"
    (one,) = report(sample(fields={16: field})).ordering
    assert [i.authority for i in one.identifiers] == ["NPI", "2.16.840.1.113883.4.6"]


def test_orc_names_the_orderer_where_obr_does_not() -> None:
    orc = f"{ORC}|||||||||1009^LEE^KIM^^^^^^MAIN"
    assert report(message(orc, obr({16: "^^^^ "}), OBX)).ordering[0].name == "LEE, KIM"


ORDERS = "PRT|1|UC||OP^Ordering Provider^HL70912|1009^LEE^KIM^^^^^^MAIN"
READS = "PRT|2|UC||PI^Primary Interpreter^HL70912|3001^LIND^ROSA^^^^^^MAIN"


def test_since_v2_7_a_prt_names_the_orderer_who_interpreted_and_who_gets_a_copy() -> None:
    """OBR-16, OBR-28, OBR-32 and ORC-12 are gone there."""
    gone = "PRT|3|DE||OP|1010^GONE^GUS^^^^^^MAIN"
    copy = "PRT|4|UC||RCT^Results Copies To|1011^COPY^CARL^^^^^^MAIN"
    data = message(ORC, obr({16: "", 28: "", 32: ""}), ORDERS, READS, gone, copy, OBX)
    found = report(data)
    assert [one.name for one in found.ordering] == ["LEE, KIM"]
    assert found.radiologist
    assert found.radiologist.name == "LIND, ROSA"
    (places,) = read_from(data, [found])
    assert [one.name for one in found.copies_to] == ["COPY, CARL"]
    assert {places[of] for of in ("ordering", "radiologist", "copies_to")} == {"PRT-5"}


def test_whom_obr_16_names_is_the_orderer_whatever_a_prt_says() -> None:
    found = report(message(ORC, obr(), ORDERS, READS.replace("LIND", "OTHER"), OBX))
    assert [one.name for one in found.ordering] == ["PARK, SAM"]
    assert found.radiologist
    assert found.radiologist.name == "LIND, ROSA"


def test_a_prt_behind_an_orc_is_of_the_order_that_follows() -> None:
    """Else the first order's result would go to whoever ordered the second."""
    other = OBX.replace("Tension", "Small")
    orc, second = "ORC|RE|P2|B1^RIS", obr({2: "P2", 3: "B1^RIS", 16: "", 18: ""})
    data = message(ORC, obr({16: ""}), OBX, orc, ORDERS, second, other)
    found = {one.filler: [person.name for person in one.ordering] for one in reports(data)}
    assert found == {"A2000": [], "B1": ["LEE, KIM"]}


@pytest.mark.parametrize("field", ["3001^LIND^ROSA^^^^^^MAIN", "3001&LIND&ROSA&&&&&&MAIN^20260115"])
def test_the_radiologist_is_read_from_both_shapes(field: str) -> None:
    found = report(sample(fields={32: field})).radiologist
    assert found
    assert (found.name, found.identifiers) == ("LIND, ROSA", (Identifier("3001", "MAIN"),))


def test_the_time_of_an_interpretation_is_nobodys_name() -> None:
    """Of an NDL whose person is a number alone."""
    found = report(sample(fields={32: "3001^20260115120000"})).radiologist
    assert found
    assert (found.name, found.identifiers) == ("", (Identifier("3001", ""),))


def test_an_assistant_interpreter_stands_in_for_a_missing_radiologist() -> None:
    found = report(message(obr({32: ""}) + "|3002^MOE^TIM", OBX)).radiologist
    assert found
    assert found.name == "MOE, TIM"


def test_copies_are_kept_apart_from_the_orderer() -> None:
    found = report(sample(fields={28: "4001^COPY^CARL^^^^^^MAIN"}))
    assert [p.name for p in found.copies_to] == ["COPY, CARL"]
    assert [p.name for p in found.ordering] == ["PARK, SAM"]


def test_nobody_named_is_nobody() -> None:
    found = report(message(obr({16: "", 28: "   ", 32: '""'}), OBX))
    assert (found.ordering, found.copies_to, found.radiologist) == ((), (), None)


def test_thousands_of_orderers_cost_what_their_number_does() -> None:
    field = "~".join(f"{number}^N{number}^A" for number in range(20_000))
    assert len(report(sample(fields={16: field, 28: field})).ordering) == 20_000


@pytest.mark.parametrize(
    "useless", ["", '""', "^PARK^SAM", '""^PARK^S', "^^", "PARK, SAM", "PARK,S", "Sam Park"]
)
def test_where_obr_16_identifies_nobody_orc_12_does(useless: str) -> None:
    by_order = ORC + "|" * 9 + "1003^PARK^SAM^^^DR^^^MAIN"
    found = report(message(by_order, obr({16: useless}), OBX))
    assert [i.value for provider in found.ordering for i in provider.identifiers] == ["1003"]


def test_a_name_in_obr_16_never_gets_the_identifier_of_another_person() -> None:
    by_order = ORC + "|" * 9 + "1003^PARK^SAM^^^DR^^^MAIN"
    (found,) = report(message(by_order, obr({16: "^JONES^ANN"}), OBX)).ordering
    assert (found.name, found.identifiers) == ("JONES, ANN", ())


def test_father_and_son_are_two_people() -> None:
    field = "11^SMITH^JOHN^^JR^^^^MAIN~12^SMITH^JOHN^^SR^^^^MAIN~99^SMITH^JOHN^^JR^^^^NPI"
    found = report(sample(fields={16: field})).ordering
    assert [[i.value for i in one.identifiers] for one in found] == [["11", "99"], ["12"]]


def test_a_number_of_another_authority_under_another_name_is_another_person() -> None:
    field = "1001^OSEI^ADA^^^^^^MAIN~1001^JONES^ANN^^^^^^EAST~1001^OSEI^A^^^^^^MAIN"
    found = report(sample(fields={16: field})).ordering
    assert [one.name for one in found] == ["OSEI, ADA", "JONES, ANN"]


def test_a_name_in_obr_16_stays_where_orc_12_identifies_nobody_either() -> None:
    found = report(message(ORC + "|" * 9 + "^PARK^S", obr({16: "^ROE^JAN"}), OBX))
    assert [provider.name for provider in found.ordering] == ["ROE, JAN"]


@pytest.mark.parametrize(
    ("pid", "values"),
    [
        ("PID|1|||ALT7^^^MAIN", ["ALT7"]),
        ("PID|1|OLD5||ALT7", ["OLD5"]),
        ("PID|1||^^^MAIN|ALT7", ["ALT7"]),
        ('PID|1||""|ALT7', ["ALT7"]),
        ("PID|1||M1~M2|ALT7", ["M1", "M2"]),
        ("PID|1", []),
    ],
)
def test_the_patients_number_is_looked_for_in_old_fields_last(pid: str, values: list[str]) -> None:
    data = sample().replace(PID.encode(), pid.encode())
    assert [known.value for known in report(data).patient.identifiers] == values


def test_an_orderer_in_subcomponents_is_the_same_person() -> None:
    (found,) = report(sample(fields={16: "1003&PARK&SAM&&&DR&&&MAIN"})).ordering
    assert found == report(sample()).ordering[0]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("1234567893^OSEI^ADA^K^^^MD^^^NPI", "NPI"),
        ("1234567893^OSEI^ADA^K^^^MD^^^^NPI", "NPI"),
        ("1234567893^OSEI^ADA^K^MD^^npi", "NPI"),
        ("4711^OSEI^ADA^K^^^MD^^^NPI", ""),
        ("1234567893^OSEI^ADA^K^^^MD^^MAIN^NPI", ""),
        ("1234567893^NPI^ADA^^^^MD", ""),
    ],
)
def test_an_npi_is_known_though_its_name_stands_in_the_wrong_component(
    field: str, kind: str
) -> None:
    """Whoever ordered was unknown to the directory, and a coordinator had to look."""
    (one,) = report(sample(fields={16: field})).ordering
    assert [identifier.kind for identifier in one.identifiers] == [kind]


def test_an_npi_beside_its_name_is_another_number_of_the_same_person() -> None:
    """In XCN-9, with a local number in XCN-1: that one is no NPI, and the NPI no authority."""
    (one,) = report(sample(fields={16: "4711^OSEI^ADA^K^^^M.D.^^NPI&1234567893"})).ordering
    assert one.name == "OSEI, ADA K"
    assert one.identifiers == (Identifier("4711"), Identifier("1234567893", "NPI", "NPI"))
    (one,) = report(sample(fields={16: "^OSEI^ADA^^^^^^NPI&1234567893"})).ordering
    assert one.identifiers == (Identifier("1234567893", "NPI", "NPI"),)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Peter Vial", "Peter Vial"),
        ("O'NEILL, ANN", "O'NEILL, ANN"),
        ("VIAL,PETER", "VIAL,PETER"),
        ("Dr. A. Roe-Lind", "Dr. A. Roe-Lind"),
        ("Dr.^SMITH^JOHN", "SMITH, JOHN"),
        ("A B^SMITH^JOHN", "SMITH, JOHN"),
        ("DR^SMITH^JOHN", "SMITH, JOHN"),
    ],
)
def test_a_name_where_the_number_should_stand_is_no_number(field: str, name: str) -> None:
    (one,) = report(sample(fields={16: field})).ordering
    assert (one.identifiers, one.name) == ((), name)


@pytest.mark.parametrize("number", ["JSMITH", "J.SMITH", "A 12", "smith-7", "jan.roe@site"])
def test_a_login_is_a_number(number: str) -> None:
    (one,) = report(sample(fields={16: f"{number}^SMITH^JOHN"})).ordering
    assert [identifier.value for identifier in one.identifiers] == [number]


@pytest.mark.parametrize("place", [15, 17])
def test_an_orderer_in_the_field_beside_is_read_where_there_is_no_other(place: int) -> None:
    """Senders in Denmark, Norway and Massachusetts have miscounted by one."""
    field = "22002^Krogh^Tina^^^Dr.^^^AUH"
    found = report(sample(fields={16: "", place: field}))
    assert [one.identifiers for one in found.ordering] == [(Identifier("22002", "AUH"),)]
    (places,) = read_from(sample(fields={16: "", place: field}), [found])
    assert places["ordering"] == f"OBR-{place}"
    padded = report(sample(fields={16: " ", place: field.replace("^", " ^ ")}))
    assert padded.ordering == found.ordering
    stated = report(sample(fields={place: field.replace("22002", "9999")}))
    assert [one.name for one in stated.ordering] == ["PARK, SAM"]


@pytest.mark.parametrize(
    "field", ["^^^Thorax", "SER^None^Venous", "(555)555-1234^PRN", "5551234", "5551234^WPN^PH"]
)
def test_a_specimen_or_a_telephone_is_nobody(field: str) -> None:
    assert report(sample(fields={16: "", 15: field, 17: field})).ordering == ()


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("&&Meer", "Meer, J."),
        ("&van der&Meer", "van der Meer, J."),
        ("&&&de&Wit", "de Wit, J."),
        ("Meer-Wit&van der&Meer&&Wit", "Meer-Wit, J."),
        ("&", "J."),
    ],
)
def test_a_surname_in_its_parts_alone_is_one(family: str, name: str) -> None:
    """As the Netherlands' referrals have it."""
    found = report(sample(fields={16: f"01004567^{family}^J.^^^^^^VEKTIS"}))
    assert [one.name for one in found.ordering] == [name]
    assert report(sample().replace(b"EXAMPLE^ANN", f"{family}^J.".encode())).patient.name == (
        f"{name} Q"
    )


def test_two_of_whom_only_the_first_name_was_read_are_not_one() -> None:
    """They were one orderer with both numbers, and either could have been paged for the other."""
    two = "01004567^&&Meer^J.^^^^^^VEKTIS~01009876^&&Berg^J.^^^^^^VEKTIS"
    found = report(sample(fields={16: two})).ordering
    assert [one.name for one in found] == ["Meer, J.", "Berg, J."]
    assert [len(one.identifiers) for one in found] == [1, 1]


@pytest.mark.parametrize(
    ("field", "identifiers"),
    [
        (
            "2100001F^OSEI^ADA^^^Dr^^AUSHICPR~OSEA^OSEI^ADA^^^Dr^^LOC001",
            (Identifier("2100001F", "AUSHICPR"), Identifier("OSEA", "LOC001")),
        ),
        ("OTH030^OSEI^A^^^^^UPIN", (Identifier("OTH030", "UPIN"),)),
        ("1001^OSEI^ADA^^^^^STAFF^MAIN", (Identifier("1001", "MAIN"),)),
        ("1001^OSEI^ADA^^^^^MD", (Identifier("1001", ""),)),
        ("1234567893^OSEI^ADA^^^^^NPI", (Identifier("1234567893", "", "NPI"),)),
    ],
)
def test_a_source_table_says_who_issued_a_number_where_nothing_else_does(
    field: str, identifiers: tuple[Identifier, ...]
) -> None:
    """The only place until v2.2, and what an Australian radiology system sends still: nobody in a
    directory could be known by a number without an issuer."""
    (one,) = report(sample(fields={16: field})).ordering
    assert one.identifiers == identifiers


def test_a_source_table_of_an_interpreter_says_it_too() -> None:
    one = report(sample(fields={32: "WON2&LIND&ROSA&&&&&LOC001"})).radiologist
    assert one is not None
    assert one.identifiers == (Identifier("WON2", "LOC001"),)
