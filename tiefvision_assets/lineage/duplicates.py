"""Photos of one shot: the groups of them in an index. What is decided about them is in `duplicate_decisions`.

Two photos are the same shot by the cosine from which a search calls them so (docs/decisions/0014). In a group every two
photos are, and nobody said otherwise: a chain of similar photos is not one group, since a rule would hide one of them
in favour of another that it does not resemble.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.labels.duplicates import Choice, Decisions

COMPARED = 32
"""So many nearest photos of each photo may be the same shot."""
_BLOCK = 65_536
_COLUMNS = ["sha256", "image_id", "path", "width", "height", "bytes", "batch"]


@dataclass(frozen=True)
class Copy:
    """An entry of the catalogue."""

    image_id: str
    path: str


@dataclass(frozen=True)
class GroupedPhoto:
    """A photo of a group, with all its copies, by their paths."""

    sha256: str
    copies: tuple[Copy, ...]
    width: int
    height: int
    bytes: int
    batch: str
    choice: Choice | None
    """What is decided about it."""

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


@dataclass(frozen=True)
class Group:
    """Photos of one shot, or copies of one photo; first the one with the most pixels."""

    photos: tuple[GroupedPhoto, ...]
    similarity: float
    """The lowest cosine of two of them; 1 for copies."""

    @property
    def id(self) -> str:
        """Names the group while it holds the same photos, wherever they lie."""
        return hashlib.sha256("".join(sorted(photo.sha256 for photo in self.photos)).encode()).hexdigest()[:12]

    @property
    def is_decided(self) -> bool:
        """Whether somebody, or the rule, decided about every photo."""
        return all(photo.choice is not None for photo in self.photos)

    @property
    def by_rule(self) -> bool:
        """Whether the rule took part in deciding."""
        return any(photo.choice is not None and photo.choice.rule for photo in self.photos)

    @property
    def copies(self) -> dict[str, int]:
        """The sha256 of each photo, with the number of its copies."""
        return {photo.sha256: len(photo.copies) for photo in self.photos}

    @property
    def contents(self) -> list[str]:
        """The sha256 of each photo."""
        return [photo.sha256 for photo in self.photos]


@dataclass(frozen=True)
class Alike:
    """Which photos of an index may be the same shot, whatever is decided about them."""

    contents: tuple[str, ...]
    """The C different contents, in the order of their first paths."""
    pairs: np.ndarray
    """(P, 2) places among the contents of two that are alike, the most similar ones first."""
    scores: np.ndarray
    """(P,) their cosines."""
    copied: np.ndarray
    """(M,) places of contents that lie at several paths."""


def alike_in(index: IndexVersion) -> Alike:
    """The pairs of an unsupervised index; each photo is compared with its `COMPARED` nearest ones."""
    entries = index.entries
    codes, contents = pd.factorize(entries["sha256"].to_numpy(dtype=object))
    shot = float(index.record["levels"]["same"])
    found: list[pd.DataFrame] = []
    for start in range(0, len(entries), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(entries)))
        neighbours, scores = index.neighbours(rows, COMPARED)
        at, place = np.nonzero((scores >= shot) & (neighbours >= 0))
        one, other = codes[rows[at]], codes[neighbours[at, place]]
        pairs = {"first": np.minimum(one, other), "second": np.maximum(one, other), "score": scores[at, place]}
        found.append(pd.DataFrame(pairs)[one != other])
    table = pd.concat(found) if found else pd.DataFrame({"first": [], "second": [], "score": []})
    table = table.sort_values(["score", "first", "second"], ascending=[False, True, True])
    table = table.drop_duplicates(["first", "second"])
    copied = np.flatnonzero(np.bincount(codes, minlength=len(contents)) > 1) if len(codes) else np.empty(0, np.int64)
    pairs = table[["first", "second"]].to_numpy(dtype=np.int64)
    return Alike(tuple(contents), pairs, table["score"].to_numpy(dtype=np.float32), copied)


def groups_in(index: IndexVersion, alike: Alike, decisions: Decisions) -> list[Group]:
    """The groups of an index, by the paths of their first photos."""
    members = _members(alike, decisions.distinct)
    score_of = _scores_of(alike)
    together = {place for group in members for place in group}
    members += [[int(place)] for place in alike.copied if place not in together]
    return list(_described(index, alike, sorted(members), score_of, decisions))


def told_apart_in(index: IndexVersion, alike: Alike, decisions: Decisions) -> list[Group]:
    """Photos of the index that somebody said are not the same shot, those that are connected together."""
    place_of = {content: place for place, content in enumerate(alike.contents)}
    score_of = _scores_of(alike)
    groups: dict[int, list[int]] = {}
    for first, second in sorted(decisions.distinct):
        if first in place_of and second in place_of:
            one, other = (groups.setdefault(place, [place]) for place in (place_of[first], place_of[second]))
            if one is not other:
                one.extend(other)
                groups.update(dict.fromkeys(other, one))
    members = {id(group): sorted(group) for group in groups.values()}
    return list(_described(index, alike, sorted(members.values()), score_of, decisions))


def taken_out_of(index: IndexVersion, alike: Alike, decisions: Decisions, groups: Sequence[Group]) -> list[Group]:
    """Photos that were hidden in favour of one with which none of the groups holds them, each kept one with its own.

    Groups fall apart when photos are encoded otherwise, or when another photo comes that only one of them resembles.
    What was decided stays, and can be taken back only where it is listed.
    """
    place_of = {content: place for place, content in enumerate(alike.contents)}
    held_by = {content: number for number, group in enumerate(groups) for content in group.contents}
    hidden: dict[int, list[int]] = {}
    for choice in decisions.choices.values():
        together = held_by.get(choice.sha256, -1) == held_by.get(choice.kept, -2)
        if choice.is_hidden and not together and choice.sha256 in place_of and choice.kept in place_of:
            hidden.setdefault(place_of[choice.kept], []).append(place_of[choice.sha256])
    members = sorted(sorted((kept, *others)) for kept, others in hidden.items())
    return list(_described(index, alike, members, _scores_of(alike), decisions))


def group_of(index: IndexVersion, alike: Alike, contents: Collection[str], decisions: Decisions) -> Group:
    """Those of the contents that the index has, of which there has to be one, as one group."""
    members = [place for place, content in enumerate(alike.contents) if content in contents]
    return next(_described(index, alike, [members], _scores_of(alike), decisions))


def _scores_of(alike: Alike) -> dict[tuple[int, int], float]:
    return {(int(a), int(b)): float(s) for (a, b), s in zip(alike.pairs, alike.scores, strict=True)}


def _members(alike: Alike, distinct: frozenset[tuple[str, str]]) -> list[list[int]]:
    """Places of the contents of each group: the most similar pairs join first, as long as all in a group are alike."""
    pairs = [(int(first), int(second)) for first, second in alike.pairs]
    if distinct:
        names = alike.contents
        pairs = [pair for pair in pairs if tuple(sorted((names[pair[0]], names[pair[1]]))) not in distinct]
    joined, groups = set(pairs), {place: [place] for pair in pairs for place in pair}
    for first, second in pairs:
        one, other = groups[first], groups[second]
        if one is not other and all((min(a, b), max(a, b)) in joined for a in one for b in other):
            one.extend(other)
            groups.update(dict.fromkeys(other, one))
    return [sorted(group) for group in {id(group): group for group in groups.values()}.values() if len(group) > 1]


def _described(
    index: IndexVersion,
    alike: Alike,
    members: Sequence[Sequence[int]],
    score_of: Mapping[tuple[int, int], float],
    decisions: Decisions,
) -> Iterator[Group]:
    names = {alike.contents[place] for group in members for place in group}
    entries = index.entries
    at = np.flatnonzero(entries["sha256"].isin(names))
    few = entries[_COLUMNS].iloc[at].assign(row=at).sort_values("path")
    rows_of: dict[str, list[tuple[Any, ...]]] = {}
    for row in zip(*(few[name].tolist() for name in few.columns), strict=True):
        rows_of.setdefault(row[0], []).append(row[1:])
    for group in members:
        photos = [_photo(alike.contents[place], rows_of[alike.contents[place]], decisions.choices) for place in group]
        if all(pair in score_of for pair in combinations(group, 2)):
            lowest = min((score_of[pair] for pair in combinations(group, 2)), default=1.0)
        else:  # only people put these together, and their cosines are not among those of near photos
            lowest = _lowest_cosine(index, [rows_of[alike.contents[place]][0][-1] for place in group])
        yield Group(tuple(sorted(photos, key=most_pixels)), lowest)


def _lowest_cosine(index: IndexVersion, rows: Sequence[int]) -> float:
    vectors = np.asarray(index.vectors[np.array(rows, dtype=np.int64)], dtype=np.float32)
    return float((vectors @ vectors.T).min())


def _photo(sha256: str, rows: Sequence[tuple[Any, ...]], choices: Mapping[str, Choice]) -> GroupedPhoto:
    _, _, width, height, size, batch, _ = rows[0]
    copies = tuple(Copy(image_id, path) for image_id, path, *_ in rows)
    return GroupedPhoto(sha256, copies, int(width), int(height), int(size), batch, choices.get(sha256))


def most_pixels(photo: GroupedPhoto) -> tuple[object, ...]:
    """Sorts photos: the most pixels first, then the largest file, then by path."""
    return -photo.pixels, -photo.bytes, photo.copies[0].path
