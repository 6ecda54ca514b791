"""Searching by a photo loads no PyTorch, and finds what PyTorch finds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests import tiny
from tiefvision_assets.search.request import ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained, run = tiny.settings, tiny.store, tiny.trained, tiny.run

COMMAND = """
import atexit, sys
from tests.tiny_spec import tiny_spec
from tiefvision_assets.vision import registry
registry.ENCODERS = {**registry.ENCODERS, "tiny": tiny_spec(object)}
atexit.register(lambda: print([name for name in ("torch", "torchvision", "dagster") if name in sys.modules]))
from tiefvision_assets.cli import main
sys.argv = ["tiefvision", *sys.argv[1:]]
main()
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    tiny.write_photo(Store(tiny.settings_in(tmp_path / "elsewhere")), "query.png", 99)
    return tmp_path / "elsewhere" / "data" / "raw" / "query.png"


@pytest.fixture
def promoted(trained: Store, run) -> Store:
    """With the box heads and the ranking head that were trained, and rejected, in use."""
    served = trained.served.read()
    newest = {name: trained.models.verdicts(name)[0].fingerprint for name in ("box_heads", "ranking_head")}
    models = replace(served.next, heads=newest["box_heads"], ranking_head=newest["ranking_head"])
    trained.served.promote(models)
    run()
    assert trained.served.read().models == models
    return trained


def command(store: Store, *arguments: str) -> tuple[Any, str]:
    """The command's JSON, and which of the unwanted modules it had loaded at its end."""
    variables = json.loads(store.settings.model_dump_json(exclude_defaults=True))
    environment = {f"TIEFVISION_{name.upper()}": str(value) for name, value in variables.items()}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    document, _, loaded = done.stdout.strip().rpartition("\n")
    return json.loads(document), loaded


def test_searching_and_locating_by_a_file_load_no_torch(promoted: Store, photo: Path) -> None:
    found, loaded = command(promoted, "search", str(photo))
    assert loaded == "[]"
    located, loaded = command(promoted, "locate", str(photo))
    assert loaded == "[]" and len(located) == 1
    by_torch = Searcher(promoted.settings.model_copy(update={"engine": "torch"}))
    picture = Image.open(photo).convert("RGB")
    assert located[0]["box"] == pytest.approx(by_torch.locate(picture).box.as_tuple(), abs=0.5)
    expected = by_torch.search(ByPhoto(picture)).hits
    assert [hit["path"] for hit in found["hits"]] == [hit.path for hit in expected]
    assert [hit["score"] for hit in found["hits"]] == pytest.approx([hit.score for hit in expected], abs=1e-3)


def test_an_encoder_without_an_export_gets_one_and_searches_the_same(promoted: Store, photo: Path) -> None:
    before, _ = command(promoted, "search", str(photo))
    encoder = promoted.served.read().models.encoder
    assert encoder
    folder = promoted.layout.exports(encoder)
    for file in folder.iterdir():
        file.unlink()
    picture = Image.open(photo).convert("RGB")
    found = Searcher(promoted.settings).search(ByPhoto(picture)).hits
    assert [hit.path for hit in found] == [hit["path"] for hit in before["hits"]]
    assert command(promoted, "search", str(photo)) == (before, "[]")
