"""The encoders by both engines on a folder of photos: `python -m benchmarks.encoder_engines FOLDER [PHOTOS]`.

Prints photos for each second of processor time, so that other work on the machine matters little, as the better of two
rounds in turns: the network alone, files to embeddings, and locating with heads that learned nothing: a first look that
sees the whole photo, and two refinements at most.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from tiefvision_assets.box import Box
from tiefvision_assets.cores import cores
from tiefvision_assets.models.loading import as_arrays
from tiefvision_assets.models.weights import obtain_weights, read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.box_heads import BoxHeads, CellProjection, ForegroundNetwork, WindowHeads
from tiefvision_assets.vision.embedding import Basis
from tiefvision_assets.vision.encoder import TorchEngine, load_encoder
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.export import export_maps
from tiefvision_assets.vision.foreground_map import ForegroundMap
from tiefvision_assets.vision.head_names import WINDOW_HEADS
from tiefvision_assets.vision.heads import Projection, WindowHead
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.objects import cut_out, object_cells
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import ENCODERS, Encoder

AT_ONCE = 8
COMPONENTS = 64
ROUNDS = 2
WORK = ("network", "files to embeddings", "locating")


def main(folder: Path, photos: int) -> None:
    """Print a line for each encoder and engine."""
    files = sorted(file for file in folder.iterdir() if file.is_file())[:photos]
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime"))
    print(f"{platform.machine()}, {cores()} of {os.cpu_count()} cores; {versions}; {len(files)} photos")
    print("photos for each second of processor time")
    for spec in ENCODERS.values():
        module = load_encoder(spec, read_weights(obtain_weights(spec, Settings())), torch.device("cpu"))
        engines: dict[str, Engine] = {
            "torch": TorchEngine(module),
            "onnxruntime": OnnxEngine(export_maps(module, spec)),
        }
        cells = object_cells(engines["torch"], spec, [_object(file, spec) for file in files[:AT_ONCE]])
        basis, heads = Basis.fit(cells, AT_ONCE - 1), untrained_heads(spec)
        best = {name: [0.0] * len(WORK) for name in engines}
        for _ in range(ROUNDS):
            for name, engine in engines.items():
                work = (
                    (partial(_encode, engine, spec), 6 * AT_ONCE),
                    (partial(_embed, engine, spec, basis, files), len(files)),
                    (partial(_locate, Locator(spec, engine, heads), files[:20]), len(files[:20])),
                )
                _encode(engine, spec)
                best[name] = [max(rate, _rate(*measured)) for rate, measured in zip(best[name], work, strict=True)]
        for name, rates in best.items():
            shown = ", ".join(f"{what} {rate:.1f}" for what, rate in zip(WORK, rates, strict=True))
            print(f"{spec.name} {name}: {shown}", flush=True)


def _rate(work: Callable[[], object], photos: int) -> float:
    start = time.process_time()
    work()
    return photos / (time.process_time() - start)


def _encode(engine: Engine, spec: Encoder) -> None:
    side = spec.objects.side
    pixels = np.random.default_rng(0).standard_normal((AT_ONCE, 3, side, side), dtype=np.float32)
    for _ in range(6):
        engine.objects(pixels)


def _open(file: Path) -> Image.Image:
    with Image.open(file) as photo:
        return ImageOps.exif_transpose(photo).convert("RGB")


def _object(file: Path, spec: Encoder) -> Image.Image:
    photo = _open(file)
    return cut_out(photo, Box.whole(*photo.size), spec.objects.side)


def _embed(engine: Engine, spec: Encoder, basis: Basis, files: Sequence[Path]) -> list[np.ndarray]:
    groups = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]

    def embed(group: Sequence[Path]) -> np.ndarray:
        cells = object_cells(engine, spec, [_object(file, spec) for file in group])
        return basis.both_ways(cells)

    return list(parallel_map(embed, groups))


def _locate(locator: Locator, files: Sequence[Path]) -> list[object]:
    return list(parallel_map(lambda file: locator.locate(_open(file)), files))


def untrained_heads(spec: Encoder) -> BoxHeads:
    """Heads with random weights, whose first look sees the whole photo."""
    draw = torch.Generator().manual_seed(0)
    heads = {}
    for name in WINDOW_HEADS:
        heads[name] = WindowHead(COMPONENTS, spec.windows.cells, 64)
        heads[name].initialise(draw)
        heads[name].eval()
    foreground_map = ForegroundMap(COMPONENTS, 32)
    foreground_map.initialise(draw)
    foreground_map.out.bias.data.fill_(5.0)
    projections = [Projection(part.channels, COMPONENTS) for part in (spec.windows, spec.refinement)]
    windows, refinement = (CellProjection.from_weights(as_arrays(part)) for part in projections)
    trained = WindowHeads.from_weights({name: as_arrays(head) for name, head in heads.items()})
    return BoxHeads(windows, trained, refinement, ForegroundNetwork.from_weights(as_arrays(foreground_map)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
