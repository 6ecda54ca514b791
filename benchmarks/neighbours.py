"""Better neighbours from stored embeddings: reciprocal lists, hubs, expansion, two encoders; by halves of the senders.

    python -m benchmarks.neighbours DATA LABELS.csv [--joined OTHER_DATA SHARE…]

DATA is a data folder that was run, LABELS.csv lists its photos (``path,label,group``). Groups are halved twice; in all
four ways a ranking head learns from one half's labels by the default recipes, and the photos of the other are ranked
among themselves. What a method can be set to is chosen, by p@10, on the photos of one half for those of the other, so
that no photo judges a setting that was chosen on it.

Prints for each method p@10 among photos of other groups; *own product*, how many of the other photos of a photo's own
group and label are among the 10 nearest of all; both with the gain over the cosine and its 95 % interval, for the
cosine with that of the measure, which resamples groups; and *copies*, the share of photos to which no other photo is
nearer than a copy of theirs. ``--joined`` also joins the embeddings with those of the same photos in another data
folder, by another encoder, which get each SHARE of the cosine; they are projected on as many numbers as one has, and
heads are trained on them. Nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.neighbour_methods import METHODS, Way, joined, plain
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.group_halves import halves, head_of
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant

SPLITS = ("", "1/")
"""Put before the names of groups, by whose hashes they are halved."""
RANKINGS = ("unsupervised", "supervised")
NEAREST = 10


@dataclass(frozen=True)
class Found:
    """What a way to rank finds for each of n photos; NaN where there is nothing to be found."""

    precision: np.ndarray
    """(n,) p@10 among photos of other groups."""
    own_product: np.ndarray
    """(n,) recall of the own product's other photos among the 10 nearest of all."""
    copies: np.ndarray
    """(n,) whether a copy would be nearer than any other photo."""

    @classmethod
    def together(cls, parts: Iterable[Found]) -> Found:
        """The photos of all parts."""
        listed = list(parts)
        return cls(*(np.concatenate([getattr(part, each.name) for part in listed]) for each in fields(cls)))


@dataclass(frozen=True)
class Half:
    """Photos that are ranked among themselves, after a head learned from all others."""

    rows: np.ndarray
    """(n,) rows of the listed photos."""
    same_label: np.ndarray
    """(n, n)."""
    same_group: np.ndarray
    """(n, n)."""
    vectors: Mapping[str, np.ndarray]
    """Ranking → (N, D) vectors of all listed photos."""

    def found(self, ranking: str, way: Way) -> Found:
        """What that way finds among this half's photos."""
        vectors = self.vectors[ranking]
        scores = way(vectors[self.rows], vectors)
        matches = self.same_label & ~self.same_group
        nearest = _nearest(np.where(self.same_group, -np.inf, scores))
        precision = np.take_along_axis(matches, nearest, 1).mean(1)
        copies = np.diagonal(scores) >= scores.max(1)
        own = self.same_label & self.same_group & ~np.eye(len(scores), dtype=bool)
        nearest = _nearest(np.where(np.eye(len(scores), dtype=bool), -np.inf, scores))
        recall = np.take_along_axis(own, nearest, 1).sum(1) / np.maximum(own.sum(1), 1)
        precision, recall = (
            np.where(any_of.any(1), values, np.nan) for any_of, values in ((matches, precision), (own, recall))
        )
        return Found(precision, recall, copies)


def main(data: Path, labels: Path, other: Path | None, shares: list[float]) -> None:
    """Print a row for each ranking and method."""
    torch.set_num_threads(1)
    store = Store(Settings(data=data))
    listed = read_similarity(labels, store.catalogue.live()).reset_index(drop=True)
    own = embeddings_of(store, listed)
    four = judged_halves(listed, own)
    groups = np.concatenate([listed["group"].to_numpy()[half.rows] for half in four])
    print("| ranking | | p@10 | gain | own product | gain | copies |\n| --- | --- | --- | --- | --- | --- | --- |")
    base = {ranking: Found.together(half.found(ranking, plain) for half in four) for ranking in RANKINGS}
    for ranking in RANKINGS:
        print(_line(ranking, "cosine", base[ranking], base[ranking], groups), flush=True)
        for name, settings in METHODS.items():
            print(_line(ranking, name, chosen_elsewhere(four, settings, ranking), base[ranking], groups), flush=True)
    for share in shares if other else ():
        second = embeddings_of(Store(Settings(data=other)), listed)
        both = judged_halves(listed, joined(own, second, share, own.shape[1]))
        for ranking in RANKINGS:
            found = Found.together(half.found(ranking, plain) for half in both)
            print(_line(ranking, f"joined, {share:g} of the other", found, base[ranking], groups), flush=True)


def embeddings_of(store: Store, listed: pd.DataFrame) -> np.ndarray:
    """(N, D) embeddings of the listed photos, alike for a photo and its mirror image."""
    models = store.served.read().models.complete
    if models is None:
        raise SystemExit(f"{store.settings.data} serves nothing yet; run `tiefvision run` there.")
    embeddings = load_embeddings(store, embedding_of(models))
    return mirror_invariant(embeddings.both.numpy()[[embeddings.rows[sha256] for sha256 in listed["sha256"]]])


def judged_halves(listed: pd.DataFrame, embeddings: np.ndarray) -> list[Half]:
    """The halves of each split, first one and then the other, with the outputs of heads that learned from the other."""
    labels, groups = listed["label"].to_numpy(), listed["group"].to_numpy()
    found = []
    for split in SPLITS:
        half = halves(split + listed["group"])
        for number in (0, 1):
            rows, others = np.flatnonzero(half == number), np.flatnonzero(half != number)
            both = torch.from_numpy(embeddings[others])[:, None].expand(-1, 2, -1)
            head = head_of(listed.iloc[others], both)
            outputs = head(torch.from_numpy(embeddings)).numpy() if head else embeddings
            alike = [names[rows][:, None] == names[rows] for names in (labels, groups)]
            found.append(Half(rows, *alike, dict(zip(RANKINGS, (embeddings, outputs), strict=True))))
    return found


def chosen_elsewhere(four: list[Half], settings: Mapping[str, Way], ranking: str) -> Found:
    """What is found in all halves, in each by the setting that was best in its split's other half."""
    parts: list[Found] = []
    for pair in zip(four[::2], four[1::2], strict=True):
        tried = [[half.found(ranking, way) for way in settings.values()] for half in pair]
        best = [int(np.argmax([np.nanmean(found.precision) for found in part])) for part in tried]
        parts += [tried[0][best[1]], tried[1][best[0]]]
    return Found.together(parts)


def _nearest(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]


def _line(ranking: str, name: str, found: Found, base: Found, groups: np.ndarray) -> str:
    """A row of the table; that of the cosine has the intervals of the measures themselves."""
    cells = [ranking, name]
    for measure in ("precision", "own_product"):
        values = getattr(found, measure)
        told = values if found is base else values - getattr(base, measure)
        known = ~np.isnan(told)
        interval = bootstrap(told[known], groups[known])
        gain = "" if found is base else f"{interval.mean:+.3f} "
        cells += [f"{np.nanmean(values):.3f}", f"{gain}({interval.low:.3f} to {interval.high:.3f})"]
    return f"| {' | '.join([*cells, f'{found.copies.mean():.3f}'])} |"


if __name__ == "__main__":
    data, labels, *more = sys.argv[1:]
    if more and (more[0] != "--joined" or len(more) < 3):
        raise SystemExit(__doc__)
    main(Path(data), Path(labels), Path(more[1]) if more else None, [float(share) for share in more[2:]])
