"""Pictures of what heads are trained on, and of what the ranking head changes; drawing them needs models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tiefvision_assets.assets.pictures.photos import SHOWN, neighbour_rows, paths_of
from tiefvision_assets.lineage.candidates import JudgedCandidate
from tiefvision_assets.lineage.crops import side_of, targets_of
from tiefvision_assets.lineage.held_out import judging_variants
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.lineage.views import picture_of
from tiefvision_assets.models.inference import WINDOWS
from tiefvision_assets.models.loading import load_ranking_head
from tiefvision_assets.pictures import GREEN, RED, Thumbnail, as_markdown, sheet
from tiefvision_assets.store.neighbours import ExactIndex
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.records import RankingRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import Encoder


def crop_examples(store: Store, views: pd.DataFrame, spec: Encoder) -> str:
    """Target crops (framed green) and background crops (framed red), one of each for every view."""
    paths = paths_of(store)
    thumbnails = []
    training = views[(views["split"] == "train") & (views["kind"] == WINDOWS)]
    for number, view in enumerate(training.iloc[:: max(1, len(training) // SHOWN)].head(SHOWN).itertuples()):
        try:
            with store.catalogue.opened(paths[view.sha256]) as photo:
                picture = picture_of(photo, view).resize((side_of(view.scale, spec),) * 2)
        except BadPhoto:
            continue
        window, stride = spec.windows.side, spec.windows.stride
        rows, columns = (1 + (side - window) // stride for side in reversed(picture.size))
        cells = (rows + spec.windows.cells - 1, columns + spec.windows.cells - 1)
        targets = targets_of(view, cells, spec)
        for label, colour in ((True, GREEN), (False, RED)):
            windows = (targets.foreground == label).nonzero()[0]
            if len(windows):
                row, column = divmod(int(windows[(7 * number) % len(windows)]), columns)
                left, top = column * stride, row * stride
                crop = picture.crop((left, top, left + window, top + window))
                thumbnails.append(Thumbnail(crop, "target" if label else "background", (), colour))
    return as_markdown(sheet(thumbnails, 6, (130, 130)), "crops") if thumbnails else "No crop to show."


def before_and_after(store: Store, judged: JudgedCandidate, queries: int = 4, shown: int = 7) -> str:
    """Neighbours of some judged references by the embedding, and by the variant of the newest head that judged them."""
    record = store.models.record(RankingRecord, judged.fingerprint)
    embeddings = load_embeddings(store, record.inputs.embedding)
    paths = paths_of(store)
    entries = pd.DataFrame({"path": [paths[sha256] for sha256 in embeddings.rows]})
    evaluation = judged.evaluation.assign(variant=judging_variants(judged.evaluation)).drop_duplicates("reference")
    rows: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {"unsupervised": [], "supervised": []}
    for reference, variant in evaluation.sort_values("reference")[["reference", "variant"]].head(queries).to_numpy():
        query = embeddings.rows[reference]
        head = load_ranking_head(store, judged.fingerprint, variant)
        for ranking, vectors in (("unsupervised", embeddings.invariant), ("supervised", head(embeddings.invariant))):
            found, scores = ExactIndex(vectors.numpy()).search(vectors[[query]].numpy(), shown + 1)
            others = found[0] != query
            rows[ranking].append((query, found[0][others][:shown], scores[0][others][:shown]))
    return neighbour_rows(store, entries, rows)
