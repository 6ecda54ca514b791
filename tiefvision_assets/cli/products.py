"""`tiefvision products`: what a feed of products says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tiefvision_assets.cli.console import key_values, out, table
from tiefvision_assets.cli.shared import Json, opened_store, tell

app = typer.Typer(help="The feed of products.", no_args_is_help=True)


@app.callback()
def products() -> None:
    """The feed of products."""


@app.command()
def check(
    feed: Annotated[
        str, typer.Argument(metavar="FILE", help="Or a URL, or a database and its query: postgresql://…#SELECT ….")
    ],
    schema: Annotated[
        Path | None, typer.Option(metavar="TOML", help="What its columns are; FILE.schema.toml unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What is understood of a feed, and what is odd about it; nothing is stored."""
    from tiefvision_assets.lineage.products import understood
    from tiefvision_assets.store.products.source import source_of

    source = source_of(feed, schema)
    found = understood(opened_store(), source)
    document = {
        "feed": source.shown,
        "products": len(found.feed.products),
        "photos": found.photos,
        "columns": [asdict(column) for column in found.feed.columns],
        "problems": [asdict(problem) for problem in found.problems],
    }
    tell(document, as_json, _show)


def _show(document: Mapping[str, Any]) -> None:
    key_values(document["feed"], {name: document[name] for name in ("products", "photos")})
    rows = [(one["name"], one["type"], one["missing"], one["example"]) for one in document["columns"]]
    table("Columns", ["column", "type", "missing", "such as"], rows)
    for problem in document["problems"]:
        examples = f" ({', '.join(problem['examples'])})" if problem["examples"] else ""
        out.print(f"- {problem['sentence']}{examples}.", markup=False, soft_wrap=True)
