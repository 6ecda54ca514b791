"""Training the ranking head on the triplet dataset, and evaluating it on triplets of photos that it never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage.held_out import apart_from
from tiefvision_assets.lineage.triplets import MIRROR, judging
from tiefvision_assets.models.fingerprints import RANKING_CODE
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.loading import as_arrays, as_tensors
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.records import (
    RANKING_HEAD,
    EmbeddingModels,
    RankingInputs,
    RankingRecord,
)
from tiefvision_assets.store.schemas import GROUP_COLUMNS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.ranking import (
    RankingHead,
    Triplets,
    triplet_accuracy,
)
from tiefvision_assets.vision.ranking_training import Curve, Part, train_ranking_head

INNER_FOLDS = 3
"""Folds of references, with their twins and products, by which a head's start and steps are chosen. Nothing is reported
of them, and by folds apart in all photos, which learn from far less, starts too close to the embedding are chosen
(docs/decisions/0050)."""


class NoEncodings(TiefVisionError):
    """An earlier stage has not made the encodings or the triplets yet."""


@dataclass(frozen=True)
class TrainedRanking:
    """A ranking head on disk, with the losses of each of its variants as `losses_of` gives them."""

    fingerprint: str
    record: RankingRecord
    reused: bool


@dataclass(frozen=True)
class Embeddings:
    """The embeddings of contents, looked up by sha256."""

    rows: dict[str, int]
    both: torch.Tensor
    """(N, 2, D) embeddings of each photo and of its mirror image."""

    @property
    def invariant(self) -> torch.Tensor:
        """(N, D) embeddings that are the same for a photo and its mirror image."""
        return torch.from_numpy(mirror_invariant(self.both.numpy()))


def load_embeddings(store: Store, embedding: str) -> Embeddings:
    """All stored embeddings of live contents that could be encoded."""
    live = store.catalogue.contents()["sha256"]
    contents, both = store.encodings.vectors_of(embedding, store.catalogue.batch_keys(), live)
    return Embeddings({sha256: row for row, sha256 in enumerate(contents)}, torch.from_numpy(both).float())


def as_triplets(rows: pd.DataFrame, embeddings: Embeddings) -> Triplets:
    """The rows as tensors; in a mirror triplet the positive is the photo's mirror image."""
    index = {
        name: torch.tensor([embeddings.rows[sha] for sha in rows[name]], dtype=torch.long) for name in TRIPLET_COLUMNS
    }
    mirror = torch.from_numpy((rows["source"] == MIRROR).to_numpy(copy=True))[:, None]
    invariant = embeddings.invariant
    return Triplets(
        reference=torch.where(mirror, embeddings.both[index["reference"], 0], invariant[index["reference"]]),
        positive=torch.where(mirror, embeddings.both[index["positive"], 1], invariant[index["positive"]]),
        negative=invariant[index["negative"]],
    )


def train_and_save(
    store: Store, parameters: RankingHeadParameters, progress: Callable[[int, int], None]
) -> TrainedRanking:
    """Train the ranking head on the newest triplet dataset, unless one with the same inputs exists."""
    current = store.triplets.current()
    if current is None:
        raise NoEncodings("ranking_head is trained on triplet_dataset, and there is none; materialise it first.")
    dataset, dataset_inputs = current
    models = store.served.read().next
    inputs = RankingInputs(
        triplets=dataset,
        embedding=dataset_inputs.embedding,
        embedding_models=EmbeddingModels(models.encoder, models.basis),
        config=parameters.model_dump(),
        code=RANKING_CODE,
    )
    name = fingerprint(**asdict(inputs))
    reused = store.models.exists(RANKING_HEAD, name)
    if not reused:
        embeddings = load_embeddings(store, dataset_inputs.embedding)
        triplets = store.triplets.read(dataset)
        known = triplets[triplets[TRIPLET_COLUMNS].isin(list(embeddings.rows)).all(axis=1)]
        weights, trained = train_variants(known, embeddings, parameters, progress)
        record = RankingRecord(
            inputs=inputs,
            dataset=dataset_inputs,
            curves={variant: losses_of(curve) for variant, curve in trained.items()},
            best={variant: curve.best for variant, curve in trained.items()},
            starts={variant: asdict(curve.start) for variant, curve in trained.items()},
            triplets=int((known["split"] == "train").sum()),
        )
        store.models.save(RANKING_HEAD, name, record, weights)
        # where a lost head of that name was trained anew, the embeddings may have changed since, and it with them
        store.indexes.forget(name)
    store.models.point_to(RANKING_HEAD, name)
    return TrainedRanking(name, store.models.record(RankingRecord, name), reused)


def train_variants(
    triplets: pd.DataFrame,
    embeddings: Embeddings,
    parameters: RankingHeadParameters,
    progress: Callable[[int, int], None],
) -> tuple[dict[str, np.ndarray], dict[str, Curve]]:
    """The weights and training curves of the final variant and of each fold's; empty without triplets."""
    training = triplets["split"] == "train"
    folds = sorted(set(triplets.loc[training, "fold"]) - {-1})
    photos = triplets[GROUP_COLUMNS].to_numpy()
    variants = {FINAL: training} | {
        f"fold{fold}": training & apart_from(photos, (triplets["fold"] == fold).to_numpy()) for fold in folds
    }
    weights: dict[str, np.ndarray] = {}
    learned: dict[str, Curve] = {}
    steps_done = dict.fromkeys(variants, 0)

    def train(variant: str) -> tuple[RankingHead, Curve] | None:
        def advance(step: int, _: int) -> None:
            steps_done[variant] = step
            progress(sum(steps_done.values()), len(variants) * (INNER_FOLDS + 1) * parameters.steps)

        return train_on(triplets[variants[variant]], embeddings, parameters, advance)

    for variant, trained in zip(variants, parallel_map(train, variants), strict=True):
        if trained:
            weights |= as_arrays(trained[0], f"{variant}.")
            learned[variant] = trained[1]
    return weights, learned


def losses_of(curve: Curve) -> dict[str, list[float]]:
    """``training`` loss by step; ``held_out`` and ``unsupervised`` loss by evaluation on held-out triplets."""
    unsupervised = [curve.unsupervised] * len(curve.held_out)
    return {"training": curve.training, "held_out": curve.held_out, "unsupervised": unsupervised}


def train_on(
    triplets: pd.DataFrame,
    embeddings: Embeddings,
    parameters: RankingHeadParameters,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[RankingHead, Curve] | None:
    """Train a head on these triplets, its start and steps chosen in folds of the references of those that are
    `judging`; None without any."""
    if not len(triplets):
        return None
    fold = triplets[GROUP_COLUMNS[0]].to_numpy() % INNER_FOLDS
    judges = judging(triplets)
    parts = [
        Part(torch.from_numpy((fold == number) & judges), torch.from_numpy(fold != number))
        for number in range(INNER_FOLDS)
    ]
    return train_ranking_head(as_triplets(triplets, embeddings), parts, parameters, progress, weights_of(triplets))


def weights_of(triplets: pd.DataFrame) -> torch.Tensor | None:
    """(N,) the triplets' weights; None where all count alike."""
    weights = triplets["weight"].to_numpy(dtype=np.float32)
    return torch.from_numpy(weights) if len(weights) and weights.min() < weights.max() else None


def evaluate_head(weights: Mapping[str, np.ndarray], triplets: pd.DataFrame, embeddings: Embeddings) -> pd.DataFrame:
    """Whether each triplet is ranked correctly (1, a tie ½, else 0) by a head that never saw its photos.

    ``weights`` are those of `train_variants`.
    Adds the columns ``supervised`` and ``unsupervised`` to the triplets that can be judged: the test triplets, or where
    there are none, those of each fold, judged by the head that learned from triplets apart from them.
    """
    labelled = triplets[judging(triplets)]
    judged: list[pd.DataFrame] = []
    parts = {FINAL: labelled[labelled["split"] == "test"]}
    parts |= {f"fold{fold}": part for fold, part in labelled[labelled["fold"] >= 0].groupby("fold")}
    for variant, part in parts.items():
        if len(part) and f"{variant}.weight" in weights:
            tensors = as_triplets(part, embeddings)
            head = RankingHead.from_weights(as_tensors(of_variant(weights, variant)))
            judged.append(
                part.assign(
                    supervised=triplet_accuracy(head, tensors).numpy(),
                    unsupervised=triplet_accuracy(None, tensors).numpy(),
                )
            )
    empty = labelled.head(0).assign(supervised=0.0, unsupervised=0.0)
    return pd.concat(judged, ignore_index=True) if judged else empty
