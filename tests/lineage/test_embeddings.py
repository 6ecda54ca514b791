"""What passes through the encoder, and how often."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from tests import tiny
from tiefvision_assets.assets.embeddings import embedding_basis
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import embeddings as module
from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, rounded_box
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.models.inference import PhotoEncoder, load_basis, load_encoder_from
from tiefvision_assets.orchestration.runner import RunFailed
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.store.records import BASIS, BasisRecord
from tiefvision_assets.store.rows import ObjectEncodings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import registry
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.registry import Encoder, Look

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, boxes = tiny.settings, tiny.store, tiny.run, tiny.boxes


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the batches of objects that went through the encoder."""
    sizes: list[int] = []

    class Counting:
        def __init__(self, engine: Engine) -> None:
            self._engine = engine

        def objects(self, photos: np.ndarray) -> np.ndarray:
            sizes.append(len(photos))
            return self._engine.objects(photos)

    def load(store: Store, fingerprint: str) -> tuple[Encoder, Any]:
        spec, engine = load_encoder_from(store, fingerprint)
        return spec, Counting(engine)

    monkeypatch.setattr(module, "load_encoder_from", load)
    return sizes


def embeddings(store: Store) -> tuple[list[str], np.ndarray]:
    models = store.served.read().models.complete
    assert models
    found, vectors = store.encodings.vectors_of(
        embedding_of(models), store.catalogue.batch_keys(), store.catalogue.contents()["sha256"]
    )
    order = np.argsort(found)
    return sorted(found), vectors[order].astype(np.float32)


def remove_encodings(store: Store) -> None:
    for file in (store.layout.root / "encodings").rglob("*.parquet"):
        file.unlink()


def test_in_a_first_run_every_photo_passes_through_the_encoder_once(
    boxes: object, run: Callable[..., dict[str, object]], passes: list[int]
) -> None:
    assert run()["computed"] == tiny.PHOTOS
    assert sum(passes) == tiny.PHOTOS


def test_a_photo_is_embedded_alike_with_the_basis_and_by_itself(
    boxes: object, store: Store, run: Callable[..., dict[str, object]], passes: list[int]
) -> None:
    run()
    contents, with_the_basis = embeddings(store)
    (sample,) = store.layout.root.glob("models/embedding_basis/*/sample.parquet")
    sample.unlink()
    remove_encodings(store)
    assert run()["computed"] == tiny.PHOTOS
    assert sum(passes) == 2 * tiny.PHOTOS
    assert embeddings(store)[0] == contents
    assert embeddings(store)[1] == pytest.approx(with_the_basis, abs=1e-3)


def test_a_run_that_was_killed_before_the_samples_encodings_were_written_is_made_up_for(
    boxes: object, store: Store, run: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ObjectEncodings, "write_sample", killed)
        with pytest.raises(RunFailed):
            run()
    assert not store.served.read().index
    run()
    assert plan(store) == [] and len(embeddings(store)[0]) == tiny.PHOTOS


def test_a_photo_whose_box_was_drawn_since_is_encoded_anew(
    boxes: dict[str, tiny.Box], store: Store, run: Callable[..., dict[str, object]], passes: list[int]
) -> None:
    run()
    remove_encodings(store)
    tiny.label_boxes(store, {path: box for path, box in boxes.items() if path == "00.png"})
    run()
    assert sum(passes) == tiny.PHOTOS + 1


def test_new_folders_see_objects_as_the_encoder_wants_and_folders_of_before_as_they_did(
    boxes: object, store: Store, run: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(side=240, pooled=2)
    run()
    before = store.served.read()
    monkeypatch.setitem(registry.ENCODERS, "tiny", replace(registry.ENCODERS["tiny"], look=look))  # type: ignore[arg-type]
    assert plan(store) == []
    tiny.write_photo(store, "new.png", tiny.PHOTOS)
    run()
    assert store.served.read().models == before.models
    assert basis_of(store).mean.size == 16 * 11 * 11

    resources = {"store": store, "progress": Progress()}
    (told,) = dg.materialize([embedding_basis], resources=resources).asset_materializations_for_node("embedding_basis")
    assert told.metadata["objects_seen_in"].value == "240 x 240 pixels"
    assert told.metadata["object_cells"].value == "(16, 6, 6)"
    run()
    after = store.served.read().models.complete
    assert plan(store) == []
    assert after and basis_of(store).mean.size == 16 * 6 * 6
    contents = store.catalogue.contents()
    path, sha256 = contents["path"].iloc[0], contents["sha256"].iloc[0]
    _, vectors = store.encodings.vectors_of(embedding_of(after), store.catalogue.batch_keys(), pd.Series([sha256]))
    (row,) = boxes_in_force(store, after.heads, contents[contents["sha256"] == sha256]).itertuples()
    with store.catalogue.opened(path) as photo:
        found = PhotoEncoder(store, after).appearances(photo, Box(*map(float, rounded_box(row))))
    assert float((found[0] * mirror_invariant(vectors[0].astype(np.float32))).sum()) > 0.999


def test_a_basis_of_before_that_lost_its_record_is_mended_as_it_was_and_nothing_is_encoded_again(
    boxes: object, store: Store, run: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    before = store.served.read()
    seen_otherwise = replace(registry.ENCODERS["tiny"], look=Look(side=240, pooled=2))
    monkeypatch.setitem(registry.ENCODERS, "tiny", seen_otherwise)  # type: ignore[arg-type]
    (store.layout.root / f"models/embedding_basis/{before.models.basis}/model.json").unlink()
    assert [step.assets for step in plan(store)] == [("embedding_basis",)]
    assert run()["computed"] == 0
    assert store.served.read() == before and plan(store) == []


def basis_of(store: Store) -> Basis:
    models = store.served.read().models.complete
    assert models
    return load_basis(store, models.encoder, models.basis)


def test_a_basis_that_was_fitted_on_encoded_mirror_images_stays_and_so_does_what_it_embeds(
    boxes: object, store: Store, run: Callable[..., dict[str, object]], passes: list[int]
) -> None:
    run()
    basis = store.served.read().models.basis
    assert basis
    record = store.models.record(BasisRecord, basis)
    before = replace(record, inputs=replace(record.inputs, code="2"))
    tensors = store.models.tensors(BASIS, basis)
    store.models.save(BASIS, basis, before, tensors)
    assert plan(store) == []

    passes.clear()
    tiny.write_photo(store, "new.png", tiny.PHOTOS)
    run()
    assert store.served.read().models.basis == basis
    assert sum(passes) == 2, "the photo and its mirror image"
