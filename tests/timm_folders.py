"""Networks of timm with few and random weights, in folders as timm saves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import save_file

NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "resnet": ("resnet18", {"layers": [1, 1, 1, 1], "channels": [8, 8, 16, 16]}),
    "dinov2": ("vit_small_patch14_dinov2", {"embed_dim": 16, "depth": 4, "num_heads": 2, "img_size": 70}),
    "convnext": ("convnext_atto", {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]}),
}
"""A small convolutional network, a vision transformer of DINOv2's kind, and a ConvNeXt."""
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def network_of(kind: str, seed: int = 0, **others: Any) -> Any:
    """The network, its weights drawn by that seed."""
    architecture, arguments = NETWORKS[kind]
    torch.manual_seed(seed)
    return timm.create_model(architecture, pretrained=False, **{"num_classes": 0, **arguments, **others}).eval()


def write_network(folder: Path, kind: str, seed: int = 0) -> str:
    """Save the network in the folder; returns the settings' name of it."""
    architecture, arguments = NETWORKS[kind]
    network = network_of(kind, seed)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), folder / "model.safetensors")
    preprocessing = {"mean": MEAN, "std": STD, "input_size": [3, 70, 70], "license": "free", "num_classes": 0}
    config = {"architecture": architecture, "model_args": arguments, "pretrained_cfg": preprocessing}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return f"timm:local-dir:{folder}"
