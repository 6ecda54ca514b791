"""What is made of the catalogue's batches: how many a run takes, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BATCHES_A_RUN = 16


@dataclass(frozen=True)
class Reuse:
    """Of the photos of a batch, the rows taken over unchanged, and the contents that were computed."""

    photos: int
    reused: int
    computed: tuple[str, ...]
    failed: int
