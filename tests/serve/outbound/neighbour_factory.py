"""Another system on this machine: an HTTPS server with a certificate of a test's authority."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("localhost", "files.example.test")
Answer = Callable[["Came"], web.StreamResponse]


@dataclass(frozen=True)
class Came:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    number: int


@dataclass
class Neighbour:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
        came: what was asked.
        answer: makes an answer of what came; 204 by default.
    """

    port: int = 0
    came: list[Came] = field(default_factory=list)
    answer: Answer = lambda _: web.Response(status=204)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def wait(self, count: int = 1, seconds: float = 30.0) -> list[Came]:
        """What came, once there is so much of it."""
        for _ in range(count):
            assert self.arrived.acquire(timeout=seconds), self.came
        return self.came


@contextmanager
def neighbour(context: ssl.SSLContext | None = None) -> Iterator[Neighbour]:
    """A server in an event loop of its own; with TLS where there is a context."""
    held = Neighbour()

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = dict(request.headers)
        held.came.append(Came(request.method, request.path_qs, headers, body, len(held.came)))
        held.arrived.release()
        answer = held.answer(held.came[-1])
        return await answer if asyncio.iscoroutine(answer) else answer

    async def up() -> web.AppRunner:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        held.port = runner.addresses[0][1]
        return runner

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(up(), loop).result(30)
    try:
        yield held
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority's file, and a server's context with a certificate of it."""
    ca_key, ca = _certificate("test authority", None, ())
    key, own = _certificate("test server", (ca_key, ca), NAMES)
    file = folder / "ca.pem"
    file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    both = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form)
        + own.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return file, context


def _certificate(name, issuer, hosts):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, by = (key, subject) if issuer is None else (issuer[0], issuer[1].subject)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if hosts:
        known = [x509.DNSName(host) for host in hosts]
        known.append(x509.IPAddress(ip_address("127.0.0.1")))
        made = made.add_extension(x509.SubjectAlternativeName(known), critical=False)
    return key, made.sign(signer, hashes.SHA256())
