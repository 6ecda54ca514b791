"""Quirks of Label Studio and CVAT that concern more than names: (format, quirk, files, labels, choices, says)."""

from __future__ import annotations

import json
from typing import Any

from tests.store.labels.quirk_parts import (
    DRESS,
    ELLIPSE,
    EMPTY,
    FRACTIONS,
    LARGEST,
    MASK,
    OF_PERCENT,
    ONE,
    OTHERS_OUT,
    PARTLY,
    PERCENT,
    PICKED,
    PLAIN,
    POLYGON,
    RED,
    SEVERAL,
    SIZES,
    TINY,
    TURN,
    TURNED,
    cvat,
    regions,
    tasks,
)
from tiefvision_assets.store.labels.formats import LabelFormat

_F = LabelFormat

CASES: list[tuple[Any, ...]] = [
    (_F.labelstudio, SEVERAL, tasks(regions(PERCENT, PERCENT | {"x": 1})), (), PLAIN, "another box"),
    (
        _F.labelstudio,
        OTHERS_OUT,
        tasks(regions(PERCENT | {"rectanglelabels": ["dress"]}, PERCENT | {"x": 1})),
        OF_PERCENT,
        DRESS,
    ),
    (_F.labelstudio, PICKED, tasks(regions(PERCENT | {"width": 9}, PERCENT)), OF_PERCENT, LARGEST),
    (_F.labelstudio, EMPTY, tasks(regions(PERCENT, PERCENT | {"width": 0})), OF_PERCENT, PLAIN, "empty clicks"),
    (
        _F.labelstudio,
        POLYGON,
        tasks(regions({"points": [[12.5, 20], [62.5, 30], [20, 60]]}, kind="polygonlabels")),
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        TURN,
        tasks(regions({"x": 75, "y": 200 / 5.05, "width": 25, "height": 200 / 5.05, "rotation": 90})),
        TURNED,
    ),
    (
        _F.labelstudio,
        ELLIPSE,
        tasks(regions({"x": 37.5, "y": 40, "radiusX": 25, "radiusY": 20}, kind="ellipselabels")),
        OF_PERCENT,
    ),
    (_F.labelstudio, SIZES, tasks(regions(PERCENT, original_width="400", original_height=0)), OF_PERCENT),
    (
        _F.labelstudio,
        TINY,
        tasks(regions(PERCENT | {"width": 0.5, "height": 0.5})),
        (),
        PLAIN,
        "far smaller than a cell",
    ),
    (_F.labelstudio, PARTLY, tasks(regions(PERCENT, {"x": 1, "width": 3})), OF_PERCENT, PLAIN, "not four numbers"),
    (
        _F.labelstudio,
        "several annotators",
        tasks(
            regions(PERCENT) | {"completed_by": 1},
            regions(PERCENT | {"width": 40}) | {"completed_by": {"email": "ben@example.org"}},
        ),
        (*OF_PERCENT, (RED, (50.0, 101.0, 210.0, 303.0))),
    ),
    (_F.labelstudio, "predictions", tasks(predictions=[regions(PERCENT)]), (), PLAIN, "kept as proposals: 1;"),
    (
        _F.labelstudio,
        "cancelled annotations",
        tasks(regions(PERCENT) | {"was_cancelled": True}),
        (),
        PLAIN,
        "cancelled",
    ),
    (
        _F.labelstudio,
        "choices and texts",
        tasks(regions(PERCENT), regions({"choices": ["new"]}, kind="choices")),
        OF_PERCENT,
        PLAIN,
        "mark no object",
    ),
    (
        _F.labelstudio,
        "JSON-MIN",
        {"labels": json.dumps([{"image": RED, "id": 1, "annotator": 3, "box": [PERCENT]}])},
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        "another data key",
        {"labels": json.dumps([{"data": {"front": RED}, "annotations": [regions(PERCENT)]}])},
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        "a list of photos",
        {
            "labels": json.dumps(
                [{"data": {"views": ["blazer.jpg", RED]}, "annotations": [regions(PERCENT, item_index=1)]}]
            )
        },
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        "a photo within an object",
        {"labels": json.dumps([{"data": {"photo": {"url": RED}}, "annotations": [regions(PERCENT)]}])},
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        "several photos in a task",
        {
            "labels": json.dumps(
                [
                    {
                        "data": {"front": "blazer.jpg", "back": RED},
                        "annotations": [regions(PERCENT, to_name="back")],
                    },
                    {
                        "data": {"image": "blazer.jpg", "image2": RED},
                        "annotations": [regions(PERCENT, to_name="a"), regions(PERCENT, to_name="b")],
                    },
                ]
            )
        },
        OF_PERCENT,
        PLAIN,
        "the task shows several photos .'a', 'b'.",
    ),
    (
        _F.labelstudio,
        "a task by itself",
        {"labels": json.dumps({"data": {"image": RED}, "annotations": [regions(PERCENT)]})},
        OF_PERCENT,
    ),
    (
        _F.labelstudio,
        "a file of a target storage",
        {"labels": json.dumps(regions(PERCENT) | {"task": {"id": 1, "data": {"image": RED}}, "completed_by": 1})},
        OF_PERCENT,
    ),
    (
        _F.cvat,
        "tracks beside photos",
        {
            "labels": f'<annotations><image id="0" name="{RED}"><box xtl="50" ytl="60" xbr="250" ybr="360"/></image>'
            '<track label="dress"><box frame="1" xtl="1" ytl="1" xbr="50" ybr="60"/></track></annotations>'
        },
        ONE,
        PLAIN,
        "names frames of a video",
    ),
    (
        _F.cvat,
        SEVERAL,
        cvat(
            '<box label="dress" xtl="50" ytl="60" xbr="250" ybr="360"/>'
            '<box label="bag" xtl="1" ytl="1" xbr="50" ybr="60"/>'
        ),
        (),
        PLAIN,
        "another box as well .bag, dress",
    ),
    (
        _F.cvat,
        OTHERS_OUT,
        cvat(
            '<box label="dress" xtl="50" ytl="60" xbr="250" ybr="360"/>'
            '<box label="bag" xtl="1" ytl="1" xbr="50" ybr="60"/>'
        ),
        ONE,
        DRESS,
    ),
    (
        _F.cvat,
        PICKED,
        cvat('<box xtl="1" ytl="1" xbr="50" ybr="60"/><box xtl="50" ytl="60" xbr="250" ybr="360"/>'),
        ONE,
        LARGEST,
    ),
    (
        _F.cvat,
        EMPTY,
        cvat('<box xtl="50" ytl="60" xbr="250" ybr="360"/><box xtl="5" ytl="6" xbr="5" ybr="6"/>'),
        ONE,
        PLAIN,
        "empty clicks",
    ),
    (_F.cvat, POLYGON, cvat('<polygon label="dress" points="50,60;250.00,70;90,360"/>'), ONE),
    (_F.cvat, TURN, cvat('<box xtl="150" ytl="150" xbr="250" ybr="350" rotation="90"/>'), TURNED),
    (_F.cvat, MASK, cvat('<mask rle="0, 9" left="50" top="60" width="200" height="300"/>'), ONE),
    (_F.cvat, ELLIPSE, cvat('<ellipse cx="150" cy="210" rx="100" ry="150"/>'), ONE),
    (_F.cvat, SIZES, cvat('<box xtl="50" ytl="60" xbr="250" ybr="360"/>', 'width="0"'), ONE),
    (_F.cvat, FRACTIONS, cvat('<box xtl=".1" ytl=".2" xbr=".6" ybr=".7"/>'), (), PLAIN, "look like fractions"),
    (_F.cvat, TINY, cvat('<box xtl="50" ytl="60" xbr="53" ybr="62"/>'), (), PLAIN, "far smaller than a cell"),
    (_F.cvat, PARTLY, cvat('<box xtl="50" ytl="60" xbr="250" ybr="360"/><box xtl="wide"/>'), ONE, PLAIN, "no number"),
    (
        _F.cvat,
        "points, lines and tags",
        cvat('<box xtl="50" ytl="60" xbr="250" ybr="360"/><tag label="x"/>'),
        ONE,
        PLAIN,
        "points, lines and tags",
    ),
]
