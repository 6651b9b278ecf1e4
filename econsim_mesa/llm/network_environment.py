"""What the environment says of sending: by which proxy, and whose certificates are trusted.

A variable by which a call would be sent, and cannot be, is refused by its name before anything is
sent. Any other is not looked at.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import urllib.request
from urllib.parse import urlsplit

from econsim_mesa.errors import BadInput

_FILE, _FOLDER, _LOG = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"


def refuse_unusable(url: str | None) -> None:
    """Raise ``BadInput`` for a variable by which nothing can be sent to an address.

    None: a provider's own package sends, which may know other proxies than we do, and reads
    certificates whatever the address.
    """
    parts = urlsplit(url or "https:")
    proxy = proxy_for(parts.scheme, parts.netloc.rpartition("@")[2]) if url else None
    if parts.scheme == "https" or (proxy or "").startswith("https:"):
        _refuse_certificates()
    _refuse_log()


def proxy_for(scheme: str, host: str) -> str | None:
    """Return the address of the proxy for a host; None: none. Raises ``BadInput``: unusable."""
    if by_no_proxy(host):
        return None
    return usable_proxy(urllib.request.getproxies().get(scheme))


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


def usable_proxy(proxy: str | None) -> str | None:
    """Return the address of a proxy in full; without a scheme it is one of http.

    Raises ``BadInput`` with the name of its variable, and without the credentials in it.

    >>> usable_proxy("127.0.0.1:3128")
    'http://127.0.0.1:3128'
    """
    if proxy is None or not proxy.strip():
        return None
    address = proxy.strip() if "://" in proxy else f"http://{proxy.strip()}"
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and parts.port != 0 and address.isprintable()
    except ValueError:
        sound = False
    if sound and parts.scheme in ("http", "https") and " " not in address:
        return address
    fault = "is not the address of a proxy, such as http://127.0.0.1:3128"
    if address.lower().startswith("socks"):
        fault = "names a SOCKS proxy, and calls go by HTTP proxies only"
    raise BadInput(
        f"{_variable_of(proxy)} {fault}; give the address of one, unset the variable, or leave "
        "out the server by NO_PROXY=HOST"
    )


def _variable_of(proxy: str) -> str:
    """Return the variable that holds a proxy as NAME=VALUE, without user and password."""
    names = [name for name, value in os.environ.items() if value == proxy]
    name = next((name for name in names if name.lower().endswith("_proxy")), "the system's proxy")
    scheme, mark, rest = proxy.rpartition("://")
    return f"{name}={scheme}{mark}{rest.rpartition('@')[2]}"


def _refuse_certificates() -> None:
    """Refuse certificates to trust that are not there: no https server would be believed."""
    file, folders = os.environ.get(_FILE), os.environ.get(_FOLDER)
    if file is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except OSError as error:  # an error of ssl is one as well
            _refuse(_FILE, file, "a file of certificates", error)
    if folders and not any(map(os.path.isdir, folders.split(os.pathsep))):
        _refuse(_FOLDER, folders, "a folder of certificates", None)


def _refuse_log() -> None:
    """Refuse a log of TLS keys that cannot be written: libraries open it when they are loaded."""
    path = os.environ.get(_LOG)
    if path:
        try:
            with open(path, "a", encoding="utf-8"):
                pass
        except OSError as error:
            _refuse(_LOG, path, "a file that can be written", error)


def _refuse(name: str, value: str, wanted: str, error: OSError | None) -> None:
    reason = f" ({error.strerror or error})" if error is not None else ""
    raise BadInput(f"{name}={value} is not {wanted}{reason}; set it right, or unset it")
