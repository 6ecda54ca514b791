"""`tiefvision search` and `locate`: what is asked of the served models."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, tell
from tiefvision_assets.settings import Settings

if TYPE_CHECKING:
    from tiefvision_assets.box import Box


class RankingName(StrEnum):
    """The two rankings."""

    supervised = "supervised"
    unsupervised = "unsupervised"


def search(
    image: Annotated[str, typer.Argument(help="A file, or the image_id of a photo in the catalogue.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Hits wanted.")] = 10,
    ranking: RankingName = RankingName.supervised,
    box: Annotated[str | None, typer.Option(metavar="L,T,R,B", help="Look at this part, in pixels.")] = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="Only photos like \"width > 500 AND path LIKE 'gowns/%'\".")
    ] = None,
    more_like: Annotated[list[str] | None, typer.Option(help="Look for this photo as well; may be repeated.")] = None,
    less_like: Annotated[list[str] | None, typer.Option(help="Keep away from this photo; may be repeated.")] = None,
    explain: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Draw which cells of the best hits matched.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The photos most similar to IMAGE."""
    from tiefvision_assets.cli.search_command import PICTURES, Query, answer
    from tiefvision_assets.search.searcher import Searcher

    if explain and explain.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{explain} does not end in {', '.join(PICTURES)}.", param_hint="--explain")
    if box and (more_like or less_like):
        raise typer.BadParameter("cannot be combined with --more-like and --less-like.", param_hint="--box")
    region = _parse_box(box) if box else None
    query = Query(image, k, ranking.value, region, where, more_like or (), less_like or ())
    tell(answer(Searcher(Settings()), query, explain), as_json, printing.show_search)


def locate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    as_json: Json = False,
) -> None:
    """The extracted box of each photo, in its own pixels."""
    from tiefvision_assets.search.searcher import Searcher
    from tiefvision_assets.store.photos import open_named_photo

    searcher = Searcher(Settings())
    found = []
    for file in files:
        located = searcher.locate(open_named_photo(file, str(file)))
        found.append({"path": str(file), "box": list(located.box.as_tuple()), "confidence": located.confidence})
    tell(found, as_json, printing.show_located)


def _parse_box(text: str) -> Box:
    from tiefvision_assets.box import Box

    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not four numbers left,top,right,bottom.", param_hint="--box") from None
    return Box(left, top, right, bottom)
