"""The triplet dataset, split by reference photo; training the ranking head on it, and evaluating the head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.triplets import contradictory, mined, suspicious
from tiefvision_assets.models.fingerprints import RANKING_CODE, embedding_fingerprint
from tiefvision_assets.models.inference import FINAL
from tiefvision_assets.models.loading import as_arrays, load_ranking_head
from tiefvision_assets.splits import fold_of, inner_fold_of, is_test_photo
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.neighbours import ExactIndex
from tiefvision_assets.store.records import (
    RANKING_HEAD,
    EmbeddingModels,
    RankingInputs,
    RankingRecord,
    TripletDatasetInputs,
)
from tiefvision_assets.store.schemas import TRIPLETS
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.ranking import (
    RankingHead,
    Triplets,
    triplet_accuracy,
)
from tiefvision_assets.vision.ranking_training import Curve, train_ranking_head

FOLDS = 3
ENOUGH_TEST_REFERENCES = 30
"""With fewer test references than this, candidates are cross-validated. The triplets of one reference tend to be right
or wrong together: 61 triplets of 8 references once spoke against a head that ranked .83 of 356 others right, where the
embedding ranked .76."""
INNER_FOLDS = 3
"""Folds of a head's training references for choosing its hyper-parameters: each judges what the others teach."""
SEMI_HARD = 0.1
"""A mined negative is less similar than the positive by at most this much."""
LABEL, MIRROR, MINED = "label", "mirror", "mined"
CONTRADICTORY, SUSPICIOUS = "contradictory", "suspicious"
"""Flags of labelled triplets; the flag of all others is empty."""


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
        return mirror_invariant(self.both)


def load_embeddings(store: Store, embedding: str) -> Embeddings:
    """All stored embeddings of live contents that could be encoded."""
    live = store.catalogue.contents()["sha256"]
    contents, both = store.encodings.vectors_of(embedding, store.catalogue.batch_keys(), live)
    return Embeddings({sha256: row for row, sha256 in enumerate(contents)}, torch.from_numpy(both).float())


def make_triplets(labels: pd.DataFrame, embeddings: Embeddings, parameters: TripletDatasetParameters) -> pd.DataFrame:
    """The labelled triplets whose photos are all encoded, split by reference, with mirror and mined triplets for
    training.

    Triplets that contradict one another are flagged and in no split: half of them are wrong, and nobody knows which.
    Those that are only suspicious are flagged and stay, because one wrong triplet makes every cycle that it is part of
    suspicious.

    The reference and the positive of a mirror triplet are the same photo, its negative is the photo's nearest other
    one. There is one for every labelled training reference and for as many other photos, none of them a test photo.
    """
    encoded = embeddings.rows.keys()
    known = labels[labels[TRIPLET_COLUMNS].isin(list(encoded)).all(axis=1)].sort_values(
        TRIPLET_COLUMNS, ignore_index=True
    )
    test = known["reference"].map(lambda sha: is_test_photo(sha, parameters.test_share)).astype(bool)
    flag = np.select([contradictory(known), suspicious(known)], [CONTRADICTORY, SUSPICIOUS], "")
    split = np.where(flag == CONTRADICTORY, "none", np.where(test, "test", "train"))
    triplets = known[TRIPLET_COLUMNS].assign(source=LABEL, split=split, flag=flag)
    held_out = triplets.loc[triplets["split"] == "test", "reference"].nunique()
    folds = FOLDS if held_out < ENOUGH_TEST_REFERENCES else 0
    training = triplets[triplets["split"] == "train"]
    references = sorted(set(training["reference"]))
    added = []
    if parameters.mirrors and references and len(encoded) > 1:
        others = [
            sha
            for sha in sorted(encoded)
            if sha not in set(known["reference"]) and not is_test_photo(sha, parameters.test_share)
        ]
        chosen = references + others[: len(references)]
        nearest = _nearest_other(embeddings, chosen)
        free = pd.DataFrame({"reference": chosen, "positive": chosen, "negative": nearest})
        added.append(free.assign(source=MIRROR))
    if parameters.mined_negatives:
        harder = mined(training, embeddings.rows, embeddings.invariant.numpy(), parameters.mined_negatives, SEMI_HARD)
        added.append(harder.assign(source=MINED))
    triplets = pd.concat([triplets, *(part.assign(split="train", flag="") for part in added)], ignore_index=True)
    fold = triplets["reference"].map(lambda sha: fold_of(sha, folds) if folds else -1)
    return triplets.assign(fold=fold.where(triplets["split"] == "train", -1).astype(int))[TRIPLETS.names].reset_index(
        drop=True
    )


def _nearest_other(embeddings: Embeddings, chosen: list[str]) -> list[str]:
    names = list(embeddings.rows)
    vectors = embeddings.invariant.numpy()
    rows = np.array([embeddings.rows[sha] for sha in chosen])
    nearest, _ = ExactIndex(vectors).search(vectors[rows], 2)
    return [names[pair[0] if pair[0] != row else pair[1]] for pair, row in zip(nearest, rows, strict=True)]


def save_triplets(store: Store, parameters: TripletDatasetParameters) -> tuple[str, pd.DataFrame]:
    """Write the triplet dataset of the current labels and encodings; returns its fingerprint and rows."""
    labels = store.snapshots.current("triplets")
    embedding = _embedding(store.served.read().next)
    embeddings = load_embeddings(store, embedding)
    triplets = make_triplets(store.snapshots.read("triplets", labels), embeddings, parameters)
    name = fingerprint(rows=triplets.to_numpy().tolist(), code=RANKING_CODE)
    store.triplets.write(name, triplets, TripletDatasetInputs(labels, parameters.model_dump(), embedding))
    return name, triplets


def _embedding(models: ModelSet) -> str:
    complete = models.complete
    if complete is None:
        raise NoEncodings("Triplets are ranked by object encodings, and there are none; materialise them first.")
    return embedding_fingerprint(complete.encoder, complete.basis)


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
    variants = {FINAL: training} | {f"fold{fold}": training & (triplets["fold"] != fold) for fold in folds}
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
    """Train a head on these triplets, its start and steps chosen in folds of the labelled references; None without
    any."""
    if not len(triplets):
        return None
    folds = torch.tensor([inner_fold_of(sha, INNER_FOLDS) for sha in triplets["reference"]])
    judges = torch.from_numpy((triplets["source"] == LABEL).to_numpy(copy=True))
    return train_ranking_head(as_triplets(triplets, embeddings), folds, judges, parameters, progress)


def evaluate_head(store: Store, name: str, triplets: pd.DataFrame, embeddings: Embeddings) -> pd.DataFrame:
    """Whether each labelled triplet is ranked correctly (1, a tie ½, else 0) by a head that never saw its reference.

    Adds the columns ``supervised`` and ``unsupervised`` to the triplets that can be judged: the test triplets, and
    where those are few, the triplets of each fold, judged by the head that left the fold out.
    """
    labelled = triplets[triplets["source"] == LABEL]
    judged: list[pd.DataFrame] = []
    stored = store.models.tensors(RANKING_HEAD, name)
    parts = {FINAL: labelled[labelled["split"] == "test"]}
    parts |= {f"fold{fold}": part for fold, part in labelled[labelled["fold"] >= 0].groupby("fold")}
    for variant, part in parts.items():
        if len(part) and f"{variant}.weight" in stored:
            tensors = as_triplets(part, embeddings)
            head = load_ranking_head(store, name, variant)
            judged.append(
                part.assign(
                    supervised=triplet_accuracy(head, tensors).numpy(),
                    unsupervised=triplet_accuracy(None, tensors).numpy(),
                )
            )
    empty = labelled.head(0).assign(supervised=0.0, unsupervised=0.0)
    return pd.concat(judged, ignore_index=True) if judged else empty
