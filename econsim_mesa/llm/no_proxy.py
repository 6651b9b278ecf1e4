"""Which hosts the environment leaves out where calls go by a proxy, ranges of addresses too."""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import urlsplit


def by_no_proxy(host: str) -> bool:
    """Whether the environment leaves out a host (host:port) where calls go by a proxy.

    Beside names it may list addresses and ranges of them, such as ``127.0.0.0/8``.
    """
    if urllib.request.proxy_bypass(host):
        return True
    try:
        address = ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    listed = urllib.request.getproxies().get("no", "")
    return any(_holds(part.strip(), address) for part in listed.split(","))


def _holds(part: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(part.strip("[]"), strict=False)
    except ValueError:
        return False
