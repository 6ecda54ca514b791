"""What `tiefvision search` does with its arguments: the request that they make, its document, its explanation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.explanation import explanation_sheet
from tiefvision_assets.search.request import Example, SearchRequest, box_from_text, request_for
from tiefvision_assets.search.searcher import Searcher, SearchResult
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.photos import open_named_photo

EXPLAINED = 5
"""Hits that an explanation shows."""
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""What the name of an explanation's file may end in."""


def request_of(
    image: str,
    box: str | None,
    more_like: Sequence[str],
    less_like: Sequence[str],
    *,
    k: int,
    ranking: Ranking,
    where: str | None,
) -> SearchRequest:
    """The request that the arguments make; every photo is a file or an image_id. Raises `BadRequest`."""
    part = box_from_text(box) if box else None
    more, less = ([_example(name) for name in names] for names in (more_like, less_like))
    return request_for(_example(image), box=part, name=image, more=more, less=less, k=k, ranking=ranking, where=where)


def answer(searcher: Searcher, request: SearchRequest, image: str, explain: Path | None) -> dict[str, Any]:
    """Carry out the search; with ``explain``, draw its best hits into that file. Returns the command's document."""
    result = searcher.search(request)
    document = result.as_document() | {"query": image}
    if explain:
        _draw(searcher, *request.subject, result, explain)
        document["explanation"] = str(explain)
    return document


def _example(name: str) -> Example:
    """The photo of that file, or else the name as an image_id."""
    return open_named_photo(Path(name), name) if Path(name).is_file() else name


def _draw(searcher: Searcher, photo: Example, box: Box | None, result: SearchResult, target: Path) -> None:
    shown = result.hits[:EXPLAINED]
    if not shown:
        raise TiefVisionError("Nothing was found, so there is nothing to explain; leave --explain or --where out.")
    explanations = [searcher.explain(photo, hit, box) for hit in shown]
    picture = explanation_sheet(explanations, [f"{hit.level}, {hit.score:.3f}" for hit in shown])
    with atomic_path(target) as temporary:
        picture.save(temporary)
