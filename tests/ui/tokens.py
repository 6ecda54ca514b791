"""Tokens of the API in tests."""

from __future__ import annotations

import hashlib

from tiefvision_assets.settings import ApiToken, Role

TOKENS: dict[str, tuple[str, Role]] = {
    "shop": ("tv_shop", "admin"),
    "till": ("tv_till", "admin"),
    "site": ("tv_site", "viewer"),
}
"""Whose token it is → the token and its role."""


def token_settings() -> dict[str, ApiToken]:
    """As `Settings.api_tokens` has them."""
    return {name: ApiToken(role, hashlib.sha256(token.encode()).hexdigest()) for name, (token, role) in TOKENS.items()}
