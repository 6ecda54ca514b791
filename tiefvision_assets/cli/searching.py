"""`tiefvision search` and `locate`: what is asked of the served models."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, tell
from tiefvision_assets.settings import Settings


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
    from tiefvision_assets.cli.search_command import PICTURES, answer, request_of
    from tiefvision_assets.search.request import BadRequest
    from tiefvision_assets.search.searcher import Searcher

    if explain and explain.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{explain} does not end in {', '.join(PICTURES)}.", param_hint="--explain")
    try:
        request = request_of(image, box, more_like or (), less_like or (), k=k, ranking=ranking.value, where=where)
    except BadRequest as error:
        raise typer.BadParameter(str(error), param_hint=f"--{error.parameter}") from None
    tell(answer(Searcher(Settings()), request, image, explain), as_json, printing.show_search)


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
