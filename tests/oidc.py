"""A log-in provider that lets everybody in as one person: enough of OpenID Connect for the app's log-in."""

from __future__ import annotations

import json
import sys
import time
from urllib.parse import urlencode

import uvicorn
from joserfc import jwk, jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

KEY = jwk.RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"})


def provider(issuer: str, claims: dict[str, object]) -> Starlette:
    """Its four routes; every log-in succeeds at once with these claims."""
    nonces: dict[str, str] = {}

    def configuration(request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def authorize(request: Request) -> RedirectResponse:
        asked = request.query_params
        nonces["code"] = asked["nonce"]
        answer = urlencode({"code": "code", "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}")

    async def token(request: Request) -> JSONResponse:
        now = int(time.time())
        payload = {"iss": issuer, "aud": "tiefvision", "iat": now, "exp": now + 600, "nonce": nonces["code"], **claims}
        signed = jwt.encode({"alg": "RS256", "kid": "test"}, payload, KEY)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": signed})

    def keys(request: Request) -> JSONResponse:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/keys", keys),
        ]
    )


if __name__ == "__main__":
    port, claims = int(sys.argv[1]), json.loads(sys.argv[2])
    uvicorn.run(provider(f"http://127.0.0.1:{port}", claims), host="127.0.0.1", port=port, log_level="warning")
