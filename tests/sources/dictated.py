"""What is read of a report that is dictated in these lines."""

from tests.sources.oru import report, sample


def called(*texts: str, identifier: str = "&IMP") -> str:
    lines = [f"OBX|{n}|TX|{identifier}||{text}||||||F" for n, text in enumerate(texts, 1)]
    return report(sample(*lines)).called


def flags(*texts: str) -> list[str]:
    lines = [f"OBX|{n}|TX|&IMP||{text}||||||F" for n, text in enumerate(texts, 1)]
    found = report(sample(*lines))
    return [f.value for f in (*found.flags, *(f for a in found.addenda for f in a.flags))]
