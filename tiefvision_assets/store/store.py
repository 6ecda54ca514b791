"""All parts of one data folder; each is imported when it is first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.stamp import stamp_of

if TYPE_CHECKING:
    from tiefvision_assets.store.attempts import Attempts
    from tiefvision_assets.store.cancelled import CancelledFile
    from tiefvision_assets.store.catalogue import Catalogue
    from tiefvision_assets.store.claims import Claims
    from tiefvision_assets.store.crops import Crops
    from tiefvision_assets.store.exports import Exports
    from tiefvision_assets.store.feedback import Feedback
    from tiefvision_assets.store.feedback_triplets import FeedbackTriplets
    from tiefvision_assets.store.index import Indexes
    from tiefvision_assets.store.interleaving_trial import TrialFile
    from tiefvision_assets.store.label_errors import LabelErrors
    from tiefvision_assets.store.labels.annotation import Annotation
    from tiefvision_assets.store.labels.duplicates import Duplicates
    from tiefvision_assets.store.labels.history import LabelHistory
    from tiefvision_assets.store.labels.marks import Marks
    from tiefvision_assets.store.labels.proposals import Proposals
    from tiefvision_assets.store.labels.saved_searches import SavedSearches
    from tiefvision_assets.store.labels.snapshots import Snapshots
    from tiefvision_assets.store.labels.store import LabelStore
    from tiefvision_assets.store.labels.team import Team
    from tiefvision_assets.store.models import Models
    from tiefvision_assets.store.photo_map import PhotoMaps
    from tiefvision_assets.store.products.similar import SimilarProducts
    from tiefvision_assets.store.products.source import FeedSource
    from tiefvision_assets.store.products.table import ProductTable
    from tiefvision_assets.store.quality import Quality
    from tiefvision_assets.store.raw.place import RawPhotos
    from tiefvision_assets.store.rows import ExtractedBoxes, ObjectEncodings
    from tiefvision_assets.store.served import ServedFile
    from tiefvision_assets.store.triplets import TripletSets
    from tiefvision_assets.store.written.answered import Answered
    from tiefvision_assets.store.written.journal import Journal
    from tiefvision_assets.store.written.products import WrittenProducts


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
        hooks.opened(settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Photos and batches."""
        from tiefvision_assets.store.catalogue import Catalogue

        return Catalogue(self.layout, self.raw)

    @cached_property
    def raw(self) -> RawPhotos:
        """Where the photos lie."""
        from tiefvision_assets.store.raw.place import raw_photos_of

        return raw_photos_of(self.settings)

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

        return Annotation(self.labels.database, self.settings.overlap, gold=self.settings.gold)

    @cached_property
    def team(self) -> Team:
        """What a team shares in that database: gold questions, comments, goals, queues."""
        from tiefvision_assets.store.labels.team import Team

        return Team(self.labels.database)

    @cached_property
    def history(self) -> LabelHistory:
        """Queries about who decided what."""
        from tiefvision_assets.store.labels.history import LabelHistory

        return LabelHistory(self.labels.database)

    @cached_property
    def proposals(self) -> Proposals:
        """Boxes that other tools' models propose, in that database."""
        from tiefvision_assets.store.labels.proposals import Proposals

        return Proposals(self.labels.database)

    @cached_property
    def marks(self) -> Marks:
        """Stars, tags and notes on photos, in that database."""
        from tiefvision_assets.store.labels.marks import Marks

        return Marks(self.labels.database)

    @cached_property
    def saved_searches(self) -> SavedSearches:
        """Searches that people saved, in that database."""
        from tiefvision_assets.store.labels.saved_searches import SavedSearches

        return SavedSearches(self.labels.database)

    @cached_property
    def duplicates(self) -> Duplicates:
        """What is decided about photos of one shot, in that database."""
        from tiefvision_assets.store.labels.duplicates import Duplicates

        return Duplicates(self.labels.database)

    @cached_property
    def feedback(self) -> Feedback:
        """What searchers did with the hits that they were shown, in that database."""
        from tiefvision_assets.store.feedback import Feedback

        return Feedback(self.labels.database)

    @cached_property
    def feedback_triplets(self) -> FeedbackTriplets:
        """The triplets that follow from that."""
        from tiefvision_assets.store.feedback_triplets import FeedbackTriplets

        return FeedbackTriplets(self.layout)

    @cached_property
    def trial(self) -> TrialFile:
        """Which ranking head is on trial by clicks."""
        from tiefvision_assets.store.interleaving_trial import TrialFile

        return TrialFile(self.layout)

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
    def maps(self) -> PhotoMaps:
        """Where photos lie on the maps of both rankings."""
        from tiefvision_assets.store.photo_map import PhotoMaps

        return PhotoMaps(self.layout)

    @cached_property
    def products(self) -> ProductTable:
        """The products of the feed, with their photos."""
        from tiefvision_assets.store.products.table import ProductTable

        return ProductTable(self.layout)

    @cached_property
    def similar_products(self) -> SimilarProducts:
        """For every product its most similar ones."""
        from tiefvision_assets.store.products.similar import SimilarProducts

        return SimilarProducts(self.layout)

    @property
    def product_feed(self) -> FeedSource | None:
        """Where the feed of products comes from; None where there is none. `BadFeed` for a setting that names none."""
        from tiefvision_assets.store.products.source import source_of

        feed = self.settings.product_feed
        return source_of(feed, self.settings.products_schema) if feed else None

    @cached_property
    def written_photos(self) -> Journal:
        """The photos that were written through the API, until somebody was told that searches know them."""
        return self._journal(self.layout.written_photos)

    @cached_property
    def untold_products(self) -> Journal:
        """The products that were written or removed through the API, until somebody was told that searches know it."""
        return self._journal(self.layout.untold_products)

    @cached_property
    def unscanned_photos(self) -> Journal:
        """The paths that were written to through the API since the last scan."""
        return self._journal(self.layout.unscanned_photos)

    @cached_property
    def written_products(self) -> WrittenProducts:
        """The products that were written through the API."""
        from tiefvision_assets.store.written.journal import JournalFile
        from tiefvision_assets.store.written.products import WrittenProducts

        journal = self._journal(self.layout.written_products)
        if self.settings.data_url and not journal.version():
            # what was written before the data folder was copied into object storage
            before = JournalFile(hooks.near(self.layout.written_products)).values()
            journal.change(lambda now: ({} if now else before, []))
        return WrittenProducts(journal)

    @cached_property
    def answered(self) -> Answered:
        """The answers to requests of the API that may be sent again."""
        if self.settings.data_url:
            from tiefvision_assets.store.written.answered_table import AnsweredTable

            return AnsweredTable(self.labels.database, self.settings.data_place)
        from tiefvision_assets.store.written.answered import AnsweredFiles

        return AnsweredFiles(self.layout.answered)

    def _journal(self, file: Path) -> Journal:
        """What was written through the API: a file of the data folder, or where machines share it a table's rows."""
        if self.settings.data_url:
            from tiefvision_assets.store.written.journal_table import JournalTable

            return JournalTable(self.labels.database, self.settings.data_place, file.stem)
        from tiefvision_assets.store.written.journal import JournalFile

        return JournalFile(file)

    @cached_property
    def label_errors(self) -> LabelErrors:
        """Labels that models contradict which never saw them."""
        from tiefvision_assets.store.label_errors import LabelErrors

        return LabelErrors(self.layout)

    @cached_property
    def exports(self) -> Exports:
        """Encoders' maps as ONNX graphs."""
        from tiefvision_assets.store.exports import Exports

        return Exports(self.layout.exports)

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

        return Indexes(self.layout, self.settings.index_url)

    @cached_property
    def served(self) -> ServedFile:
        """The file that names the served models and index."""
        from tiefvision_assets.store.served import ServedFile

        return ServedFile(self.layout, self.settings.kept_versions)

    @cached_property
    def attempts(self) -> Attempts:
        """Failed attempts of the plan's steps: where several machines may work, in the database that they share."""
        from tiefvision_assets.store.labels.database import labels_url

        if labels_url(self.settings).get_backend_name() == "postgresql":
            from tiefvision_assets.store.attempts_table import AttemptsTable

            return AttemptsTable(self.labels.database, self.settings.data_place)
        from tiefvision_assets.store.attempts import AttemptsFile

        return AttemptsFile(self.layout)

    @cached_property
    def cancelled(self) -> CancelledFile:
        """Work that somebody cancelled."""
        from tiefvision_assets.store.cancelled import CancelledFile

        return CancelledFile(self.layout)

    def stamp(self) -> str:
        """A text that changes whenever there may be something new to make. Costs next to nothing.

        It covers photos, hidden ones, labels, clicks, products, snapshots, models and failures, but not files that
        somebody removed by hand below the data folder.
        """
        layout = self.layout
        hooks.refresh(layout.root, hooks.PLANNED_S)
        kinds = [layout.current_snapshot(kind) for kind in ("boxes", "triplets")]
        files = [layout.catalogue, layout.served, layout.products, *kinds]
        clicks = f" {self.feedback.newest()}" if self.settings.feedback == "on" else ""
        hidden = f" {self.duplicates.known()[0]}" if self.settings.similar_products else ""
        labels = f"{self.labels.newest_event()}{self.marks.stamp('excluded')}"
        return f"{[stamp_of(file) for file in files]} {self.attempts.stamp()} {labels}{clicks}{hidden}"

    @cached_property
    def claims(self) -> Claims:
        """Who works on what: in the label database where that is PostgreSQL, else in files of the data folder."""
        from tiefvision_assets.store.claims import FileClaims

        if not self.settings.database_url:
            return FileClaims(self.layout.claims)
        from tiefvision_assets.store.labels.database import labels_url
        from tiefvision_assets.store.postgres_claims import PostgresClaims

        url = labels_url(self.settings)
        if url.get_backend_name() != "postgresql":
            return FileClaims(self.layout.claims)
        return PostgresClaims(url, lambda: hooks.refresh(self.layout.root))

    @contextmanager
    def writing(
        self, purpose: str, *, wait_s: float = -1, on_wait: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the data folder's lock; see `tiefvision_assets.store.lock.writer_lock`.

        Where claims are in PostgreSQL it excludes other machines as well, which are waited for without limit.
        """
        from tiefvision_assets.store.claims import awaited
        from tiefvision_assets.store.lock import writer_lock

        def say() -> None:
            if on_wait:
                on_wait("Waiting for another machine, which is writing to the data folder.")

        with (
            writer_lock(self.layout.lock, purpose, wait_s=wait_s, on_wait=on_wait) as is_outermost,
            awaited(self.claims.writing, time.sleep, say) if is_outermost else nullcontext(),
        ):
            yield
