"""Triplets that follow from clicks: a clicked hit over those above it that were seen and left.

Joachims, "Optimizing Search Engines using Clickthrough Data" (KDD 2002): a click does not say that a hit is good, but
who clicks the fourth hit has as a rule seen the three above it, and preferred the fourth. So a click is only compared
with what stood higher, where position bias speaks for the hit that was not clicked. These triplets are nobody's labels:
they are kept apart, train with a weight of their own, and judge nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from tiefvision_assets.store.feedback import ACTS, FeedbackEvent
from tiefvision_assets.store.feedback_triplets import FeedbackRecord
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.schemas import FEEDBACK_TRIPLETS, TRIPLET
from tiefvision_assets.store.store import Store

SKIPPED = 3
"""Hits above a click that it is preferred to: those nearest to it, which were seen most surely."""
FEWEST_SESSIONS = 2
"""So many more sessions have to agree with a triplet than disagree. Of simulated people who err in a tenth of their
clicks .77 of all triplets agreed with their taste, of those that two sessions gave .92, three .98
(tests/lineage/test_interleaving.py)."""
MOST_OF_SESSION = 20
"""Triplets that one session adds to, so that nobody outweighs the others."""
MOST_OF_QUERY = 50
"""Triplets of one reference, so that what is searched most does not outweigh the rest."""
GROWN_BY = 10
"""Triplets are derived anew when a tenth of the clicks is new, and no fewer than TIEFVISION_RETRAIN_AFTER."""
FEEDBACK_CODE = "1"
"""Raised when the same clicks give other triplets."""

Photos = tuple[str, str, str]
"""Reference, positive and negative, by sha256."""


def preferences(event: FeedbackEvent) -> Iterator[Photos]:
    """What the acts on one answer say: the reference, a hit, and one that it was preferred to.

    A hit that was clicked or bought is preferred to the `SKIPPED` nearest ones above it that were left, and to every
    one that was said to be wrong; one that was bought, also to those that were only clicked.
    """
    if not event.query:
        return
    rank = [ACTS.index(act) for act in event.acts]
    clicked, refused, bought = (ACTS.index(act) for act in ("clicked", "not this", "bought"))
    for place, hit in enumerate(event.shown):
        if rank[place] not in (clicked, bought):
            continue
        skipped = [other for other in range(place) if not rank[other]][-SKIPPED:]
        worse = [other for other, act in enumerate(rank) if act == refused or act == clicked < rank[place]]
        for other in (*skipped, *worse):
            photos = (event.query, hit, event.shown[other])
            if len(set(photos)) == len(photos):
                yield photos


def triplets_of(events: Iterable[FeedbackEvent], labels: pd.DataFrame) -> pd.DataFrame:
    """The triplets that at least `FEWEST_SESSIONS` more sessions agree with than disagree: `FEEDBACK_TRIPLETS`.

    Each session has one voice for a triplet, and adds to `MOST_OF_SESSION` at most; a reference has the
    `MOST_OF_QUERY` that most sessions agree with. What people judged in ``labels``, either way, is left out: they know.
    """
    sessions: dict[str, set[Photos]] = defaultdict(set)
    for event in events:
        said = sessions[event.session]
        for photos in preferences(event):
            if len(said) < MOST_OF_SESSION:
                said.add(photos)
    voices = Counter(photos for said in sessions.values() for photos in said)
    rows = []
    for photos, agreeing in voices.items():
        net = agreeing - voices[photos[0], photos[2], photos[1]]
        if net >= FEWEST_SESSIONS:
            rows.append((*photos, net))
    found = pd.DataFrame(rows, columns=FEEDBACK_TRIPLETS.names).sort_values(
        ["reference", "sessions", "positive", "negative"], ascending=[True, False, True, True], ignore_index=True
    )
    return _not_judged(found, labels).groupby("reference").head(MOST_OF_QUERY).reset_index(drop=True)


def _not_judged(triplets: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Those about which people said nothing, neither the same nor the opposite."""
    judged = set(labels[TRIPLET].itertuples(index=False, name=None))
    judged |= {(reference, negative, positive) for reference, positive, negative in judged}
    known = [photos in judged for photos in triplets[TRIPLET].itertuples(index=False, name=None)]
    return triplets[~np.array(known, dtype=bool)]


def why_feedback_is_due(store: Store) -> str | None:
    """Why triplets are to be derived from the clicks anew, in a sentence; None where they are not, or clicks are not
    taken."""
    if store.settings.feedback == "off":
        return None
    record = store.feedback_triplets.record()
    known = record.newest if record else 0
    new = store.feedback.newest() - known
    if record and record.code != FEEDBACK_CODE:
        return "the code that derives triplets from clicks has changed"
    if new < max(store.settings.retrain_after, known // GROWN_BY):
        return None
    return f"{new} clicks are new since triplets were derived from them"


def derive_triplets(store: Store) -> tuple[FeedbackRecord, pd.DataFrame]:
    """Derive the triplets from all clicks that are kept, and write them."""
    newest = store.feedback.newest()
    labels = store.snapshots.read("triplets", store.snapshots.current("triplets"))
    rows = triplets_of(store.feedback.answers(), labels)
    # how many sessions agree changes nothing that is learned
    version = fingerprint(rows=rows[TRIPLET].to_numpy().tolist())
    record = FeedbackRecord(version, newest, len(rows), FEEDBACK_CODE)
    store.feedback_triplets.write(rows, record)
    return record, rows


def feedback_version(store: Store) -> str | None:
    """Names the clicks that training learns from, and their weight; None where it learns from none."""
    if store.settings.feedback == "off":
        return None
    record = store.feedback_triplets.record()
    if record is None or not record.triplets:
        return None
    return fingerprint(triplets=record.version, weight=store.settings.feedback_weight)


def clicks_learned(store: Store, labels: pd.DataFrame) -> tuple[pd.DataFrame | None, str | None]:
    """The triplets with their weights that training learns from beside people's ``labels``, and their
    `feedback_version`; None and None where it learns from none."""
    version = feedback_version(store)
    if version is None:
        return None, None
    return _not_judged(store.feedback_triplets.read(), labels).assign(weight=store.settings.feedback_weight), version
