"""What the environment says of proxies: hospitals have one for everything outside."""

import os
from collections.abc import MutableMapping

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def spare_this_machine(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let no proxy be asked for this machine, beside what the site spares already."""
    spared = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    missing = [host for host in _THIS_MACHINE if host not in spared.split(",")]
    if missing and spared != "*":
        environment["no_proxy"] = ",".join([*spared.split(","), *missing]).strip(",")
