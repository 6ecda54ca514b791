"""Work that is due and that the daemon leaves alone: runs in progress make it, or somebody cancelled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Left:
    """What is not asked for now, though it is out of date."""

    busy: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Asset → batches of it that runs in progress make."""
    cancelled: Mapping[str, str] = field(default_factory=dict)
    """`name_of` a step or a batch of it → fingerprint of the inputs on which it was cancelled."""

    def is_busy(self, asset: str, batch: str) -> bool:
        """Whether a run in progress makes that batch of the asset."""
        return batch in self.busy.get(asset, ())

    def was_cancelled(self, step: str, batch: str, inputs: str) -> bool:
        """Whether somebody cancelled that work on these very inputs."""
        return self.cancelled.get(name_of(step, batch)) == inputs


NOTHING = Left()


def name_of(step: str, batch: str = "") -> str:
    """The name under which it is remembered that work was cancelled."""
    return f"{step} {batch}".rstrip()
