"""What `benchmarks.fuzz` feeds: each target has valid inputs to be mutated, and one attempt with whatever came of them.

An attempt either works or ends in a `TiefVisionError`; the error's sentence is what a user would read.
"""

from __future__ import annotations

import io
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from PIL import Image, features
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import FakeSearcher, encoded, fill, picture, serve, sideways
from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.label_exchange import export_labels, import_labels
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.photos import FORMATS
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import rows_where
from tiefvision_ui.http.api.application import api_routes

NUMBERS = (b"0", b"-1", b"1e400", b"NaN", b"Infinity", b"99999999999999999999", b"1.5", b"", b"null", b"true", b"\x00")
MODES = ("RGB", "L", "P", "RGBA", "CMYK", "1", "I;16")
CONDITIONS = (
    "width > 500 AND path LIKE 'gowns/%'",
    "height IN (1, 2, 3) OR NOT (human)",
    "confidence IS NULL AND width - height BETWEEN -300 AND 50",
    "-width / 2.5 <= height * 1e3",
    "path ILIKE '%_b.jpg' AND path NOT IN ('x', 'it''s')",
    '"width" <> 16 AND TRUE',
)


class Target(ABC):
    """Valid inputs, words that are put into them, and an attempt."""

    words: Sequence[bytes] = NUMBERS
    corpus: Sequence[bytes] = ()

    @abstractmethod
    def attempt(self, data: bytes) -> None:
        """Use the input as users would; raises a `TiefVisionError` where it is refused."""


class Ingest(Target):
    """A photo in the raw folder, through a scan: catalogued or quarantined, and the scan goes on."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(Settings(data=folder))
        self._file = self._store.settings.raw_dir / "photo.jpg"
        self._file.parent.mkdir(parents=True)
        self.corpus = photos()

    def attempt(self, data: bytes) -> None:
        """Scan it."""
        self._file.write_bytes(data)
        report = self._store.catalogue.scan()
        if not report.quarantined:
            return
        (reason,) = self._store.catalogue.quarantined()["reason"]
        raise TiefVisionError(reason)


class Upload(Target):
    """A search by file: found something, or an answer below 500 with a sentence."""

    def __init__(self, folder: Path) -> None:
        store = Store(Settings(data=folder))
        fill(store.settings.raw_dir)
        serve(store)
        self._client = TestClient(Starlette(routes=api_routes(FakeSearcher(store.settings))))
        self.corpus = [*photos(), *map(_form, photos())]
        self.words = (*NUMBERS, b"\r\n--x--\r\n", b"\r\n\r\n", b"Content-Disposition: form-data; name=k\r\n\r\n5")

    def attempt(self, data: bytes) -> None:
        """Search by it."""
        kind = "multipart/form-data; boundary=x" if data.startswith(b"--x") else "image/jpeg"
        answer = self._client.post("/api/search?k=2", content=data, headers={"Content-Type": kind})
        if answer.status_code == 200:
            return
        assert answer.status_code < 500, answer.text
        raise TiefVisionError(answer.json()["error"])


class Labels(Target):
    """A label file, or the first file of a folder of them, as `tiefvision labels import` reads it."""

    def __init__(self, folder: Path, label_format: LabelFormat) -> None:
        self._format = label_format
        self._store = Store(Settings(data=folder / "data"))
        fill(self._store.settings.raw_dir)
        self._store.catalogue.scan()
        contents = sorted(self._store.catalogue.contents()["sha256"])
        boxes = [BoxLabel(content, Box(10, 20, 90.5, 110)) for content in contents[:3]]
        self._store.labels.add_boxes(boxes, annotator="ann")
        self._store.labels.add_triplets([TripletLabel(*contents[:3]), TripletLabel(*contents[3:6])], annotator="ann")
        self._source = folder / "exported"
        export_labels(self._store, self._source, label_format)
        files = [self._source] if self._source.is_file() else sorted(self._source.rglob("*.*"))
        whole = {file: file.read_bytes() for file in files}
        self._pristine = shutil.copytree(self._source, folder / "pristine") if self._source.is_dir() else None
        self._files = [file.relative_to(self._source) for file in whole]
        # A folder's input begins with the number of the file that is replaced.
        self.corpus = [bytes([n]) + data if self._pristine else data for n, data in enumerate(whole.values())]
        self.words = (*NUMBERS, b"[" * 5000, b"{", b'"', b"<", b"&a;", b"\n", b",", b"\xff\xfe", b"../../x", b"a" * 300)

    def attempt(self, data: bytes) -> None:
        """Import it."""
        target = self._source
        if self._pristine:
            shutil.rmtree(self._source)
            shutil.copytree(self._pristine, self._source)
            number, data = (data[0] if data else 0), data[1:]
            target = self._source / self._files[number % len(self._files)]
        target.write_bytes(data)
        import_labels(self._store, self._source, self._format, "fuzz")


class Where(Target):
    """A condition on the photos' columns."""

    def __init__(self, folder: Path) -> None:
        columns = {"path": ["a.jpg", "b.jpg"], "width": [3, 4], "height": [5, 6], "confidence": [None, 0.5]}
        self._table = pa.table({**columns, "human": [True, None]})
        self.corpus = [condition.encode() for condition in CONDITIONS]
        words = (
            "( ) NOT AND OR LIKE IN BETWEEN IS NULL CASE CAST x'41' -- /* */ ; :: ? $1 @a [ ] { } || ~ ` \\ ' \" 1e999"
        )
        self.words = (*NUMBERS, *(f" {word} ".encode() for word in words.split()), b"(" * 1000, b"NOT " * 500)

    def attempt(self, data: bytes) -> None:
        """Narrow two photos by it."""
        rows = rows_where(self._table, data.decode("utf-8", "replace"))
        assert rows.dtype == bool and rows.shape == (2,)


def photos() -> list[bytes]:
    """Small valid photos: every format that is read, several modes, EXIF, an animation."""
    found = [sideways()]
    for kind in FORMATS:
        if kind == "MPO" or (kind == "AVIF" and not features.check("avif")):
            continue
        for mode in MODES:
            try:
                found.append(encoded(picture(size=(20, 24)).convert("I" if mode == "I;16" else mode), kind))
            except (OSError, ValueError, KeyError):  # not every format has every mode
                continue
    frames = [picture(hue, (20, 24)) for hue in (0.1, 0.5)]
    for kind in ("GIF", "MPO", "WEBP"):
        buffer = io.BytesIO()
        frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
        found.append(buffer.getvalue())
    for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"):
        photo = Image.new("1" if name == "group4" else "RGB", (20, 24))
        found.append(encoded(photo, "TIFF", compression=name))
    found.append(encoded(picture(size=(20, 24)), "JPEG", progressive=True))
    return found


def _form(photo: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return head + photo + b"\r\n--x--\r\n"


def target_named(name: str, folder: Path) -> Target:
    """The target of that name, in a folder of its own."""
    if name in LabelFormat.__members__:
        return Labels(folder, LabelFormat[name])
    others: dict[str, Callable[[Path], Target]] = {"ingest": Ingest, "upload": Upload, "where": Where}
    return others[name](folder)


TARGETS = ("ingest", "upload", *LabelFormat.__members__, "where")
