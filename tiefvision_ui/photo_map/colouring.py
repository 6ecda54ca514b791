"""What points are coloured by: a few values, each with its photos, for every way to colour the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from tiefvision_assets.store.columns import positions as rows_of
from tiefvision_ui import services
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.photo_map.points import MapPoints
from tiefvision_ui.products.shop import FEW, Shop, shop_of

MOST_VALUES = 8
"""More colours than these nobody tells apart; the rarest values share one."""
COLUMN = "column:"
NOTHING, OTHER = "–", N_("Other")
OWN_WORDS = ("confidence", "level")
"""Ways whose values are not names that people gave."""
PALETTES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "light": (
        ("#0072b2", "#d14f00", "#169c9c", "#800026", "#0d00ff", "#c66453", "#701058", "#1975ff"),
        ("#6790bd", "#5382b0", "#3f72a3", "#2b6196", "#1c4c82", "#123a6c", "#0b2a55", "#051b3e"),
        "#858c92",
    ),
    "dark": (
        ("#56b4e9", "#f08a3c", "#1fa883", "#e9a3d3", "#f0e442", "#4f7dff", "#d8ccff", "#d9506a"),
        ("#2f6d8c", "#37809c", "#4293a8", "#53a6b0", "#6bb9b4", "#8accb6", "#b0deb9", "#dcf0c2"),
        "#6d777e",
    ),
}
"""Theme → colours of values that have no order, those of values that have one, and that of all others. Each is told
from its background by 3:1 (WCAG 2.2, 1.4.11), and from the other ones of its row also by people who see no red or no
green; a test computes both."""


@dataclass(frozen=True)
class Colouring:
    """One way to colour N points."""

    labels: tuple[str, ...]
    """The values, in the legend's order; those that are no names are English."""
    codes: np.ndarray
    """(N,) uint8, the value of each point."""
    is_ordered: bool = False
    plain: frozenset[str] = frozenset()
    """Values that are none: what has no value, or any other one."""

    @property
    def counts(self) -> list[int]:
        """How many points have each value."""
        found: list[int] = np.bincount(self.codes, minlength=len(self.labels)).tolist()
        return found

    def colours(self, theme: str) -> list[str]:
        """The colour of each value."""
        distinct, ordered, plain = PALETTES[theme]
        named = [label for label in self.labels if label not in self.plain]
        row = _spread(ordered, len(named)) if self.is_ordered else distinct
        of_named = dict(zip(named, row, strict=False))
        return [of_named.get(label, plain) for label in self.labels]


def ways(points: MapPoints) -> dict[str, str]:
    """The ways to colour these points, each with its words; the first is the default."""
    shop = shop_of(points.version)
    columns = _kinds(shop) if shop else []
    folders = {"folder": _("Folder")} if points.has_folders else {}
    return {
        **folders,
        "tag": _("Tag"),
        "annotator": _("Annotator of the box"),
        "confidence": _("Confidence of the box"),
        "level": _("Level of the nearest photo"),
        "batch": _("Batch"),
        **{COLUMN + name: _("Column {name}", name=name) for name in columns},
    }


def colouring(points: MapPoints, way: str) -> Colouring:
    """The points coloured so; by tag where there is no such way. Kept until what they are coloured by changes."""
    return _coloured(points.key, way, _state(way), points)


def _state(way: str) -> object:
    """Another value whenever people or the shop have changed what points are coloured by."""
    if way == "annotator":
        return services.store().labels.newest_event()
    if way.startswith(COLUMN):
        return services.store().products.stamp()
    return services.store().marks.stamp("tag")


@st.cache_resource(show_spinner=False, max_entries=8)
def _coloured(key: str, way: str, state: object, _points: MapPoints) -> Colouring:
    points = _points
    if way.startswith(COLUMN):
        return _by_column(points, way.removeprefix(COLUMN))
    made = {
        "folder": _by_folder,
        "annotator": _by_annotator,
        "confidence": _by_confidence,
        "level": _by_level,
        "batch": _by_batch,
    }
    return made.get(way, _by_tag)(points)


def _by_folder(points: MapPoints) -> Colouring:
    return _named([parent_of(path) for path in points.photos["path"]], empty=".")


def parent_of(path: str) -> str:
    """The folder of a photo; a point for the raw folder itself."""
    return path.rpartition("/")[0] or "."


def _by_tag(points: MapPoints) -> Colouring:
    """Of several tags a photo shows the one that the most photos have."""
    marks = services.store().marks
    contents = pd.Series(points.photos["sha256"])
    values = np.full(len(contents), "", dtype=object)
    for tag in sorted(marks.tags().items(), key=lambda counted: (counted[1], counted[0])):
        row = rows_of(pd.Series(marks.tagged(tag[0]), dtype="str"), contents)
        values[row[row >= 0]] = tag[0]
    return _named(values.tolist())


def _by_annotator(points: MapPoints) -> Colouring:
    boxes = services.store().labels.live_boxes()
    row = rows_of(points.photos["sha256"], boxes["sha256"])
    names = np.append(boxes["annotator"].to_numpy(dtype=object), "")
    return _named(names[row].tolist())


def _by_confidence(points: MapPoints) -> Colouring:
    confidence = points.photos["confidence"].to_numpy(dtype=np.float64)
    codes = 1 + np.digitize(confidence, [0.25, 0.5, 0.75, 0.9])
    labels = (
        *(N_("No box found"), N_("Up to 25 %"), N_("25 to 50 %"), N_("50 to 75 %"), N_("75 to 90 %")),
        N_("Over 90 %"),
    )
    codes[confidence <= 0] = 0
    human = points.photos["human"].to_numpy(dtype=bool)
    codes[human] = len(labels)
    made = (*labels, N_("Drawn by a person"))
    return _used(made, codes, is_ordered=True, plain=frozenset({made[0], made[-1]}))


def _by_level(points: MapPoints) -> Colouring:
    """How similar each photo's nearest one is, in the unsupervised ranking, in the words of the levels."""
    index = services.store().indexes.open("unsupervised", points.version)
    labels = (N_("Related"), N_("Very similar"), N_("Same shot"))
    codes = np.zeros(len(points.rows), dtype=np.int64)
    if index.graph is not None and index.graph.scores.shape[1]:
        score = np.asarray(index.graph.scores[points.rows, 0], dtype=np.float64)
        levels = index.record.get("levels") or {}
        for code, level in enumerate(("very similar", "same"), start=1):
            if level in levels:
                codes[score >= float(levels[level])] = code
    return _used(labels, codes, is_ordered=True)


def _by_batch(points: MapPoints) -> Colouring:
    """Batches are numbered as they came; of many, neighbours share a colour."""
    names = points.photos["batch"].astype(str)
    codes, batches = pd.factorize(names, sort=True)
    parts = np.array_split(np.arange(len(batches)), min(MOST_VALUES, max(1, len(batches))))
    of_batch = np.concatenate([np.full(len(part), number) for number, part in enumerate(parts)])
    labels = tuple(_range(batches[part[0]], batches[part[-1]]) for part in parts)
    return _used(labels, of_batch[codes], is_ordered=True)


def _by_column(points: MapPoints, column: str) -> Colouring:
    shop = shop_of(points.version)
    if shop is None or column not in shop.joined.products.names:
        return _by_tag(points)
    values = shop.joined.column(column).take(points.rows).to_pylist()
    return _named(["" if value is None else str(value) for value in values])


def _kinds(shop: Shop) -> list[str]:
    """The columns of products that hold one text or truth each, of few enough."""
    columns = {name: shop.joined.column(name) for name in shop.products.names if name != "product_id"}
    kinds = {name: column for name, column in columns.items() if _is_plain(column.type)}
    return [name for name, column in kinds.items() if 1 < len(column.unique()) <= FEW]


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind))


def _named(values: Sequence[str], empty: str = "") -> Colouring:
    """By the most frequent values; the others are `OTHER`, none is `NOTHING`."""
    counts = pd.Series(values, dtype="str").value_counts()
    order = sorted((str(name) for name in counts.index if name != empty), key=lambda name: (-counts[name], name))
    shown = order if len(order) <= MOST_VALUES else order[: MOST_VALUES - 1]
    labels = (*shown, OTHER, NOTHING)
    code = {name: number for number, name in enumerate(shown)} | {empty: len(shown) + 1}
    codes = np.array([code.get(value, len(shown)) for value in values], dtype=np.int64)
    return _used(labels, codes, plain=frozenset({OTHER, NOTHING}))


def _used(
    labels: Sequence[str], codes: np.ndarray, *, is_ordered: bool = False, plain: frozenset[str] = frozenset()
) -> Colouring:
    """Without the values that no point has."""
    used = np.unique(codes)
    return Colouring(
        tuple(labels[code] for code in used), np.searchsorted(used, codes).astype(np.uint8), is_ordered, plain
    )


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first} – {last}"


def _spread(colours: Sequence[str], count: int) -> list[str]:
    """So many of them, as far apart as there are."""
    places = np.linspace(0, len(colours) - 1, count).round().astype(int) if count > 1 else [len(colours) - 1]
    return [colours[place] for place in places]
