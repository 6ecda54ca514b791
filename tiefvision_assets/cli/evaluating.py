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
def evaluate_similarity_command(file: Path, as_json: Json = False) -> None:
    """How well rankings gather photos by label: a CSV with path, label and perhaps group."""
    from tiefvision_assets.lineage.evaluation import evaluate_similarity

    tell(evaluate_similarity(opened_store(), file), as_json, printing.show_similarity)


@app.command("triplets")
def evaluate_triplets_command(file: Path, as_json: Json = False) -> None:
    """Share of a file's triplets that each ranking ranks as people did."""
    from tiefvision_assets.lineage.evaluation import evaluate_triplets

    tell(evaluate_triplets(opened_store(), file), as_json, printing.show_triplets)


@app.command("encoders")
def evaluate_encoders_command(file: Path, as_json: Json = False) -> None:
    """Quality, speed and size of every encoder, and of random weights: a CSV with path, label and perhaps group.

    Supervised is cross-validated: labels of half the groups train the head that ranks the other half.
    """
    from tiefvision_assets.cli.console import Bars
    from tiefvision_assets.lineage.encoder_comparison import compare_encoders
    from tiefvision_assets.lineage.progress import Progress

    with Bars() as bars:
        table = compare_encoders(opened_store(), file, Progress(bars.show).stage, bars.say)
    tell(table, as_json, printing.show_encoders)
