"""Which photos are offered as H+ and H- for a reference H."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher, UnknownPhoto
from tiefvision_assets.store.graph import SERVED
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.labels.annotation import overlaps
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.values import Photo

OFFERED = 24
LEAST_OFFERED = 8
"""Photos of earlier triplets are offered again when fewer than this number of others are left."""
LEAST_MOVE = 5
"""A photo counts as disputed if its ranks in the two rankings differ by at least this number."""


@dataclass(frozen=True)
class Offer:
    """Photos (sha256) to choose from, and whether they were drawn at random instead of found by similarity."""

    photos: tuple[str, ...]
    at_random: bool = False


def offer(searcher: Searcher, photos: Mapping[str, Photo], reference: Photo, events: Sequence[Event]) -> Offer:
    """The photos to offer for the reference; ``events`` are its standing triplets and ties.

    Two of three are the nearest by the served ranking; every third is one that the two rankings place most
    differently. Where there is no index, or it does not hold the reference yet, photos are drawn at random.
    """
    used = {sha256 for event in events if (label := event.label) for sha256 in _others(label)}
    try:
        supervised, unsupervised = (
            [hit.sha256 for hit in searcher.search(ById(reference.image_id, k=SERVED, ranking=ranking)).hits]
            for ranking in ("supervised", "unsupervised")
        )
    except (NoIndex, UnknownPhoto):
        names = shuffled([sha256 for sha256 in photos if sha256 != reference.sha256], reference.sha256)
        return Offer(tuple(_unused(names, used)[:OFFERED]), at_random=True)
    ranked = interleaved(_known(supervised, photos, reference), _known(unsupervised, photos, reference))
    return Offer(tuple(_unused(ranked, used)[:OFFERED]))


def interleaved(near: Sequence[str], other: Sequence[str]) -> list[str]:
    """The photos of both rankings, the best of ``near`` first; every third is the most disputed one that is left."""
    last = max(len(near), len(other))
    near_ranks, other_ranks = ({name: rank for rank, name in enumerate(ranking)} for ranking in (near, other))
    moves = {name: abs(near_ranks.get(name, last) - other_ranks.get(name, last)) for name in [*near, *other]}
    disputed = sorted((name for name in moves if moves[name] >= LEAST_MOVE), key=lambda name: -moves[name])
    chosen: dict[str, None] = {}
    for number in range(len(moves)):
        source = disputed if number % 3 == 2 else near
        following = next((name for ranking in (source, near, other) for name in ranking if name not in chosen), None)
        if following is not None:
            chosen[following] = None
    return list(chosen)


def pair_to_repeat(events: Sequence[Event], reference: str, annotator: str, overlap: float) -> tuple[str, ...]:
    """The two photos that another annotator compared and this one should compare too; empty if there are none.

    ``events`` are the reference's standing triplets and ties. Only a hidden share of the references, ``overlap``, is
    judged twice. The order of the two does not reveal the other annotator's choice.
    """
    if not overlaps(reference, overlap) or any(event.annotator == annotator for event in events):
        return ()
    others = [event.label for event in events if event.source == "app" and isinstance(event.label, TripletLabel)]
    return tuple(shuffled(_others(others[-1]), annotator)) if others else ()


def pair_to_ask(offered: Offer, reference: str) -> tuple[str, ...]:
    """The two photos of a quick question, of those that are offered; fewer where fewer are.

    They are the nearest one and the one that the two rankings place most differently: of the nearest two nobody could
    tell which is closer. The order does not reveal what the ranking thinks.
    """
    nearest, *others = offered.photos or ("",)
    if not others:
        return offered.photos
    return tuple(shuffled([nearest, others[min(1, len(others) - 1)]], reference))


def shuffled(names: list[str], seed: str) -> list[str]:
    """The names in a random order that depends on ``seed`` and the names alone."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())


def _others(label: object) -> list[str]:
    return [label.positive, label.negative] if isinstance(label, TripletLabel) else []


def _known(names: Sequence[str], photos: Mapping[str, Photo], reference: Photo) -> list[str]:
    """Each content once, without the reference itself and photos that were deleted since."""
    return [name for name in dict.fromkeys(names) if name in photos and name != reference.sha256]


def _unused(names: Sequence[str], used: Collection[str]) -> list[str]:
    fresh = [name for name in names if name not in used]
    return fresh if len(fresh) >= LEAST_OFFERED else list(names)
