"""What others would run on a folder of photos, and the least that anybody needs: `python -m benchmarks.bench.scripts`.

The script that many would write with PyTorch (a DataLoader, the encoder of ``TIEFVISION_ENCODER`` with the same
weights, PCA, neighbours); timm's loop, where timm has that network; and the limit, which is decoding each photo once
and one pass of the network by ONNX Runtime. Each runs in a process of its own, on all processors.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from tiefvision_assets.box import Box
from tiefvision_assets.cores import cores
from tiefvision_assets.models.weights import obtain_weights, read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.encoder import load_encoder
from tiefvision_assets.vision.engine import preprocess
from tiefvision_assets.vision.export import export_maps
from tiefvision_assets.vision.objects import cut_out
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import encoder_named

BATCH = 32
DIMENSIONS = 256
NEIGHBOURS = 10


class Photos(Dataset[torch.Tensor]):
    """The photos of a folder, squeezed into the encoder's square."""

    def __init__(self, folder: Path) -> None:
        self._files, self._spec = files_of(folder), encoder_named(Settings().encoder)

    def __len__(self) -> int:
        """Number of photos."""
        return len(self._files)

    def __getitem__(self, index: int) -> torch.Tensor:
        """(3, 224, 224) of one photo."""
        with Image.open(self._files[index]) as photo:
            square = photo.convert("RGB").resize([self._spec.objects.side] * 2, Image.Resampling.BILINEAR)
        return torch.from_numpy(preprocess(square, self._spec))


def files_of(folder: Path) -> list[Path]:
    """The files of a folder, by name."""
    return sorted(file for file in folder.iterdir() if file.is_file())


def script(folder: Path) -> None:
    """What many would write: all cells in memory, their principal components, each photo's neighbours."""
    spec = encoder_named(Settings().encoder)
    module = load_encoder(spec, read_weights(obtain_weights(spec, Settings())), torch.device("cpu"))
    with torch.inference_mode():
        batches = DataLoader(Photos(folder), batch_size=BATCH, num_workers=cores())
        cells = torch.cat([module(batch).flatten(1) for batch in batches])
        cells = torch.nn.functional.normalize(cells, dim=1)
        _, _, axes = torch.pca_lowrank(cells, min(DIMENSIONS, len(cells)))
        vectors = torch.nn.functional.normalize((cells - cells.mean(0)) @ axes, dim=1)
        (vectors @ vectors.T).topk(min(NEIGHBOURS + 1, len(vectors)))


def timm_loop(folder: Path) -> None:
    """The same with timm: its network, its transform, its loader, pooled features as its documentation has them.

    Its weights are random, which takes as long. LookupError where timm does not have the network.
    """
    import timm
    from timm.data.dataset import ImageDataset
    from timm.data.loader import create_loader

    name = encoder_named(Settings().encoder).name
    if not timm.is_model(name):
        raise LookupError(f"timm has no {name}")
    model = timm.create_model(name, pretrained=False, num_classes=0).eval()
    settings = timm.data.resolve_model_data_config(model)
    batches = create_loader(
        ImageDataset(str(folder)),
        settings["input_size"],
        BATCH,
        mean=settings["mean"],
        std=settings["std"],
        interpolation=settings["interpolation"],
        crop_pct=settings["crop_pct"],
        num_workers=cores(),
        use_prefetcher=False,
        device=torch.device("cpu"),
        persistent_workers=False,
    )
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(torch.cat([model(photos) for photos, _ in batches]), dim=1)
        (vectors @ vectors.T).topk(min(NEIGHBOURS + 1, len(vectors)))


def limit(folder: Path) -> None:
    """Decoding every photo once and one pass of the network, in batches of 8 side by side on all processors.

    The squares are as large as those in which TiefVision sees objects.
    """
    encoder = encoder_named(Settings().encoder)
    spec = encoder.seeing(encoder.look)
    module = load_encoder(spec, read_weights(obtain_weights(spec, Settings())), torch.device("cpu"))
    engine = OnnxEngine(export_maps(module, spec))
    files = files_of(folder)
    pixels = preprocess(cut_out(Image.new("RGB", (400, 534)), Box.whole(400, 534), spec.objects.side), spec)
    batch = np.stack([pixels] * 8)
    engine.objects(batch)

    def decode(group: list[Path]) -> None:
        for file in group:
            with Image.open(file) as photo:
                photo.convert("RGB")

    groups = [files[start : start + len(batch)] for start in range(0, len(files), len(batch))]
    taken = {}
    for name, work in (("decoding", decode), ("network", lambda _: engine.objects(batch))):
        clock, processor = time.perf_counter(), time.process_time()
        list(parallel_map(work, groups))
        taken[name] = (time.perf_counter() - clock, time.process_time() - processor)
    print(json.dumps(taken))


if __name__ == "__main__":
    {"script": script, "timm": timm_loop, "limit": limit}[sys.argv[1]](Path(sys.argv[2]))
