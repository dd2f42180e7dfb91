"""The organisation's own log-in (OpenID Connect): code flow with PKCE, state and nonce. Off unless its settings are set.

What speaks with the server is loaded by the first who logs in that way.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from states import clock
from states.errors import DubanError, NotKnown
from states.records.entering import Claims
from states.records.oidc_attempts import Begun
from states.settings import Settings, is_safe

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

log = logging.getLogger("duban.api")

CALLBACK = "/api/v1/session/oidc/callback"
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SIGNED_WITH = ["RS256", "PS256", "ES256"]  # never by a secret, never not at all
PATIENCE = 5.0  # seconds for each question to the server
LEEWAY = 60  # seconds by which its clock may differ
KEPT = 600.0  # seconds in which its addresses are not asked for again
FAILED = "统一登录没有成功，请重新登录"


class NoProvider(DubanError):
    """统一登录暂时用不了"""


class Provider:
    """The server of one process's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Any] = {}
        self._until = 0.0
        self._turn = threading.Lock()

    @property
    def on(self) -> bool:
        return bool(self._settings.oidc_issuer)

    def address(self, begun: Begun) -> str:
        """Where the browser goes to log in. Raises NoProvider."""
        with self._client() as client:
            where = self._metadata(client)["authorization_endpoint"]
            url, _state = client.create_authorization_url(
                where, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return str(url)

    def claims(self, code: str, begun: Begun) -> Claims:
        """Who it was, for the code that the browser brought back. Raises NotKnown, NoProvider."""
        from authlib.integrations.base_client import OAuthError

        with self._client() as client:
            known = self._metadata(client)
            try:
                token = client.fetch_token(
                    known["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    **ASKED,
                )
            except OAuthError as error:
                raise NotKnown(FAILED) from error
            except (OSError, ValueError) as error:
                raise NoProvider(_why(error)) from error
            keys = self._get(client, known["jwks_uri"])
        return self._judged(token, keys, begun, clock.now())

    def _judged(self, token: dict[str, Any], keys: Any, begun: Begun, now: datetime) -> Claims:
        """Signature, issuer, audience, time, nonce; `now` by the clock of the wall, as the server's is."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        issuer, client, _secret = self._settings.oidc
        options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client}}
        params = {"nonce": begun.nonce, "client_id": client, "access_token": token.get("access_token")}
        try:
            told = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=SIGNED_WITH)
            found = CodeIDToken(told.claims, told.header, options, params)
            found.validate(now=int(now.timestamp()), leeway=LEEWAY)
            subject, email = str(found["sub"]), found.get("email")
        except (JoseError, KeyError, TypeError, ValueError) as error:
            log.warning("an ID token was refused: %s", type(error).__name__)
            raise NotKnown(FAILED) from error
        verified = found.get("email_verified") is True and isinstance(email, str)
        return Claims(subject, email if verified else None)

    def _client(self) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        _issuer, client, secret = self._settings.oidc
        return OAuth2Session(
            client_id=client,
            client_secret=secret,
            scope="openid email",
            redirect_uri=self._settings.base_url + CALLBACK,
            code_challenge_method="S256",
        )

    def _metadata(self, client: OAuth2Session) -> dict[str, Any]:
        """What the server says of itself, for some minutes. Raises NoProvider."""
        with self._turn:
            if clock.elapsed() >= self._until:
                found = self._get(client, self._settings.oidc_issuer.rstrip("/") + DISCOVERY)
                if found.get("issuer") != self._settings.oidc_issuer:
                    raise NoProvider("它自称的 issuer 与 DUBAN_OIDC_ISSUER 不同")
                if not all(is_safe(str(found.get(name, ""))) for name in ENDPOINTS):
                    raise NoProvider("它给出的地址不是 https")
                self._known, self._until = found, clock.elapsed() + KEPT
            return self._known

    def _get(self, client: OAuth2Session, url: str) -> dict[str, Any]:
        try:
            answer = client.get(url, withhold_token=True, **ASKED)
            answer.raise_for_status()
            found = answer.json()
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            raise NoProvider(_why(error)) from error
        if not isinstance(found, dict):
            raise NoProvider("它的回答不是 JSON 对象")
        return found


ASKED: dict[str, Any] = {"timeout": PATIENCE, "allow_redirects": False}


def _why(error: Exception) -> str:
    log.warning("the OIDC server could not be asked: %s", error)
    return "统一登录的服务器没有应答，请稍后再试，或用密码登录"
