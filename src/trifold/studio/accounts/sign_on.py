"""Single sign-on by OpenID Connect: the code flow with PKCE, state and nonce.

After OpenID Connect Core 1.0, section 3.1, and RFC 7636; what a provider answers is checked before
anything of it is used.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from trifold.errors import TrifoldError
from trifold.studio.accounts.sign_on_settings import SignOn, is_safe

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # with a key pair: never none or a shared secret
PATIENCE_S = 10.0  # for an answer of the provider
LEEWAY_S = 60  # between its clock and ours
WELL_KNOWN = "/.well-known/openid-configuration"


class SignOnError(TrifoldError):
    """A provider cannot be reached, or what came back is not what was asked for."""


@dataclass(frozen=True)
class Begun:
    """A sign-on that waits for a browser to come back.

    Attributes:
        state: that the provider sends back.
        nonce: that its token holds.
        verifier: that shows to the provider who began (PKCE).
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Begun:
        """Three secrets of 256 bits."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def of(cls, text: str) -> Begun | None:
        """What ``str`` gave; None for anything else."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(len(part) == 43 for part in parts) else None

    def __str__(self) -> str:
        """For the cookie of the browser that began."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


class Provider:
    """Whoever knows people's passwords instead of us.

    Args:
        told: its settings.
        back: address of ours that browsers come back to.
    """

    def __init__(self, told: SignOn, back: str) -> None:
        self._told, self._back = told, back

    def address(self, begun: Begun) -> str:
        """Where to send a browser.

        Raises:
            SignOnError: when the provider does not say where.
        """
        url, _ = self._session().create_authorization_url(
            self._described("authorization_endpoint"),
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
        return str(url)

    def leaving(self, after: str) -> str:
        """Where to send a browser to end its session there (OpenID Connect RP-Initiated Logout).

        Args:
            after: address of ours to come back to, which the provider wants to know beforehand.

        Raises:
            SignOnError: when the provider has no such place, or does not answer.
        """
        url = self._described("end_session_endpoint")
        told = {"client_id": self._told.client_id, "post_logout_redirect_uri": after}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"

    def claims(self, begun: Begun, answer: Mapping[str, str]) -> dict[str, Any]:
        """Who came back, as the provider's token says it.

        Args:
            begun: of the same browser.
            answer: parameters of the address that it came back to.

        Raises:
            SignOnError: when anything is not as it was asked for.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SignOnError(expected="the state that this browser began with", got="another")
        if answer.get("iss", self._told.issuer) != self._told.issuer:  # RFC 9207
            raise SignOnError(expected="an answer of the provider", got="one of another")
        if "code" not in answer:
            raise SignOnError(expected="a code of the provider", got="none")
        token = self._token(answer["code"], begun.verifier)
        return self._checked(str(token.get("id_token")), begun.nonce, token.get("access_token"))

    def _token(self, code: str, verifier: str) -> Mapping[str, Any]:
        try:
            made: Mapping[str, Any] = self._session().fetch_token(
                self._described("token_endpoint"),
                code=code,
                grant_type="authorization_code",
                code_verifier=verifier,
                redirect_uri=self._back,
                timeout=PATIENCE_S,
                allow_redirects=False,
            )
        except (OAuthError, requests.RequestException, ValueError) as error:
            raise SignOnError(expected="a token for the code", got="a refusal") from error
        return made

    def _checked(self, token: str, nonce: str, access_token: str | None) -> dict[str, Any]:
        try:
            keys = KeySet.import_key_set(_got(self._described("jwks_uri")))
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self._told.issuer},
                "aud": {"essential": True, "value": self._told.client_id},
            }
            params = {
                "nonce": nonce,
                "client_id": self._told.client_id,
                "access_token": access_token,
            }
            found = CodeIDToken(read.claims, read.header, options, params)
            found.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            got = f"one that does not hold: {type(error).__name__}"
            raise SignOnError(expected="a signed token of the provider", got=got) from error
        return dict(found)

    def _described(self, name: str) -> str:
        """An address from the provider's description of itself."""
        facts = _got(self._told.issuer.rstrip("/") + WELL_KNOWN)
        if facts.get("issuer") != self._told.issuer:
            raise SignOnError(expected=f"the issuer {self._told.issuer}", got="another")
        url = facts.get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise SignOnError(expected=f"an https address for {name}", got=repr(url))
        return url

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self._told.client_id,
            self._told.secret,
            scope=self._told.scope,
            redirect_uri=self._back,
            code_challenge_method="S256",
        )


def _got(url: str) -> dict[str, Any]:
    try:
        answer = requests.get(url, timeout=PATIENCE_S, allow_redirects=False)
        answer.raise_for_status()
        facts = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise SignOnError(expected="an answer of the sign-on provider", got="none") from error
    if not isinstance(facts, dict):
        raise SignOnError(expected="a description of the provider", got=type(facts).__name__)
    return facts


def back_address(address: str) -> str:
    """Where browsers come back to; a provider wants to know it beforehand."""
    return address.rstrip("/") + "/sign-on/back"
