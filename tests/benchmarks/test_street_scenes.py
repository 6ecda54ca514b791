"""The table of street scenes against its rows."""

import pandas as pd

from benchmarks.street_scenes import table


def test_each_seed_and_each_kind_has_a_row_of_its_own_scenes_after_that_of_all():
    rows = pd.DataFrame({"seed": [3, 3, 2], "kind": ["gown", "mini dress", "gown"], "iou": [0.95, 0.4, 0.75]})
    lines = table(rows).splitlines()[2:]
    assert [line.split(" | ")[:3] for line in lines] == [
        ["| all", "3", "0.700"],
        ["| seed 3", "2", "0.675"],
        ["| seed 2", "1", "0.750"],
        ["| gown", "2", "0.850"],
        ["| mini dress", "1", "0.400"],
    ]
    assert [line.split(" | ")[4] for line in lines] == ["0.33 |", "0.50 |", "0.00 |", "0.50 |", "0.00 |"]
