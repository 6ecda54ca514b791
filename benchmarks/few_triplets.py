"""What few triplets are worth: of a catalogue with labels, heads from 20 to 200 triplets on as many references.

    python -m benchmarks.few_triplets DATA LABELS.csv [DRAWS [COUNT…]]

DATA is a data folder that was run, LABELS.csv lists its photos (``path,label,group``). In each draw a head learns from
triplets of one half of the groups, and is judged as `similarity_report` does; p@10 is measured on the other half. A
head that is not promoted changes nothing, so its gain is 0. Nothing is written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.evaluation import rows_of_products
from tiefvision_assets.lineage.group_halves import drawn_triplets, halves
from tiefvision_assets.lineage.promotion import judge_ranking
from tiefvision_assets.lineage.ranking import Embeddings, evaluate_head, load_embeddings, train_variants
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.lineage.triplet_dataset import make_triplets
from tiefvision_assets.metrics import ranking_quality
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.ranking import RankingHead

COUNTS = (20, 50, 100, 200)


def main(data: Path, labels: Path, draws: int = 20, *counts: int) -> None:
    """Print a table of the counts."""
    store = Store(Settings(data=data))
    models = store.served.read().models.complete
    if models is None:
        raise SystemExit(f"{data} serves nothing yet; run `tiefvision run` there.")
    embeddings = load_embeddings(store, embedding_of(models))
    listed = read_similarity(labels, store.catalogue.live())
    same_shot = same_shot_of(store, models.encoder, models.basis)
    print("| triplets | promoted | gain in p@10 | worst |\n| --- | --- | --- | --- |")
    for count in counts or COUNTS:
        gains = [_gain(listed, embeddings, same_shot, count, draw) for draw in range(draws)]
        promoted = [gain for gain in gains if gain is not None]
        counted = [gain or 0.0 for gain in gains]
        print(f"| {count} | {len(promoted)} of {draws} | {np.mean(counted):+.4f} | {min(counted):+.4f} |", flush=True)


def _gain(listed: pd.DataFrame, embeddings: Embeddings, same_shot: float, count: int, draw: int) -> float | None:
    """Precision that a head gains on the half that it did not learn from; None where it is not promoted."""
    half = halves(listed["group"])
    learned, judging = (listed[half == (draw + which) % 2] for which in (0, 1))
    labels = drawn_triplets(learned, each=1, seed=draw).sample(count, random_state=draw)
    triplets = make_triplets(labels, embeddings, TripletDatasetParameters(), same_shot)
    weights, _ = train_variants(triplets, embeddings, RankingHeadParameters(), lambda *_: None)
    if not judge_ranking(evaluate_head(weights, triplets, embeddings), None).promoted:
        return None
    head = RankingHead.from_weights(as_tensors(of_variant(weights, FINAL)))
    vectors = embeddings.invariant[[embeddings.rows[sha256] for sha256 in judging["sha256"]]]
    return _precision(judging, head(vectors)) - _precision(judging, vectors)


def _precision(judging: pd.DataFrame, vectors: Tensor) -> float:
    rows = rows_of_products(vectors)
    return ranking_quality(rows, judging["label"].to_numpy(), judging["group"].to_numpy())["p@10"]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
