"""The triplets of `benchmarks.labelling_next`: how many held-out triplets heads rank right, by questions asked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.group_halves import drawn_triplets
from tiefvision_assets.lineage.ranking import as_triplets, load_embeddings, train_variants
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.lineage.telling import most_disputed, telling_order
from tiefvision_assets.lineage.triplet_dataset import make_triplets
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.query import ranked
from tiefvision_assets.vision.ranking import RankingHead, triplet_accuracy
from tiefvision_ui.annotation.candidates import interleaved

SIZES = (25, 50, 100, 200)
ORDERS = ("random", "random, disputed pair", "uncertain first", "uncertain and varied")
OFFERED = 8
"""Candidates of a reference of which pairs are made."""

Weights = dict[str, np.ndarray]


class TripletTrial:
    """One draw: half of the groups to ask about, the other to judge on."""

    def __init__(self, store: Store, listed: pd.DataFrame, seed: int) -> None:
        models = store.served.read().models.complete
        assert models
        self._embeddings = load_embeddings(store, embedding_of(models))
        self._same_shot = same_shot_of(store, models.encoder, models.basis)
        draw = np.random.default_rng(seed)
        groups = np.sort(listed["group"].unique())
        judging = listed["group"].isin(draw.permutation(groups)[::2])
        photos = listed[~judging].drop_duplicates("sha256").sort_values("sha256", ignore_index=True)
        self.names, self._labels = photos["sha256"].to_numpy(), photos["label"].to_numpy()
        self.vectors = self._embeddings.invariant[[self._embeddings.rows[name] for name in self.names]].numpy()
        group = photos["group"].to_numpy()
        self._strangers = group[:, None] != group[None]
        self._judged = drawn_triplets(listed[judging], each=2, seed=seed).assign(source="label")

    def answers(self, asked: list[tuple[int, int, int]]) -> pd.DataFrame:
        """The triplets that the questions' answers make: reference, positive, negative."""
        found = []
        for reference, *pair in asked:
            alike = [self._labels[photo] == self._labels[reference] for photo in pair]
            if alike[0] != alike[1]:
                found.append(self.names[[reference, *(pair if alike[0] else pair[::-1])]].tolist())
        return pd.DataFrame(found, columns=TRIPLET_COLUMNS)

    def learn(self, asked: list[tuple[int, int, int]]) -> tuple[Weights, float]:
        """The weights of the heads that the answers teach, and the share of the judged triplets ranked right."""
        rows = make_triplets(self.answers(asked), self._embeddings, TripletDatasetParameters(), self._same_shot)
        weights, _ = train_variants(rows, self._embeddings, RankingHeadParameters(), lambda *_: None)
        head = RankingHead.from_weights(as_tensors(of_variant(weights, FINAL))) if weights else None
        return weights, float(triplet_accuracy(head, as_triplets(self._judged, self._embeddings)).mean())

    def ask(self, order: str, weights: Weights, references: np.ndarray, known: np.ndarray, count: int) -> list[int]:
        """The questions to ask next about some of the references."""
        offered = self._offered(weights, references)
        pairs, disputed = self._disputed(weights, references, offered)
        places = np.arange(count)
        if order == "random":
            # as the quick questions of the app: the nearest, and the one that the two rankings place most differently
            pairs = np.tile([0, 2], (len(references), 1))
        elif order == "uncertain first":
            places = np.argsort(-disputed, kind="stable")[:count]
        elif order == "uncertain and varied":
            chosen = telling_order(disputed, self.vectors[references], self.vectors[known], block=count)
            places = np.array(chosen[:count])
        return [(int(references[row]), *offered[row, pairs[row]].tolist()) for row in places]

    def _offered(self, weights: Weights, references: np.ndarray) -> np.ndarray:
        """(R, C) what the app offers, without photos of the reference's own group."""
        by_head = self.vectors if not weights else ranked(self.vectors, of_variant(weights, FINAL))
        found = []
        for reference in references:
            allowed = np.flatnonzero(self._strangers[reference])
            near, other = (
                allowed[np.argsort(-(vectors[allowed] @ vectors[reference]), kind="stable")][:50].tolist()
                for vectors in (by_head, self.vectors)
            )
            found.append([int(row) for row in interleaved(near, other)[:OFFERED]])
        return np.array(found)

    def _disputed(self, weights: Weights, references: np.ndarray, offered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        folds = sorted({name.split(".")[0] for name in weights if name.startswith("fold")})
        spaces = [ranked(self.vectors, of_variant(weights, fold)) for fold in folds]
        if not spaces:
            spaces = [self.vectors] + ([ranked(self.vectors, of_variant(weights, FINAL))] if weights else [])
        scores = np.stack([np.einsum("rd,rcd->rc", space[references], space[offered]) for space in spaces])
        return most_disputed(scores, np.ones(offered.shape, dtype=bool))


def triplet_quality(store: Store, listed: pd.DataFrame, seeds: int) -> Iterator[tuple[int, str, int, float]]:
    """Draw, order, number of questions and accuracy on triplets of other groups."""
    for seed in range(seeds):
        trial = TripletTrial(store, listed, seed)
        pool = np.random.default_rng(seed).permutation(len(trial.names))
        yield seed, "random", 0, trial.learn([])[1]
        first = trial.ask("random", {}, pool[: SIZES[0]], pool[:0], SIZES[0])
        start = trial.learn(first)
        for order in ORDERS:
            yield seed, order, SIZES[0], start[1]
            asked, (weights, _) = first, start
            for before, size in pairwise(SIZES):
                known = np.array([reference for reference, *_ in asked])
                left = pool[~np.isin(pool, known)]
                asked = asked + trial.ask(order, weights, left, known, size - before)
                weights, accuracy = trial.learn(asked)
                yield seed, order, size, accuracy
