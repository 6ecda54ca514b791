"""Values in words."""

from __future__ import annotations

import pytest

from tiefvision_ui.words import box_words, plain


def test_markdown_in_foreign_text_is_inert() -> None:
    assert plain("![x](u) :red[y] $z$ `code`") == r"\!\[x\]\(u\) \:red\[y\] \$z\$ `code`"


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.95, "very sure (95%)"), (0.7, "fairly sure (70%)"), (0.2, "unsure (20%)"), (0.0, "whole photo")],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    assert words in box_words(confidence)


def test_it_is_said_that_the_starter_heads_found_a_box() -> None:
    assert box_words(0.7, starter=True) == "Box found by the starter heads, fairly sure (70%)"
    assert box_words(1.0, human=True, starter=True) == "Box drawn by a person"
