"""Which small changes of the code do the tests notice? Mutation testing by samples, the changes made by Cosmic Ray.

``make mutation``, or ``python -m benchmarks.mutation locate promotion``: of each module below, some places are drawn,
the same ones each time, and one change is made at each. Changes that cannot matter when the program runs (annotations,
imports for type checkers) are left out. A change is killed when one of the module's tests fails or takes far too long;
those that survive are printed as a diff, and listed in ``build/mutation``. ``--survivors`` tries only those again.

The tests of a mutant run in a fork of this process, which has the large libraries loaded already, and import the
changed code from memory: no file is written to, and it takes seconds. Processes that tests start see no mutant.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.shared_folder import SHARED_FOLDER

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "build" / "mutation"
LIBRARIES = (
    "dagster",
    "faiss",
    "matplotlib.pyplot",
    "hypothesis",
    "pandas",
    "safetensors.torch",
    "sqlalchemy",
    "torch",
)
"""Loaded before the forks."""
PATIENCE = 4
"""A mutant whose tests take this many times as long as without it, plus half a minute, is killed."""
MODULES = {
    "lineage.promotion": ("lineage/test_promotion.py",),
    "store.attempts": ("store/test_attempts.py",),
    "vision.locate": ("vision/test_locate.py",),
    "vision.ranking_start": ("vision/test_ranking_start.py",),
    "vision.ranking_training": tuple(
        f"vision/test_ranking_training.py::test_{name}"
        for name in (
            "without_two_folds_to_judge_by_the_head_stays_the_identity",
            "references_without_any_embedding_teach_nothing",
            "each_loss_learns_a_hidden_map_from_its_triplets[0-softplus]",
            "as_many_steps_are_taken_as_ranked_left_out_triplets_best",
            "training_depends_on_the_seed_alone",
        )
    ),
    "store.labels.annotation": ("store/labels/test_annotation.py",),
    "store.index": (
        "store/test_index.py",
        "store/test_approximate_graph.py::test_only_faiss_over_a_large_catalogue_has_an_approximate_graph",
        "store/test_approximate_graph.py::test_an_approximate_graph_is_carried_on_but_never_called_exact",
        "lineage/test_index.py::test_a_file_that_is_missing_or_cut_short_is_noticed_and_made_again",
        "lineage/test_index.py::test_only_what_changed_is_compared_anew",
    ),
    "lineage.index": ("lineage/test_index.py",),
    "search.searcher": (
        "search/test_searcher.py",
        "search/test_switching.py::test_a_version_that_is_replaced_meanwhile_is_given_up_for_the_next",
        "search/test_switching.py::test_what_is_served_is_opened_once",
        "search/test_switching.py::test_a_version_that_is_gone_for_good_is_told",
    ),
    "planning.steps": ("planning/test_steps.py",),
    "planning.plan": (
        "planning/test_plan.py",
        "planning/test_plan_events.py::test_what_a_run_never_came_to_was_not_tried_in_vain",
        "planning/test_plan_events.py::test_a_run_that_failed_after_its_batches_were_made_speaks_against_no_other_batch",
        "planning/test_plan_events.py::test_a_photo_of_a_lost_row_is_due_with_the_new_ones_but_not_in_their_run",
    ),
}
"""Modules of tiefvision_assets, and the fast tests that are about them."""


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: str
    line: int
    operator: str
    code: str

    @property
    def file(self) -> Path:
        """The file of the unchanged module."""
        return file_of(self.module)

    @property
    def diff(self) -> str:
        """What was changed."""
        lines = (self.file.read_text().splitlines(), self.code.splitlines())
        return "\n".join(difflib.unified_diff(*lines, str(self.file.relative_to(ROOT)), "mutant", n=0, lineterm=""))


class MutantImport(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(f"tiefvision_assets.{mutant.module}", str(mutant.file))
        self._code = mutant.code

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The mutant's, if it is asked for."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_code(self, name: str) -> CodeType:
        """Compiled anew: the cache beside the file holds the unchanged module."""
        return compile(self._code, self.path, "exec", dont_inherit=True)


class Prepared:
    """Keeps what the unchanged code's tests made once, and gives it to those of the mutants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """After the run has got its shared folder. One failing example is enough: none is made smaller."""
        hypothesis.settings.register_profile(
            "first failure", hypothesis.settings(), phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate)
        )
        hypothesis.settings.load_profile("first failure")
        shutil.copytree(self._folder, os.environ[SHARED_FOLDER], dirs_exist_ok=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Before it is removed."""
        if not any(self._folder.iterdir()):
            shutil.copytree(os.environ[SHARED_FOLDER], self._folder, dirs_exist_ok=True)


def file_of(module: str) -> Path:
    """Where the module of tiefvision_assets is."""
    return ROOT.joinpath("tiefvision_assets", *module.split(".")).with_suffix(".py")


def sample(module: str, count: int, seed: int) -> list[Mutant]:
    """One change at each of ``count`` places, in the order of the file."""
    source = file_of(module).read_text()
    places: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for position, operator, occurrence in mutations(source):
        places.setdefault(position, []).append((operator, occurrence))
    draw = random.Random(f"{module} {seed}")
    drawn: list[tuple[tuple[int, int], Mutant]] = []
    for position in draw.sample(sorted(places), len(places)):
        operator, occurrence = draw.choice(places[position])
        code = mutate_code(source, plugins.get_operator(operator)(), occurrence)
        if matters(source, code):
            drawn.append((position, Mutant(module, position[0], operator.removeprefix("core/"), code)))
        if len(drawn) == count:
            break
    return [mutant for _, mutant in sorted(drawn, key=lambda pair: pair[0])]


def mutations(source: str) -> Iterator[tuple[tuple[int, int], str, int]]:
    """Line and column, operator and the number of its occurrence, of all changes that Cosmic Ray knows."""
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(plugins.operator_names()):
        operator_class = plugins.get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        positions = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        yield from ((start, name, occurrence) for occurrence, start in enumerate(positions))


def matters(source: str, mutated: str | None) -> bool:
    """Whether the change is one to code that runs, and not of ``is None`` to ``== None``."""
    if mutated is None:
        return False
    try:
        return Running().of(source) != Running().of(mutated)
    except SyntaxError:
        return False


class Running(ast.NodeTransformer):
    """Leaves what is there when a program runs."""

    def of(self, source: str) -> str:
        """The code without the rest, comparable."""
        return ast.dump(self.visit(ast.parse(source)))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Without the annotation."""
        return self.generic_visit(ast.AnnAssign(node.target, ast.Constant(None), node.value, node.simple))

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Without the annotation."""
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Without the annotation of what it returns."""
        node.returns = None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Without guards against callers that do not exist: ``dataclass(frozen=…)`` and ``zip(strict=…)``."""
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in ("frozen", "strict")]
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Without imports for type checkers."""
        return None if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """With ``is`` None for ``==`` None."""
        alike = {ast.Eq: ast.Is, ast.NotEq: ast.IsNot}
        if isinstance(node.comparators[-1], ast.Constant) and node.comparators[-1].value is None:
            node.ops = [alike.get(type(op), type(op))() for op in node.ops]
        return self.generic_visit(node)


def passes(module: str, mutant: Mutant | None, prepared: Path, limit: float | None) -> bool:
    """Whether the module's tests pass within the time, in a fork."""
    process = multiprocessing.get_context("fork").Process(target=_run_tests, args=(module, mutant, prepared))
    process.start()
    process.join(limit)
    if process.is_alive():
        assert process.pid is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
    return process.exitcode == 0


def _run_tests(module: str, mutant: Mutant | None, prepared: Path) -> None:
    os.setpgid(0, 0)
    log = os.open(REPORTS / f"{module}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if mutant:
        sys.meta_path.insert(0, MutantImport(mutant))
    tests = [f"tests/{path}" for path in MODULES[module]]
    with tempfile.TemporaryDirectory() as folder:
        options = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/pytest"]
        code = pytest.main([*options, *tests], plugins=[Prepared(prepared)])
    os._exit(code)


def examine(module: str, mutants: Sequence[Mutant]) -> list[Mutant]:
    """Those that survive the module's tests; progress is printed."""
    with tempfile.TemporaryDirectory() as folder:
        prepared, begin = Path(folder), time.monotonic()
        if not passes(module, None, prepared, None):
            raise SystemExit(f"{module}: its tests fail without any change, see {REPORTS / module}.log")
        took = time.monotonic() - begin
        print(f"{module}: {len(mutants)} mutants, tests take {took:.0f} s", flush=True)
        survivors = []
        for mutant in mutants:
            survived = passes(module, mutant, prepared, PATIENCE * took + 30)
            print(f"{module}:{mutant.line} {mutant.operator} {'survived' if survived else 'killed'}", flush=True)
            if survived:
                survivors.append(mutant)
                print(mutant.diff, flush=True)
    print(f"{module}: {len(mutants) - len(survivors)} of {len(mutants)} killed", flush=True)
    return survivors


def main() -> None:
    """Examine the modules that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="parts of modules' names; all by default")
    parser.add_argument("--count", type=int, default=14, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws others")
    parser.add_argument("--survivors", action="store_true", help="only those that survived the last time")
    options = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    os.environ["OMP_NUM_THREADS"] = "1"
    for library in LIBRARIES:
        importlib.import_module(library)
    for module in MODULES:
        if options.modules and not any(part in module for part in options.modules):
            continue
        mutants = sample(module, options.count, options.seed)
        report = REPORTS / f"{module}.json"
        if options.survivors:
            before = json.loads(report.read_text())
            mutants = [mutant for mutant in mutants if mutant.diff in before]
        report.write_text(json.dumps([mutant.diff for mutant in examine(module, mutants)], indent=1))


if __name__ == "__main__":
    main()
