"""What `make bench-million` makes of its measurements; the steps themselves take too long for here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import million, million_steps
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.changes import read_changes


def test_a_step_costs_what_its_process_says_and_a_failed_one_ends_the_benchmark() -> None:
    said = {"cpu_s": 1.5, "gib": 0.25}
    cost = million.measured([sys.executable, "-c", f"print('log'); print('{json.dumps(said)}')"], dict(os.environ))
    assert cost.pop("s") > 0 and cost == said
    with pytest.raises(RuntimeError, match="out of order"):
        million.measured([sys.executable, "-c", "raise SystemExit('out of order')"], dict(os.environ))


def test_growth_is_drawn_with_a_line_for_each_step(tmp_path: Path) -> None:
    sizes = [
        {"photos": photos, "costs": {name: {"cpu_s": photos / 1000, "gib": 0.5} for name in ("first build", "query")}}
        for photos in (100, 300, 1000)
    ]
    million.draw(sizes, tmp_path / "million.svg")
    drawn = (tmp_path / "million.svg").read_text(encoding="utf-8")
    assert "first build" in drawn and "query" in drawn and "seconds of processors" in drawn


def test_photos_are_all_different_and_the_list_names_the_new_ones(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "tiny.safetensors").touch()
    settings = settings.model_copy(update={"weights": tmp_path / "tiny.safetensors"})
    million_steps.photos(settings, "0", "3")
    million_steps.photos(settings, "3", "2")
    files = sorted(settings.raw_dir.rglob("*.jpg"))
    assert len({file.read_bytes() for file in files}) == len(files) == 5
    assert Image.open(files[0]).size == (48, 64)
    listed = read_changes(settings.raw_dir.with_name("changes.csv")).rows
    assert list(listed) == [file.relative_to(settings.raw_dir).as_posix() for file in files[3:]]
