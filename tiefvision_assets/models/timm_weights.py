"""Obtaining a network of timm: from its hub, from a file of weights, or from a folder; and what it is like."""

from __future__ import annotations

import difflib
import json
import os
import socket
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from tiefvision_assets.models.timm_cache import CachedNetwork, TimmName, keep_network, source_files
from tiefvision_assets.models.weights import NETWORK_TIMEOUT_S, NoWeights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.registry import UnknownEncoder

CLOSED = (
    "set TIEFVISION_WEIGHTS to a file of its weights, or TIEFVISION_ENCODER to timm:local-dir:FOLDER with a folder "
    "that holds config.json and model.safetensors"
)
HUB_FILE = "model.safetensors"


@dataclass(frozen=True)
class _Source:
    """What a network is built from."""

    architecture: str
    arguments: dict[str, Any]
    overlay: dict[str, Any]
    """Entries of timm's configuration that came with the weights."""
    weights: Path | None
    """A file; None: timm fetches them from its hub."""
    origin: str


def obtain_network(requested: str, settings: Settings, log: Callable[[str], None]) -> CachedNetwork:
    """The network of that name, brought into the cache; `NoWeights` or `UnknownEncoder` say why it cannot be had."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when the hub's client is loaded, which timm does
    from tiefvision_assets.vision.timm_probing import probe

    name = TimmName.of(requested)
    files = source_files(name, settings)
    source = _of_folder(name, *files) if name.folder else _of_name(name, files[0] if files else None)
    log(f"Reading the pretrained weights of {name} from {source.origin}")
    loaded = _loaded(source, name)
    config = loaded.pretrained_cfg
    if not files:
        # the name with its tag, because another version of timm may have other weights for a name without
        full = ".".join(part for part in (config["architecture"], config.get("tag")) if part)
        source = replace(source, architecture=full)
    network = probe(source.architecture, source.arguments, source.overlay)
    tensors = {
        f"network.{key}": tensor.detach().float().contiguous().numpy() for key, tensor in loaded.state_dict().items()
    }
    return keep_network(name, network, tensors, source.origin, settings)


def _of_name(name: TimmName, weights: Path | None) -> _Source:
    import timm

    architecture = name.architecture
    if not timm.is_model(architecture):
        close = difflib.get_close_matches(architecture, timm.list_models(), n=3)
        hint = f"the nearest are {', '.join(close)}" if close else "`timm.list_models()` lists those that it has"
        raise UnknownEncoder(
            f"There is no encoder {str(name)!r}: timm {timm.__version__} has no network of that name; {hint}."
        )
    if weights:
        return _Source(architecture, {}, {}, weights, str(weights))
    try:
        config = timm.get_pretrained_cfg(architecture, allow_unregistered=False)
    except RuntimeError as error:
        known = ", ".join(timm.list_pretrained(f"{architecture.split('.')[0]}.*")) or "none"
        raise UnknownEncoder(f"There is no encoder {str(name)!r}: {error} timm has weights of {known}.") from None
    if config is None or not config.has_weights:
        raise NoWeights(f"timm has no pretrained weights of {architecture}; {CLOSED}.")
    hub = str(config.hf_hub_id or "")
    origin = f"https://huggingface.co/{hub}" if hub else str(config.url)
    return _Source(architecture, {}, {}, _in_hub_cache(hub, config), origin)


def _of_folder(name: TimmName, file: Path, weights: Path) -> _Source:
    """A network as `timm.models.save_for_hf` leaves it, or a copy of a repository of timm's hub."""
    import timm
    from timm.models import PretrainedCfg

    try:
        config = json.loads(file.read_bytes())
        architecture, preprocessing = str(config["architecture"]), dict(config.get("pretrained_cfg", config))
        _ = preprocessing["mean"], preprocessing["std"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoWeights(
            f"{file} is no configuration of a network of timm ({type(error).__name__}: {error}); it names an "
            "architecture, and mean and std in pretrained_cfg."
        ) from error
    if not timm.is_model(architecture):
        raise UnknownEncoder(f"{file} names {architecture!r}, and timm {timm.__version__} has no such network.")
    known = {field.name for field in fields(PretrainedCfg)} - {"file", "source", "state_dict", "tag"}
    overlay = {key: value for key, value in preprocessing.items() if key in known}
    return _Source(architecture, dict(config.get("model_args") or {}), overlay, weights, str(name.folder))


def _loaded(source: _Source, name: TimmName) -> Any:
    """The network with its weights. Weights that lack a tensor, or have one of another network, are refused."""
    from tiefvision_assets.vision.timm_encoder import build_network

    try:
        if source.weights is None:
            _reach_hub(source.origin)
            return build_network(source.architecture, source.arguments, pretrained=True)
        overlay = source.overlay | _weights_in(source)
        return build_network(source.architecture, source.arguments, pretrained=True, pretrained_cfg_overlay=overlay)
    except NoWeights:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
        if source.weights is None:
            raise NoWeights(
                f"The pretrained weights of {name} cannot be had from {source.origin} ({reason}); {CLOSED}."
            ) from error
        raise NoWeights(
            f"{source.weights} cannot be used as weights of {name} ({reason}); name an undamaged file of this "
            "network's weights."
        ) from error


def _weights_in(source: _Source) -> dict[str, Any]:
    """The file's tensors but for those of a classifier, as an overlay by which timm loads them and misses none."""
    import timm
    from timm.models import load_state_dict

    tensors = load_state_dict(str(source.weights), weights_only=True)
    config = timm.get_pretrained_cfg(source.architecture)
    classifiers = source.overlay.get("classifier") or (config.classifier if config else None) or ()
    classifiers = (classifiers,) if isinstance(classifiers, str) else classifiers
    dropped = {f"{classifier}.{part}" for classifier in classifiers for part in ("weight", "bias")}
    kept = {key: tensor for key, tensor in tensors.items() if key not in dropped}
    return {"state_dict": kept, "num_classes": 0, "label_offset": 0, "custom_load": False}


def _in_hub_cache(hub: str, config: Any) -> Path | None:
    """The file of weights that an earlier download left, so that it serves without a network."""
    if not hub or config.custom_load or config.hf_hub_filename:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub, HUB_FILE)
    return Path(found) if isinstance(found, str) else None


def _reach_hub(url: str) -> None:
    """`NoWeights` if there is no way to the hub: its own client would try for a minute."""
    target = os.environ.get("HF_ENDPOINT", url) if "huggingface.co" in url else url
    try:
        urllib.request.urlopen(urllib.request.Request(target, method="HEAD"), timeout=NETWORK_TIMEOUT_S).close()
    except HTTPError:
        return  # it answers, if only that it wants a log-in
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, socket.gaierror | TimeoutError | ConnectionError):
            raise ConnectionError(f"no connection: {reason}") from error
