"""The values of which each message makes a dozen."""

from bot.domain.report import Flag, Identifier, Provider


def test_values_that_say_the_same_are_the_same() -> None:
    one, other = (Provider((Identifier("7", "NPI"),), "ROE") for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert Flag("AA", "", "OBX[1]-8") != Flag("AA", "", "OBX[2]-8")


def test_the_type_checker_refuses_what_changes_one() -> None:
    flag = Flag("AA", "", "OBX[1]-8")
    # Were it allowed, mypy would call the comment unused.
    flag.value = "N"  # type: ignore[misc]
    assert flag != Flag("AA", "", "OBX[1]-8")
