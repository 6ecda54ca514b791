"""The numbers that the operations page shows of the data folder, cached until something in it changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.planning.left import Left
from tiefvision_assets.planning.plan import Step, plan
from tiefvision_assets.store.labels.database import labels_url
from tiefvision_assets.store.labels.snapshots import Kind
from tiefvision_assets.store.records import BOX_HEADS
from tiefvision_assets.store.stamp import Stamps, stamp_of, stamps_of
from tiefvision_ui import services

KEPT_S = 30
"""Seconds after which numbers are read again in any case: `stamps` does not see labels in a database elsewhere."""
CANDIDATES = {"box_heads": "boxes", "ranking_head": "triplets"}
"""The models that are judged before they are served, and the labels that they learn from."""


@dataclass(frozen=True)
class Overview:
    """Numbers of photos, batches and labels; ``quarantined`` has the columns path and reason."""

    photos: int
    batches: int
    boxes: int
    triplets: int
    quarantined: pd.DataFrame


@dataclass(frozen=True)
class Due:
    """The steps of the plan, or why there is no plan (for example because a model was deleted)."""

    steps: tuple[Step, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class CandidateScore:
    """A judged candidate: its quality on labels that it was not trained on, and the trivial answer's."""

    name: str
    fingerprint: str
    decided_at: str
    promoted: bool
    served: bool
    reason: str
    quality: float | None
    trivial: float | None
    labels: int | None = None
    """How many labels it was trained and judged on; None where their snapshot is gone."""


def stamps() -> Stamps:
    """The stamps of the catalogue, the labels on this machine, the verdicts, the plan's cancelled steps and
    ``served.json``; cheap to read."""
    store = services.store()
    files = [store.layout.catalogue, store.layout.served, store.layout.cancelled]
    files += [store.layout.current_snapshot(kind) for kind in ("boxes", "triplets")]
    files += [path for name in CANDIDATES for path in store.layout.model(name, "*").parent.glob("*/verdict.json")]
    url = labels_url(store.settings)
    if url.drivername.startswith("sqlite") and url.database:
        files += [Path(url.database), Path(f"{url.database}-wal")]
    return stamps_of(files)


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=2)
def overview(at: Stamps) -> Overview:
    """The numbers of things, and the quarantined photos."""
    store = services.store()
    return Overview(
        photos=store.catalogue.photo_count(),
        batches=len(store.catalogue.batch_keys()),
        **store.labels.counts(),
        quarantined=store.catalogue.quarantined()[["path", "reason"]],
    )


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=2)
def due(at: Stamps) -> Due:
    """What is out of date."""
    try:
        store = services.store()
        return Due(tuple(plan(store, Left(cancelled=store.cancelled.inputs()))))
    except TiefVisionError as error:
        return Due(problem=str(error))


@st.cache_data(show_spinner=False, max_entries=2)
def candidate_scores(at: Stamps) -> list[CandidateScore]:
    """All candidates that were judged, oldest first."""
    store = services.store()
    served = store.served.read().models
    current = {"box_heads": served.heads, "ranking_head": served.ranking_head}
    found = []
    for name in CANDIDATES:
        for verdict in store.models.verdicts(name):
            quality, trivial = _quality(store.models.evaluation(name, verdict.fingerprint))
            serving = verdict.fingerprint == current[name]
            found.append(
                CandidateScore(
                    name,
                    verdict.fingerprint,
                    verdict.decided_at,
                    verdict.promoted,
                    serving,
                    verdict.reason,
                    quality,
                    trivial,
                    _labels(name, verdict.inputs.labels),
                )
            )
    return sorted(found, key=lambda candidate: candidate.decided_at)


@st.cache_data(show_spinner=False, ttl=600, max_entries=2)
def sizes(at: Stamps) -> dict[str, int]:
    """The size of each folder of computed files, in bytes."""
    return {folder.name: _bytes_below(folder) for folder in services.store().layout.made if folder.is_dir()}


def _labels(name: str, version: str | None) -> int | None:
    """The number of labels in that version of those that such candidates learn from."""
    kind: Kind = "boxes" if name == BOX_HEADS else "triplets"
    snapshots = services.store().snapshots
    return len(snapshots.read(kind, version)) if version and snapshots.exists(kind, version) else None


def _quality(rows: pd.DataFrame | None) -> tuple[float | None, float | None]:
    """Mean IoU and that of the mean box, or accuracy and that of the unsupervised ranking; None if not evaluated."""
    for measured, trivial in (("iou", "mean_box_iou"), ("supervised", "unsupervised")):
        if rows is not None and len(rows) and measured in rows:
            return float(rows[measured].mean()), float(rows[trivial].mean())
    return None, None


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        stamp = stamp_of(path)
        if stamp and path.is_file():
            total += stamp.size
    return total
