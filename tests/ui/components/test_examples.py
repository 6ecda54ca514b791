"""The examples in the docstrings of the components run, and draw the component."""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil

import pytest
from streamlit.testing.v1 import AppTest

from tiefvision_ui import components

BRANDS = [
    {"key": "Ada", "words": "Ada", "count": 12, "chosen": True},
    {"key": "Bo", "words": "Bo", "count": 7, "chosen": False},
]
FACETS = [{"column": "brand", "heading": "Brand", "options": BRANDS}]
WRAPPERS = [
    ("adjustable_box", "adjustable_box", {"box": [100, 80, 500, 780], "adjusted": False}),
    ("box_editor", "box_editor", {"heard": None, "coming": []}),
    ("condition_box", "condition_box", {"condition": "width > 500", "note": "12 of 70 photos"}),
    ("dispute_list", "dispute_list", {"deciding": True}),
    ("facet_list", "facet_list", {"facets": FACETS}),
    ("history_list", "history_list", {"failures": 0}),
    ("image_grid", "image_grid", {"subject": "all photos"}),
    ("image_grid", "action_grid", {"subject": "hits"}),
    ("page_rerun", "page_rerun", {}),
    ("photo_catcher", "photo_catcher", {"person": "Ann"}),
    ("photo_map", "photo_map", {"key": "k", "script": "/s.js"}),
    ("photo_with_box", "photo_with_box", {"alt": "dress-001"}),
    ("triplet_grid", "triplet_grid", {"heard": None, "coming": []}),
]


@pytest.mark.parametrize(("package", "name", "sent"), WRAPPERS, ids=[name for _, name, _ in WRAPPERS])
def test_the_example_draws_the_component(package: str, name: str, sent: dict[str, object]) -> None:
    wrapper = getattr(importlib.import_module(f"{components.__name__}.{package}"), name)
    example = "".join(part.source for part in doctest.DocTestParser().get_examples(wrapper.__doc__))
    page = AppTest.from_string(example).run()
    assert not page.exception
    (drawn,) = page.get("bidi_component")
    data = json.loads(drawn.proto.json)
    assert {key: data[key] for key in sent} == sent


def test_no_component_is_left_out() -> None:
    packages = {module.name for module in pkgutil.iter_modules(components.__path__) if module.ispkg}
    assert packages == {package for package, _, _ in WRAPPERS}
