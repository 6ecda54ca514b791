"""Networks of timm in the cache: weights as safetensors, beside what is to be known of the network.

Files and folders of the user's are told by their paths, sizes and times of change, so that looking one up need not read
gigabytes. One that was only touched or moved is read again, and then has the fingerprint that it had.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from tiefvision_assets.models.weights import CachedWeights, NoWeights, digest, user_file
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import atomic_path, read_json, write_json
from tiefvision_assets.vision.registry import TIMM, UnknownEncoder
from tiefvision_assets.vision.timm_network import TimmNetwork

LOCAL = "local-dir:"
CONFIG = "config.json"
WEIGHTS = ("*.safetensors", "*.bin", "*.pth", "*.pt")


@dataclass(frozen=True)
class CachedNetwork:
    """A network of timm whose weights are in the cache."""

    network: TimmNetwork
    weights: CachedWeights
    requested: str


@dataclass(frozen=True)
class TimmName:
    """What stands behind ``timm:``: the name of a network, or a folder with one."""

    architecture: str
    folder: Path | None

    @classmethod
    def of(cls, name: str) -> TimmName:
        """Read the settings' name of an encoder; `UnknownEncoder` if nothing stands behind ``timm:``."""
        rest = name.removeprefix(TIMM)
        if rest.startswith(LOCAL) and rest != LOCAL:
            return cls("", Path(rest.removeprefix(LOCAL)).expanduser().resolve())
        if not rest or ":" in rest:
            raise UnknownEncoder(
                f"There is no encoder {name!r}; give timm:NAME, with the name of a network of timm, or "
                "timm:local-dir:FOLDER, with a folder that holds config.json and model.safetensors."
            )
        return cls(rest, None)

    def __str__(self) -> str:
        return TIMM + (f"{LOCAL}{self.folder}" if self.folder else self.architecture)

    @property
    def files(self) -> tuple[Path, ...]:
        """The folder's configuration and weights; none without a folder. `NoWeights` if it lacks one of them."""
        if self.folder is None:
            return ()
        weights = [file for pattern in WEIGHTS for file in sorted(self.folder.glob(pattern))]
        if not (self.folder / CONFIG).is_file() or not weights:
            raise NoWeights(
                f"TIEFVISION_ENCODER={self}: the folder does not hold both config.json and model.safetensors; save a "
                "network there by timm.models.save_for_hf, or copy a repository of timm's hub there."
            )
        return self.folder / CONFIG, weights[0]


def source_files(name: TimmName, settings: Settings) -> tuple[Path, ...]:
    """The user's files that an encoder is made from: a folder's configuration, and weights; none if it is the hub's."""
    own = name.files
    return (*own[:1], user_file(settings.weights_path)) if settings.weights_path else own


def cached_network(requested: str, settings: Settings) -> CachedNetwork | None:
    """What an earlier command left in the cache; None if it is missing or incomplete, or its files have changed."""
    name = TimmName.of(requested)
    try:
        return _read(_record_path(name, settings))
    except (OSError, NoWeights):
        return None


def cached_networks(settings: Settings) -> list[CachedNetwork]:
    """All networks of timm in the cache."""
    found = (_read(record) for record in sorted(settings.cache_dir.glob("timm-*.json")))
    return [network for network in found if network]


def keep_network(
    name: TimmName, network: TimmNetwork, tensors: dict[str, np.ndarray], origin: str, settings: Settings
) -> CachedNetwork:
    """Save a network and its weights in the cache."""
    from safetensors.numpy import save_file

    record = _record_path(name, settings)
    path = record.with_suffix(".safetensors")
    with atomic_path(path) as temporary:
        save_file(tensors, temporary)
    kept = CachedWeights(path, digest(tensors), origin)
    written = {"digest": kept.digest, "bytes": path.stat().st_size, "origin": origin, "network": asdict(network)}
    write_json(record, written | {"requested": str(name)})
    return CachedNetwork(network, kept, str(name))


def _record_path(name: TimmName, settings: Settings) -> Path:
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in source_files(name, settings)]
    key = hashlib.sha256(repr((str(name), stats)).encode()).hexdigest()[:16]
    readable = re.sub(r"[^\w.-]+", "-", name.folder.name if name.folder else name.architecture)[:64]
    return settings.cache_dir / f"timm-{readable}-{key}.json"


def _read(record: Path) -> CachedNetwork | None:
    path = record.with_suffix(".safetensors")
    try:
        known: dict[str, Any] = read_json(record)
        if path.stat().st_size != known["bytes"]:
            return None
        network = TypeAdapter(TimmNetwork).validate_python(known["network"])
        return CachedNetwork(network, CachedWeights(path, known["digest"], known["origin"]), known["requested"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None
