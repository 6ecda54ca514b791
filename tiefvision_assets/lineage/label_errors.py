"""Which labels are likely wrong: those that models contradict with confidence which never saw them.

Where a candidate was cross-validated, its heads without a fold judge the labels of that fold; where there were enough
test photos not to, folds are trained here. In the spirit of confident learning (Northcutt, Jiang and Chuang, *Confident
Learning: Estimating Uncertainty in Dataset Labels*, 2021): held-out predictions are believed as far as they are
right elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage.candidates import NoCandidate, newest_members
from tiefvision_assets.lineage.head_evaluation import FOUND, judge_photos
from tiefvision_assets.lineage.head_training import HeadTrainer, Trained
from tiefvision_assets.lineage.location_learning import heads_together
from tiefvision_assets.lineage.ranking import Embeddings, as_triplets, load_embeddings, train_on
from tiefvision_assets.lineage.triplet_dataset import FOLDS
from tiefvision_assets.lineage.triplets import CLICK, LABEL
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.splits import fold_of
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.records import (
    BOX_HEADS,
    PROJECTION,
    RANKING_HEAD,
    HeadRecord,
    ProjectionRecord,
    RankingRecord,
)
from tiefvision_assets.store.schemas import BOX, GROUP_COLUMNS, LABEL_ERRORS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.ranking import margins

FEWEST = 10
"""With fewer labels of a kind than this, nothing can be said about which of them are wrong."""
Progress = Callable[[int, int], None]


def find_label_errors(store: Store, progress: Progress) -> pd.DataFrame:
    """Judge all labels that the newest heads and the newest ranking head learned from, and write the table.

    Returns its rows; none where nothing was trained yet.
    """
    rows = pd.concat([_boxes(store, progress), _triplets(store)], ignore_index=True)
    store.label_errors.write(rows)
    return store.label_errors.read()


def box_likelihood(iou: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N,) how likely each labelled box is wrong, from its IoU with the box of heads that never saw it.

    What the heads miss by as a rule is no sign of a wrong label: an IoU counts by how far it is below the median, in
    units of the usual distance from it, and as far as the heads are sure.
    """
    usual = float(np.median(iou))
    spread = 1.4826 * float(np.median(np.abs(iou - usual))) + 0.01
    surprise = np.maximum(0.0, (usual - iou) / spread)
    return np.asarray(confidence * (1 - np.exp(-surprise / 4)))


def triplet_likelihood(margin: np.ndarray) -> np.ndarray:
    """(N,) how likely each triplet is wrong, from D(H, H+) - D(H, H-) by heads that learned from no triplet of its
    reference, nor of a twin of it.

    A logistic function of the margin, of the scale that explains best on which side of zero the margins are.
    """
    scales = np.geomspace(0.5, 500, 60)
    losses = [float(np.mean(np.logaddexp(0, -scale * margin))) for scale in scales]
    return np.asarray(1 / (1 + np.exp(np.clip(scales[int(np.argmin(losses))] * margin, -500, 500))))


def held_out_margins(
    triplets: pd.DataFrame, judged: pd.DataFrame, embeddings: Embeddings, parameters: RankingHeadParameters
) -> pd.Series:
    """D(H, H+) - D(H, H-) of the ``judged`` triplets, each by a head that learned from the ``triplets`` of other folds
    of references."""
    learning = triplets[triplets["split"] != "none"]
    margin = pd.Series(0.0, index=judged.index)
    for fold in range(FOLDS):
        own, others = (rows[GROUP_COLUMNS[0]] % FOLDS == fold for rows in (judged, learning))
        part = judged[own]
        trained = train_on(learning[~others], embeddings, parameters)
        tensors = as_triplets(part, embeddings)
        with torch.inference_mode():
            margin.loc[part.index] = margins(tensors.through(trained[0]) if trained else tensors).numpy()
    return margin


def _boxes(store: Store, progress: Progress) -> pd.DataFrame:
    try:
        members = newest_members(store)
    except NoCandidate:
        return _none()
    judged = store.models.evaluation(BOX_HEADS, fingerprint(members=members))
    views = store.crops.views(store.models.record(ProjectionRecord, members[PROJECTION]).inputs.crops)
    photos = views.drop_duplicates("sha256")
    known = set(judged["sha256"]) if judged is not None else set()
    missing = photos[~photos["sha256"].isin(known) & (photos["split"] == "train")]
    found = [judged] if judged is not None else []
    if len(missing) and len(photos) >= FEWEST:
        found.append(_cross_validated(store, members, missing, progress))
    rows = pd.concat(found, ignore_index=True) if found else _none()
    if len(rows) < FEWEST:
        return _none()
    likelihood = box_likelihood(rows["iou"].to_numpy(), rows["confidence"].to_numpy())
    return rows.assign(kind="box", positive="", negative="", likelihood=likelihood)[LABEL_ERRORS.names]


def _cross_validated(store: Store, members: dict[str, str], photos: pd.DataFrame, progress: Progress) -> pd.DataFrame:
    """`judge_photos` of these photos, each by heads of the newest recipe that learned from the other folds."""
    configs = {name: store.models.record(HeadRecord, members[name], name).inputs.config for name in HEADS}
    trainers = {
        name: HeadTrainer(store, members[PROJECTION], name, HEAD_PARAMETERS[name](**configs[name])) for name in HEADS
    }
    encoder = load_encoder_from(store, store.models.record(ProjectionRecord, members[PROJECTION]).inputs.encoder)
    folds = photos["sha256"].map(lambda sha256: fold_of(sha256, FOLDS))
    rows = []
    for fold in range(FOLDS):
        part = photos[folds == fold]

        def train(name: str, held_out: frozenset[str] = frozenset(part["sha256"])) -> Trained | None:
            trainer = trainers[name]
            return trainer.train(~trainer.views["sha256"].isin(held_out).to_numpy(), None, None)

        trained = dict(zip(HEADS, parallel_map(train, HEADS), strict=True))
        heads = heads_together(store, members[PROJECTION], trained)
        rows += list(judge_photos(store, Locator(*encoder, heads), part)) if heads else []
        progress(fold + 1, FOLDS)
    return pd.DataFrame(rows)


def _triplets(store: Store) -> pd.DataFrame:
    name = store.models.latest(RANKING_HEAD)
    if name is None:
        return _none()
    inputs = store.models.record(RankingRecord, name).inputs
    embeddings = load_embeddings(store, inputs.embedding)
    triplets = store.triplets.read(inputs.triplets)
    known = triplets[triplets[TRIPLET_COLUMNS].isin(list(embeddings.rows)).all(axis=1)]
    known = known[known["source"] != CLICK]  # only people's labels judge people's labels
    labelled = known[known["source"] == LABEL].drop_duplicates(TRIPLET_COLUMNS)
    if len(labelled) < FEWEST:
        return _none()
    margin = held_out_margins(known, labelled, embeddings, RankingHeadParameters(**inputs.config))
    zeros = dict.fromkeys([*BOX, *FOUND], 0.0)
    rows = labelled.rename(columns={"reference": "sha256"}).assign(kind="triplet", confidence=1.0, **zeros)
    return rows.assign(likelihood=triplet_likelihood(margin.to_numpy()))[LABEL_ERRORS.names]


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=LABEL_ERRORS.names)
