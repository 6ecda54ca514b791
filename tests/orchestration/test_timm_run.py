"""The whole lineage on networks of timm: from photos to both rankings, and what follows from a kept description."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests import tiny
from tests.timm_folders import NETWORKS, write_network
from tiefvision_assets.lineage.same_shot import BOUNDS, same_shot_of
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.models.fingerprints import export_version
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
store, boxes, labelled, run = tiny.store, tiny.boxes, tiny.labelled, tiny.run

OUTSIDE = """
import json, sys
from pathlib import Path
from PIL import Image
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
settings = Settings(**json.loads(sys.argv[1]))
plan(Store(settings))
hits = Searcher(settings).search(ByPhoto(Image.open(sys.argv[2]).convert("RGB"))).hits
unwanted = [name for name in ("torch", "torchvision", "timm", "huggingface_hub") if name in sys.modules]
print(json.dumps([[hit.path for hit in hits], unwanted]))
"""


KINDS = [kind if kind == "dinov2" else pytest.param(kind, marks=pytest.mark.acceptance) for kind in NETWORKS]
"""All of them in the acceptance tests; always the one that is least like the built-in encoders."""


@pytest.fixture(params=KINDS)
def settings(request, tmp_path: Path, tiny_encoder: Path) -> Settings:
    name = write_network(tmp_path / "network", request.param)
    return tiny.settings_in(tmp_path).model_copy(update={"encoder": name, "weights": None})


def test_a_network_of_timm_runs_the_whole_lineage(labelled: Store, settings: Settings, run) -> None:
    assert run()["computed"] == tiny.PHOTOS
    assert plan(labelled) == []
    served = labelled.served.read()
    assert served.models.encoder and served.models.basis
    export = labelled.exports.read(served.models.encoder, export_version())
    assert export and export.graphs, "it runs by ONNX Runtime"
    assert BOUNDS[0] <= same_shot_of(labelled, served.models.encoder, served.models.basis) <= BOUNDS[1]
    photo = labelled.catalogue.file(f"{tiny.PHOTOS - 1:02d}.png")
    assert hits_of(settings, photo)[0] == photo.name

    newest = {name: labelled.models.verdicts(name)[0].fingerprint for name in ("box_heads", "ranking_head")}
    labelled.served.promote(replace(served.next, heads=newest["box_heads"], ranking_head=newest["ranking_head"]))
    run()
    assert seen_from_outside(settings, photo) == [hits_of(settings, photo), []]
    assert encoder_in_use(Store(settings.model_copy(update={"encoder": None}))) == settings.encoder


def hits_of(settings: Settings, photo: Path) -> list[str]:
    return [hit.path for hit in Searcher(settings).search(ByPhoto(Image.open(photo).convert("RGB"))).hits]


def seen_from_outside(settings: Settings, photo: Path) -> list[object]:
    """What is found in a process of its own, which has planned before, and what of the unwanted it has loaded then."""
    given = settings.model_dump_json(exclude_defaults=True)
    done = subprocess.run(
        [sys.executable, "-c", OUTSIDE, given, str(photo)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[object] = json.loads(done.stdout)
    return found
