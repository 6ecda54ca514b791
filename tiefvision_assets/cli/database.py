"""`tiefvision database`: the label database as a whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, tell

app = typer.Typer(help="The label database as a whole.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `copy` a command of its own while it is the only one."""


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the database to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database.")],
    as_json: Json = False,
) -> None:
    """Copy all labels, with who made them and when, to another database: sqlite:///FILE or postgresql+psycopg://….

    Stop the app and Dagster first; set TIEFVISION_DATABASE_URL to TO before they are started again.
    """
    from tiefvision_assets.store.labels.copying import copy_database

    tell(asdict(copy_database(source, target)), as_json, printing.show_mapping("Label database"))
