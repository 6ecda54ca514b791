"""Encoders side by side: tiny ones, on the tiny catalogue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import commands, tiny
from tests.timm_folders import write_network
from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage import encoder_comparison
from tiefvision_assets.metrics import ranking_quality
from tiefvision_assets.models.encoders import obtain_encoder
from tiefvision_assets.vision import registry

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained
tiefvision = commands.in_process


@pytest.fixture(autouse=True)
def two_tiny_encoders(monkeypatch, tmp_path):
    """``tiny``, and ``second``, of the same build but other weights, which are found beside its own."""
    second = replace(registry.ENCODERS["tiny"], name="second")
    tiny.write_weights(tmp_path / "second.safetensors", seed=5)

    def found(name, own, log):
        own = own if name.startswith("timm:") else own.model_copy(update={"weights": tmp_path / f"{name}.safetensors"})
        return obtain_encoder(name, own, log)

    both = {"tiny": registry.ENCODERS["tiny"], "second": second}
    monkeypatch.setattr(registry, "ENCODERS", both)
    monkeypatch.setattr(encoder_comparison, "ENCODERS", both)
    monkeypatch.setattr(encoder_comparison, "RANDOM_ENCODER", "tiny")
    monkeypatch.setattr(encoder_comparison, "obtain_encoder", found)


@pytest.fixture
def listed(tmp_path):
    rows = [f"{number:02d}.png,{number % 2},{number // 2}" for number in range(tiny.PHOTOS)]
    file = tmp_path / "judge.csv"
    file.write_text("\n".join(["path,label,group", *rows]) + "\n", encoding="utf-8")
    return file


def test_each_encoder_has_its_quality_speed_and_size(tiefvision, trained, listed):
    document = tiefvision("evaluate", "encoders", listed, "--json").json
    assert list(document) == ["tiny", "second", "random weights"]
    measures = set(ranking_quality([], [], []))
    for found in document.values():
        assert set(found) == {"unsupervised", "supervised", "photos_per_second", "bytes"}
        assert set(found["unsupervised"]) == set(found["supervised"]) == measures
        assert all(0 <= value <= 1 for ranking in ("unsupervised", "supervised") for value in found[ranking].values())
        assert found["bytes"] == 2 * (tiny.PHOTOS - 1) * 2, "two embeddings of eleven dimensions in float16"
        assert found["photos_per_second"] > 0
    assert document["tiny"]["unsupervised"] != document["second"]["unsupervised"]


def test_the_table_names_every_encoder_and_ranking(tiefvision, trained, listed):
    shown = tiefvision("evaluate", "encoders", listed).out
    for word in (
        "tiny",
        "second",
        "random weights",
        "unsupervised",
        "supervised",
        "p@10",
        "photos per second",
        "bytes",
    ):
        assert word in shown


def test_photos_beyond_the_sample_are_embedded_on_the_same_basis(trained, monkeypatch):
    known = encoder_comparison.obtain_encoder("tiny", trained.settings, lambda _: None)
    spec, module = encoder_comparison._encoder(known, trained.settings)
    photos = [(path, tiny.Box.whole(tiny.WIDTH, tiny.HEIGHT)) for path in trained.catalogue.live()["path"]]
    monkeypatch.setattr(encoder_comparison, "AT_ONCE", 4)
    monkeypatch.setattr(encoder_comparison, "BASIS", BasisParameters(sample=8))
    some, _ = encoder_comparison.embed(trained, photos[:8], spec, module, lambda *_: None)
    every, seconds = encoder_comparison.embed(trained, photos, spec, module, lambda *_: None)
    assert every.shape == (tiny.PHOTOS, 2, 7) and seconds > 0
    assert (every[:8] - some).abs().max() < 1e-5


def test_any_encoders_are_compared_by_the_names_that_the_settings_have(tiefvision, trained, listed, tmp_path):
    name = write_network(tmp_path / "network", "convnext")
    document = tiefvision("evaluate", "encoders", listed, name, "second", "--json").json
    assert list(document) == [name, "second"]
    assert document[name]["unsupervised"] != document["second"]["unsupervised"]


def test_a_wrong_name_is_told_before_anything_is_compared(tiefvision, trained, listed, monkeypatch):
    monkeypatch.setattr(encoder_comparison, "embed", None)
    sentence = tiefvision("evaluate", "encoders", listed, "second", "timm:resnet81", "--json").sentence
    assert "timm:resnet81" in sentence and "the nearest are" in sentence


def test_a_list_of_one_photo_is_refused(tiefvision, trained, listed):
    listed.write_text("path,label\n00.png,gown\n", encoding="utf-8")
    assert "neighbours need at least two" in tiefvision("evaluate", "encoders", listed, "--json").sentence
