"""A small OpenID Connect provider on a real port: signs tokens, checks PKCE, uses codes once."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

CLIENT, SECRET = "studio", "a secret of tests"


@dataclass
class TestedProvider:
    """What it says, to be changed by tests.

    Attributes:
        issuer: its address.
        claims: of whoever signs in next.
        spoiled: claims to put wrong ones in the token; None removes one.
        key: that signs.
        algorithm: of the signature.
        described: of itself, to put wrong ones.
        issued: how many tokens.
        asked: parameters of the last authorization.
    """

    __test__ = False
    issuer: str
    claims: dict[str, Any] = field(default_factory=dict)
    spoiled: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing: Any = None
    algorithm: str = "RS256"
    described: dict[str, Any] = field(default_factory=dict)
    issued: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def well_known(self, _request: Request) -> JSONResponse:
        names = ("authorization_endpoint", "authorize"), ("token_endpoint", "token")
        facts = {name: f"{self.issuer}/{path}" for name, path in (*names, ("jwks_uri", "keys"))}
        facts["end_session_endpoint"] = f"{self.issuer}/leave"
        told = {"issuer": self.issuer, **facts, **self.described}
        return JSONResponse({name: value for name, value in told.items() if value is not None})

    def keys(self, _request: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> RedirectResponse:
        self.asked = dict(request.query_params)
        code = secrets.token_urlsafe(16)
        self.codes[code] = self.asked
        sent = urlencode({"code": code, "state": self.asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{self.asked['redirect_uri']}?{sent}", status_code=302)

    async def token(self, request: Request) -> JSONResponse:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        shown = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = request.headers.get("authorization") == f"Basic {shown}"
        if asked is None or not known or _challenge(form) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"]} | self.claims | self.spoiled
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(header, claims, self.signing or self.key, algorithms=[self.algorithm])
        self.issued += 1
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})


def _challenge(form: Any) -> str:
    digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def provider() -> Iterator[TestedProvider]:
    """It runs until the block ends."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        tested = TestedProvider(f"http://127.0.0.1:{listening.getsockname()[1]}")
        routes = [
            Route("/.well-known/openid-configuration", tested.well_known),
            Route("/keys", tested.keys),
            Route("/authorize", tested.authorize),
            Route("/token", tested.token, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield tested
        server.should_exit = True
        thread.join(20)
