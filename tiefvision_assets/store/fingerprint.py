"""Fingerprints: short hashes that identify the inputs of whatever is made. Equal inputs have equal fingerprints."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(**inputs: Any) -> str:
    """16 hexadecimal digits of the SHA-256 of the inputs as canonical JSON; TypeError for what JSON cannot hold."""
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
