"""The inputs of steps without batches: a step that failed or was cancelled is tried again on other ones only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.store import Store


@dataclass(frozen=True)
class _Needs:
    """What a step depends on besides photos."""

    models: Sequence[str] = ("encoder", "heads", "basis", "ranking_head")
    labels: Sequence[str] = ("boxes", "triplets")


FEED, SIMILAR, CLICKS = ("product_catalogue",), ("similar_products",), ("feedback_triplets",)
STARTER_HEADS = ("starter_heads",)
_NEEDS: Mapping[tuple[str, ...], _Needs] = {
    TRAIN_HEADS: _Needs(("encoder", "heads"), ("boxes",)),
    STARTER_HEADS: _Needs(("encoder", "heads"), ()),
    ("embedding_basis",): _Needs(("encoder",), ()),
    FEED: _Needs((), ()),
    CLICKS: _Needs((), ("triplets",)),
    SIMILAR: _Needs(labels=()),
    TRAIN_RANKING: _Needs(("encoder", "basis", "ranking_head"), ("triplets",)),
}
"""Steps of other assets depend on everything."""


class StepInputs:
    """The inputs of all steps at one time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, assets: tuple[str, ...]) -> str:
        """Fingerprint of what the step of these assets depends on."""
        needs = _NEEDS.get(assets, _Needs())
        models = {name: self._models[name] for name in needs.models}
        labels = {kind: self.labels[kind] for kind in needs.labels}
        more = {"feed": self._feed} if assets in (FEED, SIMILAR) else {}
        more |= {"rule": str(self._store.settings.similar_products)} if assets == SIMILAR else {}
        more |= self._products | self._clicks if assets == TRAIN_RANKING else {}
        more |= {"clicks": str(self._store.feedback.newest())} if assets == CLICKS else {}
        return fingerprint(assets=assets, photos=self._photos, models=models, labels=labels, **more)

    @cached_property
    def _feed(self) -> str:
        """What the feed of products holds, or why it cannot be had."""
        from tiefvision_assets.lineage.products import feed_version
        from tiefvision_assets.store.products.source import BadFeed

        try:
            return feed_version(self._store)
        except BadFeed as error:
            return str(error)

    @cached_property
    def _products(self) -> dict[str, str]:
        """What the ranking learns from products; empty where it does not."""
        from tiefvision_assets.lineage.products import products_learned

        learned = products_learned(self._store)
        return {"products": f"{learned.weight} {learned.products}"} if learned else {}

    @cached_property
    def _clicks(self) -> dict[str, str]:
        """Which clicks the ranking learns from; empty where it learns from none."""
        from tiefvision_assets.lineage.feedback_triplets import feedback_version

        version = feedback_version(self._store)
        return {"feedback": version} if version else {}

    @cached_property
    def _photos(self) -> str:
        table = self._store.layout.catalogue
        return hashlib.sha256(hooks.near(table).read_bytes()).hexdigest() if table.exists() else ""

    @cached_property
    def _models(self) -> dict[str, str | None]:
        return asdict(self._store.served.read().next)

    @cached_property
    def labels(self) -> dict[str, list[str | None]]:
        """Of each kind the version of the snapshot, and that of the database."""
        snapshots, labels = self._store.snapshots, self._store.labels
        return {
            "boxes": [snapshots.current("boxes"), labels.box_version()],
            "triplets": [snapshots.current("triplets"), labels.triplet_version()],
        }
