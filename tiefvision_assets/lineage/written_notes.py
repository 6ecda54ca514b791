"""What was written through the API, kept in mind until searches know it: photos and products.

Whoever writes notes it here, if there is a webhook that waits for it; `tiefvision_assets.lineage.announcements` asks
what the served index has come to know, tells it, and lets it be forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tiefvision_assets.store.products.feed import PHOTO_PATHS
from tiefvision_assets.store.products.photos import names_one_of
from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.journal import Journal

AWAITED_DAYS = 30
"""What searches do not know for so long, as it was changed by other means or is in quarantine, is not waited for."""
Note: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What was noted and searches know by now, as announcements tell it."""

    photos: list[Note]
    products: list[Note]


def note_photos(store: Store, changed: Mapping[str, str | None]) -> None:
    """Keep in mind that these paths hold these contents (SHA-256) from now on, or nothing: for the next scan, and for
    the webhook, if there is one."""
    if not changed:
        return
    now = moment()
    noted = {path: {"sha256": sha256, "at": now} for path, sha256 in changed.items()}
    store.unscanned_photos.change(lambda _: (dict.fromkeys(noted, now), []))
    if store.settings.served_webhook:
        store.written_photos.change(lambda _: (noted, []))


def note_products(store: Store, put: Iterable[str], removed: Iterable[str]) -> None:
    """Keep in mind, for the webhook if there is one, that products of these ids were just written, or removed."""
    is_removed = dict.fromkeys(put, False) | dict.fromkeys(removed, True)
    if not is_removed or not store.settings.served_webhook:
        return
    written = {"at": moment(), "version": store.written_products.version()}
    store.untold_products.change(
        lambda _: ({name: {**written, "removed": gone} for name, gone in is_removed.items()}, [])
    )


def known_by_now(store: Store) -> Known:
    """What the served index knows of all that was noted; nothing before the first index."""
    version = store.served.read().index.get("unsupervised")
    photos, products = store.written_photos.values(), store.untold_products.values()
    if not version or not (photos or products):
        return Known([], [])
    entries = store.indexes.open("unsupervised", version).entries
    wanted = {*photos, *_photos_of(store.products.intact(), products)}
    found = entries[entries["path"].isin(list(wanted))]
    served = dict(zip(found["path"], found["sha256"], strict=True))
    reached = [
        {"path": path, "sha256": note["sha256"], "written_at": note["at"]}
        for path, note in photos.items()
        if served.get(path) == note["sha256"]
    ]
    awaited = sorted(photos.keys() - {one["path"] for one in reached})
    return Known(reached, list(_known_products(store, products, served, awaited)))


def forget(store: Store, known: Known) -> None:
    """Wait no longer for what is known, nor for what nobody knows after `AWAITED_DAYS`; what was written again since
    is waited for."""
    _forget(store.written_photos, {one["path"]: one["written_at"] for one in known.photos})
    _forget(store.untold_products, {one["product_id"]: one["written_at"] for one in known.products})


def moment() -> str:
    """Now, as it is written down."""
    return datetime.now(UTC).isoformat()


def days_since(then: str) -> float:
    """How long ago a `moment` was."""
    return (datetime.now(UTC) - datetime.fromisoformat(then)).total_seconds() / 86400


def _known_products(
    store: Store, noted: Mapping[str, Note], served: Collection[str], awaited: list[str]
) -> Iterator[Note]:
    """The products that searches know as they were written, by all photos that the catalogue has of them.

    None whose photos are ``awaited``, or not ``served`` yet, or of which the catalogue has none of several.
    """
    products = store.products.intact()
    if products is None or not noted:
        return
    taken_over = products.record.written
    named = {one.product_id: one.photos for one in store.written_products.all()}
    for name, note in noted.items():
        if not store.written_products.holds(taken_over, note["version"]):
            continue
        told = {"product_id": name, "photos": None, "written_at": note["at"]}
        if note["removed"]:
            yield told
            continue
        photos, wanted = _photos_of(products, [name]), named.get(name, ())
        is_awaited = any(names_one_of(one, name, awaited) for one in wanted)
        if (photos or not wanted) and not is_awaited and all(path in served for path in photos):
            yield {**told, "photos": photos}


def _photos_of(products: Products | None, names: Iterable[str]) -> list[str]:
    """The paths of these products' photos in the catalogue."""
    if products is None:
        return []
    rows = [row for name in names if (row := products.rows.get(name)) is not None]
    return [path for paths in products.table[PHOTO_PATHS].take(rows).to_pylist() for path in paths] if rows else []


def _forget(journal: Journal, told: Mapping[str, str]) -> None:
    noted = journal.values().items()
    done = {**told, **{name: note["at"] for name, note in noted if days_since(note["at"]) > AWAITED_DAYS}}
    if done:
        journal.change(lambda now: ({}, [name for name, at in done.items() if name in now and now[name]["at"] == at]))
