"""The searches of one session: the adjusted box, the examples to be more and less like, and the results so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import SearchRequest, request_for
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import services
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.search.query_photo import QueryPhoto

MOST = 64
"""Number of hits to search for: the most that the page shows, and some more for near-duplicates, which it folds."""
KEPT = 12
_STATE = "searches"
Side = Literal["more", "less"]


@dataclass
class Searches:
    """The searches of one session; ``box`` and the examples belong to the photo searched with last."""

    query: str | None = None
    box: Box | None = None
    """The box as the user adjusted it; None to use the one that the heads find."""
    more: list[str] = field(default_factory=list)
    less: list[str] = field(default_factory=list)
    found: dict[tuple[Any, ...], SearchResult] = field(default_factory=dict)

    def begin(self, query: QueryPhoto) -> None:
        """Forget the box and the examples if the last search was with another photo."""
        if self.query != query.key:
            self.query, self.box, self.more, self.less = query.key, None, [], []

    def toggle(self, side: Side, image_id: str) -> None:
        """Make the photo an example of that side only, or of neither if it was one before."""
        own, other = (self.more, self.less) if side == "more" else (self.less, self.more)
        if image_id in other:
            other.remove(image_id)
        if image_id in own:
            own.remove(image_id)
        else:
            own.append(image_id)

    def result(self, query: QueryPhoto, version: str, ranking: Ranking) -> SearchResult:
        """The result of searching with the box and the examples; each search is made once and then kept."""
        key = (version, query.key, ranking, self.box, *self.more, "less", *self.less)
        if key not in self.found:
            while len(self.found) >= KEPT:
                self.found.pop(next(iter(self.found)))
            with st.spinner("Looking for similar photos; the first search loads the models…"):
                if query.upload is None and self.box is None:
                    self.found[key] = services.searcher().search(self._request(query, ranking))
                else:
                    with PHOTO_QUEUE.turn():
                        self.found[key] = services.searcher().search(self._request(query, ranking))
        return self.found[key]

    def _request(self, query: QueryPhoto, ranking: Ranking) -> SearchRequest:
        if not (self.more or self.less):
            return request_for(query.example, box=self.box, name=query.name, k=MOST, ranking=ranking)
        # The examples are compared by their found objects: an adjusted box is searched with as a photo of its own.
        first = query.photo().crop(self.box.rounded()) if self.box else query.example
        return request_for(first, more=self.more, less=self.less, k=MOST, ranking=ranking)


def searches() -> Searches:
    """The searches of this session."""
    found: Searches = st.session_state.setdefault(_STATE, Searches())
    return found
