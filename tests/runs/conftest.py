"""A small catalogue and a tiny encoder, so that whole runs take seconds and measure the machinery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from tiefvision_assets.box import Box
from tiefvision_assets.lineage import heads
from tiefvision_assets.resources import Progress
from tiefvision_assets.runner import Runner
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import registry
from tiefvision_assets.vision.heads import LabelledMap, TrainingConfig, train_head

WIDTH, HEIGHT = 96, 128


class TinyModule(nn.Module):
    """Mean colours of 64-pixel windows, 16 pixels apart, mixed: 224 x 224 → 16 x 11 x 11."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 16, kernel_size=64, stride=16)

    def forward(self, photos: Tensor) -> Tensor:
        return torch.relu(self.mix(photos))


@pytest.fixture(autouse=True)
def tiny_encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Registers the encoder ``tiny`` and returns the file of its weights."""
    spec = registry.Encoder(
        name="tiny",
        channels=16,
        stride=16,
        window=224,
        window_cells=11,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        licence="none",
        source="tests",
        sources=(),
        code_version="1",
        build=TinyModule,
    )
    monkeypatch.setattr(registry, "ENCODERS", {**registry.ENCODERS, "tiny": spec})
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return write_weights(tmp_path / "tiny.safetensors", seed=0)


def write_weights(path: Path, seed: int) -> Path:
    draw = torch.Generator().manual_seed(seed)
    weight = torch.randn(16, 3, 1, 1, generator=draw).expand(16, 3, 64, 64) / 64**2
    save_file({"mix.weight": weight.contiguous(), "mix.bias": torch.rand(16, generator=draw)}, path)
    return path


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads learn for a few steps only: these tests are not about how well they learn."""

    def quickly(examples: Sequence[LabelledMap], *, config: TrainingConfig, **others: Any) -> Any:
        return train_head(examples, config=replace(config, steps=5), **others)

    monkeypatch.setattr(heads, "train_head", quickly)


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: Path) -> Settings:
    return Settings(
        data=tmp_path / "data",
        cache=tmp_path / "cache",
        encoder="tiny",
        weights=tiny_encoder,
        retrain_after=3,
        device="cpu",
    )


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings)


@pytest.fixture
def run(settings: Settings) -> Callable[..., dict[str, object]]:
    """Runs the plan until it is empty, as `tiefvision run` does; returns the summary and what was materialised."""

    def run_once(selection: str | None = None) -> dict[str, object]:
        said: list[str] = []
        runner = Runner(settings, Progress(), said.append, dg.DagsterInstance.ephemeral())
        summary = runner.run_plan() if selection is None else runner.run_selection(selection)
        return {"said": said, "materialised": summary.materialised, "computed": summary.computed, "reused": summary.reused}

    return run_once


def write_photo(store: Store, name: str, seed: int) -> Box:
    """A noisy grey photo with a coloured rectangle; returns the rectangle."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(90, 130, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    left, top = int(draw.integers(4, 30)), int(draw.integers(4, 40))
    right, bottom = left + int(draw.integers(40, 60)), top + int(draw.integers(50, 80))
    pixels[top:bottom, left:right] = draw.integers(0, 255, 3, dtype=np.uint8)
    path = store.catalogue.file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return Box(left, top, right, bottom)


@pytest.fixture
def boxes(store: Store) -> dict[str, Box]:
    """Twelve photos in the raw folder: path → where the object is."""
    return {f"{number:02d}.png": write_photo(store, f"{number:02d}.png", number) for number in range(12)}
