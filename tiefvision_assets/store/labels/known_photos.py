"""The catalogue's photos by their names in label files: POSIX paths relative to the folder of raw photos."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from tiefvision_assets.store.labels.problems import RefusedError


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """A live entry of the catalogue; width and height are pixels of the photo as displayed."""

    path: str
    sha256: str
    width: int
    height: int


class KnownPhotos:
    """Finds photos among ``entries``, a frame of live photos with path, sha256, width and height."""

    def __init__(self, entries: pd.DataFrame) -> None:
        columns = (entries[name].tolist() for name in ("path", "sha256", "width", "height"))
        self._by_path = {photo.path: photo for photo in map(KnownPhoto, *columns)}
        self._by_spelling = {_spelling(path): photo for path, photo in self._by_path.items()}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[KnownPhoto]] = defaultdict(list)
        for path, photo in self._by_spelling.items():
            self._by_stem[PurePosixPath(path).with_suffix("").as_posix()].append(photo)
        for path in self._by_path:
            self._by_name[PurePosixPath(_spelling(path)).name].append(path)

    def find(self, path: str) -> KnownPhoto:
        """The photo at ``path``, in any Unicode normalisation of it; `RefusedError` when the catalogue has none."""
        photo = self.get(path)
        if photo is None:
            raise RefusedError(f"{path!r} is not in the catalogue; {self._way_out(path)}")
        return photo

    def get(self, path: str) -> KnownPhoto | None:
        """The photo at ``path``, in any Unicode normalisation of it; None when the catalogue has none."""
        return self._by_path.get(path) or self._by_spelling.get(_spelling(path))

    def with_stem(self, stem: str) -> list[KnownPhoto]:
        """The photos whose path without its suffix is ``stem``."""
        return self._by_stem.get(_spelling(stem), [])

    def _way_out(self, path: str) -> str:
        alike = self._by_name.get(PurePosixPath(_spelling(path).strip().replace("\\", "/")).name, [])
        if len(alike) == 1:
            return f"did you mean {alike[0]!r}? Paths are relative to the folder of raw photos, with forward slashes"
        return "paths are relative to the folder of raw photos; ingest new photos first"


def _spelling(path: str) -> str:
    return unicodedata.normalize("NFC", path)
