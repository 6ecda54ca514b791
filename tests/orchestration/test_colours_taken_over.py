"""A data folder of before colour profiles were followed: photos that have one are made again, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests import tiny
from tests.store.colour_photos import PROFILES, SRGB, colourful
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.store import photos, pixels
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.colours import Colours
from tiefvision_assets.store.store import Store

trained = tiny.trained

Run = Callable[..., dict[str, object]]

COLOURED = ["adobe.png", "phone.png"]
NEW_COLUMNS = ("decoding", "profile", "note")


@pytest.fixture
def before(trained: Store, run: Run) -> Store:
    """As an earlier version left it: all photos were encoded as they stand, and no table tells of profiles."""
    raw = trained.settings.raw_dir
    colourful().save(raw / "phone.png", icc_profile=PROFILES["Display P3"])
    colourful().save(raw / "adobe.png", icc_profile=PROFILES["Adobe RGB"])
    colourful().rotate(180).save(raw / "srgb.png", icc_profile=SRGB["of LittleCMS"])
    colourful().transpose(0).save(raw / "broken.png", icc_profile=b"nothing")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (photos, pixels):
            monkeypatch.setattr(module, "colours_of", lambda photo: Colours())
        run()
    for file in trained.layout.root.rglob("*.parquet"):
        table = pq.read_table(file)
        lacking = [name for name in table.column_names if name not in NEW_COLUMNS]
        if len(lacking) < len(table.column_names):
            write_parquet(file, table.select(lacking).to_pandas())
    for index in trained.layout.root.glob("index/*/*/index.json"):
        _forget_sizes(index)
    return trained


def _forget_sizes(record: Path) -> None:
    """The record of an index of whose files one was replaced."""
    from tiefvision_assets.store.index import CHECKSUMS, ENTRIES
    from tiefvision_assets.store.sealed import checksum, read_json, write_json

    document = read_json(record)
    document["files"][ENTRIES] = (record.parent / ENTRIES).stat().st_size
    document[CHECKSUMS][ENTRIES] = checksum(record.parent / ENTRIES)
    write_json(record, document)


def vectors(store: Store) -> dict[str, np.ndarray]:
    index = store.indexes.open("unsupervised", (store.served.read().index or {})["unsupervised"])
    return dict(zip(index.entries["path"], index.vectors.copy(), strict=True))


def test_only_photos_with_a_profile_are_made_again(before: Store, run: Run) -> None:
    assert plan(before) == [], "nothing is known of profiles yet"
    found = vectors(before)
    assert before.catalogue.scan().unchanged == tiny.PHOTOS + 4
    live = before.catalogue.live().set_index("path")
    assert sorted(live.index[live["profile"] != ""]) == COLOURED
    stale = status_of(before)["stale"]
    (encodings,) = (step for step in stale if step["assets"] == ["object_encodings"])
    assert encodings["reason"] == (
        "2 photos have no encoding of their present box and colours; 2 were encoded before their colour profiles were "
        "followed"
    )
    assert run()["computed"] == 2
    assert plan(before) == []
    now = vectors(before)
    changed = [path for path in now if not np.array_equal(now[path], found[path])]
    assert sorted(changed) == COLOURED
    models = before.served.read().models.complete
    assert models is not None
    keys = before.encodings.keys_of(embedding_of(models), before.catalogue.batch_keys())
    assert int((keys["decoding"] == 1).sum()) == tiny.PHOTOS + 2, "rows of other photos were taken over"
    assert run()["materialised"] == 0


def test_an_ignored_profile_is_told(before: Store) -> None:
    assert before.catalogue.scan().noted == 1
    (noted,) = status_of(before)["noted"]
    assert noted["path"] == "broken.png" and "damaged" in noted["note"]


def test_what_cannot_be_read_now_is_looked_at_by_the_next_scan(before: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(file: object) -> Colours:
        raise photos.BadPhoto("the file cannot be read (Input/output error)")

    with monkeypatch.context() as failing:
        failing.setattr(photos, "_opened", unreadable)
        before.catalogue.scan()
    assert plan(before) == []
    before.catalogue.scan()
    assert sorted(before.catalogue.live().query("profile != ''")["path"]) == COLOURED
