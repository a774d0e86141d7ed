"""What the environment says of proxies: hospitals have one for everything outside."""

import os
from collections.abc import MutableMapping
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def spare_this_machine(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let no proxy be asked for this machine, beside what the site spares already."""
    spared = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    missing = [host for host in _THIS_MACHINE if host not in spared.split(",")]
    if missing and spared != "*":
        environment["no_proxy"] = ",".join([*spared.split(","), *missing]).strip(",")


def proxy_for(url: str) -> str | None:
    """Through which an address outside is asked: ``HTTPS_PROXY`` or else ``HTTP_PROXY``, as by
    Slack's SDK, unless ``NO_PROXY`` spares the host. This machine needs none."""
    proxies = getproxies_environment()
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("https") or proxies.get("http")
    if not proxy or is_local(url) or proxy_bypass(urlsplit(url).netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_local(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
