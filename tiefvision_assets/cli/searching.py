"""`tiefvision search` and `locate`: what is asked of the served models."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.loading import loading
from tiefvision_assets.cli.shared import Json, tell
from tiefvision_assets.settings import Settings


class UnitName(StrEnum):
    """What a hit is."""

    photo = "photo"
    product = "product"


class RankingName(StrEnum):
    """The two rankings."""

    supervised = "supervised"
    unsupervised = "unsupervised"


def search(
    image: Annotated[
        str | None, typer.Argument(help="A file, or the image_id of a photo in the catalogue.", show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Hits wanted.")] = 10,
    ranking: RankingName = RankingName.supervised,
    box: Annotated[str | None, typer.Option(metavar="L,T,R,B", help="Look at this part, in pixels.")] = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="Only photos like \"width > 500 AND path LIKE 'gowns/%'\".")
    ] = None,
    more_like: Annotated[list[str] | None, typer.Option(help="Look for this photo as well; may be repeated.")] = None,
    less_like: Annotated[list[str] | None, typer.Option(help="Keep away from this photo; may be repeated.")] = None,
    product: Annotated[
        str | None, typer.Option(metavar="ID", help="Compare with all photos of this product, instead of IMAGE.")
    ] = None,
    by: Annotated[UnitName, typer.Option(help="Hits: photos, or products by their best photo.")] = UnitName.photo,
    facets: Annotated[
        str, typer.Option(metavar="COLUMNS", help="Count the values of these, such as brand,price.")
    ] = "",
    hidden: Annotated[bool, typer.Option("--hidden", help="Find photos that are hidden as duplicates, too.")] = False,
    explain: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Draw which cells of the best hits matched.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the hits: a table .csv, photos .zip, a contact sheet .jpg."),
    ] = None,
    as_json: Json = False,
) -> None:
    """The photos, or products, most similar to IMAGE or to a product."""
    with loading():
        from tiefvision_assets.cli.search_command import PICTURES, answer, export_format, request_of
        from tiefvision_assets.search.request import BadRequest, RequestOptions, facets_from_text
        from tiefvision_assets.search.searcher import Searcher

    if explain and explain.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{explain} does not end in {', '.join(PICTURES)}.", param_hint="--explain")
    if (image is None) == (product is None):
        raise typer.BadParameter("Name one thing to search by: IMAGE or --product.", param_hint="IMAGE")
    options = RequestOptions(
        k=k, ranking=ranking.value, where=where, by=by.value, facets=facets_from_text(facets), hidden=hidden
    )
    if product is not None and (box or more_like or less_like or explain):
        reason = "cannot be combined with --box, --more-like, --less-like and --explain."
        raise typer.BadParameter(reason, param_hint="--product")
    try:
        if save:
            export_format(save)
        request = request_of(image, product, box, more_like or (), less_like or (), options)
    except BadRequest as error:
        raise typer.BadParameter(str(error), param_hint=f"--{error.parameter}") from None
    tell(
        answer(Searcher(Settings()), request, explain, save, name=image or product or ""), as_json, printing.show_search
    )


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
