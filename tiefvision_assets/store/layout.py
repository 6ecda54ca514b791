"""Paths of all files below the data folder; no other module knows where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tiefvision_assets.settings import PRODUCTS, WRITTEN_PRODUCTS


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below the data folder ``root``; nothing here touches the disk."""

    root: Path

    @property
    def catalogue(self) -> Path:
        """The table of all entries, live and quarantined."""
        return self.root / "catalogue" / "catalogue.parquet"

    @property
    def batches(self) -> Path:
        """The folder of the immutable batches."""
        return self.root / "catalogue" / "batches"

    def batch(self, key: str) -> Path:
        """The contents of one batch."""
        return self.batches / f"{key}.parquet"

    def snapshot(self, kind: str, version: str) -> Path:
        """The live labels of one kind in one version."""
        return self.root / "labels" / kind / f"{version}.parquet"

    def current_snapshot(self, kind: str) -> Path:
        """File that names the version of that kind's labels that the assets used last."""
        return self.root / "labels" / f"{kind}.json"

    @property
    def label_report(self) -> Path:
        """What the newest import of labels took, guessed, passed over and refused."""
        return self.root / "labels" / "last_import.json"

    def boxes(self, heads: str, batch: str) -> Path:
        """Extracted boxes of one batch by the heads of that fingerprint."""
        return self.root / "boxes" / heads / f"{batch}.parquet"

    def encodings(self, embedding: str, batch: str) -> Path:
        """Object encodings of one batch by the encoder and basis of that fingerprint."""
        return self.root / "encodings" / embedding / f"{batch}.parquet"

    def basis_sample(self, basis: str) -> Path:
        """Object encodings of the photos that the basis of that fingerprint was fitted on."""
        return self.model("embedding_basis", basis) / "sample.parquet"

    def crops(self, fingerprint: str) -> Path:
        """The folder of one crop dataset: its table of views and their dense maps."""
        return self.root / "crops" / fingerprint

    def views(self, fingerprint: str) -> Path:
        """The table of views of one crop dataset."""
        return self.crops(fingerprint) / "views.parquet"

    @property
    def current_crops(self) -> Path:
        """File that names the newest crop dataset."""
        return self.root / "crops" / "current.json"

    @property
    def current_triplets(self) -> Path:
        """File that names the newest triplet dataset."""
        return self.root / "triplets" / "current.json"

    def triplets(self, fingerprint: str) -> Path:
        """One triplet dataset."""
        return self.root / "triplets" / f"{fingerprint}.parquet"

    @property
    def quality(self) -> Path:
        """What is unusual about photos as such."""
        return self.root / "catalogue" / "quality.parquet"

    def photo_map(self, ranking: str) -> Path:
        """Where every photo lies on the map of that ranking."""
        return self.root / "map" / f"{ranking}.parquet"

    def map_anchors(self, layout: str) -> Path:
        """The photos that were laid out together, with their vectors."""
        return self.root / "map" / f"anchors-{layout}.parquet"

    @property
    def label_errors(self) -> Path:
        """Labels that models contradict which never saw them."""
        return self.root / "labels" / "errors.parquet"

    def model(self, name: str, fingerprint: str) -> Path:
        """The folder of one trained or fetched model."""
        return self.root / "models" / name / fingerprint

    def exports(self, encoder: str) -> Path:
        """The folder of that encoder's maps as ONNX graphs, beside its weights."""
        return self.model("encoder", encoder) / "exports"

    def evaluation(self, name: str, fingerprint: str) -> Path:
        """What a trained model got right and wrong, row by row."""
        return self.model(name, fingerprint) / "evaluation.parquet"

    def index(self, ranking: str, version: str) -> Path:
        """The folder of one version of the index of one ranking."""
        return self.root / "index" / ranking / version

    @property
    def served(self) -> Path:
        """File that names the models and the index that searching uses, and the models of the next index."""
        return self.root / "served.json"

    @property
    def served_copy(self) -> Path:
        """Its copy, which takes its place if it is damaged."""
        return self.root / "served-copy.json"

    @property
    def damaged(self) -> Path:
        """The folder to which damaged files are moved, each under the path that it had."""
        return self.root / "damaged"

    @property
    def made(self) -> list[Path]:
        """The folders of everything that is made and can be made again: nothing that people or Dagster write."""
        first = ("catalogue", "labels", "crops", "triplets", "models", "boxes", "encodings", "index", "map")
        return [self.root / name for name in (*first, "products", "demo")]

    @property
    def products(self) -> Path:
        """The products of the feed with their photos: what searches join with the index."""
        return self.root / PRODUCTS

    @property
    def similar_products(self) -> Path:
        """For every product its most similar ones."""
        return self.root / "products" / "similar_products.parquet"

    @property
    def similar_csv(self) -> Path:
        """The same as CSV, for other programs."""
        return self.root / "products" / "similar_products.csv"

    @property
    def similar_states(self) -> Path:
        """The state of each product that these were made from."""
        return self.root / "products" / "similar_states.parquet"

    @property
    def written_products(self) -> Path:
        """The products that were written through the API, by people's own systems: nothing makes them again."""
        return self.root / WRITTEN_PRODUCTS

    @property
    def written_photos(self) -> Path:
        """The photos that were written or removed through the API, until it is told that searches know them."""
        return self.root / "written" / "photos.jsonl"

    @property
    def untold_products(self) -> Path:
        """The products that were written or removed through the API, until it is told that searches know it."""
        return self.root / "written" / "untold_products.jsonl"

    @property
    def unscanned_photos(self) -> Path:
        """The paths at which photos were written or removed through the API since the last scan."""
        return self.root / "written" / "unscanned.jsonl"

    @property
    def announcements(self) -> Path:
        """The folder of what the webhook did not take yet."""
        return self.root / "written" / "announcements"

    @property
    def answered(self) -> Path:
        """The folder of the answers to requests of the API that may be sent again, by day."""
        return self.root / "written" / "answered"

    @property
    def feedback_key(self) -> Path:
        """The secret by which answers that are shown are signed; lost, those that are open are worth nothing."""
        return self.root / "feedback.key"

    @property
    def trial(self) -> Path:
        """Which ranking head is on trial by clicks."""
        return self.root / "models" / "ranking_head" / "trial.json"

    @property
    def feedback_triplets(self) -> Path:
        """The triplets that follow from clicks."""
        return self.root / "labels" / "feedback.parquet"

    @property
    def attempts(self) -> Path:
        """The record of failed attempts."""
        return self.root / "attempts.json"

    @property
    def cancelled(self) -> Path:
        """What was cancelled and is left alone."""
        return self.root / "cancelled.json"

    @property
    def summary(self) -> Path:
        """What the newest index changed, in one sentence with numbers."""
        return self.root / "index" / "summary.json"

    @property
    def arrivals(self) -> Path:
        """The folder of what was dropped or unpacked, and is not stored yet; hidden, should a scan come by."""
        return self.root / ".arrivals"

    @property
    def uploads(self) -> Path:
        """The folder of the photos that people uploaded to search by, kept for a while; hidden likewise."""
        return self.root / ".uploads"

    @property
    def start(self) -> Path:
        """The folder of what the app does in the background to get to the first index; hidden likewise."""
        return self.root / ".start"

    @property
    def logged_out(self) -> Path:
        """The folder of the log-ins that ended before their cookies expire."""
        return self.root / "logged_out"

    @property
    def examined(self) -> Path:
        """Which files were found whole on this machine, and when."""
        return self.root / ".examined.json"

    @property
    def lock(self) -> Path:
        """The lock file of those who scan, promote models, or switch what is served."""
        return self.root / ".lock"

    @property
    def claims(self) -> Path:
        """The folder of the locked files that say which work is being done."""
        return self.root / "claims"

    @property
    def demo(self) -> Path:
        """The ground truth of the generated catalogue."""
        return self.root / "demo"
