"""The usage examples of public entry points, run as they stand in the docstrings."""

from __future__ import annotations

import doctest
import inspect

import numpy as np
import pytest
from PIL import Image

from tests.without_photos import MODELS, set_catalogue
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage.index import build_indexes
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


@pytest.fixture
def folders(tmp_path, monkeypatch, settings):
    """The working directory of the examples: a new ``shop`` of two photos, and a ``gallery`` that can be searched."""
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / "shop" / "raw"
    raw.mkdir(parents=True)
    for name, colour in (("gown", "teal"), ("scarf", "red")):
        Image.new("RGB", (64, 48), colour).save(raw / f"{name}.png")
    gallery = Store(Settings(data=tmp_path / "gallery"))
    vectors = np.array([[1.0, 0.0], [0.96, 0.28], [0.28, 0.96]])
    set_catalogue(gallery, ["blue.jpg", "navy.jpg", "red.jpg"], vectors)
    built = build_indexes(gallery, MODELS)
    gallery.served.switch({ranking: index.record["version"] for ranking, index in built.items()})


@pytest.mark.parametrize("entry", [build_definitions, Store, Searcher])
def test_the_example_in_the_docstring_runs(folders, entry):
    names = vars(inspect.getmodule(entry))
    tests = doctest.DocTestFinder(recurse=False).find(entry, entry.__name__, globs=dict(names))
    reported: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in tests:
        runner.run(test, out=reported.append)
    assert runner.summarize(verbose=False).attempted > 1, "there is no example"
    assert reported == []
