"""`tiefvision served`: which versions there are, what moves between them, and decisions about them."""

from __future__ import annotations

from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, tell

app = typer.Typer(help="Versions that are or were served, candidates, and decisions about them.", no_args_is_help=True)
BY = "command line"
Name = Annotated[str, typer.Argument(help="Of a version or a candidate, or its beginning; `candidate` is the newest.")]


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """The served version, those that can be served again, candidates, and decisions."""
    from tiefvision_assets.lineage.versions import document_of

    tell(document_of(opened_store()), as_json, printing.show_versions)


@app.command("compare")
def compare_command(
    old: Annotated[str, typer.Argument(help="Version, or `served`.")] = "served",
    new: Annotated[str, typer.Argument(help="Version or candidate.")] = "candidate",
    ranking: Annotated[str, typer.Option(help="supervised or unsupervised.")] = "supervised",
    group: Annotated[str, typer.Option("--by", help="folder, batch or a column of the products.")] = "folder",
    as_json: Json = False,
) -> None:
    """Which queries change most from one to the other, over the whole catalogue; needs no labels."""
    from tiefvision_assets.lineage.moved_groups import changes_document
    from tiefvision_assets.store.index import RANKINGS

    chosen = next((name for name in RANKINGS if name == ranking), None)
    if chosen is None:
        raise typer.BadParameter(f"{ranking!r} is no ranking; give supervised or unsupervised.")
    tell(changes_document(opened_store(), old, new, chosen, group), as_json, printing.show_changes)


@app.command("promote")
def promote_command(name: Name, as_json: Json = False) -> None:
    """Serve a kept version at once, or let the next run make and serve the index of a candidate."""
    from tiefvision_assets.planning.deciding import promote

    tell({"said": promote(opened_store(), name, BY)}, as_json, _show)


@app.command("reject")
def reject_command(name: Name, as_json: Json = False) -> None:
    """Never promote that candidate, as long as its labels, recipe and encoder are the same."""
    from tiefvision_assets.planning.deciding import reject

    tell({"said": reject(opened_store(), name, BY)}, as_json, _show)


@app.command("roll-back")
def roll_back_command(
    name: Annotated[str | None, typer.Argument(help="Version; the newest that was not rejected unless given.")] = None,
    as_json: Json = False,
) -> None:
    """Serve a kept version in place of the present one, and reject what the present one has in its place."""
    from tiefvision_assets.planning.deciding import roll_back

    tell({"said": roll_back(opened_store(), name, BY)}, as_json, _show)


def _show(document: dict[str, str]) -> None:
    from tiefvision_assets.cli.console import out

    out.print(document["said"], markup=False)
