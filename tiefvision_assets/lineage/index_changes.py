"""What a new index changed compared with the index before it, summed up in one sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.sealed import read_json, write_json
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.store import Store


@dataclass(frozen=True)
class IndexChanges:
    """Numbers of photos that differ from the index before, and the kinds of models that were replaced."""

    photos: int
    new: int
    changed: int
    gone: int
    moved: int
    """Photos whose box has changed."""
    models: tuple[str, ...]
    """Kinds of models that differ from those of the index before; empty where there was no index before."""

    @property
    def sentence(self) -> str:
        """The numbers as one sentence."""
        counted = {"new": self.new, "changed": self.changed, "gone": self.gone, "with another box": self.moved}
        parts = [f"{count} {what}" for what, count in counted.items() if count]
        parts += ["other box heads" if name == "heads" else f"another {name.replace('_', ' ')}" for name in self.models]
        return f"{self.photos} photos in the index: {', '.join(parts) or 'the same as before'}."


def changes_of(store: Store, before: Served, built: IndexVersion) -> IndexChanges:
    """Compare the newly built supervised index with the one that ``before`` serves."""
    version = before.index.get("supervised")
    now = built.entries
    known = version and store.indexes.exists("supervised", version)
    old = store.indexes.open("supervised", version).entries if known and version else now[:0]
    row = positions(now["image_id"], old["image_id"])
    both, there = now[row >= 0], old.iloc[row[row >= 0]]
    same = both["sha256"].to_numpy() == there["sha256"].to_numpy()
    moved = (both[BOX].to_numpy() != there[BOX].to_numpy()).any(axis=1)
    models = asdict(before.next)
    served = asdict(before.models) if known else models
    return IndexChanges(
        photos=len(now),
        new=len(now) - len(both),
        changed=int((~same).sum()),
        gone=len(old) - len(both),
        moved=int((same & moved).sum()),
        models=tuple(name for name, fingerprint in models.items() if fingerprint != served[name]),
    )


def save_changes(store: Store, changes: IndexChanges) -> None:
    """Write the changes to the data folder; the status and the app show them."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(store.layout.summary, {"at": now, "said": changes.sentence, **asdict(changes)})


def last_changes(store: Store) -> dict[str, Any] | None:
    """The newest index's changes: ``at`` (UTC), ``said`` (the sentence) and the numbers; None before the first
    index."""
    return read_json(store.layout.summary) if store.layout.summary.exists() else None
