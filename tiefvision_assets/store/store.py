"""All parts of one data folder; each is imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.stamp import stamp_of

if TYPE_CHECKING:
    from tiefvision_assets.store.attempts import Attempts
    from tiefvision_assets.store.catalogue import Catalogue
    from tiefvision_assets.store.crops import Crops
    from tiefvision_assets.store.exports import Exports
    from tiefvision_assets.store.index import Indexes
    from tiefvision_assets.store.labels.annotation import Annotation
    from tiefvision_assets.store.labels.history import LabelHistory
    from tiefvision_assets.store.labels.snapshots import Snapshots
    from tiefvision_assets.store.labels.store import LabelStore
    from tiefvision_assets.store.models import Models
    from tiefvision_assets.store.quality import Quality
    from tiefvision_assets.store.rows import ExtractedBoxes, ObjectEncodings
    from tiefvision_assets.store.served import ServedFile
    from tiefvision_assets.store.triplets import TripletSets


class Store:
    """The parts of the data folder that the settings name.

    Others that write to the label database are waited for, for ``patience_s`` seconds if that is given.

    >>> from pathlib import Path
    >>> store = Store(Settings(data=Path("shop")))
    >>> store.catalogue.scan().new
    2
    >>> store.catalogue.live()["path"].tolist()
    ['gown.png', 'scarf.png']
    """

    def __init__(self, settings: Settings, patience_s: float | None = None) -> None:
        self.settings = settings
        self._patience_s = patience_s
        self.layout = Layout(settings.data_dir)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Photos and batches."""
        from tiefvision_assets.store.catalogue import Catalogue

        return Catalogue(self.layout, self.settings.raw_dir)

    @cached_property
    def labels(self) -> LabelStore:
        """The database of labels."""
        from tiefvision_assets.store.labels.database import labels_url
        from tiefvision_assets.store.labels.store import LabelStore

        return LabelStore(labels_url(self.settings), self._patience_s)

    @cached_property
    def annotation(self) -> Annotation:
        """The annotators' work on that database: leases, decisions, undoing."""
        from tiefvision_assets.store.labels.annotation import Annotation

        return Annotation(self.labels.database, self.settings.overlap)

    @cached_property
    def history(self) -> LabelHistory:
        """Queries about who decided what."""
        from tiefvision_assets.store.labels.history import LabelHistory

        return LabelHistory(self.labels.database)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Snapshots of the labels, which the assets read."""
        from tiefvision_assets.store.labels.snapshots import Snapshots

        return Snapshots(self.layout)

    @cached_property
    def crops(self) -> Crops:
        """Crop datasets."""
        from tiefvision_assets.store.crops import Crops

        return Crops(self.layout)

    @cached_property
    def triplets(self) -> TripletSets:
        """Triplet datasets."""
        from tiefvision_assets.store.triplets import TripletSets

        return TripletSets(self.layout)

    @cached_property
    def quality(self) -> Quality:
        """What is unusual about photos as such."""
        from tiefvision_assets.store.quality import Quality

        return Quality(self.layout)

    @cached_property
    def exports(self) -> Exports:
        """Encoders' maps as ONNX graphs."""
        from tiefvision_assets.store.exports import Exports

        return Exports(self.layout)

    @cached_property
    def models(self) -> Models:
        """Fetched and trained models."""
        from tiefvision_assets.store.models import Models

        return Models(self.layout)

    @cached_property
    def boxes(self) -> ExtractedBoxes:
        """Extracted boxes."""
        from tiefvision_assets.store.rows import ExtractedBoxes

        return ExtractedBoxes(self.layout)

    @cached_property
    def encodings(self) -> ObjectEncodings:
        """Object encodings."""
        from tiefvision_assets.store.rows import ObjectEncodings

        return ObjectEncodings(self.layout)

    @cached_property
    def indexes(self) -> Indexes:
        """Versions of the similarity index."""
        from tiefvision_assets.store.index import Indexes

        return Indexes(self.layout)

    @cached_property
    def served(self) -> ServedFile:
        """The file that names the served models and index."""
        from tiefvision_assets.store.served import ServedFile

        return ServedFile(self.layout)

    @cached_property
    def attempts(self) -> Attempts:
        """Failed attempts of the plan's steps."""
        from tiefvision_assets.store.attempts import Attempts

        return Attempts(self.layout)

    def stamp(self) -> str:
        """A text that changes whenever there may be something new to make. Costs next to nothing.

        It covers photos, labels, snapshots, models and failures, but not files that somebody removed by hand below the
        data folder.
        """
        layout = self.layout
        kinds = [layout.current_snapshot(kind) for kind in ("boxes", "triplets")]
        files = [layout.catalogue, layout.served, layout.attempts, *kinds]
        return f"{[stamp_of(file) for file in files]} {self.labels.newest_event()}"

    def writing(
        self, purpose: str, *, wait_s: float = -1, on_wait: Callable[[str], None] | None = None
    ) -> AbstractContextManager[None]:
        """Hold the data folder's lock; see `tiefvision_assets.store.lock.writer_lock`."""
        from tiefvision_assets.store.lock import writer_lock

        return writer_lock(self.layout.lock, purpose, wait_s=wait_s, on_wait=on_wait)
