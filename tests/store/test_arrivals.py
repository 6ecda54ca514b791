"""What would become of photos that have arrived."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tiefvision_assets.store.arrivals import PhotoReport, report_on_photos
from tiefvision_assets.store.copying import copy_photos
from tiefvision_assets.store.store import Store


def png(colour: str, size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def arrived(tmp_path: Path) -> Path:
    return tmp_path / "arrived"


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def looked_at(store: Store, folder: Path) -> PhotoReport:
    return report_on_photos(folder, store.raw, store.catalogue.live())


def test_each_photo_counts_once_and_nothing_is_stored(store: Store, arrived: Path) -> None:
    put(store.settings.raw_dir, {"same.png": png("red"), "other.png": png("green")})
    store.catalogue.scan()
    put(
        arrived,
        {
            "new.png": png("blue", (60, 50)),
            "sub/twice.png": png("blue", (60, 50)),
            "known.png": png("green"),
            "same.png": png("red"),
            "other.png": png("white"),
            "bad.jpg": b"no photo",
            "tiny.png": png("red", (3, 3)),
            "notes.txt": b"x",
        },
    )
    before = sorted(store.settings.raw_dir.rglob("*"))
    found = looked_at(store, arrived)
    assert (found.new, found.twins, found.unchanged, found.replaced) == (1, 2, 1, ["other.png"])
    assert [one.path for one in found.unreadable] == ["bad.jpg", "tiny.png"]
    assert found.unreadable[1].reason.startswith("too small (3 x 3 pixels")
    assert found.passed_over == {"not a photo by its name (.txt)": 1}
    assert found.to_copy == 6
    assert found.entries.set_index("path").loc["new.png", ["width", "height"]].tolist() == [60, 50]
    assert sorted(store.settings.raw_dir.rglob("*")) == before


def test_the_scan_finds_what_the_report_announced(store: Store, arrived: Path) -> None:
    put(arrived, {"a.png": png("red"), "b.png": png("red"), "c.png": png("blue"), "bad.png": b"x"})
    found = looked_at(store, arrived)
    assert copy_photos(arrived, store.raw).written == found.to_copy
    store.catalogue.scan()
    live = store.catalogue.live()[["path", "sha256", "width", "height"]]
    assert sorted(live.itertuples(index=False, name=None)) == sorted(found.entries.itertuples(index=False, name=None))
    again = looked_at(store, arrived)
    assert (again.new, again.twins, again.unchanged, len(again.unreadable)) == (0, 0, 3, 1)


def test_an_empty_folder_holds_nothing(store: Store, arrived: Path) -> None:
    arrived.mkdir()
    assert looked_at(store, arrived).document() == {
        "new": 0, "twins": 0, "unchanged": 0, "replaced": [], "unreadable": [], "passed_over": {},
    }  # fmt: skip
