"""Recall of the positives: how high they rank when the whole catalogue is ranked by similarity to the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.lineage.candidates import JudgedCandidate
from tiefvision_assets.lineage.held_out import judging_variants
from tiefvision_assets.lineage.ranking import Embeddings, load_embeddings
from tiefvision_assets.metrics import RECALL_AT
from tiefvision_assets.models.loading import load_ranking_head
from tiefvision_assets.store.records import RankingRecord
from tiefvision_assets.store.store import Store

_REFERENCES = 256


def recall_in_catalogue(store: Store, judged: JudgedCandidate) -> dict[str, dict[str, float]]:
    """``random``, ``unsupervised``, ``supervised`` → ``r@1``, ``r@5``, … of the judged triplets' positives.

    Recall at k is the share of a reference's positives that are among its k nearest of all encoded photos, averaged
    over the references. A reference is ranked by the head that never saw it, as in the evaluation itself.
    """
    record = store.models.record(RankingRecord, judged.fingerprint)
    embeddings = load_embeddings(store, record.inputs.embedding)
    asked = judged.evaluation[["reference", "positive", "split", "fold"]].drop_duplicates()
    unsupervised = asked.assign(rank=positive_ranks(embeddings.invariant, asked, embeddings))
    parts = []
    for variant, part in asked.groupby(judging_variants(asked)):
        head = load_ranking_head(store, judged.fingerprint, str(variant))
        parts.append(part.assign(rank=positive_ranks(head(embeddings.invariant), part, embeddings)))
    others = len(embeddings.rows) - 1
    by_chance = {f"r@{depth}": min(1.0, depth / others) for depth in RECALL_AT}
    return {"random": by_chance, "unsupervised": recall_at(unsupervised), "supervised": recall_at(pd.concat(parts))}


def positive_ranks(vectors: torch.Tensor, asked: pd.DataFrame, embeddings: Embeddings) -> np.ndarray:
    """(P,) rank, from 1, of each positive among all (N, D) photos but its reference; ties get the better rank."""
    references = np.array([embeddings.rows[sha256] for sha256 in asked["reference"]])
    positives = np.array([embeddings.rows[sha256] for sha256 in asked["positive"]])
    ranks = np.empty(len(asked), np.int64)
    for start in range(0, len(asked), _REFERENCES):
        some = slice(start, start + _REFERENCES)
        lines = np.arange(len(references[some]))
        scores = (vectors[references[some]] @ vectors.T).numpy()
        own = scores[lines, positives[some]][:, None]
        scores[lines, references[some]] = -np.inf
        ranks[some] = 1 + (scores > own).sum(1)
    return ranks


def recall_at(found: pd.DataFrame) -> dict[str, float]:
    """Share of positives whose ``rank`` is at most k, averaged over references, for each k of `RECALL_AT`."""
    shares = {f"r@{depth}": (found["rank"] <= depth).groupby(found["reference"]).mean() for depth in RECALL_AT}
    return {name: float(share.mean()) for name, share in shares.items()}
