"""Requests: which kind a photo makes with a part of it or with examples, and what is wrong with one."""

from __future__ import annotations

import pytest
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import (
    MAX_EXAMPLES,
    BadRequest,
    ByExamples,
    ById,
    ByPhoto,
    box_from_text,
    check_number_of_examples,
    hits_from_text,
    ranking_from_text,
    request_for,
)

PHOTO = Image.new("RGB", (8, 8))
BOX = Box(1, 2, 3, 4)
OPTIONS = {"k": 3, "ranking": "unsupervised", "where": "width > 1"}


def test_the_kind_of_request_follows_from_what_is_given():
    assert request_for("id", box=BOX, **OPTIONS) == ById("id", BOX, **OPTIONS)
    assert request_for(PHOTO, box=BOX, name="mine", **OPTIONS) == ByPhoto(PHOTO, BOX, "mine", **OPTIONS)
    assert request_for("id", more=[PHOTO], **OPTIONS) == ByExamples(("id", PHOTO), (), **OPTIONS)
    assert request_for(PHOTO, less=["id"], **OPTIONS) == ByExamples((PHOTO,), ("id",), **OPTIONS)


def test_what_is_compared_is_the_first_photo_with_its_part():
    assert request_for("id", box=BOX).subject == ("id", BOX)
    assert request_for(PHOTO).subject == (PHOTO, None)
    assert request_for(PHOTO, more=["id"]).subject == (PHOTO, None)


def wrong(make) -> tuple[str, str]:
    with pytest.raises(BadRequest) as caught:
        make()
    return caught.value.parameter, str(caught.value)


def test_a_request_that_means_nothing_names_its_parameter():
    assert wrong(lambda: ById("id", k=0)) == ("k", "k is 0; give a whole number from 1.")
    assert wrong(lambda: ByExamples([]))[0] == "more"
    parameter, sentence = wrong(lambda: request_for("id", box=BOX, less=["other"]))
    assert parameter == "box" and "cannot be combined with more and less" in sentence
    parameter, sentence = wrong(lambda: check_number_of_examples(["a"] * MAX_EXAMPLES, ["b"]))
    assert parameter == "more" and f"{MAX_EXAMPLES + 1} examples are too many" in sentence


def test_text_is_read_as_numbers_and_rankings():
    assert box_from_text("1, 2.5,3,4e1") == Box(1, 2.5, 3, 40)
    assert [hits_from_text(text) for text in ("1", "010", "1000")] == [1, 10, 1000]
    assert ranking_from_text("unsupervised") == "unsupervised"
    check_number_of_examples(["a"] * MAX_EXAMPLES, [])


@pytest.mark.parametrize("text", ["", "0", "-1", "1001", "1.0", " 5", "1_0", "+5", "٣", "0000001", "ten"])
def test_only_whole_numbers_within_bounds_are_numbers_of_hits(text):
    assert wrong(lambda: hits_from_text(text)) == ("k", f"k is {text!r}; give a whole number from 1 to 1000.")


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,4,5", "1,2,3,x", "1 2 3 4", ""])
def test_only_four_numbers_are_a_box(text):
    sentence = f"box is {text!r}; give four numbers left,top,right,bottom in pixels."
    assert wrong(lambda: box_from_text(text)) == ("box", sentence)


def test_a_ranking_that_is_none_is_told_with_those_that_there_are():
    assert wrong(lambda: ranking_from_text("best"))[1] == "ranking is 'best'; give unsupervised or supervised."
