"""Boxes of label files in any format: one for each photo and annotator when read, listed with their paths when written.

Coordinates are rounded to a hundredth of a pixel in both directions, so that an exported box is imported unchanged,
whether the format has edges, sizes, centres or shares of the photo; ``docs/decisions/0033-a-hundredth-of-a-pixel.md``
says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.errors import displayable
from tiefvision_assets.store.labels.choices import Choices, Pick
from tiefvision_assets.store.labels.known_photos import Found, KnownPhoto, KnownPhotos, PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS
from tiefvision_assets.store.labels.problems import RefusedError, Report
from tiefvision_assets.store.labels.proposals import Proposal
from tiefvision_assets.store.labels.regions import PassedOver, Region, box_of
from tiefvision_assets.store.labels.store import BOX_COLUMNS, BoxLabel

PROPOSED = "A model's predictions are kept as proposals"
OBJECT = "object"
"""The category of boxes that are written; they have no other."""


@dataclass(frozen=True, slots=True)
class ReadBox:
    """A box that was read: of which photo, and by whom, if the file says so."""

    photo: KnownPhoto
    box: Box
    annotator: str = ""


@dataclass
class BoxRows:
    """The boxes of one file; a photo has one box of each annotator, and all twins of a content the same."""

    boxes: list[ReadBox] = field(default_factory=list)
    """In the order of the file, where a box stands that comes twice being the last place."""
    report: Report = field(default_factory=Report)
    proposals: list[Proposal] = field(default_factory=list)
    """What models propose, one for each content; these are no labels."""

    def frame(self) -> pd.DataFrame:
        """One row for each photo: path, sha256, left, top, right, bottom (pixels)."""
        by_path = {one.photo.path: (one.photo.path, one.photo.sha256, *one.box.as_tuple()) for one in self.boxes}
        frame = pd.DataFrame.from_records(list(by_path.values()), columns=["path", "sha256", *BOX_COLUMNS])
        return frame.astype({"path": "str", "sha256": "str"} | dict.fromkeys(BOX_COLUMNS, "float64"))

    def labels(self) -> list[BoxLabel]:
        """One label for each content, in the order of the file; of several annotators' the last."""
        return [BoxLabel(sha256, box) for sha256, box in {one.photo.sha256: one.box for one in self.boxes}.items()]

    def drawn(self) -> list[tuple[str, BoxLabel]]:
        """Annotators, each with one label for each content, in the order of the file."""
        return list(dict.fromkeys((one.annotator, BoxLabel(one.photo.sha256, one.box)) for one in self.boxes))


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo with its box, as files list them; width and height are pixels of the photo as displayed."""

    path: str
    width: int
    height: int
    box: Box


def labelled_photos(boxes: pd.DataFrame, entries: pd.DataFrame) -> list[LabelledPhoto]:
    """The photos of ``entries`` with one of ``boxes`` (sha256, left, top, right, bottom), all twins, sorted by path."""
    photos = entries[["path", "sha256", "width", "height"]]
    rows = photos.merge(boxes[["sha256", *BOX_COLUMNS]], on="sha256").sort_values("path")
    return [
        LabelledPhoto(
            row["path"],
            int(row["width"]),
            int(row["height"]),
            Box(*(round(float(row[name]), DECIMALS) for name in BOX_COLUMNS)),
        )
        for row in rows.to_dict("records")
    ]


def boxes_of(regions: Iterable[Region], entries: pd.DataFrame, choices: Choices, report: Report) -> BoxRows:
    """The boxes that the regions of one file stand for, with everything else in the report."""
    all_marked = list(regions)
    report.categories.update(region.category.strip() for region in all_marked if region.category.strip())
    marked = _of_categories(all_marked, choices, report)
    found = found_photos(((region.photo, region.place) for region in marked), KnownPhotos(entries, choices), report)
    proposed: dict[str, list[_Candidate]] = defaultdict(list)
    groups: dict[tuple[str, str], list[_Candidate]] = defaultdict(list)
    for position, region in enumerate(marked):
        if region.photo not in found:
            continue
        photo = found[region.photo].photo
        with report.at(region.place):
            try:
                candidate = _Candidate(position, region, photo, box_of(region, photo))
            except PassedOver as passed:
                report.passed_over[str(passed)] += 1
            else:
                if region.proposed:
                    proposed[photo.sha256].append(candidate)
                else:
                    groups[photo.sha256, region.annotator or choices.annotator].append(candidate)
    chosen: list[tuple[int, list[ReadBox]]] = []
    for (_, annotator), candidates in groups.items():
        with report.at(candidates[-1].region.place):
            box = _chosen(candidates, choices.pick, report)
            last = max(candidate.position for candidate in candidates if candidate.box == box)
            photos = {candidate.photo.path: candidate.photo for candidate in candidates}
            chosen.append((last, [ReadBox(photo, box, annotator) for photo in photos.values()]))
    in_order = sorted(chosen, key=lambda placed: placed[0])
    if confident := sum(region.score is not None and not region.proposed for region in marked):
        report.note(f"{confident} confidences were not kept: a person's box has none.")
    if proposed:
        report.note(f"{PROPOSED}: {len(proposed)}; annotators begin with them, and nothing learns from them.")
    proposals = [_proposal(sha256, candidates, report) for sha256, candidates in proposed.items()]
    return BoxRows([one for _, boxes in in_order for one in boxes], report, proposals)


def found_photos(named: Iterable[tuple[PhotoName, str]], photos: KnownPhotos, report: Report) -> dict[PhotoName, Found]:
    """The photo that each name means; what was guessed, and names that lead to none, are in the report once."""
    places: dict[PhotoName, str] = {}
    for name, place in named:
        places.setdefault(name, place)
    found: dict[PhotoName, Found] = {}
    for name, place in places.items():
        with report.at(place):
            found[name] = photos.find(name)
    conflicts = photos.conflicts(found.items())
    for name, place in places.items():
        if name in conflicts:
            report.problem(place, conflicts[name])
            del found[name]
        elif name in found and found[name].rule:
            report.guess(place, name.shown, found[name].photo.path, found[name].rule)
    return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    position: int
    region: Region
    photo: KnownPhoto
    box: Box


def _proposal(sha256: str, candidates: Sequence[_Candidate], report: Report) -> Proposal:
    """The surest of what is proposed for one photo; of equally sure ones the first."""
    if len(candidates) > 1:
        report.passed_over["proposals that are not the surest of their photo"] += len(candidates) - 1
    best = max(candidates, key=lambda one: -1.0 if one.region.score is None else one.region.score)
    return Proposal(sha256, best.box, best.region.score, displayable(best.region.model))


def _of_categories(regions: list[Region], choices: Choices, report: Report) -> list[Region]:
    wanted = {name.strip().casefold() for name in choices.categories}
    if not wanted:
        return regions
    kept = [region for region in regions if region.category.strip().casefold() in wanted]
    there = sorted({region.category for region in regions})
    for name in choices.categories:
        if regions and name.strip().casefold() not in {category.strip().casefold() for category in there}:
            listed = ", ".join(repr(category) for category in there[:20])
            refused = RefusedError(f"no object is of the category {name!r}", f"the file has {listed}")
            report.problem("categories", refused)
    if len(kept) < len(regions):
        report.passed_over["objects of other categories"] += len(regions) - len(kept)
    return kept


def _chosen(candidates: Sequence[_Candidate], pick: Pick, report: Report) -> Box:
    distinct = {candidate.box: candidate for candidate in reversed(candidates)}
    if len(distinct) == 1:
        return candidates[0].box
    if pick is Pick.error:
        named = sorted({candidate.region.category for candidate in candidates} - {""})
        which = f" ({', '.join(named)})" if named else ""
        raise RefusedError(
            f"{candidates[-1].photo.path!r} or its twin has another box as well{which}",
            "keep one a photo, or choose with --category NAME or --pick largest|first",
        )
    report.passed_over[f"objects that are not the {pick} of their photo"] += len(distinct) - 1
    return candidates[0].box if pick is Pick.first else max(candidates, key=lambda one: one.box.area).box
