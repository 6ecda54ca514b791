"""Networks of timm without a network connection: from folders and files, and the sentences where they cannot be had."""

from __future__ import annotations

import json
import os
import shutil
import socket
import urllib.request
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from tests.timm_folders import MEAN, STD, network_of, write_network
from tiefvision_assets.models import encoders
from tiefvision_assets.models.encoders import cached_encoder, encoder_of_record, obtain_encoder
from tiefvision_assets.models.weights import NoWeights, read_arrays
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.registry import UnknownEncoder

NAME = "timm:resnet18"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_network(tmp_path / "network", "resnet")
    return tmp_path / "network"


def local(folder: Path) -> str:
    return f"timm:local-dir:{folder}"


def not_again(*_: object) -> None:
    raise AssertionError("it was read again")


def test_a_folder_gives_weights_preprocessing_and_maps(folder, settings):
    known = obtain_encoder(local(folder), settings)
    assert (known.spec.mean, known.spec.std, known.spec.licence) == (MEAN, STD, "free")
    assert known.spec.name == NAME and known.requested == local(folder)
    expected = network_of("resnet").state_dict()
    kept = read_arrays(known.weights)
    assert set(kept) == {f"network.{name}" for name in expected}
    assert all(np.array_equal(kept[f"network.{name}"], tensor.float().numpy()) for name, tensor in expected.items())


def test_it_is_read_once_and_looked_up_afterwards(folder, settings, monkeypatch):
    assert cached_encoder(local(folder), settings) is None
    known = obtain_encoder(local(folder), settings)
    monkeypatch.setattr("tiefvision_assets.models.timm_weights._loaded", not_again)
    again = obtain_encoder(local(folder), settings)
    assert (again.fingerprint, again.record, again.weights) == (known.fingerprint, known.record, known.weights)


def test_a_folder_that_was_moved_or_touched_has_the_fingerprint_that_it_had(folder, settings, tmp_path):
    before = obtain_encoder(local(folder), settings).fingerprint
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert cached_encoder(local(folder), settings) is None
    assert obtain_encoder(local(folder), settings).fingerprint == before
    shutil.move(folder, tmp_path / "elsewhere")
    assert obtain_encoder(local(tmp_path / "elsewhere"), settings).fingerprint == before


def test_other_weights_or_another_mean_are_another_encoder(folder, settings):
    prints = {obtain_encoder(local(folder), settings).fingerprint}
    write_network(folder, "resnet", seed=1)
    prints.add(obtain_encoder(local(folder), settings).fingerprint)
    config = json.loads((folder / "config.json").read_text())
    config["pretrained_cfg"]["mean"] = [0.1, 0.1, 0.1]
    (folder / "config.json").write_text(json.dumps(config))
    prints.add(obtain_encoder(local(folder), settings).fingerprint)
    assert len(prints) == 3


def test_what_is_written_down_is_enough_to_know_the_encoder(folder, settings):
    known = obtain_encoder(local(folder), settings)
    spec = encoder_of_record(known.record)
    assert encoders.encoder_inputs(spec, known.weights.digest) == known.record.inputs
    assert spec.sides == known.spec.sides and spec.same_shot is None


def weights_file(path: Path, classes: int, kind: str = "full") -> Path:
    torch.manual_seed(3)
    state = timm.create_model("test_resnet", pretrained=False, num_classes=0).state_dict()
    if classes:
        state |= {"fc.weight": torch.zeros(classes, len(state["layer4.0.bn2.bias"])), "fc.bias": torch.zeros(classes)}
    if kind == "nested":
        torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, path)
    else:
        save_file(state, path)
    return path


def with_weights(settings: Settings, file: Path) -> Settings:
    return settings.model_copy(update={"weights": file})


def test_a_file_of_weights_is_taken_whatever_its_classifier(settings, tmp_path):
    digests = set()
    for name, classes, kind in (("a.safetensors", 1000, "full"), ("b.safetensors", 0, "full"), ("c.pth", 7, "nested")):
        file = weights_file(tmp_path / name, classes, kind)
        known = obtain_encoder("timm:test_resnet", with_weights(settings, file))
        assert known.weights.origin == str(file)
        digests.add(known.weights.digest)
    assert len(digests) == 1


def test_weights_of_another_network_are_refused(settings, tmp_path, folder):
    with pytest.raises(NoWeights, match=r"safetensors cannot be used as weights of timm:test_resnet \(.*name an"):
        obtain_encoder("timm:test_resnet", with_weights(settings, folder / "model.safetensors"))
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes((folder / "model.safetensors").read_bytes()[:99])
    with pytest.raises(NoWeights, match="undamaged"):
        obtain_encoder("timm:test_resnet", with_weights(settings, damaged))


def test_weights_that_lack_a_tensor_are_refused(settings, folder):
    state = network_of("resnet").state_dict()
    del state["layer2.0.conv1.weight"]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(NoWeights, match=r"layer2\.0\.conv1\.weight"):
        obtain_encoder(local(folder), settings)


def test_without_a_connection_a_sentence_says_what_to_do(settings, monkeypatch):
    def unreachable(*_: object, **__: object) -> None:
        raise URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    with pytest.raises(NoWeights, match=r"timm:resnet18 cannot be had.*no connection.*TIEFVISION_WEIGHTS.*local-dir"):
        obtain_encoder(NAME, settings)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("timm:resnet81", r"no network of that name; the nearest are .*resnet18"),
        ("timm:resnet18.nosuch", r"Invalid pretrained tag.*resnet18\.a1_in1k"),
        ("timm:", "give timm:NAME"),
        ("timm:hf-hub:someone/something", "give timm:NAME"),
    ],
)
def test_a_name_that_timm_does_not_have_is_answered_with_others(settings, name, says):
    with pytest.raises(UnknownEncoder, match=says):
        obtain_encoder(name, settings)


def test_a_network_whose_weights_nobody_published_needs_a_file(settings):
    with pytest.raises(NoWeights, match="no pretrained weights of resnet200"):
        obtain_encoder("timm:resnet200", settings)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"architecture": "resnet18", "pretrained_cfg": {"std": STD}}, "mean"),
        ({"pretrained_cfg": {"mean": MEAN, "std": STD}}, "architecture"),
        ({"architecture": "nothing", "mean": MEAN, "std": STD}, "no such network"),
        ([], "no configuration"),
    ],
)
def test_a_folder_that_does_not_say_what_it_holds_is_refused(settings, folder, config, says):
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises((NoWeights, UnknownEncoder), match=says):
        obtain_encoder(local(folder), settings)


def test_a_folder_without_weights_is_refused(settings, folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(NoWeights, match="does not hold both"):
        obtain_encoder(local(folder), settings)
    assert cached_encoder(local(folder), settings) is None
