"""Who may import whom: read from the source, imports inside functions included."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("tiefvision_assets", "tiefvision_ui")

LAYERS = (
    ("tiefvision_ui", "cli"),
    ("demo.run",),
    ("orchestration.runner",),
    ("definitions",),
    ("orchestration",),
    ("planning",),
    ("assets",),
    ("lineage", "search"),
    ("models",),
    ("pictures", "metrics", "splits", "demo"),
    ("vision", "store"),
    ("settings", "box", "errors"),
)
"""Top to bottom: a module imports from its own part and from the layers below it, never sideways nor up."""


def name_of(file: Path) -> str:
    """`tiefvision_assets/store/atomic.py` → `store.atomic`; the app's modules keep their package's name."""
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts).removeprefix("tiefvision_assets.")


MODULES = {name_of(file): file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))}


def imported(file: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own(names: set[str]) -> set[str]:
    """The modules of the project among these names: `tiefvision_assets.box.Box` → `box`."""
    found = set()
    for name in names:
        while name.startswith(PACKAGES):
            short = name.removeprefix("tiefvision_assets.")
            if short in MODULES:
                found.add(short)
                break
            name = name.rpartition(".")[0]
    return found


def outside(names: set[str]) -> set[str]:
    """The packages among these names that are neither the project's nor Python's."""
    tops = {name.split(".")[0] for name in names}
    return {top for top in tops if top not in PACKAGES and top not in sys.stdlib_module_names}


def part_of(module: str) -> tuple[int, str] | None:
    """The layer's number and the entry of the table that a module belongs to: the longest that fits."""
    fitting = [
        (len(part), layer, part)
        for layer, parts in enumerate(LAYERS)
        for part in parts
        if module == part or module.startswith(f"{part}.")
    ]
    return max(fitting)[1:] if fitting else None


def modules_in(part: str) -> Iterator[tuple[str, set[str]]]:
    for module, file in MODULES.items():
        placed = part_of(module)
        if placed and placed[1] == part:
            yield module, imported(file)


def test_every_module_has_its_layer():
    assert [module for module in MODULES if module != "tiefvision_assets" and part_of(module) is None] == []


def test_every_part_of_the_table_exists():
    assert [part for layer in LAYERS for part in layer if not list(modules_in(part))] == []


def test_imports_go_down_only():
    wrong = []
    for module, file in MODULES.items():
        here = part_of(module)
        for target in sorted(own(imported(file)) - {"tiefvision_assets"}):
            there = part_of(target)
            if here and there and here[1] != there[1] and there[0] <= here[0]:
                wrong.append(f"{module} imports {target}")
    assert wrong == []


def test_nobody_imports_the_app():
    importers = {
        module for module, file in MODULES.items() if any(n.startswith("tiefvision_ui") for n in own(imported(file)))
    }
    assert {module for module in importers if not module.startswith("tiefvision_ui")} == set()


def test_vision_computes_tensors_and_knows_no_dagster_no_app_and_no_files():
    for module, names in modules_in("vision"):
        assert outside(names) <= {"torch", "torchvision", "numpy", "PIL"}, module
        assert {name.split(".")[0] for name in names}.isdisjoint({"pathlib", "shutil", "tempfile"}), module
        assert {name.split(".")[0] for name in own(names)} <= {"vision", "box", "errors"}, module


def test_store_keeps_files_and_knows_no_torch_and_no_dagster():
    for module, names in modules_in("store"):
        assert outside(names).isdisjoint({"torch", "torchvision", "dagster", "streamlit"}), module


@pytest.mark.parametrize("part", ["lineage", "search", "models", "planning"])
def test_what_stages_do_can_be_used_without_dagster_and_without_the_app(part):
    for module, names in modules_in(part):
        assert outside(names).isdisjoint({"dagster", "streamlit"}), module


def test_the_demo_generator_draws_by_itself():
    for module, names in modules_in("demo"):
        assert outside(names) <= {"numpy", "PIL"}, module
        strangers = {name for name in own(names) if not name.startswith("demo.")}
        assert strangers <= {"box", "errors", "store.atomic"}, module


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def test_nothing_unpickles():
    wrong = []
    for module, file in MODULES.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        tops = {name.split(".")[0] for name in imported(file)}
        if tops & {"dill", "cloudpickle", "joblib", "shelve", "marshal"} or (
            "pickle" in tops and module != "models.weights"
        ):
            wrong.append(f"{module} imports a pickler")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("pickle", "_pickle"):
                wrong.append(f"{module}:{node.lineno} takes from pickle")
            if not isinstance(node, ast.Call):
                continue
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            name = called(node)
            if name in ("pickle.load", "pickle.loads", "pickle.Unpickler") or name.endswith("read_pickle"):
                wrong.append(f"{module}:{node.lineno} calls {name}")
            if name.endswith("torch.load") and options.get("weights_only") != "True":
                wrong.append(f"{module}:{node.lineno} calls torch.load without weights_only=True")
            if options.get("allow_pickle", "False") != "False":
                wrong.append(f"{module}:{node.lineno} allows pickles")
    assert wrong == []


def test_the_one_unpickler_admits_arrays_only():
    import io
    import os
    import pickle

    from tiefvision_assets.models.weights import _ArrayUnpickler

    with pytest.raises(pickle.UnpicklingError, match="not admitted"):
        _ArrayUnpickler(io.BytesIO(pickle.dumps(os.system))).load()
