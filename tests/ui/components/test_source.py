"""Modules of JavaScript that are put together: they do what they would do apart, or it is said why they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.components.node import node
from tiefvision_ui.components.source import ScriptError, script


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")


def result(folder: Path, name: str = "main.js") -> str:
    """What the default export of the module returns once it is put together."""
    module = folder / "together.mjs"
    module.write_text(script(name, folder), encoding="utf-8")
    done = node(
        "--input-type=module",
        "--eval",
        f'const {{ default: made }} = await import("{module.as_uri()}"); console.log(JSON.stringify(made()))',
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def test_functions_classes_and_constants_are_imported(tmp_path: Path) -> None:
    write(
        tmp_path,
        shapes="export const SIDES = 4;\n"
        'export class Box {\n  name = "box";\n}\nexport function area() {\n  return 6;\n}\n',
        main="""
import {
  Box,
  SIDES as COUNT,
  area,
} from "./shapes.js";

export default () => [new Box().name, COUNT, area()];
""",
    )
    assert result(tmp_path) == '["box",4,6]'


def test_modules_may_use_the_same_name_for_different_things(tmp_path: Path) -> None:
    """Else one constant would silently take the place of another, or the whole component would not load."""
    write(
        tmp_path,
        one="const LIMIT = 1;\nexport function one() {\n  return LIMIT + helper();\n}\n"
        "function helper() {\n  return 10;\n}",
        two='import { one } from "./one.js";\n\nconst LIMIT = 2;\nexport const two = () => [one(), LIMIT, helper()];\n'
        "function helper() {\n  return 20;\n}",
        main='import { two } from "./two.js";\n\nconst LIMIT = 3;\n\nexport default function () {\n'
        "  return [...two(), LIMIT, typeof helper];\n}",
    )
    assert result(tmp_path) == '[11,2,20,3,"undefined"]'


def test_a_module_that_two_others_import_exists_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        counter="let count = 0;\nexport const next = () => (count += 1);",
        left='import { next } from "./counter.js";\nexport const left = next();',
        right='import { next } from "./counter.js";\nexport const right = next();',
        main='import { right } from "./right.js";\nimport { left } from "./left.js";\n'
        "export default () => [right, left];",
    )
    assert result(tmp_path) == "[1,2]"


def test_a_module_is_found_from_the_folder_of_the_one_that_imports_it(tmp_path: Path) -> None:
    for name in ("shared", "grid"):
        (tmp_path / name).mkdir()
    write(
        tmp_path / "shared",
        one="export const one = 1;",
        two='import { one } from "./one.js";\nexport const two = one + 1;',
    )
    write(tmp_path / "grid", grid='import { two } from "../shared/two.js";\nexport default () => two;')
    assert result(tmp_path, "grid/grid.js") == "2"


@pytest.mark.parametrize(
    ("modules", "sentence"),
    [
        (
            {"main": 'import { gone } from "./other.js";\nexport default gone;', "other": "const gone = 1;"},
            "other.js does not export gone, which main.js imports.",
        ),
        (
            {"main": 'import { gone } from "./other.js";\nexport default gone;'},
            "There is no module other.js, which main.js imports.",
        ),
        (
            {
                "main": 'import { one } from "./one.js";\nexport default one;',
                "one": 'import { two } from "./two.js";\nexport const one = two;',
                "two": 'import { one } from "./one.js";\nexport const two = one;',
            },
            "Modules import each other in a circle: one.js → two.js → one.js. Move what they share to a third one.",
        ),
        ({"main": "export const one = 1;"}, "main.js has no default export, the function that Streamlit calls."),
        (
            {"main": "export let count = 1;\nexport default () => count;"},
            "main.js imports or exports in a form that is not read here: export let count = 1;",
        ),
        (
            {"main": 'import * as all from "./other.js";\nexport default all;', "other": "export const one = 1;"},
            'main.js imports or exports in a form that is not read here: import * as all from "./other.js";',
        ),
        (
            {"main": "export default function named() {}"},
            "main.js imports or exports in a form that is not read here: export default function named() {}",
        ),
        (
            {"main": 'import { test } from "node:test";\nexport default test;'},
            'main.js imports or exports in a form that is not read here: import { test } from "node:test";',
        ),
    ],
)
def test_modules_that_do_not_fit_together_are_refused(tmp_path: Path, modules: dict[str, str], sentence: str) -> None:
    write(tmp_path, **modules)
    with pytest.raises(ScriptError) as refused:
        script("main.js", tmp_path)
    assert str(refused.value) == sentence
