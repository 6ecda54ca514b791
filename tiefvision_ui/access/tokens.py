"""Tokens of the API: who sends a request that no person's browser sends, and what they may do.

The settings know hashes of tokens only (`tiefvision token` makes both). Tokens are random and long, so one round of
SHA-256 is enough for them, as it would not be for passwords.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Role, Settings


class NoToken(TiefVisionError):
    """A request without a token, or with one that the settings do not know."""


class NotAllowed(TiefVisionError):
    """A request with a token whose role does not allow it, or where nobody is allowed to."""


@dataclass(frozen=True)
class Sender:
    """Who sends a request: what the token is called in the settings, and its role."""

    name: str
    role: Role


def sender_behind(headers: Mapping[str, str], settings: Settings) -> Sender | None:
    """Whose token the request carries, as ``Authorization: Bearer …``; None without one that is known."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
    found = None
    for name, known in settings.api_tokens.items():  # all of them, so that the time tells nothing
        if hmac.compare_digest(known.sha256, digest):
            found = Sender(name, known.role)
    return found


def writer_behind(headers: Mapping[str, str], settings: Settings) -> Sender:
    """Who may write by the request; raises `NotAllowed` where nobody may or their role does not allow it, and
    `NoToken`."""
    if not settings.may_be_written:
        raise NotAllowed(
            "Nothing is written through the API here; give a token the role admin in TIEFVISION_API_TOKENS, as "
            "`tiefvision token` prints it."
        )
    sender = sender_behind(headers, settings)
    if sender is None:
        raise NoToken("The request has no token that is known; send it as Authorization: Bearer TOKEN.")
    if sender.role != "admin":
        raise NotAllowed(f"The token {sender.name} has the role {sender.role}, and only admins write.")
    return sender
