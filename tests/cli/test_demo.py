"""What `tiefvision demo` reports about street scenes, which judge and teach nothing."""

from __future__ import annotations

from functools import partial

import pytest

from tests import commands, tiny
from tiefvision_assets.cli import printing
from tiefvision_assets.demo import run
from tiefvision_assets.demo.outfit import OUTFITS
from tiefvision_assets.demo.street import write_street

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store = tiny.settings, tiny.store
tiefvision = commands.in_process


def test_street_scenes_are_judged_beside_the_catalogue(tiefvision, store, monkeypatch, capsys) -> None:
    monkeypatch.setattr(run, "write_street", partial(write_street, photos=len(OUTFITS)))
    done = tiefvision("demo", "--images", 15, "--json").json
    boxes, street = done["boxes"], done["street"]
    assert set(street) == {*boxes, "mean_iou_by_outfit"}
    assert (street["n"], street["trained_on"]) == (len(OUTFITS), 0)
    assert set(street["mean_iou_by_outfit"]) == set(OUTFITS)
    mean = sum(street["mean_iou_by_outfit"].values()) / len(OUTFITS)
    assert mean == pytest.approx(street["mean_iou"])
    assert 0 < street["mean_box_iou"] < 1
    assert len(store.catalogue.live()) == 15, "street scenes are no part of the catalogue"
    capsys.readouterr()
    printing.show_demo(done)
    table = capsys.readouterr().out.split("Boxes of people in streets and rooms")[1].split("ranking")[0]
    for measure in ("mean_iou", "iou90", "mean_box_iou"):
        assert f"{street[measure]:.3f}" in table
