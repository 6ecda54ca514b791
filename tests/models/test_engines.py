"""The engine is chosen by the settings; exports are kept, checked, and made again, and nothing else depends on them."""

import shutil

import dagster as dg
import numpy as np
import pytest
import torch

from tests import tiny
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.lineage.embeddings import object_cells_of
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.models import engines
from tiefvision_assets.models.devices import wants_onnx
from tiefvision_assets.models.fingerprints import export_version
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.exports import Exports
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.export import NotExportable
from tiefvision_assets.vision.onnx_engine import OnnxEngine

settings, store, trained, run = tiny.settings, tiny.store, tiny.trained, tiny.run
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps


def by(engine: str, store: Store) -> Store:
    return Store(store.settings.model_copy(update={"engine": engine}))


def served_encoder(store: Store) -> str:
    fingerprint = store.served.read().next.encoder
    assert fingerprint
    return fingerprint


def refuse(*_: object) -> dict[str, bytes]:
    raise NotExportable("The encoder tiny cannot be exported to ONNX (it is too small).")


def not_again(*_: object) -> dict[str, bytes]:
    pytest.fail("exported once more")


@pytest.mark.parametrize(
    ("engine", "device", "onnx"),
    [
        ("auto", "cpu", True),
        ("auto", "cuda:0", False),
        ("torch", "cpu", False),
        ("onnxruntime", "cpu", True),
        ("onnxruntime", "cuda:0", True),
    ],
)
def test_a_processor_runs_onnx_and_an_accelerator_torch_unless_the_settings_say_otherwise(engine, device, onnx):
    assert wants_onnx(Settings(engine=engine, device=device)) == onnx


def test_the_encoder_asset_has_exported_the_encoder_and_its_graphs_are_used(trained, monkeypatch):
    monkeypatch.setattr(engines, "export_maps", not_again)
    assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], OnnxEngine)
    assert isinstance(load_encoder_from(by("torch", trained), served_encoder(trained))[1], TorchEngine)


def test_another_engine_makes_nothing_anew(trained, run, monkeypatch):
    assert plan(by("torch", trained)) == plan(by("onnxruntime", trained)) == []
    monkeypatch.setenv("TIEFVISION_ENGINE", "torch")
    done = run()
    assert (done["materialised"], done["computed"]) == (0, 0)


def test_engines_encode_alike(trained):
    photos = trained.encodings.keys_of(*embedding_of(trained)).merge(
        trained.catalogue.contents()[["sha256", "path", "width", "height"]]
    )
    cells = [
        torch.from_numpy(np.stack(list(object_cells_of(by(engine, trained), served_encoder(trained), photos))))
        for engine in ("torch", "onnxruntime")
    ]
    assert len(cells[0]) == tiny.PHOTOS
    assert torch.nn.functional.cosine_similarity(cells[0].flatten(1), cells[1].flatten(1)).min() >= 0.9999


def embedding_of(store: Store) -> tuple[str, list[str]]:
    from tiefvision_assets.lineage import due

    models = store.served.read().models.complete
    assert models
    return due.embedding_of(models), store.catalogue.batch_keys()


def test_an_encoder_without_its_graphs_is_exported_when_it_is_needed_and_nothing_else_is_made(trained, run):
    folder = trained.layout.exports(served_encoder(trained))
    for file in sorted(folder.iterdir()):
        file.unlink()
    folder.rmdir()
    assert plan(trained) == []
    done = run()
    assert (done["materialised"], done["computed"]) == (0, 0)
    assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], OnnxEngine)
    assert (folder / "exports.json").exists() and list(folder.glob("*.onnx"))


def graphs_of(store: Store) -> dict[str, bytes]:
    export = store.exports.read(served_encoder(store), export_version())
    assert export and export.graphs
    return dict(export.graphs)


def test_a_second_data_folder_takes_the_graphs_from_the_cache(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "export_maps", not_again)
    second = Store(trained.settings.model_copy(update={"data": tmp_path / "second"}))
    dg.materialize([encoder], resources={"store": second, "progress": Progress()})
    graphs = [
        {file.name: file.read_bytes() for file in s.layout.exports(served_encoder(s)).iterdir()}
        for s in (trained, second)
    ]
    assert graphs[0] == graphs[1]


def test_damaged_graphs_in_the_cache_are_not_used(trained, tmp_path):
    for file in (trained.settings.cache_dir / "exports").rglob("*.onnx"):
        file.write_bytes(file.read_bytes()[:-9] + b"otherwise")
    second = Store(trained.settings.model_copy(update={"data": tmp_path / "second"}))
    dg.materialize([encoder], resources={"store": second, "progress": Progress()})
    assert second.exports.read(served_encoder(second), export_version()) == trained.exports.read(
        served_encoder(trained), export_version()
    )


@pytest.mark.parametrize("name", ["exports.json", "*.onnx"])
def test_a_damaged_export_is_made_again(trained, name):
    folder = trained.layout.exports(served_encoder(trained))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    file = next(folder.glob(name))
    file.write_bytes(file.read_bytes()[:-9] + b"otherwise")
    assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], OnnxEngine)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_an_export_that_cannot_be_saved_is_used_all_the_same(trained, monkeypatch):
    def read_only(*_: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(Exports, "read", lambda *_: None)
    monkeypatch.setattr(Exports, "write", read_only)
    assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], OnnxEngine)


def test_an_encoder_that_cannot_be_exported_runs_in_torch_and_says_so_once(store, monkeypatch, caplog):
    monkeypatch.setattr(engines, "export_maps", refuse)
    done = dg.materialize([encoder], resources={"store": store, "progress": Progress()})
    (event,) = done.asset_materializations_for_node("encoder")
    sentence = event.metadata["engine"].text
    assert sentence.startswith("The encoder tiny cannot be exported to ONNX (it is too small). It runs in PyTorch")
    assert sentence in caplog.text
    monkeypatch.setattr(engines, "export_maps", not_again)
    assert isinstance(load_encoder_from(store, served_encoder(store))[1], TorchEngine)
    assert event.metadata["weights_sha256"].text


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (MemoryError(), False),
        (OSError(28, "No space left on device"), False),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 64 bytes."), False),
        (RuntimeError("std::bad_alloc"), False),
        (RuntimeError("Exporting the operator 'aten::tiny' is not supported."), True),
    ],
)
def test_a_failure_that_may_pass_is_no_refusal_for_good(trained, monkeypatch, error, is_kept):
    def fail(*_: object, **__: object) -> None:
        raise error

    shutil.rmtree(trained.layout.exports(served_encoder(trained)))
    shutil.rmtree(trained.settings.cache_dir / "exports")
    with monkeypatch.context() as failing:
        failing.setattr(torch.onnx, "export", fail)
        assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], TorchEngine)
    expected = TorchEngine if is_kept else OnnxEngine
    assert isinstance(load_encoder_from(trained, served_encoder(trained))[1], expected)


def test_the_encoders_fingerprint_does_not_depend_on_the_engine(store):
    versions = set()
    for engine in ("torch", "onnxruntime"):
        done = dg.materialize([encoder], resources={"store": by(engine, store), "progress": Progress()})
        (event,) = done.asset_materializations_for_node("encoder")
        assert event.metadata["engine"].text == engine
        versions.add((event.tags or {})["dagster/data_version"])
    assert versions == {served_encoder(store)}
