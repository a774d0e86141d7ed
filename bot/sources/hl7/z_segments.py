"""Which orders the Z segments of a message with several are of."""

_SEVERAL = 2


def by_their_orders(lines: list[str]) -> list[str]:
    """The segments of a message, with each Z segment behind the OBR that it is of.

    One before any order is of every order of its patient, or before any patient, of the message:
    such a one is repeated. One behind an ORC is of the OBR that comes; where none comes before the
    next observation the ORC stood behind its OBR.
    """
    if [line[:3] for line in lines].count("OBR") < _SEVERAL:
        return lines
    placed: list[str] = []
    of_message: list[str] = []
    of_patient: list[str] = []
    waiting: list[str] = []
    goes = of_message
    for line in lines:
        match line[:3]:
            case "PID":
                of_patient = goes = []
            case "ORC":
                waiting = goes = [*waiting]
            case "OBR":
                placed += [line, *of_message, *of_patient, *waiting]
                waiting, goes = [], placed
                continue
            case "OBX" if goes is waiting:
                placed += waiting
                waiting, goes = [], placed
        (goes if line[:1] == "Z" else placed).append(line)
    return [*placed, *waiting]
