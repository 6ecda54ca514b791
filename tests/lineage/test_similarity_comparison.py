"""`evaluate similarity --against`: what is served beside a version, a candidate and an encoder, on the same photos."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests import commands, tiny
from tests.served_versions import another_head, serve_another_head
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.evaluation import evaluate_similarity
from tiefvision_assets.lineage.similarity_comparison import compare_similarity
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained
in_process = commands.in_process


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Twelve photos of three labels, in six groups."""
    file = tmp_path / "labels.csv"
    rows = [f"{number:02d}.png,{'abc'[number % 3]},{number // 2}" for number in range(12)]
    file.write_text("path,label,group\n" + "\n".join(rows) + "\n")
    return file


def compare(store: Store, labels: Path, against: str) -> dict:
    return compare_similarity(store, labels, against, lambda name: lambda done, total: None, lambda line: None).document


def test_the_served_side_measures_what_evaluate_similarity_does(trained: Store, labels: Path) -> None:
    another_head(trained)
    document = compare(trained, labels, "candidate")
    alone = evaluate_similarity(trained, labels)
    for ranking, measured in document["rankings"].items():
        for name, one in measured.items():
            assert one["served"] == pytest.approx(alone[ranking][name], abs=2e-3), (ranking, name)
    assert document["rankings"]["unsupervised"]["map@r"]["difference"] == 0, (
        "a head changes the supervised ranking only"
    )
    assert document["moved"] and document["moved"][0]["rbo"] <= document["moved"][-1]["rbo"]
    assert set(document["by_label"]["supervised"]) == set("abc")
    assert set(document["by_group"]["supervised"]) == set("012345")


def test_a_kept_version_is_compared_under_its_name_and_with_itself_nothing_moved(trained: Store, labels: Path) -> None:
    first, second = serve_another_head(trained)
    document = compare(trained, labels, first[:8])
    assert (document["served"], document["against"]) == (second, first)
    assert document["moved"] and document["rbo"] < 1
    same = compare(trained, labels, "served")
    assert same["moved"] == [] and same["unchanged"] == 1
    assert same["rankings"]["supervised"]["p@10"]["ci95"] == [0, 0]


def test_another_encoder_is_embedded_as_the_served_one_is(trained: Store, labels: Path) -> None:
    document = compare(trained, labels, "random weights")
    assert document["against"] == "random weights"
    assert document["rankings"]["supervised"]["p@1"]["n"] > 0


@pytest.mark.parametrize("against", ["0000", "no such encoder"])
def test_what_is_unknown_is_a_sentence(trained: Store, labels: Path, against: str) -> None:
    with pytest.raises(TiefVisionError, match=against):
        compare(trained, labels, against)


def test_the_command_tells_and_draws(in_process, trained: Store, labels: Path, tmp_path: Path) -> None:
    another_head(trained)
    sheet = tmp_path / "moved.png"
    run = in_process("evaluate", "similarity", str(labels), "--against", "candidate", "--draw", str(sheet), "--json")
    assert run.json["drawn"] == str(sheet) and run.json["moved"]
    with Image.open(sheet) as picture:
        assert picture.width > 500 and picture.height > 300
    shown = in_process("evaluate", "similarity", str(labels), "--against", "candidate").out
    assert "changed most" in shown and "95 % interval" in shown
