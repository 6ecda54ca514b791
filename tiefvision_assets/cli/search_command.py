"""What `tiefvision search` does with its arguments: the request that they make, its document, its explanation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.explanation import explanation_sheet
from tiefvision_assets.search.export import FORMATS, ExportFormat
from tiefvision_assets.search.request import (
    BadRequest,
    ByProduct,
    Example,
    RequestOptions,
    SearchRequest,
    box_from_text,
    request_for,
)
from tiefvision_assets.search.searcher import Searcher, SearchResult
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.photos import open_named_photo

EXPLAINED = 5
"""Hits that an explanation shows."""
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""What the name of an explanation's file may end in."""


def request_of(
    image: str | None,
    product: str | None,
    box: str | None,
    more_like: Sequence[str],
    less_like: Sequence[str],
    options: RequestOptions,
) -> SearchRequest:
    """The request that the arguments make; every photo is a file or an image_id. Raises `BadRequest`."""
    if image is None:
        return ByProduct(product or "", **vars(options))
    part = box_from_text(box) if box else None
    more, less = ([_example(name) for name in names] for names in (more_like, less_like))
    return request_for(_example(image), box=part, name=image, more=more, less=less, **vars(options))


def answer(
    searcher: Searcher, request: SearchRequest, explain: Path | None, save: Path | None, name: str
) -> dict[str, Any]:
    """Carry out the search; with ``explain``, draw its best hits into that file, with ``save``, write them into that.

    Returns the command's document, with what was searched by under the ``name`` that the user gave it.
    """
    result = searcher.search(request)
    document = result.as_document() | {"query": name}
    if explain and not isinstance(request, ByProduct):
        _draw(searcher, *request.subject, result, explain)
        document["explanation"] = str(explain)
    if save:
        content = searcher.export(result, export_format(save))
        with atomic_path(save) as temporary:
            temporary.write_bytes(content)
        document["saved"] = str(save)
    return document


def export_format(file: Path) -> ExportFormat:
    """What a file of that name holds; `BadRequest` for other names."""
    suffix = file.suffix.lower().removeprefix(".")
    for kind in FORMATS:
        if suffix == kind:
            return kind
    raise BadRequest("save", f"{file} does not end in {', '.join(f'.{kind}' for kind in FORMATS)}.")


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
