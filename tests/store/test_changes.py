"""A list of changes leads a scan to where a scan of everything gets, without looking at anything else."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.store.test_scan_events import Folder, events
from tiefvision_assets.store.catalogue import Catalogue, NoRawFolder
from tiefvision_assets.store.changes import BadChanges, Changes, read_changes
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.raw.folder import RawFolder

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet")


def written(file: Path, rows: list[tuple[object, object]]) -> Path:
    """The rows of paths and changes in the format that the file's suffix names, beside another column."""
    named = [{"at": "22:10", "change": change, "path": path} for path, change in rows]
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, ["at", "change", "path"])
            writer.writeheader()
            writer.writerows(named)
    elif file.suffix == ".parquet":
        pd.DataFrame(named, columns=["at", "change", "path"], dtype="str").to_parquet(file)
    else:
        file.write_text("".join(json.dumps(row) + "\n\n" for row in named), encoding="utf-8")
    return file


@examples(max_examples=8)
@given(st.lists(st.lists(events, max_size=5), min_size=1, max_size=3), st.sampled_from(SUFFIXES))
def test_scans_of_the_changed_paths_end_where_scans_of_everything_do(nights, suffix):
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = Folder(root / "raw")
        folder.root.mkdir()
        told, looking = (Catalogue(Layout(root / data), RawFolder(folder.root)) for data in ("told", "looking"))
        for night in nights:
            before = dict(folder.files)
            touched = {path for event in night for path in event[1:] if path and "." in path}
            for event in night:
                folder.happen(*event)
            rows: list[tuple[object, object]] = [(path, "deleted") for path in sorted(touched - folder.files.keys())]
            rows += [(path, "changed" if path in before else "added") for path in sorted(touched & folder.files.keys())]
            changes = read_changes(written(root / f"changes{suffix}", rows))
            assert told.scan(batch_size=2, changes=changes) == looking.scan(batch_size=2)
            assert told.table().equals(looking.table()) and told.batch_keys() == looking.batch_keys()
            assert told.scan(batch_size=2, changes=changes).unchanged == len(told.live()), "the same list again"


def test_nothing_but_the_listed_paths_is_looked_at(store, save_photo, tmp_path, monkeypatch):
    for path in ("a.png", "b.png", "c.png"):
        save_photo(path)
    store.catalogue.scan()
    monkeypatch.setattr(RawFolder, "listed", None)
    save_photo("a.png", "blue")
    save_photo("b.png", "green")
    (store.settings.raw_dir / "c.png").unlink()
    before = dict(zip(store.catalogue.live()["path"], store.catalogue.live()["sha256"], strict=True))
    report = store.catalogue.scan(changes=read_changes(written(tmp_path / "changes.csv", [("a.png", "changed")])))
    assert (report.changed, report.unchanged, report.deleted) == (1, 2, 0)
    after = dict(zip(store.catalogue.live()["path"], store.catalogue.live()["sha256"], strict=True))
    assert {path for path in before if before[path] != after[path]} == {"a.png"}


def test_of_several_rows_of_a_path_the_last_one_counts(store, save_photo, tmp_path):
    save_photo("a.png")
    rows: list[tuple[object, object]] = [("a.png", "deleted"), ("a.png", "added"), ("b.png", "added")]
    changes = read_changes(written(tmp_path / "changes.csv", [*rows, ("b.png", "deleted")]))
    assert store.catalogue.scan(changes=changes).new == 1


def test_what_a_scan_of_everything_passes_over_a_list_does_not_bring_in(store, save_photo, tmp_path):
    save_photo("real/a.png")
    save_photo(".trash/b.png")
    raw = store.settings.raw_dir
    (raw / "linked").symlink_to(raw / "real")
    hidden = read_changes(written(tmp_path / "changes.csv", [(".trash/b.png", "added"), ("real/a.png", "added")]))
    assert store.catalogue.scan(changes=hidden).photos == 1
    for path in ("linked/a.png", "linked", "real"):
        with pytest.raises(BadChanges, match=f"'{path}' is said to be added, and there is no such file in"):
            store.catalogue.scan(changes=read_changes(written(tmp_path / "changes.csv", [(path, "added")])))
    assert list(store.catalogue.table()["path"]) == ["real/a.png"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("b.png", "moved"), "the change of 'b.png' is 'moved', and has to be added, changed or deleted"),
        (("../b.png", "added"), "'../b.png' is no path below the raw folder; write it as in summer/dress.jpg"),
        (("/srv/b.png", "added"), "'/srv/b.png' is no path below the raw folder"),
        (("", "deleted"), "'' is no path below the raw folder"),
        (("b.png", "added"), "'b.png' is said to be added, and there is no such file in"),
        (("a.png", "deleted"), "'a.png' is said to be deleted, and it is there in"),
    ],
)
def test_one_bad_row_is_a_sentence_and_nothing_is_taken(store, save_photo, tmp_path, suffix, row, sentence):
    save_photo("a.png")
    store.catalogue.scan()
    save_photo("new.png", "red")
    file = written(tmp_path / f"changes{suffix}", [("new.png", "added"), row])
    where = {".csv": "line 3", ".parquet": "row 2"}.get(suffix, "line 3")
    with pytest.raises(BadChanges) as caught:
        store.catalogue.scan(changes=read_changes(file))
    assert str(caught.value).startswith(f"{file.name}, {where}: {sentence}")
    assert str(caught.value).endswith("; nothing of it was taken.")
    assert list(store.catalogue.table()["path"]) == ["a.png"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("c.csv", b"path,kind\na.png,added\n", "it has no column change, and needs path and change"),
        ("c.csv", b"", "it has no column path"),
        ("c.csv", b"path,change\nwinter/coat, long.jpg,added\n", "line 2: it has more values than columns; put paths"),
        ("c.csv", b"path,change\na.png\n", "line 2: the change of 'a.png' is None"),
        ("c.csv", b"path,change\n\xff.png,added\n", "it is not UTF-8"),
        ("c.jsonl", b'{"path": "a.png", "change": "added"}\nnonsense\n', "line 2 is no JSON object"),
        ("c.jsonl", b'["a.png", "added"]\n', "line 1 is no JSON object"),
        ("c.jsonl", b'{"path": "\\ud800.png", "change": "added"}\n', "line 1: '\\ud800.png' is no path below"),
        ("c.jsonl", b'{"path": 7, "change": "added"}\n', "line 1: 7 is no path below"),
        ("c.parquet", b"no parquet", "Parquet"),
        ("c.txt", b"a.png\n", "is no list of changes; give a file that ends in .csv, .jsonl, .ndjson, .parquet"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_sentence(tmp_path, name, content, reason):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(BadChanges) as caught:
        read_changes(file)
    assert reason in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(BadChanges, match="No such file"):
        read_changes(tmp_path / "gone.csv")


def test_a_list_is_no_way_around_a_lost_table_or_folder(store, save_photo, tmp_path):
    save_photo("a.png")
    store.catalogue.scan()
    nothing = Changes(tmp_path / "changes.csv", {})
    raw = store.settings.raw_dir
    away = raw.rename(raw.with_name("away"))
    with pytest.raises(NoRawFolder):
        store.catalogue.scan(changes=nothing)
    away.rename(raw)
    store.layout.catalogue.unlink()
    with pytest.raises(BadChanges, match="is gone; scan everything first, with `tiefvision ingest`"):
        store.catalogue.scan(changes=nothing)
    assert store.catalogue.scan().photos == 1
