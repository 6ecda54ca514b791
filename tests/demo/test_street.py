"""Street scenes: the same seed draws the same; a box is the labelled piece's alone, whatever is carried before it."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.demo.camera import sample_light
from tiefvision_assets.demo.drape import Dress
from tiefvision_assets.demo.fabric import weave
from tiefvision_assets.demo.outfit import OUTFITS, Outfit, sample_outfit
from tiefvision_assets.demo.photo import tight_box
from tiefvision_assets.demo.pose import Frame, Pose, standing_pose
from tiefvision_assets.demo.raster import Layer, Size
from tiefvision_assets.demo.street import StreetPhoto, render_street, write_street
from tiefvision_assets.demo.wearing import Worn, draw_worn

SEED = 3
FRAME = Frame((200.0, 90.0), 60.0, 0.0)


@cache
def photo(index: int) -> StreetPhoto:
    return render_street(index, SEED)


def test_a_street_photo_depends_only_on_seed_and_index() -> None:
    again = render_street(4, SEED)
    assert again.image.tobytes() == photo(4).image.tobytes()
    assert (again.box, again.person) == (photo(4).box, photo(4).person)
    assert render_street(4, SEED + 1).image.tobytes() != photo(4).image.tobytes()


@pytest.mark.parametrize("index", range(20))
def test_a_person_is_whole_and_about_a_third_as_wide_as_the_photo(index: int) -> None:
    box, person, image = photo(index).box, photo(index).person, photo(index).image
    assert person.left <= box.left < box.right <= person.right
    assert person.top <= box.top < box.bottom <= person.bottom
    assert person.left > 0 and person.right < image.width
    assert person.top > 0 and person.bottom < image.height
    assert 0.22 <= person.width / image.width <= 0.45


def test_outfits_take_turns_and_each_has_its_extent() -> None:
    photos = [photo(index) for index in range(20)]
    assert [photo.outfit for photo in photos] == [*OUTFITS] * 4
    share = {
        outfit: [photo.box.height / photo.person.height for photo in photos if photo.outfit == outfit]
        for outfit in OUTFITS
    }
    assert min(share["gown"]) > 0.72, "to the floor"
    assert max(share["mini dress"]) < 0.48
    for outfit in ("skirt under a coat", "skirt under a jumper"):
        assert max(share[outfit]) < 0.65, "the skirt's, not that of the outfit"


def dressed(outfit: Outfit, bag: str = "") -> Worn:
    rng = np.random.default_rng(0)
    light = sample_light(rng)
    pieces = [
        Dress(piece.style, piece.garment, weave(piece.style, FRAME.scale, rng), FRAME, light, 1.0)
        for piece in outfit.pieces
    ]
    return Worn(pieces, outfit.labelled, bag=bag)


def box_of(worn: Worn, pose: Pose) -> Box:
    return tight_box(draw_worn(Layer.empty(Size(400, 560)), worn, pose, np.random.default_rng(5)))


def sampled(kind: str, seed: int) -> tuple[Outfit, Pose]:
    rng = np.random.default_rng(seed)
    pose = standing_pose(rng)
    return sample_outfit(kind, pose, rng), pose


@pytest.mark.parametrize("seed", range(4))
def test_a_jumper_ends_the_skirts_box_and_not_the_other_way_round(seed: int) -> None:
    outfit, pose = sampled("skirt under a jumper", seed)
    skirt, jumper = (box_of(dressed(replace(outfit, labelled=piece)), pose) for piece in (0, 1))
    alone = box_of(dressed(replace(outfit, pieces=outfit.pieces[:1])), pose)
    _, hem = FRAME.pixel(0.0, outfit.pieces[1].garment.hem)
    assert alone.top < hem - 10 <= skirt.top + 10, "what the jumper hides is not the skirt's"
    assert skirt.bottom == alone.bottom > jumper.bottom >= hem - 1


@pytest.mark.parametrize("kind", ["open coat", "gown", "mini dress"])
def test_a_bag_in_front_leaves_the_box_as_it_is(kind: str) -> None:
    outfit, pose = sampled(kind, 1)
    plain = box_of(dressed(outfit), pose)
    for bag in ("across", "front"):
        assert box_of(dressed(outfit, bag), pose) == plain


def test_an_open_coat_shows_what_is_under_it_and_its_box_is_whole() -> None:
    outfit, pose = sampled("open coat", 2)
    coat = outfit.pieces[-1].garment
    closed = replace(outfit.pieces[-1], garment=replace(coat, opening=None))
    below = replace(outfit, labelled=len(outfit.pieces) - 2)
    assert box_of(dressed(outfit), pose) == box_of(dressed(replace(outfit, pieces=(*outfit.pieces[:-1], closed))), pose)
    seen, hidden = (
        draw_worn(Layer.empty(Size(400, 560)), worn, pose, np.random.default_rng(5)).sum()
        for worn in (dressed(below), dressed(replace(below, pieces=(*below.pieces[:-1], closed))))
    )
    assert seen > hidden + 1000


def test_the_photos_and_their_boxes_lie_in_one_folder(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = write_street(tmp_path, SEED, 5, lambda *at: told.append(at))
    assert told == [(done + 1, 5) for done in range(5)]
    document = json.loads((tmp_path / "boxes.json").read_text())
    assert {path.name for path in tmp_path.iterdir()} == {
        "boxes.json",
        *(image["file_name"] for image in document["images"]),
    }
    for (boxed, outfit), image, annotation in zip(written, document["images"], document["annotations"], strict=True):
        assert outfit == photo(boxed.index).outfit
        assert (image["file_name"], boxed.box) == (boxed.path, photo(boxed.index).box)
        assert annotation["bbox"] == [boxed.box.left, boxed.box.top, boxed.box.width, boxed.box.height]
        with Image.open(tmp_path / boxed.path) as stored:
            assert stored.size == (image["width"], image["height"])
