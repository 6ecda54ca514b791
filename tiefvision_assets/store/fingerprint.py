"""Fingerprints: short hashes that identify the inputs of whatever is made. Equal inputs have equal fingerprints."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 10_000


def fingerprint(**inputs: Any) -> str:
    """16 hexadecimal digits of the SHA-256 of the inputs as canonical JSON; TypeError for what JSON cannot hold."""
    return hashlib.sha256(_canonical(inputs).encode()).hexdigest()[:16]


def fingerprint_of_rows(name: str, rows: pd.DataFrame) -> str:
    """The `fingerprint` of one input, the list of these rows, which are not all turned into JSON at once."""
    hashed = hashlib.sha256(f"{{{_canonical(name)}:[".encode())
    for start in range(0, len(rows), _AT_ONCE):
        some = _canonical(rows.iloc[start : start + _AT_ONCE].to_numpy().tolist())
        hashed.update(f"{',' if start else ''}{some[1:-1]}".encode())
    hashed.update(b"]}")
    return hashed.hexdigest()[:16]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
