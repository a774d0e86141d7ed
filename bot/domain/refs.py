"""References and SMS codes: what people read aloud, type and mistype.

A reference (K7QX) names an alert and opens nothing. A code (4827) answers one person's page.
Neither holds a character that is taken for another one (0 O, 1 I L, 2 Z, 5 S, 8 B, 6 G, U V).
"""

LETTERS = "CDFGHJKMNPQRTVWX"
SYMBOLS = LETTERS + "2345789"
DIGITS = "23456789"
# GF(8) by x³ + x + 1: every weight below is another power of x, so that neither one wrong digit
# nor two exchanged ones can turn a code into another code.
_OVERFLOW, _MODULUS = 0b1000, 0b1011
LEAST_DIGITS = 4
LONGER_BY = 2


def code_from(n: int) -> str:
    """The n-th code: four digits for 0 ≤ n < 511, six for the next 32,767, and so on.

    None has one digit alone, which a child presses, or a pocket: of each length only "22…2" would.
    Two codes of one length differ in at least two digits, and lengths differ by two: so one digit
    wrong, left out or typed twice never gives another code. Raises ValueError where n is negative.
    """
    if n < 0:
        raise ValueError("codes are numbered from 0")
    length = LEAST_DIGITS - 1
    while n >= 8**length - 1:
        n -= 8**length - 1
        length += LONGER_BY
    n += 1
    digits = [n >> 3 * place & 0b111 for place in reversed(range(length))]
    return "".join(DIGITS[digit] for digit in (*digits, _check(digits)))


def ref_from(n: int, length: int = LEAST_DIGITS) -> str:
    """The reference for any n ≥ 0, a letter first so that none looks like a code.

    There are 16 · 23^(length - 1) of them (194,672 of four characters); n counts modulo that.
    """
    tail = ""
    for _ in range(length - 1):
        n, place = divmod(n, len(SYMBOLS))
        tail = SYMBOLS[place] + tail
    return LETTERS[n % len(LETTERS)] + tail


def _check(digits: list[int]) -> int:
    check = 0
    for digit in digits:
        check = (check ^ digit) << 1
        if check & _OVERFLOW:
            check ^= _MODULUS
    return check
