"""What the changes did, in one line."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tiefvision_assets.lineage.index_changes import IndexChanges, changes_of, last_changes, save_changes
from tiefvision_assets.store.atomic import write_json
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.served import ModelSet, Served
from tiefvision_assets.store.store import Store

MODELS = ModelSet(encoder="e1", basis="b1")


def index_of(store: Store, version: str, rows: list[tuple[str, str, int]]) -> IndexVersion:
    """An index of photos: id, content, and the right side of the box."""
    folder = store.layout.index("supervised", version)
    folder.mkdir(parents=True)
    frame = pd.DataFrame(
        [(name, sha, 0, 0, right, 9) for name, sha, right in rows], columns=["image_id", "sha256", *BOX]
    )
    frame.to_parquet(folder / "entries.parquet")
    write_json(folder / "index.json", {"files": {}, "checksums": {}})
    return IndexVersion(folder)


@pytest.fixture
def before(store: Store) -> Served:
    index_of(store, "old", [("1", "a", 5), ("2", "b", 5), ("3", "c", 5), ("4", "d", 5)])
    return Served(MODELS, {"supervised": "old"}, MODELS)


def test_photos_that_came_changed_moved_and_went_are_counted(store, before):
    built = index_of(store, "new", [("1", "a", 5), ("2", "x", 6), ("3", "c", 7), ("5", "d", 5), ("6", "e", 5)])
    changes = changes_of(store, before, built)
    assert changes == IndexChanges(photos=5, new=2, changed=1, gone=1, moved=1, models=())
    assert changes.sentence == "5 photos in the index: 2 new, 1 changed, 1 gone, 1 with another box."


def test_other_models_are_named(store, before):
    built = index_of(store, "new", [("1", "a", 5), ("2", "b", 5), ("3", "c", 5), ("4", "d", 5)])
    other = replace(before, next=ModelSet(encoder="e2", basis="b2", ranking_head="r"))
    sentence = changes_of(store, other, built).sentence
    assert sentence == "4 photos in the index: another encoder, another basis, another ranking head."
    assert changes_of(store, before, built).sentence == "4 photos in the index: the same as before."


def test_the_first_index_brings_everything(store):
    built = index_of(store, "new", [("1", "a", 5)])
    changes = changes_of(store, Served(next=MODELS), built)
    assert (changes.new, changes.gone, changes.models) == (1, 0, ())


def test_the_last_night_is_remembered(store, before):
    assert last_changes(store) is None
    changes = changes_of(store, before, index_of(store, "new", [("1", "a", 5)]))
    save_changes(store, changes)
    kept = last_changes(store)
    assert (kept["said"], kept["photos"], kept["gone"]) == (changes.sentence, 1, 3)
