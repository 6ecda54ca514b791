"""How far people agree about triplets, with one another and with themselves: the ceiling for a ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tiefvision_assets.metrics import Interval, bootstrap
from tiefvision_assets.store.labels.judgements import Judgement, Repetition, repetitions


def agreement_of_people(judgements: Iterable[Judgement]) -> dict[str, Any] | None:
    """``between`` two people and ``within`` one, each with ``agreement``, ``ci95`` and the ``pairs`` of judgements.

    Intervals resample references. Either is None where nobody was asked the same again, and all is
    where neither is known.
    """
    known = repetitions(judgements)
    found = {"between": _agreement(known.between), "within": _agreement(known.within)}
    return found if any(found.values()) else None


def share_of_ceiling(accuracy: float, people: dict[str, Any] | None) -> float | None:
    """A ranking's agreement with people, in shares of people's with one another; None where that is not known."""
    between = people and people["between"]
    return accuracy / between["agreement"] if between and between["agreement"] else None


def by_references(values: np.ndarray, references: Sequence[str]) -> dict[str, Any]:
    """``accuracy`` and ``ci95`` of (N,) values, the interval over references."""
    interval = bootstrap(values, np.asarray(references))
    return {"accuracy": interval.mean, "ci95": _ends(interval)}


def _agreement(pairs: Sequence[Repetition]) -> dict[str, Any] | None:
    if not pairs:
        return None
    agreed = np.array([pair.agree for pair in pairs], dtype=float)
    interval = bootstrap(agreed, np.array([pair.reference for pair in pairs]))
    return {"agreement": interval.mean, "ci95": _ends(interval), "pairs": len(pairs)}


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]
