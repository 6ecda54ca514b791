"""A small catalogue and a tiny encoder, so that whole runs take seconds and measure the machinery.

A test module makes these fixtures its own by naming them: ``settings, store = tiny.settings, tiny.store``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.shared_folder import made_once
from tests.tiny_spec import tiny_spec
from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import ForegroundMapParameters, HeadParameters, RankingHeadParameters
from tiefvision_assets.lineage import head_training, ranking
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import registry
from tiefvision_assets.vision.foreground_map import RefinementExamples, train_foreground_map
from tiefvision_assets.vision.heads import LabelledMap, train_head
from tiefvision_assets.vision.ranking import Triplets
from tiefvision_assets.vision.ranking_training import Part, train_ranking_head

WIDTH, HEIGHT = 96, 128
PHOTOS, BOXES, TRIPLETS = 12, 6, 30
RETRAIN_AFTER = 3


class TinyModule(nn.Module):
    """Mean colours of 64-pixel windows, 16 pixels apart, mixed: 224 x 224 → 16 x 11 x 11."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 16, kernel_size=64, stride=16)

    def forward(self, photos: Tensor) -> Tensor:
        return torch.relu(self.mix(photos))

    def windows(self, photos: Tensor) -> Tensor:
        return self(photos)

    def refinement(self, photos: Tensor) -> Tensor:
        return self(photos)


def write_weights(path: Path, seed: int) -> Path:
    draw = torch.Generator().manual_seed(seed)
    weight = torch.randn(16, 3, 1, 1, generator=draw).expand(16, 3, 64, 64) / 64**2
    save_file({"mix.weight": weight.contiguous(), "mix.bias": torch.rand(16, generator=draw)}, path)
    return path


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers the encoder ``tiny``, and hides the settings of the environment."""
    monkeypatch.setattr(registry, "ENCODERS", {**registry.ENCODERS, "tiny": tiny_spec(TinyModule)})
    for name in [name for name in os.environ if name.startswith("TIEFVISION_") or name == "DAGSTER_HOME"]:
        monkeypatch.delenv(name)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads learn for a few steps only: these tests are not about how well they learn."""
    few: dict[str, Any] = {"epochs": 1, "steps": 5}

    def heads_quickly(
        examples: Sequence[LabelledMap], held_out: Sequence[LabelledMap], *, parameters: HeadParameters, **others: Any
    ) -> Any:
        return train_head(examples, held_out, parameters=parameters.model_copy(update=few), **others)

    def ranking_quickly(triplets: Triplets, parts: Sequence[Part], config: RankingHeadParameters, *others: Any) -> Any:
        return train_ranking_head(triplets, parts, config.model_copy(update={"steps": 20}), *others)

    def map_quickly(
        examples: Sequence[RefinementExamples],
        held_out: Sequence[RefinementExamples],
        spec: registry.Encoder,
        *,
        parameters: ForegroundMapParameters,
        **others: Any,
    ) -> Any:
        return train_foreground_map(examples, held_out, spec, parameters=parameters.model_copy(update=few), **others)

    monkeypatch.setattr(head_training, "train_head", heads_quickly)
    monkeypatch.setattr(head_training, "train_foreground_map", map_quickly)
    monkeypatch.setattr(ranking, "train_ranking_head", ranking_quickly)


@pytest.fixture(autouse=True)
def tiny_encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The encoder ``tiny`` is registered; returns the file of its weights."""
    register(monkeypatch)
    return write_weights(tmp_path / "tiny.safetensors", seed=0)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def settings_in(folder: Path) -> Settings:
    return Settings(
        data=folder / "data",
        cache=folder / "cache",
        encoder="tiny",
        weights=folder / "tiny.safetensors",
        retrain_after=RETRAIN_AFTER,
        device="cpu",
    )


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings)


@pytest.fixture
def run(settings: Settings) -> Callable[..., dict[str, object]]:
    """Runs the plan until it is empty, as `tiefvision run` does; returns the summary and what was materialised."""

    def run_once(selection: str | None = None) -> dict[str, object]:
        messages: list[str] = []
        runner = Runner(settings, Progress(), messages.append, dg.DagsterInstance.ephemeral())
        summary = runner.run_plan() if selection is None else runner.run_selection(selection)
        return {
            "messages": messages,
            "materialised": summary.materialised,
            "computed": summary.computed,
            "reused": summary.reused,
        }

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
    return write_photos(store)


def write_photos(store: Store) -> dict[str, Box]:
    return {f"{number:02d}.png": write_photo(store, f"{number:02d}.png", number) for number in range(PHOTOS)}


def label_boxes(store: Store, boxes: dict[str, Box]) -> None:
    contents = dict(store.catalogue.live()[["path", "sha256"]].itertuples(index=False))
    store.labels.add_boxes([BoxLabel(contents[path], box) for path, box in boxes.items()], annotator="ann")


def label_triplets(store: Store, count: int, seed: int = 0) -> None:
    contents = sorted(store.catalogue.contents()["sha256"])
    draw = np.random.default_rng(seed)
    drawn = [TripletLabel(*(contents[i] for i in draw.permutation(len(contents))[:3])) for _ in range(count)]
    store.labels.add_triplets(drawn, annotator="ann")


@pytest.fixture
def labelled(store: Store, boxes: dict[str, Box]) -> Store:
    """Photos that were scanned, boxes on half of them and triplets; nothing else was run yet."""
    label_everything(store, boxes)
    return store


def label_everything(store: Store, boxes: dict[str, Box]) -> None:
    store.catalogue.scan()
    label_boxes(store, dict(list(boxes.items())[:BOXES]))
    label_triplets(store, TRIPLETS)


@pytest.fixture
def trained(store: Store, tmp_path: Path) -> Store:
    """A copy of a data folder in which everything that is `labelled` was run to the end."""
    copy_trained(tmp_path)
    return store


def copy_trained(folder: Path) -> None:
    """Copy that data folder, with its photos and weights; nobody opens the original, so that none of its files goes
    meanwhile."""
    shutil.copytree(made_once("trained", _train), folder, dirs_exist_ok=True)


def _train(folder: Path) -> None:
    write_weights(folder / "tiny.safetensors", seed=0)
    with pytest.MonkeyPatch.context() as monkeypatch:
        register(monkeypatch)
        hurry(monkeypatch)
        store = Store(settings_in(folder))
        label_everything(store, write_photos(store))
        Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
        store.labels.close()


def undisturbed() -> Store:
    """A data folder as `trained` has it, one for all tests of a process; not to be written to."""
    return Store(settings_in(made_once(f"read by {os.getpid()}", copy_trained)))
