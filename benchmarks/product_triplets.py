"""What photos of one product teach the ranking beside people's triplets, by their weight.

    python -m benchmarks.product_triplets DATA LABELS.csv [--counts N …] [--weights W …] [--draws N] [--steps N]
        [--by-label]

DATA is a data folder that was run, LABELS.csv lists its photos (``path,label,group``). Products are those of the
folder's feed, or where it has none, the groups; with ``--by-label`` the photos of one group and label. They are halved:
in each draw a head learns from COUNT triplets of one half, drawn from its labels, and from its products with each
weight, and is judged by cross-validation as `similarity_report` does; a head that is not promoted changes nothing. The
other half judges what that is worth: p@10, the share of equal labels among the 10 nearest of other products, and how
many other photos of a photo's own product are among its 10 nearest. The gain in p@10 over triplets alone has a 95 %
interval over products. Nothing is written.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.group_halves import drawn_triplets, halves
from tiefvision_assets.lineage.products import product_groups
from tiefvision_assets.lineage.promotion import judge_ranking
from tiefvision_assets.lineage.ranking import Embeddings, evaluate_head, load_embeddings, train_variants
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.lineage.triplet_dataset import make_triplets
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.ranking import RankingHead

COUNTS = (0, 50, 200, 800)
WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0)
NEAREST = 10


@dataclass(frozen=True)
class Outcome:
    """What one head is worth; arrays are a number for each judging photo, NaN where there is nothing to find."""

    promoted: bool
    accuracy: float
    precision: np.ndarray
    own_product: np.ndarray
    products: np.ndarray


def main(
    data: Path,
    labels: Path,
    draws: int,
    counts: list[int],
    weights: list[float],
    by_label: bool,
    parameters: RankingHeadParameters,
) -> None:
    """Print a table of counts and weights."""
    store = Store(Settings(data=data))
    models = store.served.read().models.complete
    if models is None:
        raise SystemExit(f"{data} serves nothing yet; run `tiefvision run` there.")
    embeddings = load_embeddings(store, embedding_of(models))
    listed = _with_products(store, read_similarity(labels, store.catalogue.live()), by_label)
    same_shot = same_shot_of(store, models.encoder, models.basis)
    print(f"| triplets | weight | accuracy | promoted | p@{NEAREST} | gain | interval | own product, r@{NEAREST} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for count in counts:
        alone: list[Outcome] = []
        for weight in weights:
            found = [_outcome(listed, embeddings, same_shot, count, weight, draw, parameters) for draw in range(draws)]
            alone = alone or found
            print(_line(count, weight, found, alone), flush=True)


def _with_products(store: Store, listed: pd.DataFrame, by_label: bool) -> pd.DataFrame:
    """The listed photos with their ``product``; a photo of none is one of its own."""
    of_feed = product_groups(store)
    if of_feed:
        products = [of_feed.get(sha256, sha256) for sha256 in listed["sha256"]]
        return listed.assign(product=products, group=products)
    products = listed["group"] + "/" + listed["label"] if by_label else listed["group"]
    return listed.assign(product=products)


def _outcome(
    listed: pd.DataFrame,
    embeddings: Embeddings,
    same_shot: float,
    count: int,
    weight: float,
    draw: int,
    parameters: RankingHeadParameters,
) -> Outcome:
    """Of a head that learned from one half with these products' weight; draws take the halves in turn."""
    half = halves(listed["group"])
    learned, judging = (listed[half == (draw + which) % 2] for which in (0, 1))
    drawn = drawn_triplets(learned, seed=draw)
    labels = drawn.sample(min(count, len(drawn)), random_state=draw)
    products = dict(zip(learned["sha256"], learned["product"], strict=True))
    triplets = make_triplets(labels, embeddings, TripletDatasetParameters(), same_shot, products, weight)
    variants, _ = train_variants(triplets, embeddings, parameters, lambda *_: None)
    judged = evaluate_head(variants, triplets, embeddings)
    promoted = bool(len(judged)) and judge_ranking(judged, None).promoted
    vectors = embeddings.invariant[[embeddings.rows[sha256] for sha256 in judging["sha256"]]]
    if promoted:
        vectors = RankingHead.from_weights(as_tensors(of_variant(variants, FINAL)))(vectors)
    accuracy = float(judged["supervised"].mean()) if len(judged) else float("nan")
    return Outcome(promoted, accuracy, *_found(judging, vectors), judging["group"].to_numpy())


def _found(judging: pd.DataFrame, vectors: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Precision among the nearest of other groups, and recall of the own product's other photos, of each photo."""
    scores = (vectors @ vectors.T).numpy()
    np.fill_diagonal(scores, -np.inf)
    labels, groups, products = (judging[name].to_numpy() for name in ("label", "group", "product"))
    precision, own = np.full(len(judging), np.nan), np.full(len(judging), np.nan)
    for row, similar in enumerate(scores):
        others = np.flatnonzero(groups != groups[row])
        alike = (labels[others] == labels[row])[np.argsort(-similar[others], kind="stable")]
        if alike.any():
            precision[row] = alike[:NEAREST].mean()
        of_product = (products == products[row])[np.argsort(-similar, kind="stable")]
        if of_product.sum() > 1:
            own[row] = of_product[:NEAREST].sum() / (of_product.sum() - 1)
    return precision, own


def _line(count: int, weight: float, found: list[Outcome], alone: list[Outcome]) -> str:
    gained = np.concatenate([one.precision - other.precision for one, other in zip(found, alone, strict=True)])
    groups = np.concatenate([one.products for one in found])
    gain = bootstrap(gained[~np.isnan(gained)], groups[~np.isnan(gained)])
    precision, own = (np.nanmean(np.concatenate([getattr(one, name) for one in found])) for name in MEASURES)
    promoted = sum(one.promoted for one in found)
    return (
        f"| {count} | {weight:g} | {np.mean([one.accuracy for one in found]):.3f} | {promoted} of {len(found)} "
        f"| {precision:.3f} | {gain.mean:+.3f} | {gain.low:+.3f} to {gain.high:+.3f} | {own:.3f} |"
    )


MEASURES = ("precision", "own_product")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--weights", type=float, nargs="+", default=WEIGHTS)
    parser.add_argument("--by-label", action="store_true")
    parser.add_argument("--steps", type=int, default=RankingHeadParameters().steps, help="of the heads, at most")
    given = parser.parse_args()
    heads = RankingHeadParameters(steps=given.steps)
    main(given.data, given.labels, given.draws, given.counts, given.weights, given.by_label, heads)
