"""How many files and connections this process may have open, and what of that senders may take."""

import resource

KEPT = 256
"""For the database, Slack, Twilio and the web: reports that come in must not keep pages from going
out."""
_PLENTY = 65_536
_LEAST_WEB, _MOST_WEB = 32, 1_000


def for_senders() -> int:
    """Raise the soft limit as far as the system allows; how many connections senders may hold."""
    most = _raised()
    return max(most - KEPT, most // 2)


def for_web() -> int:
    """How many the web server may, likewise: half of what is kept; more where there is plenty."""
    return max(min(_raised() // 8, _MOST_WEB), _LEAST_WEB)


def _raised() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else min(hard, _PLENTY)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return _PLENTY if soft == resource.RLIM_INFINITY else soft
