"""Where this server may connect to when somebody else names the address.

Against requests that make it reach into its own network (OWASP: server side request forgery). Names
are looked up once per connection, and what was found and looked at is what is connected to.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from trifold.errors import InputError

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Awaitable[Iterable[str]]]
MOST_CHARS = 4096  # of an address
PORTS = {"https": 443, "http": 80}
_PATTERN = re.compile(r"(?P<host>(\*\.)?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:(?P<port>\d{1,5}))?")
# where clouds tell whoever asks on a machine that machine's secrets; some look like others' or
# like anybody's addresses
_METADATA = [
    ip_network(net)
    for net in ("169.254.0.0/16", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32")
]
_INSIDE = [
    ip_network(net)
    for net in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "100.64.0.0/10",
        "fc00::/7",
        "::1/128",
    )
]
_TRANSLATED = ip_network("64:ff9b::/96")  # an IPv4 address in the last 32 bits (RFC 6052)


class AddressRefused(OSError):  # noqa: N818
    """A name leads to an address that nobody may connect to."""


class UrlRefused(ValueError):  # noqa: N818
    """A URL that is not asked; its message shows nothing of it."""


@dataclass(frozen=True)
class Hosts:
    """Patterns of hosts: ``files.example.com``, ``*.example.com``, ``files.example.com:8443``.

    A star stands for any names in front. Without a port a pattern means that of the scheme.
    """

    patterns: tuple[tuple[str, int | None], ...] = ()

    def has(self, url: URL) -> bool:
        """Whether one of them is the host and port of a URL."""
        host, port = host_of(url), url.explicit_port or PORTS.get(url.scheme)
        return any(
            (host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern)
            and port == (own or PORTS.get(url.scheme))
            for pattern, own in self.patterns
        )

    def names(self, host: str) -> bool:
        """Whether one of them is this host, whatever the port."""
        return any(
            host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
            for pattern, _ in self.patterns
        )


def hosts_of(text: str, where: str) -> Hosts:
    """Patterns with commas between.

    Args:
        text: such as ``*.s3.eu-central-1.amazonaws.com,files.example.com:8443``.
        where: name of the setting, for messages.

    Raises:
        InputError: when one of them is none.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _PATTERN.fullmatch(part)
        port = int(match["port"]) if match and match["port"] else None
        if match is None or (port is not None and not 0 < port < 65536) or match["host"] == "*.":
            raise InputError(
                expected="hosts such as files.example.com or *.example.com:8443",
                got=repr(part),
                where=where,
            )
        found.append((_spelled(match["host"].strip("[]")), port))
    return Hosts(tuple(found))


def host_of(url: URL) -> str:
    """The host of a URL as patterns and certificates write it."""
    return _spelled(url.raw_host or "")


def _spelled(host: str) -> str:
    """One spelling of a host: of an IPv6 address, too, there are many."""
    name = host.rstrip(".").lower()
    return str(ip_address(name)) if is_literal(name) else name


def checked_url(text: str, private: Hosts, allowed: Hosts | None = None) -> URL:
    """A URL that may be asked, as far as its words tell; where it leads, ``Resolver`` looks.

    Args:
        text: as it came.
        private: hosts that may be internal, and may speak HTTP without TLS.
        allowed: hosts; None where the server's owner named the URL.

    Raises:
        UrlRefused: with what was expected.
    """
    if len(text) > MOST_CHARS or not text.isascii() or not text.isprintable() or " " in text:
        raise UrlRefused(f"expected a URL of at most {MOST_CHARS} ASCII characters")
    try:
        url = URL(text, encoded=True)
        host, port = host_of(url), url.port
    except ValueError as error:
        raise UrlRefused("expected a URL that can be read") from error
    if not host or "%" in host or port == 0 or url.user is not None or url.password is not None:
        raise UrlRefused("expected a URL with a host, and without a user")
    if url.scheme != "https" and not (url.scheme == "http" and private.has(url)):
        raise UrlRefused("expected a URL that begins with https://")
    if allowed is not None and not allowed.has(url):
        raise UrlRefused("expected a host that this server's owner allows (media_hosts)")
    if is_literal(host) and not may_connect(ip_address(host), private=private.names(host)):
        raise UrlRefused("expected a host outside of this server's network")
    return url


def is_literal(host: str) -> bool:
    """Whether a host is an address, which nobody looks up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def may_connect(address: Address, *, private: bool = False) -> bool:
    """Whether an address lies in the open internet; where private, also in this network.

    Those of metadata services, and what no host has, are refused in any case.
    """
    address = _meant(address)
    if any(address in net for net in _METADATA):
        return False
    if any(address in net for net in _INSIDE):
        return private
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address carries, or itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    carried = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    return carried or address


class Resolver(AbstractResolver):
    """Names to addresses, all of which may be connected to.

    Args:
        private: hosts that may be internal.
        lookup: asks for the addresses of a name; the system by default.
    """

    def __init__(self, private: Hosts, lookup: Lookup | None = None) -> None:
        self._private, self._lookup = private, lookup or _system

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """What aiohttp connects to, and nothing else.

        Raises:
            AddressRefused: when one of the addresses is refused: who mixes them may mean the other.
            OSError: when there is none.
        """
        name = host.rstrip(".").lower()
        found = [ip_address(text) for text in await self._lookup(host, port)]
        if not all(may_connect(address, private=self._private.names(name)) for address in found):
            raise AddressRefused("an address that is not to be connected to")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _system(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]).partition("%")[0] for info in found]
