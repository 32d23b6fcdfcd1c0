"""Where the server may connect to: addresses of every kind, patterns of hosts, forms of URLs."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from trifold.errors import InputError
from trifold.serve.outbound.addresses import (
    AddressRefused,
    Hosts,
    Resolver,
    UrlRefused,
    checked_url,
    hosts_of,
    may_connect,
)

INSIDE = [
    "100.64.0.1", "127.0.0.1", "127.255.255.254", "10.0.0.1",
    "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
]  # fmt: skip
NOWHERE = [
    "0.0.0.0", "169.254.1.1", "169.254.169.254",  # noqa: S104
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::", "fe80::1", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "::",
    "fd00:ec2::254", "168.63.129.16", "100.100.100.200",
]  # fmt: skip
OPEN = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("text", INSIDE)
def test_what_is_inside_is_reached_only_where_that_is_allowed(text: str) -> None:
    assert not may_connect(ip_address(text))
    assert may_connect(ip_address(text), private=True)


@pytest.mark.parametrize("text", NOWHERE)
def test_what_no_host_has_and_metadata_is_never_reached(text: str) -> None:
    assert not may_connect(ip_address(text))
    assert not may_connect(ip_address(text), private=True)


@pytest.mark.parametrize("text", OPEN)
def test_the_open_internet_is_reached(text: str) -> None:
    assert may_connect(ip_address(text))


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_address_inside_another_one_counts_as_itself(address) -> None:
    for text in (f"::ffff:{address}", f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"):
        for private in (False, True):
            assert may_connect(ip_address(text), private=private) == may_connect(
                address, private=private
            )


@pytest.mark.parametrize(
    ("pattern", "url", "has"),
    [
        ("files.example.com", "https://files.example.com/a", True),
        ("files.example.com", "https://FILES.example.com./a", True),
        ("files.example.com", "https://files.example.com:443/a", True),
        ("files.example.com", "https://files.example.com:8443/a", False),
        ("files.example.com:8443", "https://files.example.com:8443/a", True),
        ("files.example.com:8443", "https://files.example.com/a", False),
        ("files.example.com", "https://evil.files.example.com/a", False),
        ("*.example.com", "https://a.b.example.com/a", True),
        ("*.example.com", "https://example.com/a", False),
        ("*.example.com", "https://notexample.com/a", False),
        ("*.example.com", "https://example.com.evil.test/a", False),
        ("[::1]:8443", "https://[::1]:8443/a", True),
        ("[2001:DB8::0001]", "https://[2001:db8:0::1]/a", True),
        ("a.test,b.test", "https://b.test/", True),
        ("", "https://b.test/", False),
    ],
)
def test_patterns_mean_hosts_and_ports(pattern: str, url: str, has: bool) -> None:
    assert hosts_of(pattern, "media_hosts").has(URL(url)) == has


@pytest.mark.parametrize(
    "text", ["*", "*.", "https://a.test", "a.test/x", "a b", "a:0", "a:70000", "*a.test", "a,*.*"]
)
def test_what_is_no_pattern_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="media_hosts: expected hosts such as files"):
        hosts_of(text, "media_hosts")


ALLOWED = hosts_of("files.example.com,127.0.0.1,localhost:1", "media_hosts")
INTERNAL = hosts_of("localhost:1", "private_hosts")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://files.example.com/a", "begins with https"),
        ("ftp://files.example.com/a", "begins with https"),
        ("file:///etc/passwd", "with a host"),
        ("https://user:secret@files.example.com/a", "without a user"),
        ("https://user@files.example.com/a", "without a user"),
        ("https://files.example.com:0/a", "with a host"),
        ("https://evil.test%2f.files.example.com/a", "with a host"),
        ("https://[fe80::1%25eth0]/a", "with a host"),
        ("https:///a", "with a host"),
        ("https://evil.test/a", "owner allows"),
        ("https://files.example.com@evil.test/a", "without a user"),
        ("https://127.0.0.1/a", "outside of this server's network"),
        ("https://files.example.com:99999/", "can be read"),
        ("https://[::1/", "can be read"),
        ("https://files.example.com/a\r\nX: y", "ASCII"),
        ("https://files.example.com/" + "a" * 5000, "at most 4096"),
        ("https://b\u00fccher.example/", "ASCII"),
        ("", "with a host"),
    ],
)
def test_urls_that_are_not_asked_are_refused_and_not_shown(text: str, message: str) -> None:
    with pytest.raises(UrlRefused, match=message) as raised:
        checked_url(text, INTERNAL, ALLOWED)
    assert "secret" not in str(raised.value)


def test_urls_that_are_allowed_keep_their_signature() -> None:
    text = "https://files.example.com/a%2Fb?X-Amz-Signature=a%2Bb&c=%20"
    assert str(checked_url(text, INTERNAL, ALLOWED)) == text
    assert checked_url("http://localhost:1/a", INTERNAL, ALLOWED).scheme == "http"


def resolved(answers: list[str], private: str = "") -> list[str]:
    async def lookup(host: str, port: int) -> list[str]:
        return answers

    async def ask():
        return await Resolver(hosts_of(private, "private_hosts"), lookup).resolve("a.test", 443)

    return [found["host"] for found in asyncio.run(ask())]


def test_a_name_leads_where_it_leads_only_if_all_of_it_is_allowed() -> None:
    assert resolved(["8.8.8.8", "2606:2800:220:1::1"]) == ["8.8.8.8", "2606:2800:220:1::1"]
    assert resolved(["10.0.0.1"], "a.test") == ["10.0.0.1"]
    for answers in (["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]):
        with pytest.raises(AddressRefused):
            resolved(answers)
    with pytest.raises(AddressRefused):
        resolved(["169.254.169.254"], "a.test")


def test_no_pattern_allows_everything() -> None:
    assert not Hosts().has(URL("https://a.test"))
