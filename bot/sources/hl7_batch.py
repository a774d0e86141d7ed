"""Several messages in one frame or file: where each begins. Bytes in, the same bytes out, cut.

A batch (HL7 v2.5.1, 2.10.3) has FHS and BHS before its messages and BTS and FTS after them; others
write one message after the other, some without a line end between them. Envelopes stay with the
message beside them, so that the pieces put together are what was received.
"""

import re

# An MSH counts where a line begins and its delimiters follow: a line of prose may begin so, too.
_BEGINS = re.compile(
    rb"(?:(?<=[\r\n\x1c])|\A)(?:\xef\xbb\xbf)?+[ \t\x0b]*+"
    rb"(?:(?:FHS|BHS)[^\w\s][^\r\n]*+\s++)*+"
    rb"MSH([^\w\s])[^\w\s]{1,5}(?:\1|[\r\n]|\Z)"
)
# Without a line end before it a whole header has to follow, up to the type in MSH-9, and no blank
# may stand before it: a note may quote one.
_RUNS_ON = re.compile(
    rb"(?<=[^\s\x0b\x1c])(?<!\xef\xbb\xbf)MSH([^\w\s])[^\w\s]{2,5}\1(?:(?:(?!\1)[^\r\n])*+\1){6}[A-Z]{3}(?!\w)"
)


def split(data: bytes) -> tuple[bytes, ...]:
    """The messages, each as received; joined they are ``data``. One where nothing can be cut."""
    if data.count(b"MSH") < 2:  # noqa: PLR2004 - the usual case is spared the search
        return (data,)
    begun = {match.start() for form in (_BEGINS, _RUNS_ON) for match in form.finditer(data)}
    starts = sorted(begun)[1:]
    ends = [*starts, len(data)]
    return tuple(data[a:b] for a, b in zip([0, *starts], ends, strict=True))


def without_envelope(data: bytes) -> bytes:
    """From MSH on where a batch's header stands before it; else unchanged."""
    if data.lstrip()[:3] not in {b"FHS", b"BHS"}:
        return data
    begins = re.search(rb"[\r\n][ \t\x0b]*(?=MSH)", data)
    return data[begins.end() :] if begins else data
