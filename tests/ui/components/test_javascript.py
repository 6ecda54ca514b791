"""The JavaScript of the components: its unit tests, beside this file, and whether each component can be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.components.node import node
from tiefvision_ui.components import source

TESTS = sorted(Path(__file__).parent.rglob("*.test.js"))
FOLDERS = sorted(folder for folder in Path(source.__file__).parent.iterdir() if (folder / "__init__.py").is_file())
LOAD = """
import { readdirSync } from "node:fs";
for (const file of readdirSync(".")) console.log(file, typeof (await import(`${process.cwd()}/${file}`)).default);
"""


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_units(file: Path) -> None:
    done = node(file)
    assert done.returncode == 0, done.stdout


def test_each_component_loads_as_the_one_function_that_streamlit_calls(tmp_path: Path) -> None:
    names = [folder.name for folder in FOLDERS]
    assert {"box_editor", "triplet_grid"} <= set(names)
    for name in names:
        (tmp_path / f"{name}.mjs").write_text(source.script(f"{name}/{name}.js"), encoding="utf-8")
    done = node("--input-type=module", "--eval", LOAD, folder=tmp_path)
    assert done.stdout.split("\n")[:-1] == [f"{name}.mjs function" for name in names]
