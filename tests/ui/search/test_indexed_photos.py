"""Photos of the index, filtered by words of their path and sorted."""

from __future__ import annotations

import pandas as pd
import pytest

from tiefvision_ui.search.indexed_photos import matching_rows

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
