"""One file from a URL that a caller named, within bounds of size, time and disk."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import aiohttp

from trifold.codes import Code
from trifold.serve.outbound.addresses import AddressRefused, UrlRefused, checked_url, hosts_of
from trifold.serve.outbound.sessions import private_hosts
from trifold.serve.problems import Problem
from trifold.serve.settings import MIB, Settings

CHUNK_BYTES = 1 << 18


class Fetcher:
    """Reads files from allowed hosts into files. Nothing of a URL lands in a log or a message.

    Args:
        settings: hosts and limits.

    Raises:
        InputError: when hosts are none.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._allowed = hosts_of(settings.media_hosts, "media_hosts")
        self._private = private_hosts(settings)

    async def fetch(
        self, session: aiohttp.ClientSession, text: str, target: Path, *, most: int, field: str
    ) -> None:
        """Write what a URL holds to a file.

        Args:
            session: of ``outbound_session``.
            text: the URL.
            target: the file.
            most: bytes.
            field: of the request, for messages.

        Raises:
            Problem: 403 for a URL or an address that is not allowed, 413 for too much, 422 where
                nothing comes, 503 where the disk is full.
        """
        if not self._allowed.patterns:
            raise not_configured(field)
        try:
            url = checked_url(text, self._private, self._allowed)
            async with session.get(url, allow_redirects=False) as found:
                _check(found, most, field)
                await self._write(found, target, most, field)
        except UrlRefused as error:
            raise Problem(403, Code.URL_REFUSED, str(error), field=field) from error
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefused):
                said = "expected a host outside of this server's network"
                raise Problem(403, Code.URL_REFUSED, said, field=field) from None
            raise _failed(field, "the host is not known") from None
        except TimeoutError:
            said = f"not read within {self._settings.media_url_s:g} s"
            raise _failed(field, said) from None
        except aiohttp.ClientSSLError:
            raise _failed(field, "the host's certificate does not hold") from None
        except aiohttp.ClientError:  # its message holds the URL
            raise _failed(field, "the host did not answer") from None

    async def _write(
        self, found: aiohttp.ClientResponse, target: Path, most: int, field: str
    ) -> None:
        came = 0
        with target.open("wb") as file:
            async for chunk in found.content.iter_chunked(CHUNK_BYTES):
                came += len(chunk)
                if came > most:
                    raise _too_large(most, field)
                free = await asyncio.to_thread(shutil.disk_usage, target.parent)
                if free.free - len(chunk) < self._settings.min_free_mib * MIB:
                    raise Problem(503, Code.DISK_FULL, "no room for media at the moment")
                await asyncio.to_thread(file.write, chunk)


def not_configured(field: str) -> Problem:
    """This server reads no URLs."""
    return Problem(403, Code.URLS_NOT_CONFIGURED, "this server takes no URLs", field=field)


def _check(found: aiohttp.ClientResponse, most: int, field: str) -> None:
    if found.status in (301, 302, 303, 307, 308):
        raise _failed(field, "the host sends elsewhere, which is not followed")
    if found.status != 200:
        raise _failed(field, f"the host answered with status {found.status}")
    if found.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _failed(field, "the host packed the file (Content-Encoding)")
    if (found.content_length or 0) > most:
        raise _too_large(most, field)


def _failed(field: str, said: str) -> Problem:
    return Problem(422, Code.URL_FAILED, f"nothing could be read: {said}", field=field)


def _too_large(most: int, field: str) -> Problem:
    said = f"expected at most {most} bytes at this URL"
    return Problem(413, Code.FILE_TOO_LARGE, said, field=field)
