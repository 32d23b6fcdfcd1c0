"""Sessions for requests to others: verified TLS, no proxy, no cookies, no unpacking."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp

from trifold.errors import InputError
from trifold.serve.audit.opened import read_key
from trifold.serve.client.webhooks import secret_bytes
from trifold.serve.greenhouse.settings import read_greenhouse
from trifold.serve.interface.deprecation import read_deprecations
from trifold.serve.outbound.addresses import Hosts, Lookup, Resolver, checked_url, hosts_of
from trifold.serve.settings import Settings
from trifold.serve.usage.limits import limits_of

CONNECT_S = 10.0


def private_hosts(settings: Settings) -> Hosts:
    """Hosts that the owner allows inside of its own network.

    Raises:
        InputError: when one of them is none.
    """
    return hosts_of(settings.private_hosts, "private_hosts")


def outbound_session(
    settings: Settings, timeout_s: float, lookup: Lookup | None = None
) -> aiohttp.ClientSession:
    """A session that connects to addresses which were looked at.

    Args:
        settings: name private hosts, and certificates beside the system's.
        timeout_s: longest time for one request.
        lookup: as for ``Resolver``.

    Raises:
        InputError: when the file of certificates cannot be read.
    """
    connector = aiohttp.TCPConnector(
        limit=0,
        resolver=Resolver(private_hosts(settings), lookup),
        use_dns_cache=False,  # looked up, looked at and connected to, each time
        force_close=True,
        ssl=tls_context(settings.ca_file),
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,  # a proxy would connect to whatever it finds
        headers={"User-Agent": "trifold", "Accept-Encoding": "identity"},
    )


def tls_context(ca_file: str) -> ssl.SSLContext:
    """The system's certificate authorities, and those of a file.

    Raises:
        InputError: when it cannot be read.
    """
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=Path(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                expected="a PEM file of certificates", got=type(error).__name__, where=ca_file
            ) from error
    return context


def check_integrations(settings: Settings) -> None:
    """Read all that settings name of others, before anything starts.

    Raises:
        InputError: when hosts, certificates, quotas, an address or a file are not what they should
            be.
    """
    try:
        if settings.webhook_url:
            checked_url(settings.webhook_url, private_hosts(settings))
        secret_bytes(read_key(settings.webhook_secret))
    except ValueError as error:
        raise InputError(
            expected="webhook_url and webhook_secret that can be used",
            got=str(error),
            where="webhook_url",
        ) from error
    hosts_of(settings.media_hosts, "media_hosts"), private_hosts(settings)
    tls_context(settings.ca_file), limits_of(settings.quota)
    read_deprecations(settings.deprecations), read_greenhouse(settings.greenhouse)
