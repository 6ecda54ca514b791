"""Which photo of the catalogue a name in a label file means: one routine for all formats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices
from tiefvision_assets.store.labels.problems import BY_LETTERS, BY_NAME, STATE, RefusedError
from tiefvision_assets.store.labels.spellings import last_part, normal, plain, spellings, without_photo_suffix
from tiefvision_assets.store.labels.stated_folders import StatedFolders

_INGEST = "paths are relative to the folder of raw photos; ingest new photos first, or name this one in a --map file"


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """A live entry of the catalogue; width and height are pixels of the photo as displayed."""

    path: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PhotoName:
    """What a label file says about which photo it means."""

    names: tuple[str, ...]
    """The most telling first; the others are tried when it leads nowhere."""
    is_stem: bool = False
    """Whether the format leaves the suffix out, so that completing it is no guess."""

    @property
    def shown(self) -> str:
        """The name as messages have it."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Found:
    """The photo that is meant, and by which rule; the rule is empty where nothing was guessed."""

    photo: KnownPhoto
    rule: str = ""
    boldness: int = 0
    """0 where nothing was guessed; of two names for one photo the bolder guess is the doubtful one."""


class KnownPhotos:
    """Finds photos among ``entries``, a frame of live photos with path, sha256, width and height.

    A name is looked up, in this order, in the choices' map, as a path in any Unicode normalisation, in other tools'
    spellings of paths, without its suffix, below another root, by its last part, and by letters and digits alone. The
    first of these by which any photo fits decides, if it is one photo (or its twins). A photo does not fit by its last
    part where the name has another folder before it than the catalogue.
    """

    def __init__(self, entries: pd.DataFrame, choices: Choices = AS_THE_FILE_SAYS) -> None:
        columns = (entries[name].tolist() for name in ("path", "sha256", "width", "height"))
        photos = list(map(KnownPhoto, *columns))
        self._choices = choices
        self._by_path = {photo.path: photo for photo in photos}
        self._by_spelling = {normal(photo.path): photo for photo in photos}

    @cached_property
    def _by_stem(self) -> dict[str, list[KnownPhoto]]:
        return _grouped((without_photo_suffix(path), photo) for path, photo in self._by_spelling.items())

    @cached_property
    def _by_last(self) -> dict[str, list[KnownPhoto]]:
        return _grouped((last_part(stem), photo) for stem, photos in self._by_stem.items() for photo in photos)

    @cached_property
    def _by_plain(self) -> dict[str, list[KnownPhoto]]:
        return _grouped((plain(last), photo) for last, photos in self._by_last.items() for photo in photos)

    @cached_property
    def _stem_of(self) -> dict[str, str]:
        return {photo.path: stem for stem, photos in self._by_stem.items() for photo in photos}

    @cached_property
    def _plain_of(self) -> dict[str, str]:
        return {path: plain(stem) for path, stem in self._stem_of.items()}

    def get(self, path: str) -> KnownPhoto | None:
        """The photo at ``path``, in any Unicode normalisation of it; None when the catalogue has none."""
        return self._by_path.get(path) or self._by_spelling.get(normal(path))

    def find(self, name: PhotoName) -> Found:
        """The photo that is meant; `RefusedError` when the catalogue has none, or several that fit equally well."""
        for given in name.names:
            if given in self._choices.names:
                return Found(self._mapped(self._choices.names[given]))
        stated = [self._stated(given) for given in name.names]
        for given in stated:
            if photo := self.get(given):
                return Found(photo)
        if name.is_stem:
            for given in stated:
                if alike := self._by_stem.get(normal(given)):
                    return Found(_only(alike, given))
        folders = StatedFolders(stated)
        for given in stated:
            if found := self._guessed(given, folders):
                return found
        for given in stated:
            last = plain(last_part(without_photo_suffix(normal(given))))
            if last and (elsewhere := self._by_plain.get(last)):
                reason = f"{name.shown!r} is not in the catalogue; {elsewhere[0].path!r} lies in another folder"
                raise RefusedError(reason, STATE)
        raise RefusedError(f"{name.shown!r} is not in the catalogue", _INGEST)

    def conflicts(self, found: Iterable[tuple[PhotoName, Found]]) -> dict[PhotoName, RefusedError]:
        """The guessed names that led to a photo to which another name of the same file led as well."""
        of_photo: dict[str, list[tuple[PhotoName, Found]]] = defaultdict(list)
        for name, one in found:
            of_photo[one.photo.path].append((name, one))
        doubtful: dict[PhotoName, RefusedError] = {}
        for path, named in of_photo.items():
            if len(named) > 1:
                ranked = sorted((one.boldness, _canonical(name), name.shown) for name, one in named)
                first = ranked[0]
                second = next((other for other in ranked if other[1] != first[1]), first)
                for name, one in named:
                    boldness, canonical, other = second if _canonical(name) == first[1] else first
                    if one.rule and boldness <= one.boldness and canonical != _canonical(name):
                        doubtful[name] = RefusedError(
                            f"{other!r} and {name.shown!r} would both be the photo {path!r}",
                            "state the folder with --root or --strip, or name the photos in a --map file",
                        )
        return doubtful

    def _mapped(self, path: str) -> KnownPhoto:
        photo = self.get(path)
        if photo is None:
            raise RefusedError(f"the map names {path!r}, which is not in the catalogue", "correct the --map file")
        return photo

    def _stated(self, name: str) -> str:
        """The name below the root that the choices state, and without the folders that they strip."""
        root, strip = self._choices.root.replace("\\", "/").rstrip("/"), self._choices.strip
        if not root and not strip:
            return name
        path = name.strip().replace("\\", "/")
        if strip:
            path = "/".join(path.strip("/").split("/")[strip:]) or path
        if root and path.startswith(f"{root}/"):
            return path.removeprefix(f"{root}/")
        below = f"{root}/{path}"
        inside = self.get(below) or self._by_stem.get(normal(below))
        return below if root and inside else path

    def _guessed(self, name: str, folders: StatedFolders) -> Found | None:
        ways = {name: ""} | spellings(name)
        tiers = (self._as_written, self._with_another_suffix, self._by_tail, self._by_letters)
        for boldness, tier in enumerate(tiers, start=1):
            hits = [
                Found(photo, rule, boldness)
                for path, way in ways.items()
                for photo, rule in tier(normal(path), way, folders)
            ]
            if hits:
                _only([hit.photo for hit in hits], name)
                return hits[0]
        return None

    def _as_written(self, path: str, way: str, _: StatedFolders) -> Iterator[tuple[KnownPhoto, str]]:
        if photo := self._by_spelling.get(path):
            yield photo, way

    def _with_another_suffix(self, path: str, way: str, _: StatedFolders) -> Iterator[tuple[KnownPhoto, str]]:
        stems = {without_photo_suffix(path): "another suffix", path: "no suffix"}
        for stem, rule in stems.items():
            for photo in self._by_stem.get(stem, []):
                yield photo, way or rule

    def _by_tail(self, path: str, way: str, folders: StatedFolders) -> Iterator[tuple[KnownPhoto, str]]:
        for stem in dict.fromkeys((path, without_photo_suffix(path))):
            alike = [photo for photo in self._by_last.get(last_part(stem), []) if self._allowed(photo, folders)]
            same = [photo for photo in alike if last_part(photo.path) == last_part(path)]
            yield from _nearest(stem, {photo: self._stem_of[photo.path] for photo in same or alike})

    def _by_letters(self, path: str, way: str, folders: StatedFolders) -> Iterator[tuple[KnownPhoto, str]]:
        for stem in dict.fromkeys((path, without_photo_suffix(path))):
            cleaned = plain(stem)
            if last := last_part(cleaned):
                alike = [photo for photo in self._by_plain.get(last, []) if self._allowed(photo, folders)]
                for photo, _ in _nearest(cleaned, {photo: self._plain_of[photo.path] for photo in alike}):
                    yield photo, BY_LETTERS

    def _allowed(self, photo: KnownPhoto, folders: StatedFolders) -> bool:
        return folders.allow(self._plain_of[photo.path])


def _nearest(stem: str, photos: dict[KnownPhoto, str]) -> Iterator[tuple[KnownPhoto, str]]:
    """Of the photos with the last part of ``stem``, those that share most parts with it from the end on.

    ``photos`` have their stems. Those whose path is not the end of ``stem``, or the other way round, come only where
    there are no others.
    """
    parts = stem.split("/")
    ranked: dict[tuple[bool, int], list[KnownPhoto]] = defaultdict(list)
    for photo, known in photos.items():
        theirs = known.split("/")
        shared = 0
        while shared < min(len(parts), len(theirs)) and parts[-1 - shared] == theirs[-1 - shared]:
            shared += 1
        ranked[shared == min(len(parts), len(theirs)), shared].append(photo)
    if ranked:
        best = max(ranked)
        for photo in ranked[best]:
            yield photo, "another root" if best[0] and best[1] > 1 else BY_NAME


def _grouped(photos: Iterable[tuple[str, KnownPhoto]]) -> dict[str, list[KnownPhoto]]:
    groups: dict[str, list[KnownPhoto]] = defaultdict(list)
    for key, photo in photos:
        groups[key].append(photo)
    return groups


def _only(photos: list[KnownPhoto], name: str) -> KnownPhoto:
    """The first of them, if they all have the same content."""
    if len({photo.sha256 for photo in photos}) > 1:
        distinct = sorted({photo.path for photo in photos})
        raise RefusedError(
            f"{distinct[0]!r} and {distinct[1]!r} both fit the name {name!r}",
            STATE,
        )
    return photos[0]


def _canonical(name: PhotoName) -> str:
    """The name without all that tools may have changed about it: two that are equal here may well be one photo."""
    return [name.shown, *spellings(name.shown)][-1].casefold()
