"""`tiefvision evaluate`: quality on labels that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, tell

app = typer.Typer(help="Quality on labels that training never saw.", no_args_is_help=True)


@app.command("boxes")
def evaluate_boxes_command(
    file: Path,
    worst: Annotated[
        Path | None, typer.Option("--sheet", help="Write the 20 worst photos to this picture (.png, .jpg).")
    ] = None,
    as_json: Json = False,
) -> None:
    """IoU of the served heads' boxes with those of a COCO file."""
    from tiefvision_assets.lineage.evaluation import evaluate_boxes

    store = opened_store()
    evaluation = evaluate_boxes(store, file)
    if worst is not None:
        from tiefvision_assets.assets.pictures.photos import worst_boxes
        from tiefvision_assets.pictures import save_picture

        picture = worst_boxes(store, evaluation.rows)
        if picture:
            save_picture(picture, worst)
    tell(evaluation.summary, as_json, printing.show_mapping("Boxes"))


@app.command("similarity")
def evaluate_similarity_command(
    file: Path,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION|candidate|ENCODER",
            help="Compare what is served with a kept version, the newest ranking head or an encoder.",
        ),
    ] = None,
    draw: Annotated[
        Path | None, typer.Option(help="Write the queries that changed most to this picture (.png, .jpg).")
    ] = None,
    as_json: Json = False,
) -> None:
    """How well rankings gather photos by label: a CSV with path, label and perhaps group."""
    if against is not None:
        _compare(file, against, draw, as_json)
        return
    if draw is not None:
        raise typer.BadParameter("--draw shows what changed, so it needs --against.")
    from tiefvision_assets.lineage.evaluation import evaluate_similarity

    tell(evaluate_similarity(opened_store(), file), as_json, printing.show_similarity)


def _compare(file: Path, against: str, draw: Path | None, as_json: bool) -> None:
    from tiefvision_assets.assets.pictures.moved import draw_moved
    from tiefvision_assets.cli.console import Bars
    from tiefvision_assets.lineage.progress import Progress
    from tiefvision_assets.lineage.similarity_comparison import compare_similarity

    store = opened_store()
    with Bars() as bars:
        found = compare_similarity(store, file, against, Progress(bars.show).stage, bars.say)
    document = found.document
    if draw is not None:
        draw_moved(store, found, draw)
        document = {**document, "drawn": str(draw)}
    tell(document, as_json, printing.show_comparison)


@app.command("triplets")
def evaluate_triplets_command(file: Path, as_json: Json = False) -> None:
    """Share of a file's triplets that each ranking ranks as people did."""
    from tiefvision_assets.lineage.evaluation import evaluate_triplets

    tell(evaluate_triplets(opened_store(), file), as_json, printing.show_triplets)


@app.command("encoders")
def evaluate_encoders_command(
    file: Path,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ENCODER]...",
            help="As TIEFVISION_ENCODER names them: timm:resnet18.a1_in1k, alexnet, …; or `random weights`. "
            "All that are built in, and random weights, if none is named.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Quality, speed and size of encoders: a CSV with path, label and perhaps group.

    Supervised is cross-validated: labels of half the groups train the head that ranks the other half.
    """
    from tiefvision_assets.cli.console import Bars
    from tiefvision_assets.lineage.encoder_comparison import compare_encoders
    from tiefvision_assets.lineage.progress import Progress

    with Bars() as bars:
        table = compare_encoders(opened_store(), file, Progress(bars.show).stage, bars.say, names or ())
    tell(table, as_json, printing.show_encoders)
