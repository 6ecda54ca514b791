"""From a folder of photos without labels to a served index, beside a script: `python -m benchmarks.first_run FOLDER`.

Processes, one after the other, each with its seconds of processor time (its children's too) and by the clock: the
script that many would write with PyTorch (a DataLoader, AlexNet with the same weights, PCA, neighbours); the limit,
which is decoding each photo once and one pass of the network by ONNX Runtime, on one thread; and `tiefvision ingest`
and `tiefvision run` in a data folder of their own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from tiefvision_assets.box import Box
from tiefvision_assets.models.weights import obtain_weights, read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.encoder import load_encoder
from tiefvision_assets.vision.engine import preprocess
from tiefvision_assets.vision.export import export_maps
from tiefvision_assets.vision.objects import cut_out
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.parallel import cores
from tiefvision_assets.vision.registry import encoder_named

SPEC = encoder_named("alexnet")
BATCH = 32
DIMENSIONS = 256
NEIGHBOURS = 10


class Photos(Dataset[torch.Tensor]):
    """The photos of a folder, squeezed into the encoder's square."""

    def __init__(self, folder: Path) -> None:
        self._files = files_of(folder)

    def __len__(self) -> int:
        """Number of photos."""
        return len(self._files)

    def __getitem__(self, index: int) -> torch.Tensor:
        """(3, 224, 224) of one photo."""
        with Image.open(self._files[index]) as photo:
            square = photo.convert("RGB").resize((SPEC.objects.side, SPEC.objects.side), Image.Resampling.BILINEAR)
        return torch.from_numpy(preprocess(square, SPEC))


def files_of(folder: Path) -> list[Path]:
    """The files of a folder, by name."""
    return sorted(file for file in folder.iterdir() if file.is_file())


def script(folder: Path) -> None:
    """What many would write: all cells in memory, their principal components, each photo's neighbours."""
    module = load_encoder(SPEC, read_weights(obtain_weights(SPEC, Settings())), torch.device("cpu"))
    with torch.inference_mode():
        batches = DataLoader(Photos(folder), batch_size=BATCH, num_workers=cores())
        cells = torch.cat([module(batch).flatten(1) for batch in batches])
        cells = torch.nn.functional.normalize(cells, dim=1)
        _, _, axes = torch.pca_lowrank(cells, DIMENSIONS)
        vectors = torch.nn.functional.normalize((cells - cells.mean(0)) @ axes, dim=1)
        (vectors @ vectors.T).topk(min(NEIGHBOURS + 1, len(vectors)))


def limit(folder: Path) -> None:
    """Decoding every photo once and one pass of the network; seconds of processor time of each are printed."""
    module = load_encoder(SPEC, read_weights(obtain_weights(SPEC, Settings())), torch.device("cpu"))
    engine = OnnxEngine(export_maps(module, SPEC))
    files = files_of(folder)
    start = time.process_time()
    for file in files:
        with Image.open(file) as photo:
            photo.convert("RGB")
    decoded = time.process_time()
    pixels = preprocess(cut_out(Image.new("RGB", (400, 534)), Box.whole(400, 534), SPEC.objects.side), SPEC)
    batch = np.stack([pixels] * 8)
    for _ in range(0, len(files), len(batch)):
        engine.objects(batch)
    print(f"limit: decoding {decoded - start:.1f} s, network {time.process_time() - decoded:.1f} s")


def main(folder: Path) -> None:
    """Print a line for each process."""
    print(f"{len(files_of(folder))} photos, {cores()} cores")
    here = [sys.executable, "-m", "benchmarks.first_run", str(folder)]
    ours = [sys.executable, "-m", "tiefvision_assets.cli"]
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"TIEFVISION_DATA": data, "TIEFVISION_RAW": str(folder)}
        for name, command in (
            ("script", [*here, "script"]),
            ("limit", [*here, "limit"]),
            ("ingest", [*ours, "ingest"]),
            ("run", [*ours, "run"]),
            ("run, nothing to do", [*ours, "run"]),
        ):
            _measure(name, command, environment)


def _measure(name: str, command: list[str], environment: dict[str, str]) -> None:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {busy:.1f} s of processor time, {seconds:.1f} s by the clock", flush=True)
    if name == "limit":
        print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    kinds = {"script": script, "limit": limit}
    (kinds[sys.argv[2]] if len(sys.argv) > 2 else main)(Path(sys.argv[1]))
