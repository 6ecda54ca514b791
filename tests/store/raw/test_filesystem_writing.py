"""Photos that people copy or add are written where fsspec writes: whole or not at all, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import ftp_server
from tests.ftp_server import Far
from tests.store.raw.test_bucket_writing import jpeg
from tests.store.raw.test_filesystem_scan import in_memory
from tiefvision_assets.store.additions import add_photo
from tiefvision_assets.store.arrivals import report_on_photos
from tiefvision_assets.store.copying import copy_photos
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.photos import checked_photo, remove_photo, write_photo

server, far, in_memory = ftp_server.server, ftp_server.far, in_memory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "given/sub/deep").mkdir(parents=True)
    (tmp_path / "given/a b.jpg").write_bytes(jpeg("red"))
    (tmp_path / "given/sub/deep/ü.jpg").write_bytes(jpeg("green"))
    return tmp_path / "given"


def stored(far: Far) -> int:
    return sum(line.startswith("STOR") for line in far.server.lines)


def test_photos_of_a_folder_are_copied_once(far: Far, folder: Path):
    raw = Store(far.settings).raw
    assert copy_photos(folder, raw).written == 2 and far.paths() == ["a b.jpg", "sub/deep/ü.jpg"]
    far.server.lines.clear()
    assert copy_photos(folder, raw).written == 0 and stored(far) == 0
    (folder / "a b.jpg").write_bytes(jpeg("blue"))
    assert copy_photos(folder, raw).written == 1
    store = Store(far.settings)
    assert store.catalogue.scan().new == 2 and store.catalogue.read("a b.jpg") == jpeg("blue")


def test_a_look_at_photos_that_arrive_tells_what_would_be_replaced(far: Far, folder: Path):
    store = Store(far.settings)
    far.put("a b.jpg", jpeg("blue"))
    far.put("sub/deep/ü.jpg", jpeg("green"))
    found = report_on_photos(folder, store.raw, store.catalogue.live())
    assert (found.unchanged, found.replaced, found.new, stored(far)) == (1, ["a b.jpg"], 0, 0)


def test_a_folder_that_is_not_there_yet_is_made(far: Far, folder: Path):
    assert copy_photos(folder, far.but(raw=f"{far.settings.raw}/new/ones").raw).written == 2
    assert far.paths() == ["new/ones/a b.jpg", "new/ones/sub/deep/ü.jpg"]


@pytest.mark.parametrize("place", ["ftp", "memory"])
def test_a_photo_is_put_replaced_left_alone_added_and_removed(place: str, request: pytest.FixtureRequest):
    store = (
        Store(request.getfixturevalue("far").settings) if place == "ftp" else request.getfixturevalue("in_memory")[0]
    )
    photo, other = (checked_photo("gowns/ü 1.jpg", jpeg(colour)) for colour in ("red", "blue"))
    assert [write_photo(store.raw, one).change for one in (photo, photo, other)] == ["added", "unchanged", "replaced"]
    assert store.raw.read("gowns/ü 1.jpg").content == other.data
    path = add_photo(store.raw, "My dress.exe", jpeg("red"))
    assert add_photo(store.raw, "My dress.exe", jpeg("red")) == path
    assert store.catalogue.scan().photos == 2
    assert [remove_photo(store.raw, path) for path in ("gowns/ü 1.jpg", "gowns/ü 2.jpg")] == [True, False]
    assert store.catalogue.scan().deleted == 1


def test_a_photo_that_breaks_off_while_it_is_written_leaves_the_one_before(far: Far):
    raw = Store(far.settings).raw
    write_photo(raw, checked_photo("a.jpg", jpeg("red")))
    far.server.breaks("STOR", "cut")
    with pytest.raises(RawUnavailable, match=r"^The connection to ftp://\S+ broke off \(.*\); try again\.$"):
        write_photo(raw, checked_photo("a.jpg", jpeg("blue")))
    assert (far.photos / "a.jpg").read_bytes() == jpeg("red")
    far.server.heals()
    assert write_photo(raw, checked_photo("a.jpg", jpeg("blue"))).change == "replaced"
    assert Store(far.settings).catalogue.scan().photos == 1  # what was left of it is hidden


def test_a_server_that_moves_nothing_onto_a_file_is_written_to_at_once(far: Far):
    raw = Store(far.settings).raw
    far.put("a.jpg", jpeg("red"))
    far.server.breaks("RNTO", "553 File exists.")
    assert write_photo(raw, checked_photo("a.jpg", jpeg("blue"))).change == "replaced"
    assert far.paths() == ["a.jpg"] and (far.photos / "a.jpg").read_bytes() == jpeg("blue")


def test_a_server_that_takes_nothing_is_told(far: Far, folder: Path):
    far.server.breaks("STOR", "550 Permission denied.")
    sentence = r"^Access to ftp://\S+ is refused \(550 Permission denied\); check the rights to list, to read and to wr"
    with pytest.raises(RawUnavailable, match=sentence):
        copy_photos(folder, Store(far.settings).raw)
    with pytest.raises(RawUnavailable, match=sentence):
        write_photo(Store(far.settings).raw, checked_photo("a.jpg", jpeg("red")))
    assert far.paths() == []
