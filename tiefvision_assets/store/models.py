"""Models on disk: ``model.safetensors`` and ``model.json`` in a folder named by a fingerprint of the model's inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_folder
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.records import (
    BOX_HEADS,
    BoxHeadsRecord,
    CandidateInputs,
    R,
    Record,
    Verdict,
    read,
    written,
)
from tiefvision_assets.store.sealed import (
    DamagedFile,
    load_tensors,
    read_json,
    read_parquet,
    save_tensors,
    verify,
    write_json,
    write_parquet,
)


class MissingModel(TiefVisionError):
    """A model that something refers to is not on disk."""


@dataclass(frozen=True)
class StoredCheckpoint:
    """The state of an unfinished training, in one file."""

    path: Path

    def load(self) -> dict[str, np.ndarray] | None:
        """The tensors that were saved last; None before the first `save`, and where they are damaged."""
        try:
            return load_tensors(self.path)
        except DamagedFile:
            return None

    def save(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Save these tensors in place of the previous ones."""
        save_tensors(self.path, tensors)


class Models:
    """The models of one data folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def exists(self, name: str, fingerprint: str) -> bool:
        """Whether that model is completely on disk; raises `DamagedFile` where it is, and is not what was saved."""
        folder = self._layout.model(name, fingerprint)
        files = [folder / "model.json"] + [folder / "model.safetensors"] * (name != BOX_HEADS)
        if not all(hooks.near(file).exists() for file in files):
            return False
        for file in files:
            verify(file)
        return True

    def is_servable(self, name: str, fingerprint: str) -> bool:
        """Whether a promoted candidate is on disk with all that it consists of and the evaluation that it won by.

        Starter heads were promoted without one.
        """
        return self.is_usable(name, fingerprint) and (
            self._layout.evaluation(name, fingerprint).exists()
            or (name == BOX_HEADS and bool(self.record(BoxHeadsRecord, fingerprint).starter))
        )

    def is_usable(self, name: str, fingerprint: str) -> bool:
        """Whether a candidate is on disk with all that it consists of."""
        if not self.exists(name, fingerprint):
            return False
        return name != BOX_HEADS or all(
            self.exists(*member) for member in self.record(BoxHeadsRecord, fingerprint).members.items()
        )

    def all(self, name: str) -> list[str]:
        """Fingerprints of the complete models of that name."""
        return sorted(file.parent.name for file in self._layout.model(name, "*").parent.glob("[!.]*/model.json"))

    def unfinished(self, name: str) -> list[str]:
        """Fingerprints of the models of that name whose training was interrupted and can be continued."""
        return sorted({file.parent.name for file in self._layout.model(name, "*").parent.glob("[!.]*/unfinished-*")})

    def save(
        self, name: str, fingerprint: str, record: Record, tensors: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Write a model: its tensors, and what is to be known of it."""
        with atomic_folder(self._layout.model(name, fingerprint)) as folder:
            if tensors is not None:
                save_tensors(folder / "model.safetensors", tensors)
            write_json(folder / "model.json", {"name": name, "fingerprint": fingerprint, **written(record)})

    def record(self, kind: type[R], fingerprint: str, name: str = "") -> R:
        """The record of the model of that kind, or of the head of that ``name``.

        Raises `MissingModel` if it is not on disk, or if another version wrote it otherwise.
        """
        name = name or kind.model
        try:
            return read(kind, read_json(self._layout.model(name, fingerprint) / "model.json"))
        except FileNotFoundError:
            raise MissingModel(_missing(name, fingerprint)) from None
        except ValueError as error:
            raise MissingModel(
                f"The record of the model {name}/{fingerprint} cannot be read; delete its folder and run "
                f"`tiefvision run` to make it anew. ({error})"
            ) from None

    def tensors(self, name: str, fingerprint: str) -> dict[str, np.ndarray]:
        """The model's tensors; `MissingModel` if it is not on disk."""
        file = hooks.near(self._layout.model(name, fingerprint) / "model.safetensors")
        if not file.exists():
            raise MissingModel(_missing(name, fingerprint))
        tensors = load_tensors(file)
        for part, values in tensors.items():
            if not np.isfinite(values).all():
                raise MissingModel(
                    f"The model {name}/{fingerprint} is spoilt: {part} holds NaN or infinity; delete its folder and "
                    "run `tiefvision run` to make it anew."
                )
        return tensors

    def checkpoint(self, name: str, fingerprint: str, variant: str) -> StoredCheckpoint:
        """The state of that model's unfinished training; `save` removes it."""
        return StoredCheckpoint(self._layout.model(name, fingerprint) / f"unfinished-{variant}.safetensors")

    def point_to(self, name: str, fingerprint: str) -> None:
        """Make this the newest candidate of that name."""
        write_json(self._layout.model(name, "latest.json"), {"fingerprint": fingerprint})

    def latest(self, name: str) -> str | None:
        """The newest candidate of that name; None before the first."""
        pointer = self._layout.model(name, "latest.json")
        if not pointer.exists():
            return None
        newest: str = read_json(pointer, "fingerprint")["fingerprint"]
        return newest

    def write_evaluation(self, name: str, fingerprint: str, rows: pd.DataFrame) -> None:
        """Save the model's evaluation on items that it never saw, one row an item."""
        write_parquet(self._layout.evaluation(name, fingerprint), rows)

    def evaluation(self, name: str, fingerprint: str) -> pd.DataFrame | None:
        """The model's evaluation, one row an item; None if it was not evaluated."""
        file = self._layout.evaluation(name, fingerprint)
        return read_parquet(file) if file.exists() else None

    def judge(
        self,
        name: str,
        fingerprint: str,
        *,
        promoted: bool,
        reason: str,
        inputs: CandidateInputs,
        waits: bool = False,
    ) -> Verdict:
        """Save the verdict on the candidate beside it."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        verdict = Verdict(fingerprint, promoted, reason, now, inputs, waits)
        write_json(self._layout.model(name, fingerprint) / "verdict.json", written(verdict))
        return verdict

    def verdicts(self, name: str) -> list[Verdict]:
        """The verdicts on all candidates of that name, newest first."""
        files = self._layout.model(name, "*").parent.glob("*/verdict.json")
        return sorted((read(Verdict, read_json(file)) for file in files), key=lambda v: v.decided_at, reverse=True)


def _missing(name: str, fingerprint: str) -> str:
    return f"The model {name}/{fingerprint} is not in the data folder; run `tiefvision run` to make it anew."
