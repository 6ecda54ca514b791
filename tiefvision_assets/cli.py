"""`tiefvision`: a thin shell over the rest. Errors are one sentence on stderr; 1 means failed, 2 wrong usage."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from tiefvision_assets import printing
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.formats import LabelFormat

if TYPE_CHECKING:
    from tiefvision_assets.box import Box
    from tiefvision_assets.runner import Runner
    from tiefvision_assets.store.store import Store

app = typer.Typer(help="Visual search that learns from your own catalogue.", no_args_is_help=True, add_completion=False)
labels_app = typer.Typer(help="Boxes and triplets in and out.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Quality on labels that training never saw.", no_args_is_help=True)
app.add_typer(labels_app, name="labels")
app.add_typer(evaluate_app, name="evaluate")


class RankingName(StrEnum):
    """The two rankings."""

    supervised = "supervised"
    unsupervised = "unsupervised"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; everything else on stderr.")]
Port = Annotated[int, typer.Option(min=1, max=65535)]
_FORMAT = typer.Option(
    "--format", help="Boxes as coco, labelstudio, or a folder of voc or yolo; triplets as csv or parquet."
)


def main() -> None:
    """Run the command line; every expected error becomes one sentence and exit status 1."""
    try:
        app()
    except TiefVisionError as error:
        _fail(str(error))
    except ValidationError as error:
        first = error.errors()[0]
        name = "TIEFVISION_" + "_".join(str(part) for part in first["loc"]).upper()
        _fail(f"The setting {name}={first.get('input')!r} cannot be used: {first['msg']}.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}.")


def _fail(sentence: str) -> None:
    from tiefvision_assets.console import errors

    errors.print(sentence, markup=False, style="red")
    sys.exit(1)


@app.command()
def demo(
    images: Annotated[int, typer.Option(min=1, help="Photos to generate.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Decides what they show.")] = 0,
    as_json: Json = False,
) -> None:
    """Write a generated catalogue and its labels, run the whole lineage, and say what to open."""
    from tiefvision_assets.demo.run import run_demo

    with _runner() as (runner, store, stage):
        result = run_demo(store, runner, images, seed, stage("Generating photos"))
    _show(result, as_json, printing.show_demo)


@app.command()
def ingest(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Photos to copy first.")] = None,
    as_json: Json = False,
) -> None:
    """Copy DIR's photos into the raw folder, if given; then scan it for new, changed, renamed and deleted photos."""
    from tiefvision_assets.store.copying import copy_photos

    with _runner() as (runner, store, stage):
        if folder is not None:
            with store.writing("tiefvision ingest", wait_s=60):
                copy_photos(folder, store.settings.raw_dir, stage("Copying photos"))
        report = runner.scan()
    _show(report, as_json, printing.show_mapping("Catalogue"))


@app.command()
def run(
    select: Annotated[str | None, typer.Option(help="Only these assets, in Dagster's selection syntax.")] = None,
    as_json: Json = False,
) -> None:
    """Ingest, then materialise through Dagster whatever is out of date, until nothing is."""
    with _runner() as (runner, _, _):
        summary = runner.run_plan() if select is None else runner.run_selection(select)
    _show(asdict(summary), as_json, printing.show_run)


@labels_app.command("import")
def labels_import(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    annotator: Annotated[str, typer.Option(help="Under whose name.")] = "import",
    as_json: Json = False,
) -> None:
    """Add the labels of a file or folder, all or none; labels that are there already are not added again."""
    from tiefvision_assets.store.labels.exchange import import_labels

    found = import_labels(_store(), file, file_format, annotator)
    counts = {"labels": found.labels, "imported": found.added, "unchanged": found.labels - found.added}
    _show(counts, as_json, printing.show_mapping(str(file)))


@labels_app.command("export")
def labels_export(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    as_json: Json = False,
) -> None:
    """Write the labels of the photos in the catalogue to a file, or to a folder where the format has a file a photo."""
    from tiefvision_assets.store.labels.exchange import export_labels

    written = export_labels(_store(), file, file_format)
    _show({"exported": written, "file": str(file)}, as_json, printing.show_mapping("Labels"))


@app.command()
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
    from tiefvision_assets.search import Searcher
    from tiefvision_assets.search_command import PICTURES, Query, answer

    if explain and explain.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{explain} does not end in {', '.join(PICTURES)}.", param_hint="--explain")
    if box and (more_like or less_like):
        raise typer.BadParameter("cannot be combined with --more-like and --less-like.", param_hint="--box")
    region = _parse_box(box) if box else None
    query = Query(image, k, ranking.value, region, where, more_like or (), less_like or ())
    _show(answer(Searcher(Settings()), query, explain), as_json, printing.show_search)


@app.command()
def locate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    as_json: Json = False,
) -> None:
    """The extracted box of each photo, in its own pixels."""
    from tiefvision_assets.search import Searcher
    from tiefvision_assets.store.photos import open_named_photo

    searcher = Searcher(Settings())
    found = []
    for file in files:
        located = searcher.locate(open_named_photo(file, str(file)))
        found.append({"path": str(file), "box": list(located.box.as_tuple()), "confidence": located.confidence})
    _show(found, as_json, printing.show_located)


@evaluate_app.command("boxes")
def evaluate_boxes_command(
    file: Path,
    worst: Annotated[
        Path | None, typer.Option("--sheet", help="Write the 20 worst photos to this picture (.png, .jpg).")
    ] = None,
    as_json: Json = False,
) -> None:
    """IoU of the served heads' boxes with those of a COCO file."""
    from tiefvision_assets.lineage.evaluation import evaluate_boxes

    store = _store()
    evaluation = evaluate_boxes(store, file)
    if worst is not None:
        from tiefvision_assets.assets.sheets import worst_boxes
        from tiefvision_assets.pictures import save_picture

        picture = worst_boxes(store, evaluation.rows)
        if picture:
            save_picture(picture, worst)
    _show(evaluation.summary, as_json, printing.show_mapping("Boxes"))


@evaluate_app.command("similarity")
def evaluate_similarity_command(file: Path, as_json: Json = False) -> None:
    """How well rankings gather photos by label: a CSV with path, label and perhaps group."""
    from tiefvision_assets.lineage.evaluation import evaluate_similarity

    _show(evaluate_similarity(_store(), file), as_json, printing.show_similarity)


@evaluate_app.command("triplets")
def evaluate_triplets_command(file: Path, as_json: Json = False) -> None:
    """Share of a file's triplets that each ranking ranks as people did."""
    from tiefvision_assets.lineage.evaluation import evaluate_triplets

    _show(evaluate_triplets(_store(), file), as_json, printing.show_triplets)


@evaluate_app.command("encoders")
def evaluate_encoders_command(file: Path, as_json: Json = False) -> None:
    """Quality, speed and size of every encoder, and of random weights: a CSV with path, label and perhaps group.

    Supervised is cross-validated: labels of half the groups train the head that ranks the other half.
    """
    from tiefvision_assets.assets.ranking import RankingHeadConfig, TripletDatasetConfig
    from tiefvision_assets.console import Bars
    from tiefvision_assets.lineage.encoder_comparison import compare_encoders
    from tiefvision_assets.resources import Progress

    with Bars() as bars:
        recipes = TripletDatasetConfig().model_dump(), RankingHeadConfig().model_dump()
        table = compare_encoders(_store(), file, *recipes, Progress(bars.show).stage, bars.say)
    _show(table, as_json, printing.show_encoders)


@app.command()
def status(as_json: Json = False) -> None:
    """Counts, served models, what is out of date and why, and the quarantined photos with reasons."""
    from tiefvision_assets.status import status_of

    _show(status_of(_store()), as_json, printing.show_status)


@app.command()
def gc(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, only list it.")] = False,
    as_json: Json = False,
) -> None:
    """List what nothing refers to any more: old indexes, encodings, boxes, crops, models and label snapshots."""
    from tiefvision_assets.cleaning import collect_garbage

    _show(collect_garbage(_store(), apply=apply), as_json, printing.show_garbage)


@app.command()
def ui(port: Port = 8501) -> None:
    """Serve the Streamlit app on this machine."""
    Settings()
    os.execv(sys.executable, [sys.executable, "-m", "tiefvision_ui", "--port", str(port)])


@app.command()
def dagster(port: Port = 3000) -> None:
    """Serve Dagster's webserver and daemon on this machine."""
    from tiefvision_assets.runner import dagster_home

    os.environ["DAGSTER_HOME"] = dagster_home(Settings())
    options = ["-m", "tiefvision_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "dagster", "dev", *options])


def _store() -> Store:
    from tiefvision_assets.store.store import Store

    return Store(Settings())


@contextmanager
def _runner() -> Iterator[tuple[Runner, Store, Callable[[str], Callable[[int, int], None]]]]:
    """What carries out runs, its store, and a maker of progress callbacks by stage."""
    from tiefvision_assets.console import Bars
    from tiefvision_assets.resources import Progress
    from tiefvision_assets.runner import Runner

    settings = Settings()
    with Bars() as bars:
        progress = Progress(bars.show)
        runner = Runner(settings, progress, bars.say)
        yield runner, runner.store, progress.stage


def _parse_box(text: str) -> Box:
    from tiefvision_assets.box import Box

    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not four numbers left,top,right,bottom.", param_hint="--box") from None
    return Box(left, top, right, bottom)


def _show(document: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(_without_nan(document), ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        show(document)


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN: what cannot be measured is null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    main()
