"""Values in words, and rows of the gallery."""

from __future__ import annotations

import pandas as pd
import pytest

from tiefvision_ui.services import matching_rows
from tiefvision_ui.words import box_words, counted, plain

TABLE = pd.DataFrame({"path": ["b/Red 2.jpg", "a/red 1.jpg", "c/blue.jpg"], "mtime_ns": [5, 7, 7]})


@pytest.mark.parametrize(
    ("order", "text", "rows"),
    [
        ("path", "", [1, 0, 2]),
        ("newest", "", [1, 2, 0]),
        ("path", "RED", [1, 0]),
        ("path", "red b/", [0]),
        ("path", "[", []),
        ("newest", "  ", [1, 2, 0]),
    ],
)
def test_rows_match_every_word_in_order(order: str, text: str, rows: list[int]) -> None:
    assert matching_rows(TABLE, order, text).tolist() == rows  # type: ignore[arg-type]


def test_markdown_in_foreign_text_is_inert() -> None:
    assert plain("![x](u) :red[y] $z$ `code`") == r"\!\[x\]\(u\) \:red\[y\] \$z\$ `code`"


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.95, "very sure (95%)"), (0.7, "fairly sure (70%)"), (0.2, "unsure (20%)"), (0.0, "whole photo")],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    assert words in box_words(confidence)


def test_counts() -> None:
    assert (counted(1, "photo"), counted(1080, "photo")) == ("1 photo", "1,080 photos")
