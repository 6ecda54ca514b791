"""Who may import whom: read from the source, imports inside functions included; and what is loaded with whom.

`LAYERS` is the rule that CONTRIBUTING.md shows. What importing a package really loads, at however many removes, is
looked up in a fresh interpreter's `sys.modules`.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "tiefvision_assets" / "client"
PACKAGES = ("tiefvision_assets", "tiefvision_ui")

LAYERS = (
    ("tiefvision_ui", "cli"),
    ("demo.run",),
    ("orchestration.runner",),
    ("definitions",),
    ("orchestration",),
    ("assets", "planning"),
    ("lineage", "search"),
    ("models",),
    ("pictures", "metrics", "splits", "demo"),
    ("vision", "store", "host_guard"),
    ("hyperparameters", "settings"),
    ("box", "cores", "errors", "hosts", "urls", "client", "webhook"),
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
            assert node.level == 0 or GENERATED in file.parents, f"{file} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names if node.level == 0}
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
        assert outside(names) <= {"torch", "timm", "onnxruntime", "numpy", "PIL", "threadpoolctl"}, module
        assert {name.split(".")[0] for name in names}.isdisjoint({"pathlib", "shutil", "tempfile"}), module
        assert {name.split(".")[0] for name in own(names)} <= {"vision", "box", "cores", "errors", "hyperparameters"}, (
            module
        )


LOADED = """
import importlib, json, sys
found = {}
for module in json.loads(sys.argv[1]):
    importlib.import_module(module)
    for package in json.loads(sys.argv[2]):
        if package in sys.modules:
            found.setdefault(package, module)
print(json.dumps(found))
"""
"""Imports modules one by one; prints each unwanted module that is then loaded, with the import that loaded it."""


def loaded(modules: list[str], unwanted: list[str]) -> dict[str, str]:
    command = [sys.executable, "-c", LOADED, json.dumps(modules), json.dumps(unwanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("parts", "unwanted"),
    [
        (("store", "planning"), ["torch", "torchvision", "dagster", "streamlit"]),
        (("vision", "models", "lineage", "search"), ["dagster", "streamlit"]),
    ],
)
def test_what_can_be_used_without_dagster_torch_or_the_app_loads_none_of_it(parts, unwanted):
    modules = [f"tiefvision_assets.{module}" for part in parts for module, _ in modules_in(part)]
    modules = [module for module in modules if not module.endswith(".migrations.env")]  # runs within Alembic only
    assert loaded(modules, unwanted) == {}


def test_components_are_loaded_without_the_rest_of_the_app():
    own_parts = ("tiefvision_ui.components", "tiefvision_ui.values", "tiefvision_ui.language")
    components = [module for module in MODULES if module.startswith(own_parts[0])]
    others = [m for m in MODULES if m.startswith("tiefvision_ui.") and not m.startswith(own_parts)]
    assert len(components) > 5 and loaded(components, others) == {}


def test_contributors_read_the_rule_that_is_tested():
    """The layers in CONTRIBUTING.md are these; after a change here, copy what the failure prints."""
    shown = "\n".join(f"    {', '.join(parts)}" for parts in LAYERS)
    document = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"\n\n{shown}\n\n" in document, f"CONTRIBUTING.md should show:\n{shown}"


def test_the_demo_generator_draws_by_itself():
    for module, names in modules_in("demo"):
        assert outside(names) <= {"numpy", "PIL"}, module
        strangers = {name for name in own(names) if not name.startswith("demo.")}
        assert strangers <= {"box", "cores", "errors", "store.atomic"}, module


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
