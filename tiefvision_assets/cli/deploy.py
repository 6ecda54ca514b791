"""`tiefvision deploy`: files by which more than one machine is set up, from the package."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from tiefvision_assets.cli.shared import Json, tell
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path


class Target(StrEnum):
    """What can be set up."""

    postgres = "postgres"
    ray = "ray"
    compose = "compose"
    kubernetes = "kubernetes"


FILES: Mapping[Target, tuple[str, ...]] = {
    Target.postgres: ("postgres/dagster.yaml",),
    Target.ray: ("ray/dagster.yaml",),
    Target.compose: (
        "Dockerfile",
        "compose/compose.yaml",
        "compose/dagster.yaml",
        "compose/workspace.yaml",
        "compose/Caddyfile",
        "compose/example.env",
    ),
    Target.kubernetes: ("Dockerfile", "kubernetes/values.yaml", "kubernetes/app.yaml"),
}
"""Files of each target below the package's folder ``deploy``; they are written side by side."""


def deploy(
    target: Annotated[Target, typer.Argument(help="What to set up.")],
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the files into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """Print the files that set TiefVision up with PostgreSQL, on Ray, in containers (compose) or on Kubernetes.

    What they want, and in which order: docs/deploy.md.
    """
    folder = files("tiefvision_assets") / "deploy"
    texts = {Path(name).name: (folder / name).read_text(encoding="utf-8") for name in FILES[target]}
    if to is not None:
        _write(texts, to)
        tell(
            {"written": [str(to / name) for name in texts]},
            as_json,
            lambda done: typer.echo("\n".join(done["written"])),
        )
    else:
        tell({"files": texts}, as_json, lambda done: typer.echo(_together(done["files"]), nl=False))


def _together(texts: Mapping[str, str]) -> str:
    """A single file as it is, so that it can be redirected; several with their names above them."""
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n".join(f"# ======== {name}\n{text}" for name, text in texts.items())


def _write(texts: Mapping[str, str], folder: Path) -> None:
    for name in texts:
        if (folder / name).exists():
            raise TiefVisionError(f"{folder / name} is there already; name another folder, or move it away.")
    for name, text in texts.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
