"""How many files and connections this process may have open, and what of that senders may take."""

import resource

KEPT = 256
"""For the database, Slack, Twilio and the web: reports that come in must not keep pages from going
out."""
_PLENTY = 65_536


def for_senders() -> int:
    """Raise the soft limit as far as the system allows; how many connections senders may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else min(hard, _PLENTY)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    most = _PLENTY if soft == resource.RLIM_INFINITY else soft
    return max(most - KEPT, most // 2)
