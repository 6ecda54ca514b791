"""What a session knows of its searches: adjusted boxes, examples of more and less alike, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import SearchRequest, request_for
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import services
from tiefvision_ui.search.queries import Query

MOST = 64
"""Hits that are looked up at once: as many as the page may show, and some near-duplicates that it folds."""
KEPT = 12
_STATE = "searches"
Side = Literal["more", "less"]


@dataclass
class Searches:
    """One session's searches; ``box`` and examples belong to the query that was searched with last."""

    query: str | None = None
    box: Box | None = None
    """As the user adjusted it; None for the one that is found."""
    more: list[str] = field(default_factory=list)
    less: list[str] = field(default_factory=list)
    found: dict[tuple[Any, ...], SearchResult] = field(default_factory=dict)

    def begin(self, query: Query) -> None:
        """Forget what belonged to another query."""
        if self.query != query.key:
            self.query, self.box, self.more, self.less = query.key, None, [], []

    def toggle(self, side: Side, image_id: str) -> None:
        """Make the photo an example of that side, or none; it never is one of both."""
        own, other = (self.more, self.less) if side == "more" else (self.less, self.more)
        if image_id in other:
            other.remove(image_id)
        if image_id in own:
            own.remove(image_id)
        else:
            own.append(image_id)

    def result(self, query: Query, version: str, ranking: Ranking) -> SearchResult:
        """What the query finds with its box and examples; looked up once."""
        key = (version, query.key, ranking, self.box, *self.more, "less", *self.less)
        if key not in self.found:
            while len(self.found) >= KEPT:
                self.found.pop(next(iter(self.found)))
            with st.spinner("Looking for similar photos; the first search loads the models…"):
                self.found[key] = services.searcher().search(self._request(query, ranking))
        return self.found[key]

    def _request(self, query: Query, ranking: Ranking) -> SearchRequest:
        if not (self.more or self.less):
            return request_for(query.example, box=self.box, name=query.name, k=MOST, ranking=ranking)
        # The examples are compared by their found objects: an adjusted box is searched with as a photo of its own.
        first = query.photo().crop(self.box.rounded()) if self.box else query.example
        return request_for(first, more=self.more, less=self.less, k=MOST, ranking=ranking)


def searches() -> Searches:
    """Those of this session."""
    found: Searches = st.session_state.setdefault(_STATE, Searches())
    return found
