"""`tiefvision`: the command line. Errors are one sentence on stderr; exit status 1 means failed, 2 wrong usage."""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys

import typer
from pydantic import ValidationError

from tiefvision_assets.cli import (
    catalogue,
    database,
    deploy,
    duplicates,
    evaluating,
    labels,
    products,
    searching,
    served,
    servers,
    tokens,
)
from tiefvision_assets.errors import TiefVisionError

# Read when Arrow is loaded. Its own pool keeps 30 MB of what `tiefvision status` reads, the system's gives them back.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

_USER = re.compile(r"://.*@")
"""What a URL that was mistyped may tell of a password."""

app = typer.Typer(help="Visual search that learns from your own catalogue.", no_args_is_help=True, add_completion=False)
for command in (
    catalogue.demo,
    catalogue.ingest,
    catalogue.run,
    searching.search,
    searching.locate,
    catalogue.status,
    catalogue.gc,
    deploy.deploy,
    servers.ui,
    servers.dagster,
    tokens.token,
):
    app.command()(command)
app.add_typer(labels.app, name="labels")
app.add_typer(evaluating.app, name="evaluate")
app.add_typer(served.app, name="served")
app.add_typer(products.app, name="products")
app.add_typer(duplicates.app, name="duplicates")
app.add_typer(database.app, name="database")


def main() -> None:
    """Run the command line; every expected error becomes one sentence and exit status 1."""
    atexit.register(gc.freeze)  # else the interpreter looks through all objects before it ends: up to .8 s
    try:
        app()
    except TiefVisionError as error:
        _fail(str(error))
    except ValidationError as error:
        first = error.errors()[0]
        name = "TIEFVISION_" + "_".join(str(part) for part in first["loc"]).upper()
        given = _USER.sub("://***@", repr(first.get("input")))
        _fail(f"The setting {name}={given} cannot be used: {first['msg']}.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}.")


def _fail(sentence: str) -> None:
    from tiefvision_assets.cli.console import errors

    errors.print(sentence, markup=False, style="red")
    sys.exit(1)
