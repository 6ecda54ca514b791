"""Telling a shop's systems that photos which they wrote through the API can be searched by now.

Photos are noted when they are written. Once the index that is served knows some of them, an announcement of these is
stored, and posted until the webhook has taken it. Whoever may have switched the served index calls `announce`: the
sensor of the daemon, and the command `run`. It is signed as Standard Webhooks are (standardwebhooks.com).
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
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from tiefvision_assets.store.atomic import read_json, write_json
from tiefvision_assets.store.store import Store
from tiefvision_assets.webhook import send

TRIED_DAYS = 3
"""An announcement that nobody takes for so long is given up."""
AWAITED_DAYS = 30
"""A photo that no index knows for so long, as it was changed by other means or is in quarantine, is not waited for."""
MOST = 1000
"""Photos in one announcement; more become several."""


@dataclass(frozen=True)
class Told:
    """What became of announcements."""

    taken: int = 0
    problem: str | None = None
    """Why the webhook did not take one, in a sentence without the URL, which is often a secret."""


def note_photos(store: Store, changed: Mapping[str, str | None]) -> None:
    """Keep in mind that these paths hold these contents (SHA-256) from now on, or nothing: for the next scan, and for
    the webhook, if there is one."""
    if not changed:
        return
    now = _now()
    noted = {path: {"sha256": sha256, "at": now} for path, sha256 in changed.items()}
    store.unscanned_photos.change(lambda _: (dict.fromkeys(noted, now), []))
    if store.settings.served_webhook:
        store.written_photos.change(lambda _: (noted, []))


def announce(store: Store) -> Told:
    """Store what the served index has come to know, and post what was not taken yet; one process at a time does it."""
    if store.settings.served_webhook is None:
        return Told()
    folder = store.layout.announcements
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return Told()  # somebody is at it
    try:
        _store_new(store, folder)
        return _post_all(store, folder)
    finally:
        lock.release()


def _store_new(store: Store, folder: Path) -> None:
    """Make announcements of the noted photos that the served index knows, and note them no longer."""
    journal = store.written_photos
    version = store.served.read().index.get("unsupervised")
    noted = journal.values()
    if not version or not noted:
        return
    stored = {_identity(one) for file in _waiting(folder) for one in read_json(file)["data"]["photos"]}
    entries = store.indexes.open("unsupervised", version).entries
    known = entries[entries["path"].isin(list(noted))]
    served = dict(zip(known["path"], known["sha256"], strict=True))
    reached = [
        {"path": path, "sha256": value["sha256"], "written_at": value["at"]}
        for path, value in noted.items()
        if served.get(path) == value["sha256"]
    ]
    new = [one for one in reached if _identity(one) not in stored]  # a killed process may have stored some
    for start in range(0, len(new), MOST):
        data = {"index": version, "photos": new[start : start + MOST]}
        identity = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
        document = {"type": "index.served", "timestamp": _now(), "data": data}
        write_json(folder / f"{time.time_ns():020d}-msg_{identity}.json", document)
    overdue = [path for path, value in noted.items() if _days_since(value["at"]) > AWAITED_DAYS]
    done = {one["path"]: one["written_at"] for one in reached} | {path: noted[path]["at"] for path in overdue}
    journal.change(lambda now: ({}, [path for path, at in done.items() if path in now and now[path]["at"] == at]))


def _post_all(store: Store, folder: Path) -> Told:
    """Post announcements in their order until one is not taken."""
    taken = 0
    for file in _waiting(folder):
        document = read_json(file)
        problem = post(str(store.settings.served_webhook), file.stem.partition("-")[2], document, _secret(store))
        if problem is None:
            taken += 1
        elif _days_since(document["timestamp"]) <= TRIED_DAYS:
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
        return f"The webhook of served photos at {urlsplit(webhook).hostname} did not take an announcement: {error}."
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


def _identity(photo: Mapping[str, Any]) -> tuple[str, str | None, str]:
    return photo["path"], photo["sha256"], photo["written_at"]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _days_since(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 86400
