"""Starter heads for the encoder ``tiny``: the heads that `tiny.trained` trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.tiny import undisturbed
from tiefvision_assets.lineage.candidates import newest_members
from tiefvision_assets.models import starter_heads
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.starter_heads import write_starter_heads
from tiefvision_assets.store.records import PROJECTION, EncoderRecord
from tiefvision_assets.vision.head_names import HEADS


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package ships starter heads for the encoder ``tiny``."""
    monkeypatch.setattr(starter_heads, "FOLDER", tmp_path / "starter")
    ship()


def ship(seen: Sequence[str] = (), least_confidence: float = 0.0) -> dict[str, np.ndarray]:
    """Write the package's file; returns the tensors."""
    made = undisturbed()
    members = newest_members(made)
    tensors = made.models.tensors(PROJECTION, members[PROJECTION])
    for name in HEADS:
        final = of_variant(made.models.tensors(name, members[name]), FINAL)
        tensors |= {f"{name}.{key}": array for key, array in final.items()}
    record = made.models.record(EncoderRecord, str(made.served.read().next.encoder))
    write_starter_heads(record.inputs, tensors, seen, least_confidence)
    return tensors
