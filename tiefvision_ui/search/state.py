"""What leads a search beside its photo, all of it in the address: parts of the photo, and examples; and what was found.

An address that is shared or reloaded, and the browser's back button, so lead to the same search. Whoever changes the
photo removes what belongs to the one before (`tiefvision_ui.address.LEADS`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.search.hits import SearchResult, Shot
from tiefvision_assets.search.request import MAX_EXAMPLES, BadRequest, SearchRequest, Unit, box_from_text, request_for
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import services
from tiefvision_ui.address import BOX, LEADS, LESS, MORE, PART, Parameters, box_text
from tiefvision_ui.language.texts import _
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.query_photo import QueryPhoto

HITS = (12, 24, 48)
"""How many photos the page may show."""
MOST = 64
"""Number of hits to search for: the most that the page shows, and some more for those that are folded."""
MAX_PARTS = 12
KEPT = 12
FOUND, NEW = "found", "new"
_STATE = "searches"
Side = Literal["more", "less"]


def forget_leads() -> None:
    """Remove from the address what belongs to one photo; for callbacks that choose another one."""
    for parameter in LEADS:
        st.query_params.pop(parameter, None)


@dataclass(frozen=True)
class Parts:
    """The parts of the query photo that somebody drew, to be searched by in turn."""

    boxes: tuple[Box, ...] = ()
    chosen: int | None = None
    """The one that is searched by; None for the object that the heads find."""
    drawing: bool = False
    """Whether the next box is another part."""

    @classmethod
    def in_address(cls, query: QueryPhoto, parameters: Parameters | None = None) -> Parts:
        """Those of the address that lie on the photo; the first one counts unless another is chosen."""
        asked = st.query_params if parameters is None else parameters
        boxes = tuple(box for text in asked.get_all(BOX)[:MAX_PARTS] if (box := _box_on(query, text)))
        chosen = asked.get(PART, "1")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 else 0
        return cls(boxes, number - 1 if 1 <= number <= len(boxes) else None, chosen == NEW)

    @property
    def box(self) -> Box | None:
        """The part that is searched by."""
        return None if self.chosen is None else self.boxes[self.chosen]

    def drawn(self, box: Box) -> Parts:
        """The same with that box in place of the chosen one, or as another part."""
        if self.chosen is None:
            return Parts((*self.boxes, box), len(self.boxes))
        return Parts((*self.boxes[: self.chosen], box, *self.boxes[self.chosen + 1 :]), self.chosen)

    def without_chosen(self) -> Parts:
        """The same without the chosen part; the found object is searched by then."""
        return Parts(tuple(box for place, box in enumerate(self.boxes) if place != self.chosen))

    def into_address(self) -> None:
        """Write them into the address; the first part and, without any, the found object are chosen there unsaid."""
        for parameter in (BOX, PART):
            st.query_params.pop(parameter, None)
        if self.boxes:
            st.query_params[BOX] = [box_text(box) for box in self.boxes]
        unsaid = 0 if self.boxes else None
        if self.drawing:
            st.query_params[PART] = NEW
        elif self.chosen != unsaid:
            st.query_params[PART] = FOUND if self.chosen is None else str(self.chosen + 1)


def _box_on(query: QueryPhoto, text: str) -> Box | None:
    try:
        box = box_from_text(text).clipped(query.width, query.height)
    except BadRequest:
        return None
    return box if box.width >= 1 and box.height >= 1 else None


def examples(side: Side, parameters: Parameters | None = None) -> list[str]:
    """The image_ids of the photos that hits should be more, or less, like."""
    asked = st.query_params if parameters is None else parameters
    return list(dict.fromkeys(asked.get_all(MORE if side == "more" else LESS)))[:MAX_EXAMPLES]


def toggle_example(side: Side, image_id: str) -> None:
    """Make the photo an example of that side only, or of neither if it was one before."""
    was_one = image_id in examples(side)
    kept = {MORE: examples("more"), LESS: examples("less")}
    for ids in kept.values():
        if image_id in ids:
            ids.remove(image_id)
    if not was_one:
        kept[side].append(image_id)
    for name, ids in kept.items():
        st.query_params.pop(name, None)
        if ids:
            st.query_params[name] = ids


@dataclass(frozen=True)
class Search:
    """One search as the address describes it."""

    query: QueryPhoto
    version: str
    parts: Parts = Parts()
    more: Sequence[str] = ()
    less: Sequence[str] = ()
    where: str | None = None
    by: Unit = "photo"
    """Whether a hit is a photo, or a product by its best photo."""

    def request(self, ranking: Ranking) -> SearchRequest:
        """What is asked of the searcher."""
        query, box, where, by = self.query, self.parts.box, self.where, self.by
        if not (self.more or self.less):
            return request_for(query.example, box=box, name=query.name, k=MOST, ranking=ranking, where=where, by=by)
        # The examples are compared by their found objects: a drawn box is searched with as a photo of its own.
        first = query.photo().crop(box.rounded()) if box else query.example
        return request_for(first, more=self.more, less=self.less, k=MOST, ranking=ranking, where=where, by=by)

    def result(self, ranking: Ranking) -> SearchResult:
        """What it finds; a search is made once in a session, and kept while index, products and flaws are the same."""
        found: dict[tuple[Any, ...], SearchResult] = st.session_state.setdefault(_STATE, {})
        stamps = indexed_photos.served_stamp(), *indexed_photos.column_stamps()
        led_by = (self.parts.box, *self.more, "less", *self.less)
        key = (self.version, self.query.key, ranking, self.where, self.by, stamps, indexed_photos.decided(), *led_by)
        if key not in found:
            while len(found) >= KEPT:
                found.pop(next(iter(found)))
            with st.spinner(_("Looking for similar photos; the first search loads the models…")):
                if self.query.upload is None and self.parts.box is None:
                    found[key] = services.searcher().search(self.request(ranking))
                else:
                    with PHOTO_QUEUE.turn():
                        found[key] = services.searcher().search(self.request(ranking))
        return found[key]

    def shots(self, ranking: Ranking) -> tuple[Shot, ...]:
        """What it finds, a hit and its twins together, without the query photo itself: a part of it would find it.

        Products stay apart, even where a photo of one is a photo of another.
        """
        result = self.result(ranking)
        others = tuple(hit for hit in result.hits if hit.image_id != self.query.image_id)
        if self.by == "product":
            return tuple(Shot(hit, ()) for hit in others)
        return replace(result, hits=others).shots
