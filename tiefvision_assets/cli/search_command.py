"""What `tiefvision search` does with its arguments: which search they ask for, its document, its explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.explanation import explanation_sheet
from tiefvision_assets.search.searcher import Searcher, SearchResult
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.photos import open_named_photo

EXPLAINED = 5
"""Hits that an explanation shows."""
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""What the name of an explanation's file may end in."""


@dataclass(frozen=True)
class Query:
    """A search as the command line puts it; every example is a file or an image_id."""

    image: str
    k: int
    ranking: Ranking
    box: Box | None
    where: str | None
    more_like: Sequence[str]
    less_like: Sequence[str]


def answer(searcher: Searcher, query: Query, explain: Path | None) -> dict[str, Any]:
    """Carry out the search; with ``explain``, draw its best hits into that file. Returns the command's document."""
    photo = _example(query.image)
    if query.more_like or query.less_like:
        positives, negatives = ([_example(name) for name in names] for names in (query.more_like, query.less_like))
        result = searcher.by_examples([photo, *positives], negatives, query.k, query.ranking, query.where)
    elif isinstance(photo, str):
        result = searcher.by_id(photo, query.k, query.ranking, query.box, query.where)
    else:
        result = searcher.by_photo(photo, query.k, query.ranking, query.box, query.image, query.where)
    document = result.as_document() | {"query": query.image}
    if explain:
        _draw(searcher, photo, query.box, result, explain)
        document["explanation"] = str(explain)
    return document


def _example(name: str) -> str | Image.Image:
    """The photo of that file, or else the name as an image_id."""
    return open_named_photo(Path(name), name) if Path(name).is_file() else name


def _draw(searcher: Searcher, photo: str | Image.Image, box: Box | None, result: SearchResult, target: Path) -> None:
    shown = result.hits[:EXPLAINED]
    if not shown:
        raise TiefVisionError("Nothing was found, so there is nothing to explain; leave --explain or --where out.")
    explanations = [searcher.explain(photo, hit, box) for hit in shown]
    picture = explanation_sheet(explanations, [f"{hit.level}, {hit.score:.3f}" for hit in shown])
    with atomic_path(target) as temporary:
        picture.save(temporary)
