"""The label store: boxes of photos and triplets of photos, kept as events so that nothing is ever overwritten."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import pandas as pd
from sqlalchemy import URL, Subquery, func, select

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.events import (
    BOX_DECISIONS,
    IS_LABEL,
    Author,
    PendingEvents,
    frame_of,
    standing,
    standing_of,
)
from tiefvision_assets.store.labels.proposals import Proposal, write_proposals
from tiefvision_assets.store.labels.schema import DATABASE, EVENTS, MARKS, Capacity, Source
from tiefvision_assets.store.labels.versions import version_of_boxes, version_of_triplets
from tiefvision_assets.store.schemas import BOX as BOX_COLUMNS
from tiefvision_assets.store.schemas import TRIPLET as TRIPLET_COLUMNS


@dataclass(frozen=True, slots=True)
class BoxLabel:
    """The box of the object on the photo with that content."""

    sha256: str
    box: Box


@dataclass(frozen=True, slots=True)
class TripletLabel:
    """Three photos, by sha256: ``reference`` (H) looks more like ``positive`` (H+) than like ``negative`` (H-)."""

    reference: str
    positive: str
    negative: str


class LabelStore:
    """The labels in the database at ``url``; may be shared between threads and opened by many processes.

    Of the standing decisions about a photo's box the newest counts, but a reviewer's takes precedence over all
    annotators'. Where that decision is "no object", the photo has no live box. Every method raises `LabelDatabaseError`
    when the database cannot be reached, or another writes to it for longer than ``patience_s`` seconds, if given.
    """

    def __init__(self, url: str | URL, patience_s: float | None = None) -> None:
        self.database = Database(url, patience_s)

    def add_boxes(
        self,
        labels: Iterable[BoxLabel],
        *,
        annotator: str,
        source: Source = "app",
        role: Capacity = "annotator",
        seconds: float | None = None,
    ) -> int:
        """Record boxes, all or none; returns how many events were written.

        A box is not written again if it is the newest of its capacity on that photo, or a reviewer's decision already.
        ``seconds`` is the time that each took. Raises `TiefVisionError` for a box without area.
        """
        boxes = [checked_box(label) for label in labels]
        pending = PendingEvents("box", Author(annotator, role, source, seconds))
        with self.database.writing() as connection:
            newest: dict[tuple[str, str], Box | None] = {}
            for event in standing_of(connection, "box", (label.sha256 for label in boxes), BOX_DECISIONS):
                newest[event.sha256, event.role] = Box(**event.payload) if event.action == "label" else None
            for label in boxes:
                known = newest.get((label.sha256, role)), newest.get((label.sha256, "reviewer"))
                if label.box not in known:
                    newest[label.sha256, role] = label.box
                    pending.label(label.sha256, asdict(label.box))
            return pending.insert(connection)

    def add_boxes_of_several(
        self,
        labels: Iterable[tuple[str, BoxLabel]],
        *,
        annotator: str,
        source: Source,
        proposals: Iterable[Proposal] = (),
        dry_run: bool = False,
    ) -> int:
        """Record the boxes that several annotators drew, all or none; returns how many events were written.

        Each annotator's box is kept, also where another's on the same photo is newer: a box is not written again if it
        is the newest of its annotator on that photo, or a reviewer's decision already. The boxes of ``annotator``, who
        is nobody in particular, are treated as `add_boxes` does where nobody else has a box on that photo, and are not
        written again either if they are its newest. On a photo of which anything is written, the last of ``labels``
        counts. ``proposals`` are kept in the same transaction. With ``dry_run`` the events are counted, and nothing
        is written. Raises `TiefVisionError` for a box without area.
        """
        boxes = [(name, checked_box(label)) for name, label in labels]
        nobody = PendingEvents("box", Author(annotator, "annotator", source))
        shared = {label.sha256 for name, label in boxes if name != annotator}
        pending = {name: replace(nobody, author=replace(nobody.author, annotator=name)) for name, _ in boxes}
        with self.database.writing() as connection:
            own: dict[tuple[str, str], Box | None] = {}
            newest: dict[tuple[str, str], Box | None] = {}
            for event in standing_of(connection, "box", (label.sha256 for _, label in boxes), BOX_DECISIONS):
                box = Box(**event.payload) if event.action == "label" else None
                own[event.sha256, event.annotator] = newest[event.sha256, event.role] = box
            written: set[str] = set()
            for name, label in boxes:
                photo, box = label.sha256, label.box
                counting, reviewed = newest.get((photo, "annotator")), newest.get((photo, "reviewer"))
                is_new = box != own.get((photo, name)) or (name == annotator and photo not in shared)
                is_new &= name != annotator or box != counting
                if box != reviewed and (is_new or (photo in written and box != counting)):
                    pending[name].label(photo, asdict(box))
                    own[photo, name] = newest[photo, "annotator"] = box
                    written.add(photo)
            if not dry_run:
                write_proposals(connection, proposals)
            # its rows are everybody's, in the order of the file
            return len(nobody.rows) if dry_run else nobody.insert(connection)

    def add_triplets(
        self,
        labels: Iterable[TripletLabel],
        *,
        annotator: str,
        source: Source = "app",
        role: Capacity = "annotator",
        seconds: float | None = None,
        dry_run: bool = False,
    ) -> int:
        """Record the triplets that are not live yet, all or none; returns how many events were written.

        ``seconds`` is the time that each took; with ``dry_run`` they are counted, not written. Raises `TiefVisionError`
        for a triplet of less than three photos.
        """
        triplets = [checked_triplet(label) for label in labels]
        pending = PendingEvents("triplet", Author(annotator, role, source, seconds))
        with self.database.writing() as connection:
            events = standing_of(connection, "triplet", (label.reference for label in triplets))
            live = {TripletLabel(**event.payload) for event in events}
            for label in triplets:
                if label not in live:
                    live.add(label)
                    pending.label(label.reference, asdict(label))
            return len(pending.rows) if dry_run else pending.insert(connection)

    def undo(self, event_id: int, *, annotator: str) -> bool:
        """Append an event that undoes the event ``event_id``; False if it was undone before.

        Raises `TiefVisionError` when there is no such event, or it is an undo itself.
        """
        with self.database.writing() as connection:
            event = connection.execute(select(EVENTS).where(EVENTS.c.id == event_id)).one_or_none()
            if event is None or event.action == "undo":
                raise TiefVisionError(f"Event {event_id} cannot be undone: it is no label. Name an event that is one.")
            if connection.execute(select(EVENTS.c.id).where(EVENTS.c.reverts == event_id)).first():
                return False
            pending = PendingEvents(event.kind, Author(annotator, "annotator", "app"))
            pending.undo(event.sha256, event_id)
            return pending.insert(connection) == 1

    def live_boxes(self) -> pd.DataFrame:
        """One row for each labelled content: event_id, sha256, left, top, right, bottom, annotator, source, created_at
        (UTC).

        Coordinates are pixels of the photo as displayed; sorted by sha256.
        """
        ranked = ranked_box_decisions()
        with self.database.reading() as connection:
            events = connection.execute(select(ranked).where(ranked.c.rank == 1, ranked.c.action == "label")).all()
        return frame_of(events, dict.fromkeys(BOX_COLUMNS, "float64"), ["sha256"])

    def live_triplets(self) -> pd.DataFrame:
        """One row for each triplet: event_id, reference, positive, negative, annotator, source, created_at (UTC).

        The three photos are given by sha256; sorted by them. A triplet that was recorded twice has its first event.
        """
        with self.database.reading() as connection:
            events = connection.execute(standing("triplet").where(IS_LABEL)).all()
        frame = frame_of(events, dict.fromkeys(TRIPLET_COLUMNS, "str"), [*TRIPLET_COLUMNS, "event_id"])
        return frame.drop(columns="sha256").drop_duplicates(TRIPLET_COLUMNS, ignore_index=True)

    def snapshot_boxes(self) -> pd.DataFrame:
        """`live_boxes`, with whether each is ``excluded`` from training. It is the box of its photo all the same."""
        boxes = self.live_boxes()
        return boxes.assign(excluded=boxes["sha256"].isin(self._excluded()).astype(bool))

    def snapshot_triplets(self) -> pd.DataFrame:
        """`live_triplets` without those of a photo that is excluded from training: they have no other use."""
        triplets = self.live_triplets()
        return triplets[~triplets[TRIPLET_COLUMNS].isin(self._excluded()).any(axis=1)].reset_index(drop=True)

    def box_version(self) -> str:
        """`version_of_boxes` of the boxes of a snapshot taken now."""
        return version_of_boxes(self.snapshot_boxes())

    def triplet_version(self) -> str:
        """`version_of_triplets` of the triplets of a snapshot taken now."""
        return version_of_triplets(self.snapshot_triplets())

    def counts(self) -> dict[str, int]:
        """How many ``boxes`` and ``triplets`` are live."""
        ranked = ranked_box_decisions()
        live = select(func.count()).select_from(ranked).where(ranked.c.rank == 1, ranked.c.action == "label")
        with self.database.reading() as connection:
            boxes = connection.execute(live).scalar_one()
            said = connection.execute(standing("triplet").where(IS_LABEL).with_only_columns(EVENTS.c.payload)).scalars()
            triplets = {tuple(payload[name] for name in TRIPLET_COLUMNS) for payload in said}
        return {"boxes": boxes, "triplets": len(triplets)}

    def database_id(self) -> str:
        """The id that the database got when its tables were made; copies of it have the same."""
        with self.database.reading() as connection:
            return str(connection.execute(select(DATABASE.c.id)).scalar_one())

    def newest_event(self) -> int:
        """Id of the newest event of either kind; it changes whenever a label is added or undone."""
        with self.database.reading() as connection:
            return connection.execute(select(func.max(EVENTS.c.id))).scalar() or 0

    def _excluded(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(select(MARKS.c.sha256).where(MARKS.c.kind == "excluded")).scalars())

    def close(self) -> None:
        """Close the database's connections; the next call opens it again."""
        self.database.close()


def ranked_box_decisions() -> Subquery:
    """The standing decisions about each photo's box, with their ``rank``: the one with rank 1 counts."""
    newest_first = [EVENTS.c.role == "annotator", EVENTS.c.id.desc()]
    rank = func.row_number().over(partition_by=EVENTS.c.sha256, order_by=newest_first)
    return standing("box", BOX_DECISIONS).where(IS_LABEL).add_columns(rank.label("rank")).subquery()


def checked_box(label: BoxLabel) -> BoxLabel:
    """The label with plain floats; raises `TiefVisionError` for a box without area."""
    # `+ 0.0` turns -0.0 into 0.0 and integers, also numpy's, into floats: equal boxes are stored and hashed alike
    box = Box(*(float(value) + 0.0 for value in label.box.as_tuple()))
    if not (all(map(math.isfinite, box.as_tuple())) and box.area > 0):
        raise TiefVisionError(f"The box {box.as_tuple()} of photo {label.sha256[:12]} has no area; draw it again.")
    return BoxLabel(label.sha256, box)


def checked_triplet(label: TripletLabel) -> TripletLabel:
    """The label itself; raises `TiefVisionError` for a triplet of less than three photos."""
    if len({label.reference, label.positive, label.negative}) < 3:
        raise TiefVisionError(
            f"The triplet of photo {label.reference[:12]} names one photo twice; choose three different photos."
        )
    return label
