import hashlib
import os
import shutil

import pandas as pd
import pytest
from PIL import Image

from tests.store.scan_counts import counts, report
from tiefvision_assets.settings import Settings
from tiefvision_assets.store import catalogue_batches as module
from tiefvision_assets.store.catalogue import NoRawFolder, image_id
from tiefvision_assets.store.store import Store


@pytest.fixture
def three(store, save_photo):
    for name, colour in {"a.jpg": "red", "sub/b.png": "green", "c.webp": "blue"}.items():
        save_photo(name, colour)
    store.catalogue.scan()
    return store


def test_a_missing_raw_folder_gives_an_empty_catalogue(store):
    assert counts(store.catalogue.scan()) == report()
    assert len(store.catalogue.table()) == len(store.catalogue.live()) == len(store.catalogue.contents()) == 0


def test_photos_are_not_forgotten_where_their_table_is_lost_and_the_raw_folder_is_gone(three):
    before = three.catalogue.table()
    three.layout.catalogue.unlink()
    raw = three.settings.raw_dir
    elsewhere = raw.rename(raw.with_name("elsewhere"))
    for _ in range(2):
        with pytest.raises(NoRawFolder, match="is gone, and the catalogue knows its photos"):
            three.catalogue.scan()
    elsewhere.rename(raw)
    three.catalogue.scan()
    assert three.catalogue.table().equals(before)


def test_entries_tell_what_the_files_hold(store, save_photo):
    file = save_photo("sub/b.png", "green", size=(50, 70))
    scanned = store.catalogue.scan()
    row = store.catalogue.live().iloc[0]
    assert row["path"] == "sub/b.png"
    assert row["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (row["width"], row["height"], row["bytes"]) == (50, 70, file.stat().st_size)
    assert (row["batch"],) == scanned.batches
    assert row["image_id"] == image_id("sub/b.png")
    assert store.catalogue.open("sub/b.png").size == (50, 70)


def test_sizes_are_of_the_photo_as_displayed(store, save_photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    save_photo("turned.jpg", size=(80, 40), exif=exif)
    store.catalogue.scan()
    assert tuple(store.catalogue.live().iloc[0][["width", "height"]]) == (40, 80)


def test_the_id_depends_on_the_path_alone(three, save_photo):
    before = dict(three.catalogue.live()[["path", "image_id"]].itertuples(index=False))
    save_photo("a.jpg", "black", size=(99, 33))
    three.catalogue.scan()
    assert dict(three.catalogue.live()[["path", "image_id"]].itertuples(index=False)) == before
    assert len(set(before.values())) == 3
    assert image_id("a.jpg") == before["a.jpg"] != image_id("b.jpg")


def test_a_second_scan_finds_everything_unchanged(three):
    table = three.layout.catalogue.read_bytes()
    scanned = three.catalogue.scan()
    assert counts(scanned) == report(unchanged=3)
    assert not scanned.batches
    assert three.layout.catalogue.read_bytes() == table


def test_new_changed_renamed_and_deleted_photos_are_told_apart(three, save_photo):
    raw = three.settings.raw_dir
    save_photo("new.jpg", "white")
    save_photo("a.jpg", "yellow")
    (raw / "sub/b.png").rename(raw / "moved.png")
    (raw / "c.webp").unlink()
    scanned = three.catalogue.scan()
    assert counts(scanned) == report(new=1, changed=1, renamed=1, deleted=1)
    assert list(three.catalogue.live()["path"]) == ["a.jpg", "moved.png", "new.jpg"]


def test_a_renamed_photo_keeps_its_batch_and_a_restored_one_gets_its_back(three):
    raw = three.settings.raw_dir
    homes = dict(three.catalogue.live()[["sha256", "batch"]].itertuples(index=False))
    (raw / "a.jpg").rename(raw / "z.jpg")
    (raw / "c.webp").rename(raw.parent / "away")
    assert counts(three.catalogue.scan()) == report(renamed=1, deleted=1, unchanged=1)
    (raw.parent / "away").rename(raw / "c.webp")
    assert counts(three.catalogue.scan()) == report(new=1, unchanged=2)
    assert dict(three.catalogue.live()[["sha256", "batch"]].itertuples(index=False)) == homes
    assert len(three.catalogue.batch_keys()) == 1


def test_each_vanished_photo_explains_one_renamed_one_at_most(store, save_photo):
    photo, other = save_photo("a.jpg", "red"), save_photo("b.jpg", "blue")
    store.catalogue.scan()
    shutil.copy(photo, photo.with_name("c.jpg"))
    photo.rename(photo.with_name("d.jpg"))
    other.unlink()
    assert counts(store.catalogue.scan()) == report(renamed=1, new=1, deleted=1)


def test_twins_are_two_entries_and_one_content(store, save_photo):
    file = save_photo("first.jpg")
    shutil.copy(file, file.with_name("second.jpg"))
    scanned = store.catalogue.scan()
    assert scanned.new == 2
    live, contents = store.catalogue.live(), store.catalogue.contents()
    assert live["sha256"].nunique() == 1 and live["image_id"].nunique() == 2
    assert list(contents["path"]) == ["first.jpg"]
    assert len(pd.read_parquet(store.layout.batch(scanned.batches[0]))) == 1


def test_unchanged_files_are_not_opened_again(three):
    file = three.settings.raw_dir / "a.jpg"
    stat = file.stat()
    file.write_bytes(b"x" * stat.st_size)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    opened = []
    scanned = three.catalogue.scan(progress=lambda done, total: opened.append(total))
    assert not opened
    assert counts(scanned) == report(unchanged=3)


def test_touched_files_are_opened_but_not_changed(three):
    for file in three.settings.raw_dir.rglob("*.*"):
        os.utime(file, ns=(1, 1))
    reported = []
    assert counts(three.catalogue.scan(progress=lambda *done: reported.append(done))) == report(unchanged=3)
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_hidden_files_and_folders_are_ignored(store, save_photo):
    for path in (".thumb.jpg", ".cache/a.jpg", "sub/.tmp-b.jpg"):
        save_photo(path)
    assert counts(store.catalogue.scan()) == report()


def test_batches_hold_at_most_n_contents_and_never_change(store, save_photo):
    for number in range(7):
        save_photo(f"{number}.png", (number, 0, 0))
    first = store.catalogue.scan(batch_size=3)
    files = {key: store.layout.batch(key).read_bytes() for key in first.batches}
    sizes = [len(pd.read_parquet(store.layout.batch(key))) for key in first.batches]
    assert sizes == [3, 3, 1]
    for number in range(7, 10):
        save_photo(f"{number}.png", (number, 0, 0))
    save_photo("0.png", "white")
    second = store.catalogue.scan(batch_size=3)
    assert len(second.batches) == 2
    assert store.catalogue.batch_keys() == [*first.batches, *second.batches]
    assert {key: store.layout.batch(key).read_bytes() for key in first.batches} == files


def test_killed_between_batches_and_catalogue_the_next_scan_ends_the_same(tmp_path, save_photo, settings, monkeypatch):
    for number in range(5):
        save_photo(f"{number}.png", (0, number, 0))
    stores = [Store(Settings(data=tmp_path / name, raw=settings.raw_dir)) for name in ("disturbed", "calm")]
    disturbed, calm = stores
    write, written = module.write_parquet, []

    def killed_at_third(target, frame):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(target)
        write(target, frame)

    monkeypatch.setattr(module, "write_parquet", killed_at_third)
    with pytest.raises(KeyboardInterrupt):
        disturbed.catalogue.scan(batch_size=2)
    monkeypatch.undo()
    assert len(disturbed.catalogue.batch_keys()) == 2 and not disturbed.layout.catalogue.exists()
    for store in stores:
        store.catalogue.scan(batch_size=2)
    assert disturbed.catalogue.table().equals(calm.catalogue.table())
    assert disturbed.catalogue.batch_keys() == calm.catalogue.batch_keys()
