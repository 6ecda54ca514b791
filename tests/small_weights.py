"""AlexNet in small, its weights in every form that they come in, and a network that answers what a test says."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import subprocess
import tarfile
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tiefvision_assets.vision.registry import Encoder, IndexedArchive, TorchFile, encoder_named

URL = "https://weights.example/small.pth"
MEMBER = "small/weights/alexnet.ckpt"


class Small(nn.Module):
    """Convolutions at AlexNet's positions, of one number each."""

    def __init__(self) -> None:
        super().__init__()
        layers = {str(place): nn.Conv2d(1, 1, 1) for place in (0, 3, 6, 8, 10)}
        self.features = nn.ModuleDict(layers)


def tensors(first: float = 0.0) -> dict[str, torch.Tensor]:
    names = list(Small().state_dict())
    return {
        name: torch.full((1, 1, 1, 1) if name.endswith("weight") else (1,), first + number)
        for number, name in enumerate(names)
    }


def torch_file(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def archive(content: object) -> bytes:
    """A source distribution with a pickle, as numpy 1 wrote them."""
    data = pickle.dumps(content, protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        info = tarfile.TarInfo(f"small-1.0/{MEMBER}")
        info.size = len(data)
        file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def flax_layers() -> dict[str, dict[str, dict[str, np.ndarray]]]:
    state = {name: tensor.numpy() for name, tensor in tensors().items()}
    layers = dict(enumerate((0, 3, 6, 8, 10)))
    parts = {"kernel": "weight", "bias": "bias"}
    return {
        "AlexNet_0": {
            f"Conv_{n}": {part: state[f"features.{place}.{name}"] for part, name in parts.items()}
            for n, place in layers.items()
        }
    }


PTH, SDIST = torch_file(OrderedDict(tensors())), archive(flax_layers())


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch evil",)


def spec_of(pth: bytes = PTH, sdist: bytes = SDIST) -> Encoder:
    sources = (
        TorchFile(URL, hashlib.sha256(pth).hexdigest()[:8]),
        IndexedArchive("small==1.0", hashlib.sha256(sdist).hexdigest(), MEMBER),
    )
    return replace(encoder_named("alexnet"), name="small", build=Small, sources=sources)


class Network:
    """What each source answers, and which were asked in which order: bytes come, an exception is raised."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url: bytes | Exception = PTH
        self.index: bytes | Exception = SDIST

    def urlopen(self, url: str, timeout: float) -> io.BytesIO:
        assert (url, timeout) == (URL, 10)
        self.asked.append("url")
        if isinstance(self.url, Exception):
            raise self.url
        return io.BytesIO(self.url)

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.asked.append("index")
        assert "small==1.0" in command and "--no-deps" in command
        if isinstance(self.index, Exception):
            return subprocess.CompletedProcess(command, 1, "", f"WARNING\nERROR: {self.index}\n")
        (Path(command[command.index("--dest") + 1]) / "small-1.0.tar.gz").write_bytes(self.index)
        return subprocess.CompletedProcess(command, 0, "", "")
