"""What was found, as files: a table, an archive, a contact sheet."""

import csv
import io
import zipfile

import pytest
from PIL import Image

from tests.ui.small_catalogue import fill
from tiefvision_assets.search import export as exporting
from tiefvision_assets.search.export import CannotExport, ExportedPhoto, export
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.place import RawUnavailable, UnreadPhoto
from tiefvision_assets.store.store import Store


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    store = Store(Settings(data=tmp_path))
    fill(store.settings.raw_dir)
    store.catalogue.scan()
    return store.catalogue


def photos(catalogue: Catalogue) -> list[ExportedPhoto]:
    rows = catalogue.live().sort_values("path").head(3).itertuples()
    return [
        ExportedPhoto(row.image_id, row.path, row.sha256, 0.9 - rank / 10, "related") for rank, row in enumerate(rows)
    ]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_table_has_a_row_a_photo_in_order(catalogue):
    found = rows_of(export(photos(catalogue), "csv", catalogue))
    assert [row["path"] for row in found] == [photo.path for photo in photos(catalogue)]
    assert found[1] | {"image_id": "", "sha256": ""} == {
        "rank": "2",
        "image_id": "",
        "path": "blue/dress-002.jpg",
        "sha256": "",
        "score": "0.800000",
        "level": "related",
    }


def test_names_that_try_it_on_stay_one_value(catalogue):
    wild = [ExportedPhoto("1", 'a,"b"\n=1+1.jpg', "x")]
    [row] = rows_of(export(wild, "csv", catalogue))
    assert row["path"] == 'a,"b"\n=1+1.jpg'
    assert row["score"] == ""


def test_an_archive_holds_the_files_as_they_are_and_leaves_out_what_changed(catalogue):
    found = photos(catalogue)
    catalogue.file(found[1].path).write_bytes(b"another one")
    catalogue.file(found[2].path).unlink()
    with zipfile.ZipFile(io.BytesIO(export(found, "zip", catalogue))) as archive:
        assert archive.namelist() == ["photos.csv", "photos/1-dress-000.jpg"]
        assert archive.read("photos/1-dress-000.jpg") == catalogue.read(found[0].path)
        assert len(rows_of(archive.read("photos.csv"))) == 3


def failing(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, failures: dict[str, Exception]) -> None:
    read = catalogue.read

    def fetched(path: str) -> bytes:
        if path in failures:
            raise failures[path]
        return read(path)

    monkeypatch.setattr(catalogue, "read", fetched)


@pytest.mark.parametrize(
    "error", [UnreadPhoto("it broke off"), RawUnavailable("it is archived"), BadPhoto("it is no photo")]
)
def test_a_photo_that_cannot_be_fetched_is_left_out_alone(catalogue, monkeypatch, error):
    found = photos(catalogue)
    failing(catalogue, monkeypatch, {found[1].path: error})
    with zipfile.ZipFile(io.BytesIO(export(found, "zip", catalogue))) as archive:
        assert archive.namelist() == ["photos.csv", "photos/1-dress-000.jpg", "photos/3-dress-004.jpg"]
    assert Image.open(io.BytesIO(export(found, "jpg", catalogue))).format == "JPEG"


def test_without_any_photo_the_outage_is_told(catalogue, monkeypatch):
    found = photos(catalogue)
    failing(catalogue, monkeypatch, dict.fromkeys([photo.path for photo in found], RawUnavailable("no bucket")))
    for kind in ("zip", "jpg"):
        with pytest.raises(RawUnavailable, match="no bucket"):
            export(found, kind, catalogue)


def test_an_archive_has_a_limit(catalogue, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_BYTES", 2000)
    with pytest.raises(CannotExport, match="choose fewer"):
        export(photos(catalogue), "zip", catalogue)


def test_a_contact_sheet_shows_what_is_there(catalogue):
    found = photos(catalogue)
    catalogue.file(found[2].path).unlink()
    two = Image.open(io.BytesIO(export(found, "jpg", catalogue)))
    one = Image.open(io.BytesIO(export(found[:1], "jpg", catalogue)))
    none = Image.open(io.BytesIO(export(found[2:], "jpg", catalogue)))
    assert two.format == "JPEG"
    assert two.width > one.width == none.width
    assert len(set(one.convert("L").getdata())) > len(set(none.convert("L").getdata()))
