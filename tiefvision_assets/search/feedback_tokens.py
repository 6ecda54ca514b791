"""Tokens that come back with feedback: what was shown to whom, signed, so that nobody can make one up.

Nothing is written when somebody searches; the token holds what an event needs, and a signature over it (HMAC with
SHA-256, RFC 2104) by a secret of the data folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from tiefvision_assets.search.request import BadRequest
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.sealed import DamagedFile

VALID_S = 24 * 3600
_SECRET_BYTES = 32
_SIGNATURE_BYTES = 16


class DamagedSecret(DamagedFile):
    """A secret that is none: nothing is signed by what anybody could guess."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.args = (
            f"{path} is damaged ({reason}); remove it, and the next search that names a session makes it anew.",
        )


@dataclass(frozen=True)
class Shown:
    """An answer as somebody saw it."""

    search: str
    session: str
    query: str
    """sha256 of the photo that was searched by; empty for one that is not the catalogue's."""
    hits: tuple[str, ...]
    """image_ids, best first."""
    issued: int
    """Seconds since 1970."""
    first: str = ""
    second: str = ""
    teams: str = ""
    """Of each hit the ranking that gave it, where two were interleaved."""


class Tokens:
    """Makes and reads the tokens of one data folder; the secret is made with the first one."""

    def __init__(self, key_file: Path) -> None:
        self._key = _secret(key_file)

    def pseudonym(self, session: str) -> str:
        """What stands for a session's key: the same for the same key, and without the secret nobody gets back."""
        return hmac.new(self._key, f"session {session}".encode(), hashlib.sha256).hexdigest()[:32]

    def issue(self, shown: Shown) -> str:
        """The token of that answer."""
        content = json.dumps(asdict(shown), separators=(",", ":")).encode()
        return _text(self._signature(content) + content)

    def read(self, token: str, session: str, now: float) -> Shown:
        """What the token says; `BadRequest` for one that is made up, another session's, or older than `VALID_S`."""
        try:
            given = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            given = b""
        signature, content = given[:_SIGNATURE_BYTES], given[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(content)):
            raise BadRequest("token", "The token was not made by this server; send it back as the search answered it.")
        document = json.loads(content)
        shown = Shown(**{**document, "hits": tuple(document["hits"])})
        if shown.session != self.pseudonym(session):
            raise BadRequest("token", "The token was given to another session; send it with the session of the search.")
        if now - shown.issued > VALID_S:
            raise BadRequest("token", "The token is older than a day; search again to get a new one.")
        return shown

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, b"shown " + content, "sha256")[:_SIGNATURE_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _secret(file: Path) -> bytes:
    """The secret in that file; whichever process is the first makes it, for its owner's eyes only."""
    if not hooks.near(file).exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f"{TEMPORARY}{uuid.uuid4().hex[:8]}-{file.name}")
        try:
            temporary.touch(mode=0o600, exist_ok=False)
            with temporary.open("wb") as written:
                written.write(secrets.token_bytes(_SECRET_BYTES))
                written.flush()
                os.fsync(written.fileno())
            hooks.publish(file, temporary)
            _give_name(temporary, file)
        finally:
            temporary.unlink(missing_ok=True)
    secret = file.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise DamagedSecret(file, f"it has {len(secret)} bytes, not {_SECRET_BYTES}")
    return secret


def _give_name(temporary: Path, file: Path) -> None:
    """Let the file have its name unless another process was first; renamed where the file system has no links."""
    try:
        file.hardlink_to(temporary)
    except FileExistsError:
        return
    except OSError:
        if not file.exists():
            temporary.replace(file)
