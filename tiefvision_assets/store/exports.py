"""Encoders' maps as ONNX graphs, beside the encoders' weights; made again from these whenever they are missing.

A graph's file is named by the SHA-256 of its content, which is compared at each reading; maps that are computed alike
share a file. Nothing else refers to an export, and no fingerprint depends on one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tiefvision_assets.store.atomic import atomic_folder, read_json, write_json
from tiefvision_assets.store.bucket import hooks


@dataclass(frozen=True)
class Export:
    """An exported encoder, or why it could not be exported."""

    graphs: Mapping[str, bytes] = field(default_factory=dict)
    """Map → ONNX graph."""
    refused: str = ""
    """In a sentence; the graphs are then empty."""
    is_passing: bool = False
    """Whether it may succeed another time, so that the refusal is not to be kept."""


class Exports:
    """The exported encoders of one data folder, or of the cache."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        """``folder_of`` names the folder of an encoder's export by the encoder's fingerprint."""
        self._folder_of = folder_of

    def read(self, encoder: str, made_by: str) -> Export | None:
        """The export by that code; None where it is missing, by other code, or not what was saved."""
        folder = self._folder_of(encoder)
        try:
            record = read_json(folder / "exports.json")
            if record["made_by"] != made_by:
                return None
            contents = {name: hooks.near(folder / name).read_bytes() for name in set(record["maps"].values())}
            if any(_name_of(content) != name for name, content in contents.items()):
                return None
            return Export({name: contents[file] for name, file in record["maps"].items()}, record["refused"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, encoder: str, made_by: str, export: Export) -> None:
        """Save the export in place of the one before."""
        with atomic_folder(self._folder_of(encoder)) as folder:
            for graph in export.graphs.values():
                (folder / _name_of(graph)).write_bytes(graph)
            maps = {name: _name_of(graph) for name, graph in export.graphs.items()}
            write_json(folder / "exports.json", {"made_by": made_by, "maps": maps, "refused": export.refused})


def _name_of(graph: bytes) -> str:
    return f"{hashlib.sha256(graph).hexdigest()[:32]}.onnx"
