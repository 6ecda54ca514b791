"""Stretches of batches: neighbours in the order of Dagster's partitions, which one run can make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import dagster as dg

from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN
from tiefvision_assets.planning.steps import Step

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
REASON, REASON_LENGTH = "tiefvision/reason", 250
"""Run tag for the reason why a step was due, and the maximal length of its value."""


def stretches(step: Step, order: Sequence[str], count: int = 1) -> list[tuple[Step, dict[str, str]]]:
    """At most ``count`` parts of the step that one run each can take, and the tags of these runs; no two share a batch.

    A step without batches is one part, and each batch that has failed before is one by itself.
    """
    ranges = partition_ranges(step.batches, order, 1 if step.attempts else MAX_BATCHES_A_RUN)[:count]
    reason = {REASON: step.reason[:REASON_LENGTH]}
    if not step.batches:
        return [(step, reason)]
    return [(step.only(batches_between(tags, order)), tags | reason) for tags in ranges]


def partition_ranges(batches: Sequence[str], order: Sequence[str], longest: int | None = None) -> list[dict[str, str]]:
    """Run tags that select these batches: one range for each stretch of neighbours in ``order``, of at most so many."""
    place = {batch: position for position, batch in enumerate(order)}
    parts: list[list[int]] = []
    for position in sorted(place[batch] for batch in batches):
        if parts and position == parts[-1][-1] + 1 and len(parts[-1]) != longest:
            parts[-1].append(position)
        else:
            parts.append([position])
    return [{RANGE_START: order[part[0]], RANGE_END: order[part[-1]]} for part in parts]


def batches_between(tags: Mapping[str, str], order: Sequence[str]) -> list[str]:
    """The batches that these run tags select."""
    first, last = (order.index(tags[name]) for name in (RANGE_START, RANGE_END))
    return list(order[first : last + 1])


def batches_of(run: dg.DagsterRun, order: Sequence[str]) -> frozenset[str] | None:
    """The batches that a run was asked to make; None where it was not asked for any in particular."""
    single = run.tags.get("dagster/partition")
    if single:
        return frozenset([single])
    if run.tags.get(RANGE_START) in order and run.tags.get(RANGE_END) in order:
        return frozenset(batches_between(run.tags, order))
    return None


@dataclass(frozen=True)
class InProgress:
    """Runs in progress beside which further batches of the same asset may be made."""

    runs: int = 0
    batches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Asset → what they make of it."""

    @classmethod
    def of(cls, runs: Sequence[dg.DagsterRun], order: Sequence[str]) -> Self | None:
        """These runs; None where one of them makes anything else, so that the plan has to wait for it."""
        made: dict[str, frozenset[str]] = {}
        for run in runs:
            batches = batches_of(run, order)
            if batches is None or len(run.asset_selection or ()) != 1:
                return None
            (asset,) = (key.to_user_string() for key in run.asset_selection or ())
            made[asset] = made.get(asset, frozenset()) | batches
        return cls(len(runs), made) if len(made) <= 1 else None
