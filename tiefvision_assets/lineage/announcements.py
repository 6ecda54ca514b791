"""Telling a shop's systems that photos and products which they wrote through the API can be searched by now.

They are noted when they are written (`tiefvision_assets.lineage.written_notes`). Once searches know some of them, an
announcement of these is stored, and posted until the webhook has taken it. Whoever may have switched the served index
or taken products over calls `announce`: the sensor of the daemon, and the command `run`. It is signed as Standard
Webhooks are (standardwebhooks.com).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tiefvision_assets.lineage.written_notes import Note, days_since, forget, known_by_now, moment
from tiefvision_assets.store.atomic import read_json, write_json
from tiefvision_assets.store.store import Store
from tiefvision_assets.webhook import send

TRIED_DAYS = 3
"""An announcement that nobody takes for so long is given up."""
MOST = 1000
"""Photos and products in one announcement; more become several."""
KINDS = ("photos", "products")


@dataclass(frozen=True)
class Told:
    """What became of announcements."""

    taken: int = 0
    problem: str | None = None
    """Why the webhook did not take one, in a sentence without the URL, which is often a secret."""


def announce(store: Store) -> Told:
    """Store what the served index has come to know, and post what was not taken yet; one process at a time does it."""
    if store.settings.served_webhook is None:
        return Told()
    folder = store.layout.announcements
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    claim = store.claims.claim("announcements")
    if claim is None:
        return Told()  # somebody is at it
    with claim:
        _store_new(store, folder)
        return _post_all(store, folder)


def _store_new(store: Store, folder: Path) -> None:
    """Make announcements of what was noted and the served index knows, and note it no longer."""
    known = known_by_now(store)
    version = store.served.read().index.get("unsupervised")
    waiting = [read_json(file)["data"] for file in _waiting(folder)]
    stored = {_identity(one) for data in waiting for kind in KINDS for one in data.get(kind, [])}
    new = [
        (kind, one)
        for kind, noted in zip(KINDS, (known.photos, known.products), strict=True)
        for one in noted
        if _identity(one) not in stored  # a killed process may have stored some
    ]
    for start in range(0, len(new), MOST):
        some = new[start : start + MOST]
        data = {"index": version, **{kind: [one for of, one in some if of == kind] for kind in KINDS}}
        identity = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
        document = {"type": "index.served", "timestamp": moment(), "data": data}
        write_json(folder / f"{time.time_ns():020d}-msg_{identity}.json", document)
    forget(store, known)


def _post_all(store: Store, folder: Path) -> Told:
    """Post announcements in their order until one is not taken."""
    taken = 0
    for file in _waiting(folder):
        document = read_json(file)
        problem = post(str(store.settings.served_webhook), file.stem.partition("-")[2], document, _secret(store))
        if problem is None:
            taken += 1
        elif days_since(document["timestamp"]) <= TRIED_DAYS:
            return Told(taken, problem)
        else:
            logging.getLogger(__name__).error("%s It is given up after %d days.", problem, TRIED_DAYS)
        file.unlink()
    return Told(taken)


def post(webhook: str, identity: str, document: Mapping[str, Any], secret: bytes | None) -> str | None:
    """Send an announcement; None, or in a sentence why it was not taken."""
    body = json.dumps(document).encode()
    try:
        send(webhook, body, headers_of(identity, body, secret, int(time.time())))
    except (OSError, HTTPException) as error:
        return f"The webhook of what is served at {urlsplit(webhook).hostname} did not take an announcement: {error}."
    return None


def headers_of(identity: str, body: bytes, secret: bytes | None, timestamp: int) -> dict[str, str]:
    """Those of Standard Webhooks: the id is the same whenever an announcement is sent again."""
    headers = {"Content-Type": "application/json", "webhook-id": identity, "webhook-timestamp": str(timestamp)}
    if secret is None:
        return headers
    signed = hmac.new(secret, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


def _secret(store: Store) -> bytes | None:
    secret = store.settings.served_webhook_secret
    return base64.b64decode(secret.removeprefix("whsec_")) if secret else None


def _waiting(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-msg_*.json"))


def _identity(told: Note) -> tuple[str | None, ...]:
    """Names what was written, and when."""
    return told.get("path"), told.get("product_id"), told.get("sha256"), told["written_at"]
