"""A message that our own reader has stumbled over: a fault of Readback's. It waits with all its
bytes, and with what looks like a flag in them, and the next one is read.

The reader raises nothing that is known. A sender without an answer would send the message again
for ever, and whatever is critical behind it would wait.
"""

import hashlib
from collections.abc import Callable

from bot.domain.message import RawMessage, Unusable
from bot.domain.profile import STANDARD
from bot.log import log
from bot.sources.refused import BadReport
from bot.sources.salvage import unread_flags

READER_FAILED = "reader-failed"
_DETAIL = "A fault of Readback's: report it with the log, and replay the message after an update"


def stumbled_over(
    data: bytes, source: str, refused: Callable[[BadReport], RawMessage]
) -> RawMessage:
    """The message for quarantine; to be called where the exception is being handled, which the log
    shows. ``refused`` reads less of it, and may stumble too."""
    digest = hashlib.sha256(data).hexdigest()
    log.exception("reader_failed", size=len(data), digest=digest[:12])
    bad = BadReport(READER_FAILED, _DETAIL, "207")
    try:
        return refused(bad)
    except Exception:  # whatever it was, the bytes are kept
        flags = unread_flags(data, STANDARD)
        reading = Unusable(bad.reason, bad.detail, flags, bad.code, content=digest)
        return RawMessage(data, len(data), digest, source, "", "", "", reading)
