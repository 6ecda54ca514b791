"""Tables of other people's texts keep their cells and rows."""

from __future__ import annotations

import pytest

from tiefvision_assets.assets.pictures.tables import code, markdown_table


def test_a_bar_or_a_line_end_in_a_path_ends_no_cell() -> None:
    made = markdown_table(["file", "reason"], [(code("a|b\nc.jpg"), "damaged (x|y)"), (code("d.jpg"), "empty")])
    assert made.splitlines() == [
        "| file | reason |",
        "| --- | --- |",
        r"| `a\|b\nc.jpg` | damaged (x\|y) |",
        "| `d.jpg` | empty |",
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("a.jpg", "`a.jpg`"), ("`a`.jpg", "`` `a`.jpg ``"), ("a``", "``` a`` ```")]
)
def test_backticks_in_a_path_end_no_code(text: str, expected: str) -> None:
    assert code(text) == expected
